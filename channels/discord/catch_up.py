"""What was said while we were away: the history of every known chat after the last message that is stored of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import discord
import structlog

from channels.base import LastSeen
from channels.discord.convert import CHANNEL, LATE_AFTER, is_late, is_spoken, message_event
from channels.discord.homes import Homes
from channels.discord.inbound import Inbound
from channels.discord.receiving import insist
from channels.discord.rest import Rest
from channels.discord.threads import PlayerThreads
from channels.errors import OutcomeHidden, Refused, TryLater
from messaging.messages import ChannelEvent, ChatLost

PAGE = 100
_AT_ONCE = 4
_HELD_FOR_ATTEMPTS = 4
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_log = structlog.get_logger()


class Stretch(NamedTuple):
    """The part of a channel's history after the message ``after``."""

    channel: int
    after: int


class CatchUp:
    """Reads histories, oldest message first, chats with something live waiting first, then the most recent ones."""

    def __init__(
        self,
        rest: Rest,
        inbound: Inbound,
        threads: PlayerThreads,
        homes: Homes,
        last_seen: Callable[[], AsyncIterator[LastSeen]],
        now: Callable[[], datetime],
        bot_id: int,
    ) -> None:
        self._rest = rest
        self._inbound = inbound
        self._threads = threads
        self._homes = homes
        self._last_seen = last_seen
        self._now = now
        self._bot_id = bot_id
        self._pending: dict[str, list[Stretch]] = {}
        self.found = 0

    async def run(self) -> None:
        """Read everything that may have been missed. Until then live messages of those chats wait."""
        known = [seen async for seen in self._last_seen()]
        known.sort(key=lambda seen: seen.sent_at)
        self._pending = {seen.chat: [Stretch(int(seen.chat), cursor_of(seen))] for seen in known}
        await self._add_threads()
        self._inbound.hold_only(self._pending.keys())
        chats = len(self._pending)
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._work())
        _log.info("discord.caught_up", chats=chats, messages=self.found)

    async def _add_threads(self) -> None:
        """Open threads that stand in for DMs belong to that chat; others may be ones of which nothing is stored yet."""
        for thread in self._threads.active():
            owner = await insist(lambda thread=thread: self._threads.owner_of(thread.id))  # type: ignore[misc]
            if owner is None:
                continue
            chat = await insist(lambda thread=thread, owner=owner: self._homes.chat_of(thread.id, owner))  # type: ignore[misc]
            stretches = self._pending.setdefault(chat, [])
            if all(stretch.channel != thread.id for stretch in stretches):
                # A thread's own id is the moment it was made.
                after = max([thread.id, *(stretch.after for stretch in stretches)])
                stretches.append(Stretch(thread.id, after))

    async def _work(self) -> None:
        while self._pending:
            wanted = next((chat for chat in self._pending if self._inbound.is_wanted(chat)), None)
            chat, stretches = (wanted, self._pending.pop(wanted)) if wanted else self._pending.popitem()
            for stretch in stretches:
                await self._read(chat, stretch.channel, stretch.after)
            self._inbound.release(chat)

    async def _read(self, chat: str, channel: int, after: int) -> None:
        """Hand over a channel's history, trying until it works; after some attempts live messages no longer wait."""
        pause, attempts = _FIRST_PAUSE, 0
        while True:
            try:
                messages = await self._rest.history(channel, after, PAGE)
                events = await self._events(chat, channel, messages)
            except (TryLater, OutcomeHidden) as error:
                attempts += 1
                if attempts == _HELD_FOR_ATTEMPTS:
                    self._inbound.release(chat)
                _log.warning("discord.history_unreadable", chat=chat, error=str(error), retry_after=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            except Refused as error:
                if channel == int(chat):
                    await self._give_up(chat, error)
                return
            await self._inbound.commit_missed(events)
            if len(messages) < PAGE:
                return
            after = messages[-1].id

    async def _events(self, chat: str, channel: int, messages: Sequence[discord.Message]) -> list[ChannelEvent]:
        """The player's own words among these messages."""
        spoken = [message for message in messages if is_spoken(message)]
        owner = await self._threads.owner_of(channel) if spoken else None
        events: list[ChannelEvent] = [
            message_event(message, chat, bot_id=self._bot_id, late=is_late(message.created_at, self._now(), LATE_AFTER))
            for message in spoken
            if owner is None or owner.user == message.author.id
        ]
        self.found += len(events)
        return events

    async def _give_up(self, chat: str, error: Refused) -> None:
        _log.info("discord.history_refused", chat=chat, error=str(error))
        if error.chat_lost:
            lost = ChatLost(CHANNEL, chat, chat, self._now(), str(error))
            await self._inbound.commit_missed([lost])


def cursor_of(seen: LastSeen) -> int:
    """The id after which to read: the last message's, or else the moment it was sent, as Discord counts."""
    if seen.external_id is not None and seen.external_id.isdecimal():
        return int(seen.external_id)
    return discord.utils.time_snowflake(seen.sent_at)
