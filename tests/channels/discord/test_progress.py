"""How far the gateway's events are committed: never beyond the first that is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.discord.progress import Position, Progress


def at(sequence: int, session: str = "one") -> Position:
    return Position("wss://gateway.example", session, sequence)


@given(st.permutations(range(1, 8)))
def test_whatever_ends_first_nothing_that_is_open_is_passed(order: list[int]) -> None:
    progress = Progress()
    steps = {sequence: progress.begin(at(sequence)) for sequence in range(1, 8)}
    ended: set[int] = set()
    for sequence in order:
        progress.done(steps[sequence])
        ended.add(sequence)
        safe = next(number for number in range(1, 9) if number not in ended) - 1
        assert progress.committed == (at(safe) if safe else None)


def test_an_event_ends_when_nobody_is_at_work_on_it() -> None:
    progress = Progress()
    step = progress.begin(at(1))
    progress.hold(step)
    progress.done(step)
    assert progress.committed is None
    assert not progress.moved.is_set()
    progress.done(step)
    assert progress.committed == at(1)
    assert progress.moved.is_set()


def test_a_new_session_does_not_pass_what_the_old_one_left_open() -> None:
    progress = Progress()
    left = progress.begin(at(9, "old"))
    progress.done(progress.begin(at(1, "new")))
    assert progress.committed is None
    progress.done(left)
    assert progress.committed == at(1, "new")


def test_what_has_no_place_moves_nothing() -> None:
    progress = Progress()
    progress.done(progress.begin(None))
    assert progress.committed is None


@pytest.mark.parametrize("kept", [None, "", "no position", "7", "{}", '{"session": "one"}'])
def test_what_is_no_position_is_none(kept: str | None) -> None:
    assert Position.parse(kept) is None
    assert Position.parse(str(at(7))) == at(7)
