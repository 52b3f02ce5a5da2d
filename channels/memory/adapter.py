"""The memory channel: what an adapter does, with nothing around it."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from aiohttp import web

from channels.base import Capabilities, Check, Health, Pace, Surroundings
from channels.errors import FileGone, Refused
from channels.memory.network import Delivered, Fault, MemoryNetwork
from channels.memory.player import MemoryPlayer
from messaging.messages import ChannelEvent, Outgoing, Sent

CAPABILITIES = Capabilities(max_text=4000, max_caption=1000, max_file=20_000_000, can_edit=True, can_delete=True)
UNPACED = Pace()


class MemoryChannel:
    """A channel whose network is this object; see channels.base.Channel for what its methods promise.

    One object may be given to one run of the program after another: players, chats and what was not confirmed stay.
    """

    def __init__(
        self,
        name: str = "memory",
        *,
        capabilities: Capabilities = CAPABILITIES,
        chat_pace: Pace = UNPACED,
        total_pace: Pace = UNPACED,
        latency: float = 0.0,
    ) -> None:
        self._name = name
        self._capabilities = capabilities
        self._chat_pace = chat_pace
        self._total_pace = total_pace
        self._latency = latency
        self._surroundings: Surroundings | None = None
        self._faults: dict[str | None, deque[Fault]] = defaultdict(deque)
        self._held: dict[str | None, asyncio.Event] = {}
        self.network = MemoryNetwork()
        self.attempts: list[Outgoing] = []
        self._unconfirmed: dict[ChannelEvent, None] = {}
        self.typing_shown: list[str] = []
        self.woken: list[tuple[str, int]] = []

    @property
    def name(self) -> str:
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def pace(self, chat: str) -> Pace:
        return self._chat_pace

    @property
    def total_pace(self) -> Pace:
        return self._total_pace

    def routes(self) -> Sequence[web.RouteDef]:
        return ()

    async def run(self, surroundings: Surroundings, ready: Callable[[], None]) -> None:
        self._surroundings = surroundings
        try:
            await self.redeliver()
            ready()
            self.network.notice()
            await asyncio.Event().wait()
        finally:
            self._surroundings = None

    async def send(self, outgoing: Outgoing) -> Sent:
        self.attempts.append(outgoing)
        await self._wait_if_held(outgoing.chat)
        await asyncio.sleep(self._latency)
        fault = self._next_fault(outgoing.chat)
        if fault is None:
            return self._take(outgoing)
        if fault.takes_effect:
            self._take(outgoing)
        raise fault.error

    async def typing(self, chat: str) -> None:
        self.typing_shown.append(chat)
        self.network.notice()

    async def fetch(self, remote: str, limit: int) -> bytes:
        content = self.network.files.get(remote)
        if content is None or len(content) > limit:
            raise FileGone(f"file {remote} is gone or too large")
        return content

    async def wake(self, chat: str, conversation_id: int) -> None:
        self.woken.append((chat, conversation_id))
        self.network.notice()

    async def check(self) -> Sequence[Check]:
        return (Check(self._name, Health.GOOD, "it is all in memory"),)

    async def close(self) -> None:
        """Nothing is held open."""

    # What tests and load runs do on the network's side.

    def player(self, name: str, *, language: str | None = None, chat: str | None = None) -> MemoryPlayer:
        """Somebody new who can write, alone in a chat of their own."""
        return MemoryPlayer(self, name, language, chat or self.network.new_id("chat"))

    @property
    def unconfirmed(self) -> Sequence[ChannelEvent]:
        """What the program has not committed yet."""
        return list(self._unconfirmed)

    def now(self) -> datetime:
        return self._surroundings.now() if self._surroundings else datetime.now(UTC)

    async def deliver(self, events: Sequence[ChannelEvent], *, copies: int = 1) -> None:
        """Bring events to the program in this order, ``copies`` times; returns once they are committed.

        While the program is not running, or where it raises, they stay unconfirmed and come again with ``redeliver``
        or the next run.
        """
        for _ in range(copies):
            self._unconfirmed |= dict.fromkeys(events)
            if self._surroundings is None:
                return
            await self._surroundings.sink(events)
            for event in events:
                self._unconfirmed.pop(event, None)

    async def redeliver(self) -> None:
        """Bring again what was not confirmed."""
        if self._unconfirmed:
            await self.deliver(self.unconfirmed)

    def fail(self, *faults: Fault, chat: str | None = None) -> None:
        """Let the next sends (to ``chat``, or to anyone) fail like this, one fault each."""
        self._faults[chat] += faults

    @contextmanager
    def holding(self, chat: str | None = None) -> Iterator[None]:
        """Sends (to ``chat``, or to anyone) that start within the block wait until it ends."""
        self._held[chat] = asyncio.Event()
        try:
            yield
        finally:
            self._held.pop(chat).set()

    async def until(self, holds: Callable[[], bool], *, within: float = 5.0) -> None:
        """Wait for a condition on what the network saw; raises TimeoutError."""
        await self.network.until(holds, within)

    def _next_fault(self, chat: str) -> Fault | None:
        for key in (chat, None):
            if self._faults[key]:
                return self._faults[key].popleft()
        return None

    async def _wait_if_held(self, chat: str) -> None:
        self.network.notice()
        for held in (self._held.get(chat), self._held.get(None)):
            if held is not None:
                await held.wait()

    def _take(self, outgoing: Outgoing) -> Sent:
        limit = self._capabilities.max_text if outgoing.file is None else self._capabilities.max_caption
        if len(outgoing.text) > limit or len(outgoing.buttons) > self._capabilities.max_buttons:
            raise Refused("the message is too long or has too many buttons")
        if outgoing.file is not None and len(outgoing.file.content) > self._capabilities.max_file:
            raise Refused("the file is too large")
        if outgoing.edits is not None and outgoing.deletes:
            return self._delete(outgoing, outgoing.edits)
        if outgoing.edits is not None:
            return self._edit(outgoing, outgoing.edits)
        before = self.network.of_key(outgoing.chat, outgoing.key)
        remembered = timedelta(seconds=self._capabilities.idempotent_for)
        if before is not None and self.now() - before.delivered_at < remembered:
            return Sent(before.external_id)
        message = Delivered(
            chat=outgoing.chat,
            external_id=self.network.new_id("message"),
            key=outgoing.key,
            text=outgoing.text,
            author=outgoing.author,
            buttons=outgoing.buttons,
            file=outgoing.file,
            delivered_at=self.now(),
        )
        self.network.deliver(message)
        return Sent(message.external_id)

    def _edit(self, outgoing: Outgoing, external_id: str) -> Sent:
        if not self._capabilities.can_edit:
            raise Refused("this network cannot edit")
        self.network.replace(outgoing.chat, external_id, outgoing.text, outgoing.buttons)
        return Sent(external_id)

    def _delete(self, outgoing: Outgoing, external_id: str) -> Sent:
        if not self._capabilities.can_delete:
            raise Refused("this network cannot delete")
        self.network.remove(outgoing.chat, external_id)
        return Sent(external_id)
