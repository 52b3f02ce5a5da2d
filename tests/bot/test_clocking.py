"""What follows from the clock, for any order of words, acts, alarms, restarts and edits, against a minute counter."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.decisions.agent import decide_act
from bot.decisions.clocking import SLA, is_word, with_clocks
from bot.decisions.promising import PROMISE, says_time
from bot.decisions.silence import SILENCE
from bot.decisions.timekeeping import in_time
from bot.decisions.timer import decide_timer
from bot.effects import CancelTimer, ChangeTicket, Decline, Effect, OpenTicket, Record, Say, SetTimer, Text
from bot.happenings import ActDone, Happening, TimerDue
from bot.situation import Memory, PlayerFacts, Policy, Situation, TicketFacts
from bot.times import Times
from handoff.acts import Act, Hold, Merge, Note, Reply
from handoff.calendar import WEEKDAYS, Calendar, CalendarSettings
from handoff.sla import Target
from handoff.sla_settings import ClassSettings, Sla, SlaSettings
from handoff.tickets import TicketKey, TicketState
from messaging.messages import ButtonPressed, CommandUsed, MessageReceived, Person
from messaging.timers import Timer
from tests.handoff.minutes import MINUTE, MinuteCounter

START = datetime(2026, 3, 27, tzinfo=UTC)
KEY = TicketKey(1, 5)
WEEKS = st.sampled_from([("09:00-02:00",), ("09:00-12:00", "13:00-17:00"), ("22:00-06:00",), ("00:00-24:00",)])
ANN = Person("1", "Ann", "en")
WORD = MessageReceived("memory", "1", "m1", ANN, START, "still there?")
SLOW = SlaSettings({"routine": ClassSettings("2 hours", "3 hours")})


def calendar_of(week: tuple[str, ...]) -> Calendar:
    return Calendar.from_settings(CalendarSettings(time_zone="Europe/Berlin", week=dict.fromkeys(WEEKDAYS, week)))


def counter_of(week: tuple[str, ...]) -> MinuteCounter:
    counter = MinuteCounter("Europe/Berlin", START - timedelta(days=2), 14 * 24 * 60)
    for day in counter.dates():
        counter.add(day, week)
    return counter


@dataclass
class Desk:
    """One assigned ticket in the hands of agent 7; effects change it as the tables would."""

    week: tuple[str, ...]
    now: datetime = START
    ticket: TicketFacts = field(
        default_factory=lambda: TicketFacts(5, TicketState.ASSIGNED, 7, START, START, 0, None, 0, None, "Mira")
    )
    timers: dict[str, Timer] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def situation(self) -> Situation:
        times = Times(calendar_of(self.week), Sla.from_settings(SLOW))
        # Agents who never give a ticket back: that is another test's.
        policy = replace(Policy(times=times), presence=replace(Policy().presence, unanswered=timedelta(days=99)))
        return Situation(self.now, "en", True, "Ann", Memory(), self.ticket, policy, conversation_id=1)

    def happens(self, happening: Happening, effects: tuple[Effect, ...] = ()) -> None:
        for effect in in_time(self.situation(), happening, effects):
            match effect:
                case ChangeTicket(changes):
                    known = {name: value for name, value in changes.items() if name in TicketFacts.__slots__}
                    self.ticket = replace(self.ticket, **known)
                case SetTimer(kind, due_at, data):
                    self.timers[kind] = Timer(1, kind, due_at, data)
                case CancelTimer(kind):
                    self.timers.pop(kind, None)
                case Record():
                    self.records.append(effect)
                case Say(parts):
                    self.said += [part.key for part in parts if isinstance(part, Text)]

    def does(self, kind: type[Act], **details: Any) -> None:
        act = kind(KEY, "act", 7, "Mira", self.now, **details)
        self.happens(ActDone(act), decide_act(self.situation(), act))

    def passes(self, minutes: int) -> None:
        """Time passes in which nobody looks; then everything rings that is due by now, the oldest first."""
        self.now += minutes * MINUTE
        while due := [each for each in self.timers.values() if each.due_at <= self.now]:
            timer = min(due, key=lambda each: each.due_at)
            self.happens(TimerDue(timer), (CancelTimer(timer.kind), *decide_timer(self.situation(), timer)))

    def restarts(self) -> None:
        """What is stored is all that is left."""
        stored = json.loads(json.dumps({"clocks": self.ticket.clocks, "promises": list(self.ticket.promises)}))
        self.ticket = replace(self.ticket, **stored)
        self.timers = {
            kind: replace(each, data=json.loads(json.dumps(dict(each.data)))) for kind, each in self.timers.items()
        }

    def warnings(self, duty: str) -> list[int]:
        return [each.data["percent"] for each in self.records if each.data.get("duty") == duty]


STEPS = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from(["word", "reply", "look", "note", "hold", "restart", "edit"])),
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(WEEKS, WEEKS, STEPS)
def test_clocks_agree_with_the_minute_counter_and_warn_once(
    week: tuple[str, ...], edited: tuple[str, ...], steps: list[tuple[int, str]]
) -> None:
    """T1-T4, T8: what is spent, when it is due, and every warning once and in time; a paused clock costs nothing."""
    counters = {each: counter_of(each) for each in (week, edited)}
    desk = Desk(week)
    desk.happens(WORD)
    targets = {"first_reply": 120 * MINUTE, "next_reply": 180 * MINUTE}
    duty, since, instance = "first_reply", START, 0
    running: str | None = duty
    warned: dict[int, list[int]] = {0: []}
    for wait, step in steps:
        before = len(desk.records)
        desk.passes(wait)
        news = [each for each in desk.records[before:] if each.kind == "sla_warning"]
        assert running is not None or not news
        warned[instance] += [each.data["percent"] for each in news]
        if running is not None:
            spent = counters[desk.week].between(since, desk.now)
            reached = {percent for percent in (50, 80, 100) if spent >= targets[running] * percent / 100}
            assert reached <= set(warned[instance])
        if step == "word":
            desk.happens(replace(WORD, sent_at=desk.now))
            if running is None:
                running, since, instance = "next_reply", desk.now, instance + 1
                warned[instance] = []
        elif step in ("reply", "look"):
            desk.does(Reply, text="Here you are", looking=step == "look")
            running = None
        elif step == "note":
            desk.does(Note, text="seen before")
        elif step == "hold":
            desk.does(Hold)
        elif step == "restart":
            desk.restarts()
        elif step == "edit":
            desk.week = edited
            # What the program does after a start: the stored alarm rings at once.
            desk.timers[SLA] = Timer(1, SLA, desk.now)
            desk.passes(0)
            warned[instance] = [*warned[instance], *_new(desk, warned)]
        expected = counters[desk.week].after(since, targets[running]) if running is not None else None
        assert desk.ticket.due_at == expected
    for percents in warned.values():
        assert percents == sorted(set(percents))


def _new(desk: Desk, warned: dict[int, list[int]]) -> list[int]:
    """The warnings that are in the record and not counted yet."""
    told = [each.data["percent"] for each in desk.records if each.kind == "sla_warning"]
    return told[sum(len(each) for each in warned.values()) :]


PROMISES = st.lists(
    st.tuples(st.integers(0, 200), st.sampled_from(["promise", "reply", "look", "restart", "word"])), max_size=12
)


@settings(max_examples=60, deadline=None)
@given(PROMISES)
def test_of_every_missed_promise_the_player_hears_at_most_once(steps: list[tuple[int, str]]) -> None:
    """W15, T16."""
    desk = Desk(("00:00-24:00",))
    owed: dict[int, datetime] = {}
    made, missed = 0, set()
    for wait, step in steps:
        desk.passes(wait)
        missed |= {number for number, due in owed.items() if due <= desk.now}
        told = [each.data["promise"] for each in desk.records if each.kind == "promise_missed"]
        assert sorted(told) == sorted(missed)
        assert desk.said.count("promise_missed") <= len(missed)
        assert bool(missed) == ("promise_missed" in desk.said)
        if step == "promise":
            desk.does(Reply, text="I will ask", promise=desk.now + 60 * MINUTE)
            made += 1
            owed = {made: desk.now + 60 * MINUTE}
        elif step in ("reply", "look"):
            desk.does(Reply, text="Here you are", looking=step == "look")
            owed = owed if step == "look" else {}
        elif step == "restart":
            desk.restarts()
        else:
            desk.happens(WORD)
        assert desk.ticket.promise_due_at == min(owed.values(), default=None)
        # G12: silence is not counted while a time stands that was promised.
        if any(due > desk.now for due in owed.values()):
            assert SILENCE not in desk.timers
    warned = [each.data["promise"] for each in desk.records if each.kind == "promise_warning"]
    assert len(warned) == len(set(warned))
    assert (PROMISE in desk.timers) == any(due > desk.now for due in owed.values())


def test_an_opened_ticket_starts_its_clocks_and_one_of_an_unknown_class_too() -> None:
    situation = replace(Desk(("00:00-24:00",)).situation(), ticket=None)
    for name in ("routine", "gone"):
        change, timer = with_clocks(situation, WORD, (OpenTicket("asked", "?", ticket_class=name),))[1:]
        assert isinstance(change, ChangeTicket)
        assert isinstance(timer, SetTimer)
        assert (change.changes["due_at"], change.changes["clocks"]["ticket_class"]) == (START + 120 * MINUTE, name)
        assert timer.due_at == START + 60 * MINUTE


@pytest.mark.parametrize(
    ("happening", "counts"),
    [
        (WORD, True),
        (CommandUsed("memory", "1", "m2", ANN, START, "human", ""), True),
        (CommandUsed("memory", "1", "m2", ANN, START, "ask", "where?"), True),
        (CommandUsed("memory", "1", "m2", ANN, START, "unheard_of", "where?"), True),
        (CommandUsed("memory", "1", "m2", ANN, START, "status", ""), False),
        (ButtonPressed("memory", "1", "p1", ANN, START, "human"), True),
        (ButtonPressed("memory", "1", "p1", ANN, START, "understood:no:5:9"), True),
        (ButtonPressed("memory", "1", "p1", ANN, START, "rate:5:1"), False),
        (TimerDue(Timer(1, "apology", START)), False),
    ],
)
def test_what_counts_as_a_word_to_us(happening: Happening, counts: bool) -> None:
    situation = Desk(("00:00-24:00",)).situation()
    assert is_word(situation, happening) is counts
    muted = replace(situation, player=PlayerFacts(muted_until=START + MINUTE))
    assert not is_word(muted, happening)


def test_a_reply_to_an_older_ticket_moves_no_clock_of_the_newest() -> None:
    desk = Desk(("00:00-24:00",))
    desk.happens(WORD)
    before = desk.ticket
    act = Reply(TicketKey(1, 3), "act", 7, "Mira", desk.now, text="late")
    desk.happens(ActDone(act), (Say((Text("hello"),)),))
    assert desk.ticket == before


def test_a_reply_counts_when_its_words_go_out_and_only_then() -> None:
    """What else is gathered for the same reply, before or after, promises nothing and stops no clock."""
    desk = Desk(("00:00-24:00",))
    desk.happens(WORD)
    desk.does(Hold)
    before = desk.ticket
    act = Reply(KEY, "act", 7, "Mira", desk.now, text="I will ask", promise=desk.now + 60 * MINUTE)
    desk.happens(ActDone(act), (CancelTimer("reply:act"),))
    assert (desk.ticket, desk.said) == (before, ["hold"])


def test_whatever_act_would_close_a_ticket_that_owes_a_promise_is_declined_and_the_player_may() -> None:
    """T5: merging, too; but who takes their request back is owed nothing any more."""
    desk = Desk(("00:00-24:00",))
    desk.happens(WORD)
    desk.does(Reply, text="I will ask", promise=desk.now + 60 * MINUTE)
    closing = (ChangeTicket({"state": TicketState.RESOLVED, "resolved_at": desk.now}),)
    merge = Merge(KEY, "act", 7, "Mira", desk.now, into="2-9")
    (refused,) = in_time(desk.situation(), ActDone(merge), closing)
    assert isinstance(refused, Decline)
    assert refused.code == "promise_open"
    desk.happens(ButtonPressed("memory", "1", "p1", ANN, START, "takeback:5"), closing)
    assert (desk.ticket.state, desk.ticket.promise_due_at) == (TicketState.RESOLVED, None)
    assert [each["reason"] for each in desk.ticket.promises] == ["closed"]
    assert not desk.timers.keys() & {PROMISE, SILENCE, SLA}


def test_a_reply_that_waited_to_be_said_is_said_though_its_promise_is_past() -> None:
    """An undo of some seconds must not lose a reply that promised a time within them."""
    desk = Desk(("00:00-24:00",))
    act = Reply(KEY, "act", 7, "Mira", desk.now, text="in a moment", promise=desk.now + timedelta(seconds=2))
    desk.now += timedelta(seconds=5)
    desk.happens(ActDone(act), decide_act(desk.situation(), act))
    assert desk.ticket.promise_due_at == act.promise


@pytest.mark.parametrize(
    ("text", "hour", "minute", "says"),
    [
        ("by 18:00", 18, 0, True),
        ("by 18.30 today", 18, 30, True),
        ("um 18h", 18, 0, True),
        ("at 6 pm", 18, 0, True),
        ("at 6:30 p.m. sharp", 18, 30, True),
        ("18時までに", 18, 0, True),
        ("18点前", 18, 0, True),
        ("by 08:05", 8, 5, True),
        ("6 am", 18, 0, False),
        ("on 18. March", 18, 0, False),
        ("118:00", 18, 0, False),
        ("6 pm", 18, 30, False),
        ("soon", 18, 0, False),
    ],
)
def test_whether_words_name_a_time(text: str, hour: int, minute: int, says: bool) -> None:
    assert says_time(text, START.replace(hour=hour, minute=minute)) is says


def test_targets_of_the_model_above() -> None:
    """That the counter above counts what is set."""
    assert Sla.from_settings(SLOW).classes["routine"].first_reply == Target(120 * MINUTE)
