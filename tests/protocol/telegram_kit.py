"""The real Telegram channel against the fake server, with a sink that a test can hold or break."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.base import LastSeen, Surroundings
from channels.telegram.adapter import TelegramChannel
from channels.telegram.settings import Mode, TelegramSettings
from messaging.messages import Author, ChannelEvent, Outgoing
from tests.protocol.telegram_server import FakeTelegram, FakeUser

T = TypeVar("T", bound=ChannelEvent)


class Sink:
    """Takes events in as the pipeline would; ``commits`` are the batches that were taken."""

    def __init__(self) -> None:
        self.commits: list[tuple[ChannelEvent, ...]] = []
        self.attempts: list[tuple[ChannelEvent, ...]] = []
        self.failures_ahead = 0
        self.open = asyncio.Event()
        self.open.set()
        self._changed = asyncio.Condition()

    async def __call__(self, events: Sequence[ChannelEvent]) -> None:
        self.attempts.append(tuple(events))
        async with self._changed:
            self._changed.notify_all()
        await self.open.wait()
        if self.failures_ahead:
            self.failures_ahead -= 1
            raise RuntimeError("the database is away")
        self.commits.append(tuple(events))
        async with self._changed:
            self._changed.notify_all()

    @property
    def events(self) -> list[ChannelEvent]:
        return [event for commit in self.commits for event in commit]

    def of(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, enough: Callable[[], Any]) -> None:
        """Wait until something is true; asked after every call of the sink."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(enough)

    async def take(self, number: int) -> list[ChannelEvent]:
        """The events, once there are so many."""
        await self.until(lambda: len(self.events) >= number)
        return self.events


class Kit:
    """A running channel, its network and its sink."""

    def __init__(self, server: FakeTelegram, channel: TelegramChannel, sink: Sink) -> None:
        self.server = server
        self.channel = channel
        self.sink = sink
        self.pauses: list[float] = []
        self.ready = asyncio.Event()
        self.running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Run the channel until ``stop``, and wait until messages can flow."""
        self.ready.clear()
        self.running = asyncio.create_task(self.channel.run(surroundings(self.sink), self.ready.set))
        waiting = asyncio.create_task(self.ready.wait())
        await asyncio.wait({self.running, waiting}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        if self.running.done():
            waiting.cancel()
            await self.running
        assert self.ready.is_set()

    async def stop(self) -> None:
        if self.running is not None:
            self.running.cancel()
            with suppress(asyncio.CancelledError):
                await self.running

    def settings(self, **changes: Any) -> TelegramSettings:
        return settings_for(self.server, **changes)


def settings_for(server: FakeTelegram, **changes: Any) -> TelegramSettings:
    return replace(TelegramSettings(server.token, server.api_url, poll_timeout=5.0), **changes)


def surroundings(sink: Sink) -> Surroundings:
    async def nothing_seen() -> AsyncIterator[LastSeen]:
        return
        yield

    return Surroundings(
        sink=sink,
        texts=lambda key, language: f"{key} in {language}",
        languages=("en", "zh-Hans", "zh-Hant", "vi"),
        last_seen=nothing_seen,
        now=lambda: datetime.now(UTC),
    )


@asynccontextmanager
async def polling(*, start: bool = True, **server_options: Any) -> AsyncIterator[Kit]:
    """A channel that polls; it never really waits after a failure, its pauses are in ``pauses``."""
    async with FakeTelegram(**server_options) as server:
        pauses: list[float] = []

        async def pause(seconds: float) -> None:
            pauses.append(seconds)
            await asyncio.sleep(0.001)

        kit = Kit(server, TelegramChannel(settings_for(server), sleep=pause), Sink())
        kit.pauses = pauses
        try:
            if start:
                await kit.start()
            yield kit
        finally:
            await kit.stop()
            await kit.channel.close()
            assert not server.violations


@asynccontextmanager
async def webhook(*, start: bool = True) -> AsyncIterator[Kit]:
    """A channel that is called, on a web server of its own."""
    async with FakeTelegram() as server:
        application = web.Application()
        listening = TestServer(application)
        # The address has to be known before the routes: take the port first.
        port = await _free_port()
        channel = TelegramChannel(settings_for(server, mode=Mode.WEBHOOK, public_url=f"http://127.0.0.1:{port}"))
        application.add_routes(channel.routes())
        listening.port = port
        await listening.start_server(port=port)
        kit = Kit(server, channel, Sink())
        try:
            if start:
                await kit.start()
            yield kit
        finally:
            await kit.stop()
            await channel.close()
            await listening.close()
            assert not server.violations


async def _free_port() -> int:
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = int(taken.sockets[0].getsockname()[1])
    taken.close()
    await taken.wait_closed()
    return port


def say(to: FakeUser | str, text: str, **details: Any) -> Outgoing:
    """Something the bot says."""
    chat = to if isinstance(to, str) else str(to.id)
    return Outgoing(**({"chat": chat, "key": "k1", "text": text, "author": Author.BOT} | details))
