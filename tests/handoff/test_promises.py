"""Promises (T5, T16, W15): each alarm once, whatever is kept, dropped or stored in between."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handoff.promises import Promises

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LEAD = 15 * MINUTE


def test_a_promise_is_told_of_before_it_is_due_and_when_it_is_missed() -> None:
    promises = Promises().made(NOON + HOUR, NOON, 7)
    assert (promises.due_at, promises.next_alarm(LEAD)) == (NOON + HOUR, NOON + 45 * MINUTE)
    assert promises.ring(NOON + 44 * MINUTE, LEAD) == (promises, (), ())
    promises, near, missed = promises.ring(NOON + 45 * MINUTE, LEAD)
    assert ([each.number for each in near], missed, promises.next_alarm(LEAD)) == ([1], (), NOON + HOUR)
    promises, near, missed = promises.ring(NOON + HOUR, LEAD)
    assert (near, [each.number for each in missed], promises.next_alarm(LEAD)) == ((), [1], None)
    # It is still owed.
    assert promises.due_at == NOON + HOUR
    assert promises.kept(NOON + 2 * HOUR, [1]).due_at is None


def test_a_promise_for_the_next_minutes_has_no_early_alarm() -> None:
    assert Promises().made(NOON + 5 * MINUTE, NOON, 7).next_alarm(LEAD) == NOON + 5 * MINUTE


def test_after_a_standstill_of_ours_a_missed_one_is_only_missed() -> None:
    _, near, missed = Promises().made(NOON + HOUR, NOON, 7).ring(NOON + 9 * HOUR, LEAD)
    assert (near, len(missed)) == ((), 1)


def test_what_ended_stays_as_it_was() -> None:
    promises = Promises().made(NOON + HOUR, NOON, 7).made(NOON + 2 * HOUR, NOON, 7)
    promises = promises.dropped(NOON, 1, "solved by the patch").kept(NOON + MINUTE, [1, 2])
    first, second = promises.all
    assert (first.ending, first.reason, second.ending) == ("dropped", "solved by the patch", "kept")
    assert promises.find(1) is None
    assert promises.made(NOON + HOUR, NOON, 7).all[-1].number == 3


STEPS = st.lists(
    st.tuples(st.integers(0, 120), st.sampled_from(["made", "kept", "dropped", "stored"]), st.integers(1, 3)),
    max_size=15,
)


@given(STEPS)
def test_every_promise_is_missed_or_warned_of_at_most_once_and_in_time(steps: list[tuple[int, str, int]]) -> None:
    """T5: through restarts at any step, against a list kept by hand."""
    promises, now = Promises(), NOON
    warned: list[int] = []
    late: list[int] = []
    owed: dict[int, datetime] = {}
    for wait, act, number in steps:
        alarm = promises.next_alarm(LEAD)
        now += wait * MINUTE
        promises, near, missed = promises.ring(now, LEAD)
        assert bool(near or missed) == (alarm is not None and alarm <= now)
        warned += [each.number for each in near]
        late += [each.number for each in missed]
        assert {number for number, due in owed.items() if due <= now} <= set(late)
        if act == "made":
            promises = promises.made(now + number * 20 * MINUTE, now, 7)
            owed[promises.all[-1].number] = now + number * 20 * MINUTE
        if act == "kept":
            promises = promises.kept(now, [number])
            owed.pop(number, None)
        if act == "dropped":
            promises = promises.dropped(now, number, "why")
            owed.pop(number, None)
        if act == "stored":
            promises = Promises.from_plain(json.loads(json.dumps(promises.to_plain())))
        assert {each.number: each.due_at for each in promises.open} == owed
        assert promises.due_at == min(owed.values(), default=None)
    assert len(warned) == len(set(warned))
    assert len(late) == len(set(late))
