"""G11 for any situation and any words: who waits is answered later, never twice, and pleas never wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given

from bot.decisions.bursts import BURST, LONGEST_WAIT
from bot.decisions.hearing import Written
from bot.decisions.player import decide_burst, decide_written
from bot.effects import CancelTimer, EntryAnswer, OpenTicket, Remember, SetTimer
from bot.situation import Memory, Situation
from faq.match import Answer, Match
from tests.bot.test_decisions import KNOWN, NOW, of, says, situations, writings

PATIENCE = timedelta(seconds=4)


def patient(situation: Situation) -> Situation:
    return replace(situation, policy=replace(situation.policy, patience=PATIENCE))


def remembered(effects: tuple[object, ...]) -> Memory:
    return [each.memory for each in effects if isinstance(each, Remember)][-1]


def alarms(effects: tuple[object, ...]) -> list[SetTimer]:
    return [each for each in effects if isinstance(each, SetTimer) and each.kind == BURST]


@given(situations, writings)
def test_every_message_is_answered_now_or_waits_for_its_alarm(situation: Situation, written: Written) -> None:
    """T17."""
    situation = patient(situation)
    assume(situation.open_ticket is None)
    assume(written.album is None or written.album != situation.memory.album)
    effects = decide_written(situation, written, KNOWN)
    flood = remembered(effects).flood
    assert flood is not None
    if flood.count > situation.policy.messages_per_minute and not written.asks_for_human:
        return
    (alarm,) = alarms(effects) or (None,)
    assert says(effects) or alarm is not None
    if alarm is not None:
        pending = remembered(effects).pending
        assert pending is not None
        assert alarm.data["text"] == pending.text
        assert NOW < alarm.due_at <= pending.since + LONGEST_WAIT * PATIENCE


@given(situations, writings)
def test_a_plea_never_waits(situation: Situation, written: Written) -> None:
    """F2."""
    situation = patient(situation)
    assume(situation.open_ticket is None)
    assume(written.album is None or written.album != situation.memory.album)
    assume(not written.refused or written.text)
    effects = decide_written(situation, replace(written, asks_for_human=True), KNOWN)
    assert of(OpenTicket, effects)
    assert not alarms(effects)


@given(situations, writings, writings)
def test_what_waited_is_decided_on_once(situation: Situation, first: Written, joined: Written) -> None:
    situation = patient(situation)
    assume(situation.open_ticket is None)
    waiting = decide_written(situation, replace(first, asks_for_human=False, album=None), KNOWN)
    assume(alarms(waiting))
    later = replace(situation, memory=remembered(waiting), now=NOW + PATIENCE)
    effects = decide_burst(later, joined, KNOWN)
    assert remembered(effects).pending is None
    pending = remembered(waiting).pending
    assert pending is not None
    # It is answered now, unless a sure answer came in the middle and nothing more is in it.
    assert says(effects) or pending.answered
    again = replace(later, memory=remembered(effects))
    assert decide_burst(again, joined, KNOWN) == ()


@given(situations, writings)
def test_a_sure_answer_is_never_put_off(situation: Situation, written: Written) -> None:
    calm = replace(situation.memory, flood=None, awaiting=None)
    situation = replace(patient(situation), ticket=None, memory=calm)
    sure = Match((), Answer(("goblin",)), None, "version")
    written = replace(written, text="goblin", match=sure, asks_for_human=False, album=None)
    said = [part for each in says(decide_written(situation, written, KNOWN)) for part in each.parts]
    assert EntryAnswer("goblin") in said


@given(situations, writings)
def test_nothing_waits_beside_people(situation: Situation, written: Written) -> None:
    situation = patient(situation)
    assume(situation.open_ticket is not None)
    effects = decide_written(situation, written, KNOWN)
    assert not alarms(effects)
    assert CancelTimer(BURST) not in effects
