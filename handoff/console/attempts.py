"""How often something failed lately, so that guessing passwords is slow."""

from __future__ import annotations

import math
from collections import deque
from datetime import datetime, timedelta

_KEYS_AT_MOST = 10_000


class Attempts:
    """Counts tries by key within a sliding stretch of time, in the memory of this process."""

    def __init__(self, limit: int, within: timedelta) -> None:
        self._limit = limit
        self._within = within
        self._tries: dict[str, deque[datetime]] = {}

    def minutes_to_wait(self, key: str, now: datetime) -> int:
        """How many minutes until another try is taken; 0: now."""
        tries = self._recent(key, now)
        if len(tries) < self._limit:
            return 0
        return max(1, math.ceil((tries[0] + self._within - now) / timedelta(minutes=1)))

    def count(self, key: str, now: datetime) -> None:
        """Take note of a try. It is noted before its outcome is known, so that many at once are not one."""
        tries = self._tries.pop(key, None) or deque(maxlen=self._limit)
        tries.append(now)
        # Keys stand in the order of their last try: the first are the ones that matter least.
        self._tries[key] = tries
        while len(self._tries) > _KEYS_AT_MOST:
            del self._tries[next(iter(self._tries))]

    def forget(self, key: str) -> None:
        """The try succeeded: earlier failures no longer count."""
        self._tries.pop(key, None)

    def take_back(self, key: str) -> None:
        """The latest try was no failure; earlier ones still count."""
        tries = self._tries.get(key)
        if tries:
            tries.pop()

    def _recent(self, key: str, now: datetime) -> deque[datetime]:
        tries = self._tries.get(key)
        if tries is None:
            return deque()
        while tries and now - tries[0] >= self._within:
            tries.popleft()
        if not tries:
            del self._tries[key]
        return tries
