"""How far everything that the gateway told is committed: from there a session can be taken up again."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple


class Position(NamedTuple):
    """One event of one session of the gateway, and where that session is taken up again."""

    gateway: str
    session: str
    sequence: int

    def __str__(self) -> str:
        return json.dumps(self._asdict())

    @classmethod
    def parse(cls, text: str | None) -> Position | None:
        """What was kept, or None where nothing was, or something else."""
        try:
            found = cls(**json.loads(text or "null"))
        except (TypeError, ValueError):
            return None
        return found


@dataclass(slots=True)
class Step:
    """One event on its way: done when nobody is at work on it any more."""

    position: Position | None
    at_work: int = 1


class Progress:
    """Steps in the order in which the events came. They end in any order; ``committed`` follows the first that has not.

    ``moved`` is set when ``committed`` changes.
    """

    def __init__(self) -> None:
        self.committed: Position | None = None
        self.moved = asyncio.Event()
        self._steps: deque[Step] = deque()

    def begin(self, position: Position | None) -> Step:
        """The next event came, and somebody is at work on it."""
        step = Step(position)
        self._steps.append(step)
        return step

    def hold(self, step: Step) -> None:
        """Somebody more is at work on it."""
        step.at_work += 1

    def done(self, step: Step) -> None:
        """Somebody is no longer at work on it, and what came of it is committed."""
        step.at_work -= 1
        while self._steps and not self._steps[0].at_work:
            position = self._steps.popleft().position
            if position is not None:
                self.committed = position
                self.moved.set()
