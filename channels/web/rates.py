"""How often one address may do a thing."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timedelta

_REMEMBERED = 10_000


class Rate:
    """Allows ``per_minute`` of something to each key within any minute; the keys longest silent are forgotten."""

    def __init__(self, per_minute: int, now: Callable[[], datetime]) -> None:
        self._per_minute = per_minute
        self._now = now
        self._taken: OrderedDict[str, deque[datetime]] = OrderedDict()

    def take(self, key: str) -> bool:
        """Whether it is allowed now; what is allowed counts."""
        now = self._now()
        taken = self._taken.setdefault(key, deque())
        self._taken.move_to_end(key)
        if len(self._taken) > _REMEMBERED:
            self._taken.popitem(last=False)
        while taken and now - taken[0] >= timedelta(minutes=1):
            taken.popleft()
        if len(taken) >= self._per_minute:
            return False
        taken.append(now)
        return True
