"""What to do about something that a player wrote or asked for: who hears it, people or the FAQ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bot.decisions import bursts, closing, conduct, forms, own_tickets, surveys, telling
from bot.decisions.answers import answer, ask_faq, settle
from bot.decisions.bringing import ask_for_human
from bot.decisions.commands import COMMANDS
from bot.decisions.hearing import LONGEST_QUESTION, Written, admit, kept_in_mind, remembering
from bot.decisions.queueing import open_ticket
from bot.decisions.snoozing import woken_by_player
from bot.effects import Effect, Remember, Say, SetLanguage, Text
from bot.situation import Situation
from faq.entry import Entry, Faq, Kind
from faq.match import Answer

LATE_APOLOGY_EVERY = timedelta(hours=1)


def decide_written(situation: Situation, written: Written, entries: Mapping[str, Entry]) -> tuple[Effect, ...]:
    """An open ticket gets the words (people answer); without one the FAQ answers, asks back, or offers a human."""
    situation, language = _hear_language(situation, written)
    refusals: tuple[Effect, ...] = tuple(Say((words,)) for words in written.refused)
    if written.album is not None and written.album == situation.memory.album:
        more = bursts.add_to_album(situation, written) if situation.open_ticket is None else ()
        return (*language, *refusals, *more)
    situation, unheard = admit(situation, wants_people=written.asks_for_human, late=written.late)
    situation = remembering(situation, album=written.album)
    if unheard is not None:
        return (*language, *unheard)
    situation, late = _excuse_lateness(situation, written)
    effects = refusals if refusals and not written.text else (*refusals, *_hear(situation, written, entries))
    return (*language, *late, *kept_in_mind(situation, effects))


def _hear(situation: Situation, written: Written, entries: Mapping[str, Entry]) -> tuple[Effect, ...]:
    """Whom or what these words are for."""
    if situation.open_ticket is not None:
        beside = _hear_beside_people(situation, written, entries)
        return (*woken_by_player(situation.open_ticket), *beside)
    if written.asks_for_human:
        return ask_for_human(situation, written.text[:LONGEST_QUESTION], entries)
    if telling.is_awaited(situation):
        return telling.take_words(situation, written)
    if surveys.are_survey_words(situation, written):
        return surveys.take_words(situation, written)
    if conduct.is_rude(situation, written) and not _is_known_question(written, entries):
        return conduct.meet(situation, written)
    return ask_faq(situation, written, entries)


def _hear_beside_people(situation: Situation, written: Written, entries: Mapping[str, Entry]) -> tuple[Effect, ...]:
    """People have the conversation: the words are theirs, but for what the bot itself asked."""
    if telling.is_awaited(situation) and not written.asks_for_human:
        return telling.take_words(situation, written)
    if conduct.is_rude(situation, written) and not _is_known_question(written, entries):
        return conduct.meet(situation, written)
    if forms.is_asking(situation.open_ticket) and not written.asks_for_human and not written.takes_back:
        return forms.take_answer(situation, written)
    # W14: what they write while that is open answers it.
    return (*closing.hear_answer(situation, written.text), *own_tickets.add(situation, written))


def decide_burst(situation: Situation, written: Written, entries: Mapping[str, Entry]) -> tuple[Effect, ...]:
    """The player has finished (G11): their joined words, matched as one, are decided on once."""
    pending = situation.memory.pending
    if pending is None:
        return ()
    situation = remembering(situation, pending=None)
    if situation.open_ticket is not None:
        return (Remember(situation.memory),)
    written = replace(written, text=pending.text, has_files=pending.has_files)
    situation, language = _hear_language(situation, written)
    if pending.answered:
        verdict = written.match.verdict if written.match is not None else None
        found = verdict.entry_ids if isinstance(verdict, Answer) else ()
        more = tuple(each for each in found if each not in pending.answered)
        effects = answer(situation, more, entries) if more else ()
    elif written.asks_for_human:
        effects = ask_for_human(situation, pending.text, entries)
    else:
        effects = settle(situation, written, entries)
    return (*language, *kept_in_mind(situation, effects))


def decide_command(situation: Situation, name: str, argument: str, written: Written, faq: Faq) -> tuple[Effect, ...]:
    """A command of the table; a word after a slash that is none of them is what they wrote."""
    command = COMMANDS.get(name)
    if command is None:
        return decide_written(situation, written, faq.entries)
    situation, unheard = admit(situation, wants_people=command.wants_people, late=written.late)
    if unheard is not None:
        return unheard
    situation, late = _excuse_lateness(situation, written)
    return (*late, *kept_in_mind(situation, command.obey(situation, argument, faq)))


def decide_failed(situation: Situation, text: str) -> tuple[Effect, ...]:
    """Something broke inside: the player hears so, and people look after them."""
    if situation.open_ticket is not None:
        return ()
    question = (text or situation.memory.question)[:LONGEST_QUESTION]
    # Nothing is said that has to be found out first: what broke may break again.
    return open_ticket(situation, "failure", question, greeting=(Text("something_wrong"),))


def _is_known_question(written: Written, entries: Mapping[str, Entry]) -> bool:
    """Whether the FAQ surely answers a question in it; what it has to say to small talk is none."""
    verdict = written.match.verdict if written.match is not None else None
    found = verdict.entry_ids if isinstance(verdict, Answer) else ()
    return any(entries[each].kind is not Kind.SMALL_TALK for each in found if each in entries)


def _hear_language(situation: Situation, written: Written) -> tuple[Situation, tuple[Effect, ...]]:
    heard = written.match.language if written.match else None
    if (
        heard is None
        or situation.language_chosen
        or heard == situation.language
        or heard not in situation.policy.languages
    ):
        return situation, ()
    return replace(situation, language=heard), (SetLanguage(heard, chosen=False),)


def _excuse_lateness(situation: Situation, written: Written) -> tuple[Situation, tuple[Effect, ...]]:
    """What comes first where we were away; the situation with that remembered."""
    told = situation.memory.late_told_at
    if written.late is None or (told is not None and situation.now - told < LATE_APOLOGY_EVERY):
        return situation, ()
    situation = remembering(situation, late_told_at=situation.now)
    return situation, (Remember(situation.memory), Say((Text("late_apology"),)))
