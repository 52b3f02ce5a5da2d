"""First it is kept, then it is acknowledged, then it is answered: the last of these waits here for the second."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

# Discord takes no acknowledgement that comes later than this.
ACKNOWLEDGED_WITHIN = 3.0


class Acknowledging:
    """Uses of commands and buttons that are not acknowledged yet, by the chat or the token where they are answered.

    An answer that overtook its acknowledgement would stand above the question, or be refused by Discord.
    """

    def __init__(self) -> None:
        self._open: dict[str, set[asyncio.Event]] = {}

    @contextmanager
    def at(self, place: str) -> Iterator[None]:
        """While this lasts, what is said there waits."""
        over = asyncio.Event()
        self._open.setdefault(place, set()).add(over)
        try:
            yield
        finally:
            over.set()
            self._open[place].discard(over)
            if not self._open[place]:
                del self._open[place]

    async def over(self, place: str) -> None:
        """Wait until nothing is left to be acknowledged there, or it is too late for it."""
        waiting = [asyncio.create_task(each.wait()) for each in self._open.get(place, ())]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=ACKNOWLEDGED_WITHIN)
            for task in late:
                task.cancel()
