"""Faults on demand, and the real server's limits, which are off unless switched on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Literal

from tests.protocol.telegram_server.errors import ApiError, too_many_requests

What = Literal["drop", "hang", "slow", "status", "error"]


@dataclass(slots=True)
class Fault:
    """Something that goes wrong with the next ``times`` calls of ``method`` (``*``: any) in ``chat_id`` (None: any).

    ``drop`` cuts the connection, ``hang`` never answers, ``slow`` answers after ``seconds``, ``status`` answers as a
    broken proxy would (a bare HTTP status and a page), ``error`` answers as the Bot API would. With ``after_effect``
    the method has done its work first, so that the client cannot know.
    """

    what: What
    method: str = "*"
    times: int = 1
    after_effect: bool = False
    chat_id: int | None = None
    status: int = 500
    seconds: float = 0.0
    error: ApiError | None = None


class Faults:
    """The faults that are still to happen."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Arm a fault; faults of the same method happen in the order they were added."""
        self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Forget those that did not happen yet."""
        self._waiting.clear()

    def take(self, method: str, chat_id: int | None) -> Fault | None:
        """The fault that befalls this call."""
        if not self._waiting:
            return None
        for fault in self._waiting:
            if fault.method in ("*", method) and fault.chat_id in (None, chat_id):
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


@dataclass(slots=True)
class Limits:
    """Telegram's sending limits as token buckets; a rate of None is no limit."""

    clock: Callable[[], float]
    private_per_second: float | None = None
    private_burst: int = 1
    group_per_minute: float | None = None
    group_burst: int = 20
    total_per_second: float | None = None
    total_burst: int = 30
    _buckets: dict[int, _Bucket] = field(default_factory=dict)

    def enforce(self, chat_id: int) -> None:
        """Count one message to the chat, or refuse it with 429."""
        if self.total_per_second is not None:
            self._spend(0, self.total_per_second, self.total_burst)
        if chat_id > 0 and self.private_per_second is not None:
            self._spend(chat_id, self.private_per_second, self.private_burst)
        elif chat_id < 0 and self.group_per_minute is not None:
            self._spend(chat_id, self.group_per_minute / 60, self.group_burst)

    def _spend(self, key: int, per_second: float, burst: int) -> None:
        now = self.clock()
        bucket = self._buckets.setdefault(key, _Bucket(burst, now))
        bucket.tokens = min(float(burst), bucket.tokens + (now - bucket.filled_at) * per_second)
        bucket.filled_at = now
        if bucket.tokens < 1 - 1e-9:
            raise too_many_requests(max(1, ceil((1 - bucket.tokens) / per_second)))
        bucket.tokens -= 1
