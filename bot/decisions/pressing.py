"""What a button of ours does, by the word that its action begins with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.decisions import closing, conduct, forms, own_tickets, surveys, telling, transferring, zones
from bot.decisions.answers import answer
from bot.decisions.bringing import ask_for_human, bring_people, status
from bot.decisions.browsing import decide_browsed, is_browsing
from bot.decisions.commands import set_language
from bot.decisions.hearing import HUMAN, admit, kept_in_mind
from bot.effects import ChangePlayer, Effect, EntryAnswer, Remember, Say, StripButtons, Text, number_in
from bot.situation import Situation
from faq.entry import Entry, Faq

ERASURE = "erasure"
Press = Callable[[Situation, str], tuple[Effect, ...] | None]
"""Decides on what stands after the first word; None where the button is over."""


def decide_pressed(situation: Situation, action: str, faq: Faq) -> tuple[Effect, ...]:
    """A button of ours. An offer counts once: pressing it again, or one that is over, is answered kindly."""
    situation, unheard = admit(situation, wants_people=action == "human")
    if unheard is not None:
        return unheard
    return kept_in_mind(situation, _press(situation, action, faq))


def _press(situation: Situation, action: str, faq: Faq) -> tuple[Effect, ...]:
    if is_browsing(action):
        return decide_browsed(situation, action, faq)
    verb, _, rest = action.partition(":")
    if verb == "human" and situation.open_ticket is not None and own_tickets.is_to_be_called(situation.open_ticket):
        return own_tickets.wait_again(situation)
    if verb == "human":
        return ask_for_human(situation, "", faq.entries)
    if verb == "language":
        return set_language(situation, rest)
    if verb == "erase":
        return _erase(situation, faq)
    if verb in _OFFERS:
        return _offer(situation, verb, rest, faq.entries)
    pressed = _PRESSES[verb](situation, rest) if verb in _PRESSES else None
    return _over() if pressed is None else pressed


def _over() -> tuple[Effect, ...]:
    return (Say((Text("nothing_more"),), (HUMAN,)),)


def _offer(situation: Situation, verb: str, rest: str, entries: Mapping[str, Entry]) -> tuple[Effect, ...]:
    number_text, _, place = rest.partition(":")
    number = number_in(number_text)
    offered = situation.memory.choice(number) if number is not None else None
    if number is None or offered is None:
        return _over()
    forgotten = replace(situation, memory=situation.memory.without_choice(number))
    return (StripButtons(number), *_OFFERS[verb](forgotten, offered, place, entries))


def _solved(
    situation: Situation, _offered: tuple[str, ...], _place: str, _entries: Mapping[str, Entry]
) -> tuple[Effect, ...]:
    return (Remember(replace(situation.memory, misses=0)), Say((Text("solved"),)))


def _missed(
    situation: Situation, _offered: tuple[str, ...], _place: str, _entries: Mapping[str, Entry]
) -> tuple[Effect, ...]:
    if situation.open_ticket is not None:
        return (Remember(situation.memory), Say(status(situation)))
    memory = replace(situation.memory, misses=situation.memory.misses + 1, about="")
    if memory.misses >= situation.policy.misses_before_handoff:
        return bring_people(replace(situation, memory=memory), "unanswered", memory.question, None)
    return (Remember(memory), Say((Text("not_meant"),), (HUMAN,)))


def _pick(
    situation: Situation, offered: tuple[str, ...], place: str, entries: Mapping[str, Entry]
) -> tuple[Effect, ...]:
    index = number_in(place)
    if index is None or index >= len(offered) or offered[index] not in entries:
        return (Remember(situation.memory), Say((Text("nothing_more"),), (HUMAN,)))
    if situation.open_ticket is not None:
        # People have the conversation: the answer is shown, and nothing is opened or offered beside them.
        return (Remember(situation.memory), Say((EntryAnswer(offered[index]),), data={"entries": [offered[index]]}))
    return answer(situation, (offered[index],), entries)


def _opt_out(_situation: Situation, rest: str) -> tuple[Effect, ...] | None:
    if rest not in ("yes", "no"):
        return None
    return (ChangePlayer({"opted_out": rest == "yes"}), Say((Text(f"opted_{'out' if rest == 'yes' else 'in'}"),)))


def _erase(situation: Situation, faq: Faq) -> tuple[Effect, ...]:
    """People erase what is stored (A7): the wish goes to them."""
    if situation.open_ticket is not None:
        return ask_for_human(situation, "", faq.entries)
    return bring_people(situation, ERASURE, "/privacy", None)


_OFFERS: Mapping[str, Callable[[Situation, tuple[str, ...], str, Mapping[str, Entry]], tuple[Effect, ...]]] = {
    "solved": _solved,
    "wrong": _missed,
    "none": _missed,
    "pick": _pick,
}
_PRESSES: Mapping[str, Press] = {
    "takeback": own_tickets.press_take_back,
    "callback": own_tickets.press_call_back,
    "field": forms.press,
    "telling": telling.press,
    "rate": surveys.press_rating,
    "still": surveys.press_still_open,
    "well": surveys.press_well,
    "lead": conduct.press_lead,
    closing.UNDERSTOOD: closing.press_understood,
    transferring.WAIT: transferring.press_wait,
    "zones": zones.press_more,
    "zone": zones.press_zone,
    "optout": _opt_out,
}
