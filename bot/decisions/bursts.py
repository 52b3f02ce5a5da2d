"""The verdict Wait (G11): a burst of messages, an album, a batch of forwards is one question.

What the FAQ answers for sure is answered at once. Anything else waits a moment, durably, until the player has finished;
then the joined words are matched (the timer's event goes the same way as a message) and decided on once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.decisions.hearing import LONGEST_QUESTION, Written, remembering
from bot.effects import CancelTimer, Effect, Remember, SetTimer
from bot.remembered import Pending
from bot.situation import Situation
from faq.entry import Entry, Kind
from faq.match import Answer

BURST = "burst"
"""The timer that ends the wait; its data carries the joined words, and what was asked before them."""
LONGEST_WAIT = 5
"""Times the patience: somebody who never stops writing is answered all the same."""


def is_finished(situation: Situation, written: Written, entries: Mapping[str, Entry]) -> bool:
    """Whether this can be decided at once: nobody has patience, or the FAQ is sure of its answer.

    Small talk amid a question (``please``) does not finish it, and a forwarded message seldom comes alone.
    """
    if not situation.policy.patience:
        return True
    verdict = written.match.verdict if written.match is not None else None
    if not isinstance(verdict, Answer) or written.forwarded:
        return False
    known = [entries[each] for each in verdict.entry_ids if each in entries]
    is_chat = all(each.kind is Kind.SMALL_TALK for each in known)
    return bool(known) and not (is_chat and _open_words(situation) is not None)


def wait(situation: Situation, written: Written) -> tuple[Effect, ...]:
    """Keep these words with those before them, and wait a moment longer."""
    before = _open_words(situation)
    pending = _joined(before, written, situation)
    previous = "" if before is not None else situation.memory.question
    return _keep(situation, pending, previous)


def answered_meanwhile(situation: Situation, written: Written) -> tuple[Situation, tuple[Effect, ...]]:
    """A sure answer came while words waited: what they may still ask for is looked at when the player has finished."""
    before = _open_words(situation)
    verdict = written.match.verdict if written.match is not None else None
    if before is None or not isinstance(verdict, Answer):
        return remembering(situation, pending=None), ()
    pending = replace(_joined(before, written, situation), answered=verdict.entry_ids)
    kept = _keep(situation, pending, "")
    return remembering(situation, pending=pending), tuple(each for each in kept if isinstance(each, SetTimer))


def add_to_album(situation: Situation, written: Written) -> tuple[Effect, ...]:
    """Another part of an album: its words join those that wait."""
    if not written.text or _open_words(situation) is None:
        return ()
    return wait(situation, written)


def stop_waiting(situation: Situation) -> tuple[Effect, ...]:
    """Put the alarm away where one is set: the words were dealt with in another way."""
    return (CancelTimer(BURST),) if situation.memory.pending is not None else ()


def _open_words(situation: Situation) -> Pending | None:
    """The words that wait and were not answered yet."""
    pending = situation.memory.pending
    return pending if pending is not None and not pending.answered else None


def _joined(before: Pending | None, written: Written, situation: Situation) -> Pending:
    texts = [before.text if before is not None else "", written.text]
    return Pending(
        "\n".join(filter(None, texts))[:LONGEST_QUESTION],
        before.since if before is not None else situation.now,
        situation.last_incoming_number,
        has_files=written.has_files or (before is not None and before.has_files),
    )


def _keep(situation: Situation, pending: Pending, previous: str) -> tuple[Effect, ...]:
    patience = situation.policy.patience
    due = min(situation.now + patience, pending.since + LONGEST_WAIT * patience)
    # Whoever asks for a human meanwhile is brought with all of these words.
    question = pending.text or situation.memory.question
    memory = replace(situation.memory, pending=pending, question=question, about="")
    return (Remember(memory), SetTimer(BURST, due, {"text": pending.text, "previous": previous}))
