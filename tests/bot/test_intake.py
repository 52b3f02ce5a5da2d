"""Events in batches, in their order; who brought them hears what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from bot.happenings import Happening
from bot.intake import MOST_AT_ONCE, Intake
from bot.metrics import Metrics
from handoff.acts import Declined, Done, Outcome
from messaging.messages import ChatLost


def event(name: str) -> ChatLost:
    return ChatLost("memory", "chat", name, datetime(2026, 3, 1, tzinfo=UTC), "test")


class Handler:
    """Keeps what it handles; ``gate`` holds it up, ``fails`` makes it raise."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()
        self.fails = False

    async def handle(self, events: Sequence[Happening]) -> list[Outcome]:
        self.entered.set()
        await self.gate.wait()
        if self.fails:
            raise ConnectionError("the database is away")
        names = [each.external_id for each in events if isinstance(each, ChatLost)]
        self.batches.append(names)
        return [Declined("no", name) if name.startswith("no") else Done() for name in names]


@asynccontextmanager
async def running(handler: Handler) -> AsyncIterator[Intake]:
    intake = Intake(handler.handle, Metrics())
    task = asyncio.create_task(intake.run())
    try:
        yield intake
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_everybody_hears_what_came_of_their_own_events() -> None:
    handler = Handler()
    async with running(handler) as intake:
        outcomes = await asyncio.gather(
            intake.submit([event("a"), event("no-b")]), intake.submit([]), intake.submit([event("c")])
        )
    assert outcomes == [[Done(), Declined("no", "no-b")], [], [Done()]]
    assert [name for batch in handler.batches for name in batch] == ["a", "no-b", "c"]


async def test_what_comes_together_is_handled_together_in_order_and_in_bounds() -> None:
    handler = Handler()
    handler.gate.clear()
    async with running(handler) as intake:
        submitted = [asyncio.create_task(intake.submit([event(str(number))])) for number in range(500)]
        await handler.entered.wait()
        handler.gate.set()
        await asyncio.gather(*submitted)
    assert [name for batch in handler.batches for name in batch] == [str(number) for number in range(500)]
    assert max(len(batch) for batch in handler.batches) <= MOST_AT_ONCE
    assert len(handler.batches) <= 4


async def test_a_failure_is_told_to_all_of_its_batch_and_to_nobody_else() -> None:
    handler = Handler()
    async with running(handler) as intake:
        handler.fails = True
        failed = await asyncio.gather(*(intake.submit([event(n)]) for n in "ab"), return_exceptions=True)
        assert [type(each) for each in failed] == [ConnectionError, ConnectionError]
        handler.fails = False
        assert await intake.submit([event("a")]) == [Done()]


async def test_who_gives_up_waiting_disturbs_nobody() -> None:
    handler = Handler()
    handler.gate.clear()
    async with running(handler) as intake:
        first = asyncio.create_task(intake.submit([event("a")]))
        await handler.entered.wait()
        second = asyncio.create_task(intake.submit([event("b")]))
        await asyncio.sleep(0)
        first.cancel()
        handler.gate.set()
        assert await second == [Done()]
    assert handler.batches == [["a"], ["b"]]


async def test_closing_waits_for_what_is_in_hand_and_takes_nothing_more() -> None:
    handler = Handler()
    handler.gate.clear()
    async with running(handler) as intake:
        first = asyncio.create_task(intake.submit([event("a")]))
        await handler.entered.wait()
        draining = asyncio.create_task(intake.drain())
        await asyncio.sleep(0)
        assert not draining.done()
        with pytest.raises(asyncio.CancelledError):
            await intake.submit([event("b")])
        handler.gate.set()
        await draining
        assert await first == [Done()]
    assert handler.batches == [["a"]]
