"""A bucket never lets more through than its pace, whatever is asked of it, and never waits without need."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.pacing import Bucket
from channels.base import Pace

steps = st.lists(
    st.tuples(st.sampled_from(["take", "take", "take", "pass", "block"]), st.floats(0, 5)), min_size=1, max_size=60
)
TINY = 1e-6


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(st.floats(0.1, 50), st.integers(1, 10), steps)
def test_never_more_than_the_burst_and_the_rate_in_any_window(
    per_second: float, burst: int, played: list[tuple[str, float]]
) -> None:
    clock = Clock()
    bucket = Bucket(Pace(per_second, burst), clock)
    gone: list[float] = []
    blocked_until = 0.0
    for what, amount in played:
        if what == "take":
            goes = clock.now + bucket.take()
            assert goes >= max(clock.now, blocked_until) - TINY
            gone.append(goes)
        elif what == "pass":
            clock.now += amount
        else:
            bucket.block(amount)
            blocked_until = max(blocked_until, clock.now + amount)
    gone.sort()
    for first in range(len(gone)):
        for last in range(first, len(gone)):
            allowed = burst + per_second * (gone[last] - gone[first])
            assert last - first + 1 <= allowed + TINY


@given(st.floats(0.1, 50), st.integers(1, 10))
def test_a_burst_goes_at_once_and_what_follows_evenly(per_second: float, burst: int) -> None:
    bucket = Bucket(Pace(per_second, burst), Clock())
    waits = [bucket.take() for _ in range(burst + 3)]
    assert max(waits[:burst]) < TINY
    assert all(abs(waits[burst + n] - (n + 1) / per_second) < TINY for n in range(3))
    assert not bucket.is_full


def test_an_idle_bucket_is_full_again() -> None:
    clock = Clock()
    bucket = Bucket(Pace(2.0, 3), clock)
    assert bucket.is_full
    for _ in range(3):
        bucket.take()
    clock.now += 1.4
    assert not bucket.is_full
    clock.now += 0.2
    assert bucket.is_full
    assert max(bucket.take() for _ in range(3)) < TINY


def test_without_a_pace_only_a_block_waits() -> None:
    clock = Clock()
    bucket = Bucket(Pace(), clock)
    assert [bucket.take() for _ in range(100)] == [0.0] * 100
    bucket.block(3.0)
    bucket.block(1.0)
    assert (bucket.take(), bucket.blocked_for, bucket.is_full) == (3.0, 3.0, False)
    clock.now += 3.0
    assert (bucket.take(), bucket.blocked_for, bucket.is_full) == (0.0, 0.0, True)
