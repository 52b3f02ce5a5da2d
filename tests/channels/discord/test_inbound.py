"""The queue from Discord to the program: order, retries, holding back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from channels.discord.inbound import LARGEST_BATCH, Inbound
from channels.discord.receiving import insist
from channels.errors import OutcomeHidden, Refused, TryLater
from messaging.messages import ChannelEvent, MessageReceived, Person

ANN = Person("1", "Ann")


def said(chat: str, text: str) -> MessageReceived:
    return MessageReceived("discord", chat, text, ANN, datetime(2026, 5, 1, tzinfo=UTC), text)


class Sink:
    """Remembers what it took, in batches; fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.batches: list[list[str]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, events: Sequence[ChannelEvent]) -> None:
        await self.open.wait()
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the database is away")
        self.batches.append([event.text for event in events if isinstance(event, MessageReceived)])

    @property
    def taken(self) -> list[str]:
        return [text for batch in self.batches for text in batch]


@asynccontextmanager
async def running(sink: Sink) -> AsyncIterator[Inbound]:
    inbound = Inbound(sink, first_pause=0.0)
    task = asyncio.create_task(inbound.run())
    try:
        yield inbound
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_what_piles_up_becomes_one_batch_in_order() -> None:
    sink = Sink()
    sink.open.clear()
    async with running(sink) as inbound:
        for number in range(LARGEST_BATCH + 50):
            inbound.put(said("a", str(number)))
        sink.open.set()
        await inbound.idle()
    assert [len(batch) for batch in sink.batches] == [LARGEST_BATCH, 50]
    assert sink.taken == [str(number) for number in range(LARGEST_BATCH + 50)]


async def test_a_failure_is_tried_again_before_anything_else() -> None:
    sink = Sink(failures=1)
    async with running(sink) as inbound:
        inbound.put(said("a", "one"))
        await asyncio.sleep(0)
        await inbound.put(said("b", "two"))
    assert sink.taken == ["one", "two"]


async def test_a_held_chat_waits_for_its_history_and_others_do_not() -> None:
    sink = Sink()
    async with running(sink) as inbound:
        inbound.hold_all()
        inbound.put(said("a", "live a"))
        inbound.put(said("b", "live b"))
        inbound.hold_only({"a"})
        await inbound.idle()
        assert sink.taken == ["live b"]
        assert inbound.is_wanted("a")
        await inbound.commit_missed([said("a", "missed a")])
        inbound.release("a")
        await inbound.put(said("a", "next a"))
    assert sink.taken == ["live b", "missed a", "live a", "next a"]


async def test_insisting_waits_as_long_as_it_was_told_and_gives_up_in_the_end() -> None:
    answers: list[Exception | str] = [TryLater("busy", 0.0), OutcomeHidden("no answer"), "there"]

    async def ask() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert await insist(ask, pause=0.0) == "there"
    answers += [TryLater("busy", 0.0)] * 9
    with pytest.raises(TryLater):
        await insist(ask, pause=0.0)
    assert len(answers) == 4
    answers[:] = [Refused("never")]
    with pytest.raises(Refused):
        await insist(ask, pause=0.0)


async def test_nobody_waits_for_ever_for_what_was_abandoned() -> None:
    sink = Sink()
    sink.open.clear()
    async with running(sink) as inbound:
        inbound.hold_all()
        waiting = inbound.put(said("a", "held"))
        await asyncio.sleep(0)
        inbound.abandon()
        await asyncio.wait([waiting])
        assert waiting.cancelled()


async def test_no_history_and_a_chat_never_held_are_harmless() -> None:
    sink = Sink()
    async with running(sink) as inbound:
        await inbound.commit_missed([])
        inbound.release("nobody")
        await inbound.idle()
    assert sink.taken == []
