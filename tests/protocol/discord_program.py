"""The program's side of the Discord adapter in tests: a sink that remembers, a supervisor, and the bot's words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import count
from typing import Any

from channels.base import LastSeen, Surroundings
from channels.discord.adapter import DiscordChannel
from channels.discord.settings import DiscordSettings
from channels.errors import Misconfigured
from messaging.messages import Author, ChannelEvent, MessageReceived, Outgoing, Sent
from tests.protocol.discord_server import DiscordServer

WORDS = {
    "panel_title": "Help",
    "panel_text": "Press the **button**.",
    "panel_button": "Get help",
    "thread_opened": "Hello there!",
    "dms_closed": "Please open your direct messages.",
    "added": "Passed on.",
    "something_wrong": "Something went wrong.",
}


def texts(key: str, language: str) -> str:
    return f"{WORDS.get(key, key)}" if language == "en" else f"{WORDS.get(key, key)} ({language})"


class Program:
    """Keeps each event once, as the inbox does, and starts the channel again when it ends."""

    def __init__(self, server: DiscordServer, **settings: Any) -> None:
        self.server = server
        self.settings = settings
        given = {
            "panel_channel": server.support.id,
            "ready_timeout": 0.02,
            "silence": 30.0,
            "keep_every": 0.0,
            **settings,
        }
        self.channel = DiscordChannel(
            DiscordSettings(
                **{"token": server.token, "api_url": server.api_url, "gateway_url": server.gateway_url, **given}
            )
        )
        self.events: list[ChannelEvent] = []
        self.seen: dict[str, LastSeen] = {}
        self.sent: dict[str, str] = {}
        self.kept: str | None = None
        self.failures = 0
        self.unlisted = 0
        self.ends: list[BaseException] = []
        self._keys: set[tuple[str, str]] = set()
        self._changed = asyncio.Event()
        self._numbers = count(1)
        self._ready = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    # ------------------------------------------------------------ what the channel is lent

    async def sink(self, events: Sequence[ChannelEvent]) -> None:
        if self.failures:
            self.failures -= 1
            self._changed.set()
            raise RuntimeError("the database is away")
        for event in events:
            if (event.chat, event.key) not in self._keys:
                self._keys.add((event.chat, event.key))
                self.events.append(event)
                if isinstance(event, MessageReceived):
                    self.seen[event.chat] = LastSeen(event.chat, event.external_id, event.sent_at)
        self._changed.set()

    async def last_seen(self) -> AsyncIterator[LastSeen]:
        if self.unlisted:
            self.unlisted -= 1
            raise RuntimeError("the database is away")
        for seen in list(self.seen.values()):
            yield seen

    async def last_sent(self, chat: str) -> str | None:
        return self.sent.get(chat)

    def now(self) -> datetime:
        return self.server.world.clock.now()

    async def position(self) -> str | None:
        return self.kept

    async def keep_position(self, position: str) -> None:
        self.kept = position
        self._changed.set()

    def knows(self, chat: str, external_id: str | None, sent_at: datetime) -> None:
        """Let a chat be known from before, with this as its newest message."""
        self.seen[chat] = LastSeen(chat, external_id, sent_at)

    def restarted(self, *, quickly: bool = False) -> Program:
        """A new process over the same tables; Discord knows the session of the one before only if it is quick."""
        after = Program(self.server, **self.settings)
        after.kept = self.kept
        if not quickly:
            self.server.gateway.forget_sessions()
        after.events, after.seen, after._keys = self.events, self.seen, self._keys
        return after

    # ------------------------------------------------------------ running

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Program]:
        """The channel under a supervisor without a pause; ready when entered, closed when left."""
        task = self._running = asyncio.create_task(self._supervise())
        try:
            waiting = asyncio.create_task(self._ready.wait())
            await asyncio.wait([task, waiting], timeout=30, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if task.done():
                task.result()
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])
            await self.channel.close()
            self._ready.clear()
            if not task.cancelled():
                task.result()

    async def _supervise(self) -> None:
        languages = ("en", "zh-Hans", "vi")
        surroundings = Surroundings(
            self.sink,
            texts,
            languages,
            self.last_seen,
            self.now,
            self.last_sent,
            self.position,
            self.keep_position,
        )
        while True:
            try:
                await self.channel.run(surroundings, self._ready.set)
            except Misconfigured:
                raise
            except Exception as error:  # noqa: BLE001 - a supervisor survives whatever ends a channel
                self.ends.append(error)
            await asyncio.sleep(0)

    async def ended(self) -> None:
        """Wait until the supervisor gave up."""
        assert self._running is not None
        await asyncio.wait([self._running], timeout=5)

    async def until(self, predicate: Any, within: float = 20.0) -> Any:
        async with asyncio.timeout(within):
            while not (value := predicate()):
                self._changed.clear()
                await self._changed.wait()
            return value

    async def hears(self, number: int, within: float = 20.0) -> list[Any]:
        """The first ``number`` events, once there are that many."""
        await self.until(lambda: len(self.events) >= number, within)
        return list(self.events)

    @property
    def texts_heard(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, MessageReceived)]

    # ------------------------------------------------------------ saying

    def outgoing(self, chat: str | int, text: str = "hello", **fields: Any) -> Outgoing:
        given = {"key": f"1-{next(self._numbers)}", "author": Author.BOT, "written_at": self.now(), **fields}
        return Outgoing(chat=str(chat), text=text, **given)

    async def say(self, chat: str | int, text: str = "hello", **fields: Any) -> Sent:
        return await self.channel.send(self.outgoing(chat, text, **fields))
