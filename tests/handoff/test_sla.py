"""Clocks: named scenes first, then every minute against a counter."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.calendar import WEEKDAYS, Calendar, CalendarSettings
from handoff.errors import SettingsError
from handoff.sla import Clock, Clocks, Measure, Target
from handoff.sla_settings import ClassSettings, Sla, SlaSettings
from tests.handoff.minutes import MINUTE, MinuteCounter

HOUR = timedelta(hours=1)
NIGHTLY = Calendar.from_settings(CalendarSettings())
ALWAYS = Calendar.from_settings(CalendarSettings(week=dict.fromkeys(WEEKDAYS, ("00:00-24:00",))))
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
SLA = Sla.from_settings(SlaSettings())
ROUTINE, COMPLAINT, BUG = SLA.classes["routine"], SLA.classes["complaint"], SLA.classes["major_bug"]


def ten_minutes() -> Clock:
    return Clock.start(Target(10 * MINUTE), NOON)


def test_a_clock_waits_out_the_night() -> None:
    clock = Clock.start(Target(5 * MINUTE), datetime(2026, 3, 3, 1, 58, tzinfo=UTC))
    assert clock.due_at(NIGHTLY) == datetime(2026, 3, 3, 9, 3, tzinfo=UTC)
    assert clock.spent(datetime(2026, 3, 3, 7, tzinfo=UTC), NIGHTLY) == 2 * MINUTE
    assert clock.left(datetime(2026, 3, 3, 9, 10, tzinfo=UTC), NIGHTLY) == -7 * MINUTE


def test_a_pause_takes_no_time_and_has_no_alarm() -> None:
    paused = ten_minutes().pause(NOON + 4 * MINUTE, NIGHTLY)
    assert paused.spent(NOON + 9 * HOUR, NIGHTLY) == 4 * MINUTE
    assert paused.due_at(NIGHTLY) is None
    assert paused.next_alarm(NOON, NIGHTLY) is None
    assert paused.warn(NOON + 9 * HOUR, NIGHTLY) == (paused, ())
    resumed = paused.resume(NOON + HOUR)
    assert resumed.due_at(NIGHTLY) == NOON + HOUR + 6 * MINUTE
    assert resumed.pause(NOON + HOUR, NIGHTLY).pause(NOON + 2 * HOUR, NIGHTLY).spent_before == 4 * MINUTE
    assert resumed.resume(NOON + 2 * HOUR) == resumed


def test_wall_time_passes_by_night_and_while_the_player_owes() -> None:
    clock = Clock.start(Target(48 * HOUR, Measure.WALL), NOON)
    assert clock.pause(NOON + HOUR, NIGHTLY) == clock
    assert clock.due_at(NIGHTLY) == NOON + 48 * HOUR
    assert clock.spent(NOON + 30 * HOUR, NIGHTLY) == 30 * HOUR
    assert clock.spent(NOON - HOUR, NIGHTLY) == timedelta()


def test_working_days_leave_out_the_week_end() -> None:
    friday = datetime(2026, 3, 6, 15, tzinfo=UTC)
    clock = Clock.start(Target(timedelta(days=3), Measure.WORKING), friday)
    assert clock.due_at(NIGHTLY) == datetime(2026, 3, 11, 15, tzinfo=UTC)
    assert clock.spent(friday + timedelta(days=2), NIGHTLY) == 9 * HOUR


def test_each_warning_comes_once() -> None:
    clock = ten_minutes()
    given_at = []
    while (alarm := clock.next_alarm(NOON, NIGHTLY)) is not None:
        assert clock.warn(alarm - timedelta(microseconds=1), NIGHTLY) == (clock, ())
        clock, reached = clock.warn(alarm, NIGHTLY)
        given_at.append((reached, alarm - NOON))
    assert given_at == [((50,), 5 * MINUTE), ((80,), 8 * MINUTE), ((100,), 10 * MINUTE)]
    assert clock.warn(NOON + 9 * HOUR, NIGHTLY) == (clock, ())


def test_after_a_standstill_of_ours_what_is_late_comes_at_once() -> None:
    clock = ten_minutes()
    late = NOON + 9 * MINUTE
    assert clock.next_alarm(late, NIGHTLY) == late
    clock, reached = clock.warn(late, NIGHTLY)
    assert reached == (50, 80)
    assert clock.next_alarm(late, NIGHTLY) == NOON + 10 * MINUTE


def test_an_edited_calendar_moves_the_alarm_and_repeats_no_warning() -> None:
    clock, _ = ten_minutes().warn(NOON + 6 * MINUTE, NIGHTLY)
    closed_at_noon = Calendar.from_settings(
        CalendarSettings(week=dict.fromkeys(WEEKDAYS, ("09:00-12:00", "14:00-18:00")))
    )
    assert clock.spent(NOON + 6 * MINUTE, closed_at_noon) == timedelta()
    assert clock.next_alarm(NOON + 6 * MINUTE, closed_at_noon) == NOON + 2 * HOUR + 8 * MINUTE
    assert clock.warn(NOON + 2 * HOUR + 9 * MINUTE, closed_at_noon)[1] == (80,)


def test_a_stopped_clock_keeps_its_first_moment_and_may_run_on() -> None:
    stopped = ten_minutes().stop(NOON + 3 * MINUTE, NIGHTLY)
    assert stopped.stop(NOON + HOUR, NIGHTLY) == stopped
    assert (stopped.stopped_at, stopped.spent_before) == (NOON + 3 * MINUTE, 3 * MINUTE)
    assert stopped.resume(NOON + HOUR).due_at(NIGHTLY) == NOON + HOUR + 7 * MINUTE


def test_another_target_keeps_what_was_spent_and_warns_anew() -> None:
    clock, _ = ten_minutes().warn(NOON + 9 * MINUTE, NIGHTLY)
    tighter = clock.retarget(Target(12 * MINUTE), NOON + 9 * MINUTE, NIGHTLY)
    assert tighter.due_at(NIGHTLY) == NOON + 12 * MINUTE
    assert tighter.warn(NOON + 9 * MINUTE, NIGHTLY)[1] == (50,)
    assert clock.retarget(clock.target, NOON + HOUR, NIGHTLY) == clock


def test_the_defaults_are_the_requirements() -> None:
    assert ROUTINE.first_reply == Target(5 * MINUTE)
    assert SLA.classes["special"].first_reply == Target(24 * HOUR)
    assert BUG.resolution == Target(timedelta(days=3), Measure.WORKING)
    assert COMPLAINT.resolution == Target(48 * HOUR, Measure.WALL)
    assert dict(SLA.roles_at) == {50: ("agent",), 80: ("agent", "lead"), 100: ("agent", "lead", "admin")}


def test_the_clocks_of_a_ticket() -> None:
    clocks = Clocks.start(BUG, NOON)
    assert clocks.due_at(ALWAYS) == NOON + 5 * MINUTE
    assert clocks.player_wrote(NOON + MINUTE) == clocks  # the reply is owed since the first word

    replied = clocks.agent_replied(NOON + 2 * MINUTE, ALWAYS)
    assert replied.running() == ()
    assert replied.next_alarm(NOON + 2 * MINUTE, ALWAYS) is None

    asked = replied.player_wrote(NOON + HOUR)
    assert asked.due_at(ALWAYS) == NOON + 25 * HOUR
    assert asked.resolution is not None
    assert asked.resolution.spent(NOON + HOUR, ALWAYS) == 2 * MINUTE

    looking = asked.agent_replied(NOON + 2 * HOUR, ALWAYS, awaits_player=False)
    assert [clock.target for clock in looking.running()] == [BUG.resolution]

    resolved = looking.resolved(NOON + 3 * HOUR, ALWAYS)
    assert resolved.running() == ()
    assert resolved.resolution is not None
    assert resolved.resolution.spent_before == 2 * MINUTE + 2 * HOUR

    reopened = resolved.player_wrote(NOON + 5 * HOUR)
    assert [clock.target for clock in reopened.running()] == [BUG.next_reply, BUG.resolution]


def test_a_ticket_closed_without_a_reply_still_owes_the_first_when_it_opens_again() -> None:
    reopened = Clocks.start(ROUTINE, NOON).resolved(NOON + MINUTE, ALWAYS).player_wrote(NOON + HOUR)
    assert reopened.due_at(ALWAYS) == NOON + HOUR + 4 * MINUTE


def test_a_new_class_counts_what_was_spent_and_new_duties_from_their_beginning() -> None:
    complaint = Clocks.start(ROUTINE, NOON).reclassified(COMPLAINT, NOON + 3 * MINUTE, ALWAYS)
    assert complaint.first_reply == Clock.start(ROUTINE.first_reply, NOON)
    assert complaint.resolution == Clock.start(COMPLAINT.resolution, NOON)
    back = complaint.reclassified(ROUTINE, NOON + HOUR, ALWAYS)
    assert back.resolution is None
    special = Clocks.start(ROUTINE, NOON).agent_replied(NOON + MINUTE, ALWAYS).player_wrote(NOON + 2 * MINUTE)
    special = special.reclassified(SLA.classes["special"], NOON + 3 * MINUTE, ALWAYS)
    assert special.due_at(ALWAYS) == NOON + 2 * MINUTE + 24 * HOUR
    unanswered = Clocks.start(SLA.classes["routine"], NOON).reclassified(
        replace(COMPLAINT, first_reply=None), NOON + MINUTE, ALWAYS
    )
    assert unanswered.reclassified(ROUTINE, NOON + HOUR, ALWAYS).due_at(ALWAYS) == NOON + 5 * MINUTE


def test_what_becomes_a_complaint_while_the_player_owes_has_its_48_hours_all_the_same() -> None:
    """T4: wall time passes while the player owes; what pauses begins to count with their next word."""
    waits = Clocks.start(ROUTINE, NOON).agent_replied(NOON + MINUTE, ALWAYS)
    complaint = waits.reclassified(COMPLAINT, NOON + HOUR, ALWAYS)
    assert complaint.due_at(ALWAYS) == NOON + 48 * HOUR
    bug = waits.reclassified(BUG, NOON + HOUR, ALWAYS)
    assert bug.running() == ()
    assert bug.player_wrote(NOON + 2 * HOUR).resolution == Clock(BUG.resolution, NOON, NOON + 2 * HOUR)


def test_an_edited_class_counts_from_then_on_and_repeats_no_warning() -> None:
    """The owner changes 5 minutes to 20 after half of them: 10 more minutes until 80 % of the new target."""
    clocks, told = Clocks.start(ROUTINE, NOON).warn(NOON + 4 * MINUTE, ALWAYS)
    assert told == (("first_reply", 50), ("first_reply", 80))
    assert clocks.warned == 80
    edited = replace(ROUTINE, first_reply=Target(20 * MINUTE), resolution=Target(HOUR))
    renewed = replace(clocks, ticket_class=edited).renewed(NOON + 4 * MINUTE, ALWAYS)
    assert renewed.resolution is None
    assert renewed.due_at(ALWAYS) == NOON + 20 * MINUTE
    assert renewed.next_alarm(NOON + 4 * MINUTE, ALWAYS) == NOON + 20 * MINUTE
    assert renewed.warn(NOON + 19 * MINUTE, ALWAYS) == (renewed, ())
    assert renewed.warn(NOON + 20 * MINUTE, ALWAYS)[1] == (("first_reply", 100),)


def test_a_paused_clock_that_becomes_wall_time_runs_on() -> None:
    paused = ten_minutes().pause(NOON + 4 * MINUTE, NIGHTLY)
    wall = paused.retarget(Target(10 * MINUTE, Measure.WALL), NOON + HOUR, NIGHTLY)
    assert wall.due_at(NIGHTLY) == NOON + HOUR + 6 * MINUTE
    stopped = paused.stop(NOON + 5 * MINUTE, NIGHTLY)
    assert not stopped.retarget(Target(10 * MINUTE, Measure.WALL), NOON + HOUR, NIGHTLY).is_running


def test_who_owes_the_next_word() -> None:
    clocks = Clocks.start(ROUTINE, NOON)
    assert clocks.is_ours
    looking = clocks.agent_replied(NOON + MINUTE, ALWAYS, awaits_player=False)
    assert (looking.is_ours, looking.warned, looking.due_at(ALWAYS)) == (True, 0, None)
    assert not looking.agent_replied(NOON + 2 * MINUTE, ALWAYS).is_ours
    assert not looking.resolved(NOON + 2 * MINUTE, ALWAYS).is_ours


def test_clocks_survive_being_stored() -> None:
    clocks = Clocks.start(BUG, NOON).agent_replied(NOON + MINUTE, NIGHTLY, awaits_player=False)
    assert Clocks.from_plain(json.loads(json.dumps(clocks.to_plain())), SLA.classes) == clocks
    clocks = clocks.player_wrote(NOON + HOUR)
    stored = json.loads(json.dumps(clocks.to_plain()))
    assert Clocks.from_plain(stored, SLA.classes) == clocks
    assert Clocks.from_plain(stored, {}).running() == clocks.running()


@pytest.mark.parametrize(
    ("changes", "setting", "reason"),
    [
        ({"classes": {"routine": ClassSettings("soon")}}, "classes.routine.first_reply", "not a time"),
        ({"classes": {"routine": ClassSettings("2 days")}}, "classes.routine.first_reply", "two things"),
        (
            {"classes": {"routine": ClassSettings("1 hour"), "a": ClassSettings(resolution="2 working hours")}},
            "classes.a.resolution",
            "only days",
        ),
        ({"classes": {"special": ClassSettings("1 hour")}}, "classes", "there is no routine"),
        ({"classes": {"routine": ClassSettings(next_reply="0 minutes")}}, "classes.routine.next_reply", "no time"),
        ({"classes": {"routine": ClassSettings()}}, "classes.routine", "no target"),
        ({"classes": {}}, "classes", "at least one"),
        ({"warn": {50: ["led"]}}, "warn.50", "lead"),
        ({"warn": {50: "lead"}}, "warn.50", "a list"),
        ({"warn": {0: ["lead"]}}, "warn.0", "above 0"),
    ],
)
def test_the_wrong_setting_is_named(changes: dict[str, object], setting: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Sla.from_settings(replace(SlaSettings(), **changes))
    assert [problem.setting for problem in caught.value.problems] == [setting]
    assert reason in caught.value.problems[0].reason


START = datetime(2026, 3, 27, tzinfo=UTC)
WEEKS = st.sampled_from([("09:00-02:00",), ("09:00-12:00", "13:00-17:00"), ("22:00-06:00",), ("00:00-24:00",)])
STEPS = st.lists(
    st.tuples(st.integers(1, 600), st.sampled_from(["pause", "resume", "store", "warn", "edit", "stop"])), max_size=12
)


@settings(max_examples=200, deadline=None)
@given(WEEKS, WEEKS, st.integers(1, 1200), STEPS)
def test_a_clock_agrees_with_the_minute_counter(
    hours: tuple[str, ...], edited: tuple[str, ...], minutes: int, steps: list[tuple[int, str]]
) -> None:
    """Through pauses, restarts and an edited calendar: the time is right, each warning comes once, when due."""
    counters = {week: _counter(week) for week in (hours, edited)}
    calendar, week = _calendar(hours), hours
    target = Target(minutes * MINUTE)
    clock, now, before, since = Clock.start(target, START), START, timedelta(), START
    warned: list[int] = []
    for wait, act in steps:
        alarm = clock.next_alarm(now, calendar)
        now += wait * MINUTE
        clock, reached = clock.warn(now, calendar)
        assert bool(reached) == (alarm is not None and alarm <= now)
        warned.extend(reached)
        if since is not None and act in ("pause", "stop"):
            before, since = before + counters[week].between(since, now), None
        if act == "resume" and since is None:
            since = now
        if act == "edit":
            calendar, week = _calendar(edited), edited
        clock = _acted(clock, act, now, calendar)
        spent = before + (counters[week].between(since, now) if since else timedelta())
        assert clock.spent(now, calendar) == spent
    assert warned == sorted(set(warned))
    if since is None:
        assert clock.due_at(calendar) is None
    else:
        expected = counters[week].after(since, max(target.amount - before, timedelta()))
        assert clock.due_at(calendar) == expected


def _acted(clock: Clock, act: str, now: datetime, calendar: Calendar) -> Clock:
    match act:
        case "pause":
            return clock.pause(now, calendar)
        case "stop":
            return clock.stop(now, calendar)
        case "resume":
            return clock.resume(now)
        case "store":
            return Clock.from_plain(json.loads(json.dumps(clock.to_plain())))
    return clock


def _calendar(week: tuple[str, ...]) -> Calendar:
    return Calendar.from_settings(CalendarSettings(time_zone="Europe/Berlin", week=dict.fromkeys(WEEKDAYS, week)))


def _counter(week: tuple[str, ...]) -> MinuteCounter:
    counter = MinuteCounter("Europe/Berlin", START - timedelta(days=2), 14 * 24 * 60)
    for day in counter.dates():
        counter.add(day, week)
    return counter
