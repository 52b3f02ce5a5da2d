"""Keeping to a network's limits without ever sleeping for anybody else: buckets that say when the next send may go."""

from __future__ import annotations

from collections.abc import Callable

from channels.base import Pace


class Bucket:
    """A token bucket: ``burst`` at once, then ``per_second``. Times are seconds of ``clock`` (monotonic)."""

    def __init__(self, pace: Pace, clock: Callable[[], float]) -> None:
        self._pace = pace
        self._clock = clock
        self._tokens = float(pace.burst)
        self._filled_at = clock()
        self._blocked_until = 0.0

    def take(self) -> float:
        """Take one token and return how many seconds to wait before it may be used (0 where at once)."""
        now = self._clock()
        wait = max(0.0, self._blocked_until - now)
        if self._pace.per_second is None:
            return wait
        self._tokens = min(float(self._pace.burst), self._tokens + (now - self._filled_at) * self._pace.per_second)
        self._filled_at = now
        self._tokens -= 1.0
        return max(wait, -self._tokens / self._pace.per_second if self._tokens < 0 else 0.0)

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
        if self._pace.per_second is None:
            return self.blocked_for == 0
        filled = self._tokens + (self._clock() - self._filled_at) * self._pace.per_second
        return filled >= self._pace.burst and self.blocked_for == 0
