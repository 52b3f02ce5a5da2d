"""What players write, change and take back, from the gateway into the queue."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar
from weakref import WeakValueDictionary

import discord
import structlog

from channels.discord.convert import CHANNEL, LATE_AFTER, edit_event, is_late, is_spoken, message_event
from channels.discord.homes import Homes
from channels.discord.inbound import Inbound
from channels.discord.reach import Reach
from channels.discord.rest import Rest
from channels.discord.threads import PlayerThreads
from channels.errors import ChannelError, OutcomeHidden, TryLater
from messaging.messages import ChannelEvent, ChatLost, MessageDeleted

SEEN_SIGN = "\N{INCOMING ENVELOPE}"
_ATTEMPTS = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_REMEMBERED = 1000
_log = structlog.get_logger()
Result = TypeVar("Result")


class Receiver:
    """Knows which messages are a player's with us: in DMs, in the player's own thread, and those that name the bot."""

    def __init__(
        self,
        rest: Rest,
        inbound: Inbound,
        threads: PlayerThreads,
        homes: Homes,
        reach: Reach,
        now: Callable[[], datetime],
        bot: int,
    ) -> None:
        # What was said before is told late, if the gateway tells it at all.
        self._began = now()
        self._rest = rest
        self._reach = reach
        self._inbound = inbound
        self._threads = threads
        self._homes = homes
        self._now = now
        self._bot = bot
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        # Where the public messages that named the bot were taken up: to know them again when they change, and to
        # say there that the player cannot be reached in private.
        self._asked_in_public: OrderedDict[int, tuple[int, str]] = OrderedDict()

    def _turn(self, channel: int) -> asyncio.Lock:
        """What happened first in a channel is dealt with first, even where Discord must be asked about it."""
        return self._turns.setdefault(channel, asyncio.Lock())

    async def message(self, message: discord.Message) -> None:
        if not is_spoken(message):
            return
        async with self._turn(message.channel.id):
            committed = await self._spoken(message)
        if committed is not None:
            await committed

    async def _spoken(self, message: discord.Message) -> Awaitable[None] | None:
        chat = await self._own_chat(message)
        if chat is not None:
            if isinstance(message.channel, discord.DMChannel):
                self._reach.opened(chat)
            return self._inbound.put(self._event(message, chat))
        return await self._taken_up(message) if self._names_bot(message) else None

    def _event(self, message: discord.Message, chat: str) -> ChannelEvent:
        missed = message.created_at < self._began
        late = missed and is_late(message.created_at, self._now(), LATE_AFTER)
        return message_event(message, chat, bot_id=self._bot, late=late)

    async def edited(self, message: discord.Message) -> None:
        if not is_spoken(message):
            return
        async with self._turn(message.channel.id):
            chat = await self._own_chat(message) or self._chat_of_public(message.id)
            event = edit_event(message, chat, bot_id=self._bot) if chat is not None else None
            committed = self._inbound.put(event) if event is not None else None
        if committed is not None:
            await committed

    async def deleted(self, channel: int, message: int, *, in_guild: bool) -> None:
        async with self._turn(channel):
            chat = self._chat_of_public(message) or await self._chat_of(channel, in_guild=in_guild)
            event = MessageDeleted(CHANNEL, chat, str(message), self._now()) if chat is not None else None
            committed = self._inbound.put(event) if event is not None else None
        if committed is not None:
            await committed

    async def thread_deleted(self, thread: int) -> None:
        self._threads.forget(thread)
        if self._reach.thread_gone(thread):
            return  # the chat itself is the player's DMs, and another thread can be opened for it
        await self._inbound.put(ChatLost(CHANNEL, str(thread), str(thread), self._now(), "the thread was deleted"))

    def public_question_of(self, chat: str) -> tuple[int, int] | None:
        """The channel and id of the newest public message that is answered in this chat; given out once."""
        for message, (channel, home) in reversed(self._asked_in_public.items()):
            if home == chat:
                del self._asked_in_public[message]
                return channel, message
        return None

    async def _own_chat(self, message: discord.Message) -> str | None:
        return await insist(lambda: self._homes.own_chat(message.channel, message.author.id))

    def _names_bot(self, message: discord.Message) -> bool:
        in_thread_of_ours = self._threads.is_ours(message.channel)
        return not in_thread_of_ours and any(user.id == self._bot for user in message.mentions)

    async def _taken_up(self, message: discord.Message) -> Awaitable[None]:
        chat = await insist(lambda: self._homes.of(message.author.id))
        self._asked_in_public[message.id] = (message.channel.id, chat)
        if len(self._asked_in_public) > _REMEMBERED:
            self._asked_in_public.popitem(last=False)
        return self._shown(message, self._inbound.put(self._event(message, chat)))

    async def _shown(self, message: discord.Message, committed: Awaitable[None]) -> None:
        """The player sees that it is taken up when it is."""
        await committed
        try:
            await self._rest.react(message.channel.id, message.id, SEEN_SIGN)
        except ChannelError as error:
            _log.debug("discord.no_reaction", error=str(error))

    def _chat_of_public(self, message: int) -> str | None:
        asked = self._asked_in_public.get(message)
        return asked[1] if asked else None

    async def _chat_of(self, channel: int, *, in_guild: bool) -> str | None:
        if not in_guild:
            return str(channel)
        owner = await insist(lambda: self._threads.owner_of(channel)) if self._threads.is_active(channel) else None
        return await insist(lambda: self._homes.chat_of(channel, owner)) if owner is not None else None


async def insist(attempt: Callable[[], Awaitable[Result]], *, pause: float = _FIRST_PAUSE) -> Result:
    """What ``attempt`` returns, tried several times where waiting may help; raises its last error."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return await attempt()
        except (TryLater, OutcomeHidden) as error:
            wait = error.after if isinstance(error, TryLater) and error.after is not None else pause
            await asyncio.sleep(wait)
            pause = min(pause * 2, _LONGEST_PAUSE)
    return await attempt()
