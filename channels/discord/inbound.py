"""Events on their way to the program: handed over in order, again and again until they are committed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Sequence

import structlog

from messaging.messages import ChannelEvent, Sink

LARGEST_BATCH = 100
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_log = structlog.get_logger()

_Waiting = tuple[ChannelEvent, "asyncio.Future[None] | None"]


class Inbound:
    """One queue to the sink. What piles up while a batch is being committed makes the next batch.

    A chat whose history is still being read is held: what arrives live waits behind what was missed.
    """

    def __init__(self, sink: Sink, *, first_pause: float = _FIRST_PAUSE) -> None:
        self._sink = sink
        self._first_pause = first_pause
        self._waiting: deque[_Waiting] = deque()
        self._more = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._all_held = False
        self._held: dict[str, list[_Waiting]] = {}

    def put(self, event: ChannelEvent) -> asyncio.Future[None]:
        """Take an event; it is handed over after those before it, and the future done when it is committed."""
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._take((event, committed))
        return committed

    async def commit_missed(self, events: Sequence[ChannelEvent]) -> None:
        """Hand over what the history of a held chat told, before what waits for it; returns once it is committed."""
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._append(*((event, None) for event in events[:-1]), *((event, committed) for event in events[-1:]))
        if events:
            await committed

    def hold_all(self) -> None:
        """Let everything wait until it is known whose history must be read first."""
        self._all_held = True

    def hold_only(self, chats: Collection[str]) -> None:
        """Hold these chats; what waited for others goes on."""
        self._all_held = False
        for chat in [*self._held]:
            if chat not in chats:
                self.release(chat)
        for chat in chats:
            self._held.setdefault(chat, [])

    def release(self, chat: str) -> None:
        """The history of this chat is read: what waited behind it goes on."""
        self._append(*self._held.pop(chat, ()))

    def is_wanted(self, chat: str) -> bool:
        """Whether something live waits behind this chat's history."""
        return bool(self._held.get(chat))

    def abandon(self) -> None:
        """Let nobody wait any longer for what was not committed; the history will tell messages again."""
        for _, committed in [*self._waiting, *(each for held in self._held.values() for each in held)]:
            if committed is not None:
                committed.cancel()

    async def idle(self) -> None:
        """Wait until everything that is not held has been committed."""
        await self._idle.wait()

    async def run(self) -> None:
        """Hand over until cancelled."""
        while True:
            await self._more.wait()
            batch = [self._waiting[place] for place in range(min(len(self._waiting), LARGEST_BATCH))]
            await self._hand_over([event for event, _ in batch])
            for _, committed in batch:
                self._waiting.popleft()
                if committed is not None and not committed.done():
                    committed.set_result(None)
            if not self._waiting:
                self._more.clear()
                self._idle.set()

    async def _hand_over(self, events: Sequence[ChannelEvent]) -> None:
        pause = self._first_pause
        while True:
            try:
                return await self._sink(events)
            except Exception:  # noqa: BLE001 - the edge: nothing was committed, and Discord will not say it again
                _log.exception("discord.not_committed", events=len(events), retry_after=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _take(self, waiting: _Waiting) -> None:
        chat = waiting[0].chat
        if self._all_held or chat in self._held:
            self._held.setdefault(chat, []).append(waiting)
        else:
            self._append(waiting)

    def _append(self, *waiting: _Waiting) -> None:
        self._waiting.extend(waiting)
        if self._waiting:
            self._more.set()
            self._idle.clear()
