"""Every command that players have, in one table: networks make their menus of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.decisions import telling, zones
from bot.decisions.bringing import ask_for_human
from bot.decisions.browsing import decide_topics
from bot.decisions.hearing import BROWSE, HUMAN, LONGEST_QUESTION
from bot.decisions.own_tickets import is_to_be_called, take_back, tell_status, wait_again
from bot.effects import Choice, Effect, LanguageName, Say, SetLanguage, Text
from bot.situation import Situation
from faq.entry import Faq

Obey = Callable[[Situation, str, Faq], tuple[Effect, ...]]


@dataclass(frozen=True, slots=True)
class Command:
    """What a command does; ``wants_people`` that it is heard even in a flood (F2)."""

    obey: Obey
    wants_people: bool = False


def _start(situation: Situation, _argument: str, _faq: Faq) -> tuple[Effect, ...]:
    return (Say((Text("hello", {"player": situation.player_name}),), (BROWSE,)),)


def _help(situation: Situation, _argument: str, _faq: Faq) -> tuple[Effect, ...]:
    return (Say((Text("help"),), (BROWSE,) if situation.open_ticket else (BROWSE, HUMAN)),)


def _topics(_situation: Situation, _argument: str, faq: Faq) -> tuple[Effect, ...]:
    return decide_topics(faq)


def _human(situation: Situation, argument: str, faq: Faq) -> tuple[Effect, ...]:
    if situation.open_ticket is not None and is_to_be_called(situation.open_ticket):
        return wait_again(situation)
    return ask_for_human(situation, argument[:LONGEST_QUESTION], faq.entries)


def _status(situation: Situation, _argument: str, _faq: Faq) -> tuple[Effect, ...]:
    return tell_status(situation)


def _close(situation: Situation, _argument: str, _faq: Faq) -> tuple[Effect, ...]:
    return take_back(situation)


def _language(situation: Situation, argument: str, _faq: Faq) -> tuple[Effect, ...]:
    return set_language(situation, argument) if argument else (ask_language(situation),)


def _zone(situation: Situation, argument: str, _faq: Faq) -> tuple[Effect, ...]:
    return zones.command(situation, argument)


def _telling(kind: str) -> Obey:
    def obey(situation: Situation, argument: str, _faq: Faq) -> tuple[Effect, ...]:
        return telling.begin(situation, kind, argument)

    return obey


def privacy(situation: Situation, _argument: str, _faq: Faq) -> tuple[Effect, ...]:
    """What is stored, how to have it erased, and the way out of what we send unasked (G17)."""
    unasked = (
        Choice(Text("button_opt_in"), "optout:no")
        if situation.player.opted_out
        else Choice(Text("button_opt_out"), "optout:yes")
    )
    return (Say((Text("privacy"),), (unasked, Choice(Text("button_erase"), "erase"))),)


def ask_language(situation: Situation) -> Say:
    choices = tuple(Choice(LanguageName(each), f"language:{each}") for each in situation.policy.languages)
    return Say((Text("language_choose"),), choices)


def set_language(situation: Situation, wanted: str) -> tuple[Effect, ...]:
    """From now on the bot speaks this language, if it knows it."""
    language = next((each for each in situation.policy.languages if each.lower() == wanted.strip().lower()), None)
    if language is None:
        known = tuple(LanguageName(each) for each in situation.policy.languages)
        return (Say((Text("language_unknown", {"languages": known}),), ask_language(situation).choices),)
    return (SetLanguage(language, chosen=True), Say((Text("language_set", {"language": (LanguageName(language),)}),)))


# In the order of the menus; each is described by the text ``command_<name>``.
COMMANDS: Mapping[str, Command] = {
    "start": Command(_start),
    "help": Command(_help),
    "topics": Command(_topics),
    "human": Command(_human, wants_people=True),
    "status": Command(_status),
    "close": Command(_close),
    "feedback": Command(_telling(telling.FEEDBACK)),
    "bug": Command(_telling(telling.BUG)),
    "suggest": Command(_telling(telling.SUGGESTION)),
    "language": Command(_language),
    "timezone": Command(_zone),
    "privacy": Command(privacy),
}
