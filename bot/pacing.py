"""Keeping to a network's limits without ever sleeping for anybody else: buckets that say when the next send may go."""

from __future__ import annotations

from collections.abc import Callable

from channels.base import Pace


class Bucket:
    """A token bucket: ``burst`` at once, then ``per_second``. Times are seconds of ``clock`` (monotonic)."""

    def __init__(self, pace: Pace, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._gap = 1.0 / pace.per_second if pace.per_second is not None else 0.0
        self._ahead = (pace.burst - 1) * self._gap
        # When the next one would be due if they went evenly; each may go up to a burst ahead of that.
        self._even = clock()
        self._blocked_until = 0.0

    def take(self) -> float:
        """Take one token and return how many seconds to wait before it may be used (0 where at once)."""
        now = self._clock()
        # What may go only after a block is paced from its end on: those who waited do not all go at once.
        start = max(now, self._blocked_until)
        goes = max(start, self._even - self._ahead)
        self._even = max(self._even, goes) + self._gap
        return goes - now

    def block(self, seconds: float) -> None:
        """Let nothing go for so long."""
        self._blocked_until = max(self._blocked_until, self._clock() + seconds)

    @property
    def blocked_for(self) -> float:
        """For how many seconds nothing may go."""
        return max(0.0, self._blocked_until - self._clock())

    @property
    def is_full(self) -> bool:
        """Whether a new bucket would be no different from this one."""
        return self._even <= self._clock() and self.blocked_for == 0
