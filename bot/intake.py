"""Where all events come together: what arrives while one batch commits makes up the next."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from bot.happenings import Happening
from bot.metrics import Metrics
from handoff.acts import Outcome

Handle = Callable[[Sequence[Happening]], Awaitable[list[Outcome]]]
MOST_AT_ONCE = 200


class Intake:
    """Hands events to the pipeline in batches, in the order they came."""

    def __init__(self, handle: Handle, metrics: Metrics) -> None:
        self._handle = handle
        self._metrics = metrics
        self._waiting: deque[tuple[Sequence[Happening], asyncio.Future[list[Outcome]]]] = deque()
        self._in_hand: list[asyncio.Future[list[Outcome]]] = []
        self._woken = asyncio.Event()
        self._closed = False

    async def submit(self, events: Sequence[Happening]) -> list[Outcome]:
        """What came of these events, once they are committed; raises if they are not."""
        if self._closed:
            raise asyncio.CancelledError("the intake is closed")
        future: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        self._waiting.append((events, future))
        self._woken.set()
        return await future

    async def run(self) -> None:
        """Handle batches until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._waiting:
                batch = self._take()
                self._in_hand = [future for _, future in batch]
                await self._handle_batch(batch)

    async def drain(self) -> None:
        """Take nothing more in and wait for what is in hand."""
        self._closed = True
        pending = [*self._in_hand, *(future for _, future in self._waiting)]
        if pending:
            await asyncio.wait(pending)

    def _take(self) -> list[tuple[Sequence[Happening], asyncio.Future[list[Outcome]]]]:
        taken = [self._waiting.popleft()]
        count = len(taken[0][0])
        while self._waiting and count + len(self._waiting[0][0]) <= MOST_AT_ONCE:
            taken.append(self._waiting.popleft())
            count += len(taken[-1][0])
        return taken

    async def _handle_batch(self, batch: list[tuple[Sequence[Happening], asyncio.Future[list[Outcome]]]]) -> None:
        events = [event for part, _ in batch for event in part]
        began = time.perf_counter()
        try:
            outcomes = await self._handle(events)
        except BaseException as error:
            for _, future in batch:
                if not future.done():
                    # Everybody who waits for this batch is told; their events are theirs to bring again.
                    future.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        self._metrics.batch_seconds.observe(time.perf_counter() - began)
        start = 0
        for part, future in batch:
            if not future.done():
                future.set_result(outcomes[start : start + len(part)])
            start += len(part)
