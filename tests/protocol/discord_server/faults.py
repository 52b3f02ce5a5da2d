"""Faults on demand for the REST side: refusals, rate limits, dropped connections, slow answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Literal

Drop = Literal["before", "after"]


@dataclass
class Fault:
    """What happens to the next ``times`` requests (None: all) that match ``method`` and the glob ``path``.

    ``status`` answers with that error instead of doing anything (429 tells ``retry_after``), or with ``after_effect``
    when it is done. ``drop`` cuts the connection ``before`` or ``after`` the effect; after it, the outcome is hidden
    from the client. ``delay`` waits that many seconds first; with ``hold`` the answer waits, after the effect, until
    ``hold`` is set.
    """

    method: str = "*"
    path: str = "*"
    times: int | None = 1
    status: int | None = None
    code: int = 0
    message: str = "injected"
    retry_after: float = 0.05
    whole_bot: bool = False
    after_effect: bool = False
    drop: Drop | None = None
    delay: float = 0.0
    hold: asyncio.Event | None = None
    taken: int = field(default=0, init=False)

    def matches(self, method: str, path: str) -> bool:
        return self.method in ("*", method) and fnmatch(path, self.path)


class Faults:
    """The faults that are waiting for their request, in the order they were added."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        self.waiting.append(fault)
        return fault

    def clear(self) -> None:
        self.waiting.clear()

    def take(self, method: str, path: str) -> Fault | None:
        for fault in self.waiting:
            if fault.matches(method, path):
                fault.taken += 1
                if fault.times is not None and fault.taken >= fault.times:
                    self.waiting.remove(fault)
                return fault
        return None
