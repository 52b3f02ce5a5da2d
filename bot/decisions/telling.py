"""/feedback, /bug and /suggest (F8): what players tell us without wanting an answer, kept with how bad they find it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.decisions.hearing import LONGEST_QUESTION, Written
from bot.effects import CancelTimer, Choice, Effect, KeepFeedback, Remember, Say, SetTimer, Text
from bot.remembered import Awaiting
from bot.situation import Situation
from messaging.timers import Timer

BUG, FEEDBACK, SUGGESTION = "bug", "feedback", "suggestion"
KINDS = (BUG, FEEDBACK, SUGGESTION)
SEVERITIES = ("blocking", "annoying", "small")
TELLING = "telling"
"""The timer that keeps a bug without its severity where no button was pressed: nothing told is lost."""
LISTEN_FOR = timedelta(minutes=10)


def begin(situation: Situation, kind: str, words: str) -> tuple[Effect, ...]:
    """The command: with words they are taken at once, without any they are asked for."""
    if words:
        return _take(situation, kind, words, asked_for=False)
    awaiting = Awaiting(kind, situation.now + LISTEN_FOR, {})
    cancel = Choice(Text("button_cancel"), "telling:cancel")
    return (Remember(replace(situation.memory, awaiting=awaiting)), Say((Text(f"{kind}_ask"),), (cancel,)))


def is_awaited(situation: Situation) -> bool:
    """Whether the player's next words are what we asked for."""
    awaiting = situation.memory.awaiting
    return awaiting is not None and awaiting.kind in KINDS and situation.now <= awaiting.until


def take_words(situation: Situation, written: Written) -> tuple[Effect, ...]:
    """What was asked for came."""
    awaiting = situation.memory.awaiting
    assert awaiting is not None
    if not written.text:
        return (Say((Text(f"{awaiting.kind}_ask"),)),)
    return _take(situation, awaiting.kind, written.text, asked_for=True)


def press(situation: Situation, rest: str) -> tuple[Effect, ...] | None:
    """``cancel``, or a severity of what was told."""
    awaiting = situation.memory.awaiting
    memory = replace(situation.memory, awaiting=None)
    if rest == "cancel" and awaiting is not None:
        return (Remember(memory), Say((Text("telling_cancelled"),)))
    if rest not in SEVERITIES or awaiting is None or awaiting.kind != "severity":
        return None
    return (
        Remember(memory),
        CancelTimer(TELLING),
        KeepFeedback(BUG, str(awaiting.data.get("text", "")), rest),
        Say((Text("bug_thanks"),)),
    )


def _take(situation: Situation, kind: str, words: str, *, asked_for: bool) -> tuple[Effect, ...]:
    words = words[:LONGEST_QUESTION]
    if kind != BUG:
        kept = Remember(replace(situation.memory, awaiting=None))
        return (kept, KeepFeedback(kind, words, data={"asked_for": asked_for}), Say((Text(f"{kind}_thanks"),)))
    until = situation.now + LISTEN_FOR
    choices = tuple(Choice(Text(f"button_bug_{each}"), f"telling:{each}") for each in SEVERITIES)
    return (
        *_unrated(situation),
        Remember(replace(situation.memory, awaiting=Awaiting("severity", until, {"text": words}))),
        SetTimer(TELLING, until, {"text": words}),
        Say((Text("bug_severity"),), choices),
    )


def _unrated(situation: Situation) -> tuple[Effect, ...]:
    """An earlier bug whose severity was never told is kept before another takes its place."""
    awaiting = situation.memory.awaiting
    if awaiting is None or awaiting.kind != "severity":
        return ()
    return (KeepFeedback(BUG, str(awaiting.data.get("text", ""))),)


def keep_unrated(situation: Situation, timer: Timer) -> tuple[Effect, ...]:
    """No button was pressed: the bug is kept as it was told."""
    awaiting = situation.memory.awaiting
    kept = KeepFeedback(BUG, str(timer.data.get("text", "")))
    if awaiting is None or awaiting.kind != "severity":
        return (kept,)
    return (Remember(replace(situation.memory, awaiting=None)), kept)
