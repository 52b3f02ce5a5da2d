"""How long it takes (U10): from recent tickets, the seats and the place; honest where nobody can tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handoff.agents import Colleague, Presence, Role
from handoff.waiting import Pace, expected, in_minutes, pace_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MIRA = Colleague(1, "Mira", Role.AGENT, (), (), "", 2, Presence.ONLINE, NOW, 1)
AWAY = Colleague(2, "Noor", Role.AGENT, (), (), "", 5, Presence.AWAY, NOW, 0)
TEN = [timedelta(minutes=each) for each in (8, 9, 9, 10, 10, 10, 10, 11, 12, 600)]


def test_the_pace_counts_who_is_online_and_the_middle_of_recent_tickets() -> None:
    assert pace_of([MIRA, AWAY], TEN, 10) == Pace(1, 2, 1, timedelta(minutes=10))


def test_too_few_recent_tickets_or_nobody_online_tell_nothing() -> None:
    assert expected(pace_of([MIRA], TEN[:9], 10), 0) is None
    assert expected(pace_of([AWAY], TEN, 10), 0) is None


def test_each_place_behind_the_free_seats_waits_for_its_share() -> None:
    pace = pace_of([MIRA], TEN, 10)
    assert expected(pace, 0) == timedelta(minutes=1)
    assert expected(pace, 1) == timedelta(minutes=5)
    assert expected(pace, 4) == timedelta(minutes=20)


@given(st.integers(1, 50), st.integers(0, 50), st.integers(60, 36000), st.integers(0, 100))
def test_whoever_stands_further_back_never_waits_shorter(seats: int, free: int, seconds: int, ahead: int) -> None:
    pace = Pace(1, seats, min(free, seats), timedelta(seconds=seconds))
    nearer, further = expected(pace, ahead), expected(pace, ahead + 1)
    assert nearer is not None
    assert further is not None
    assert nearer <= further


@given(st.integers(1, 100_000))
def test_what_is_told_is_never_shorter_than_what_is_meant(seconds: int) -> None:
    told = in_minutes(timedelta(seconds=seconds))
    assert timedelta(minutes=told) >= timedelta(seconds=seconds)
    assert told <= seconds / 60 + 15
