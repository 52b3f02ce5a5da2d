"""The gateway connection: discord.py's client, with every event led to the part that deals with it."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

import discord
import structlog

from channels.discord.sdk import survive_unreadable_events

_log = structlog.get_logger()


def intents_for(*, threads: bool) -> discord.Intents:
    """Only what is needed.

    ``guilds`` tells of channels and threads, ``guild_messages`` brings mentions and what is said in threads,
    ``dm_messages`` the direct messages. Discord shows the words of DMs and mentions to every bot; those in the
    players' threads only with the privileged ``message_content``.
    """
    intents = discord.Intents.none()
    intents.guilds = intents.guild_messages = intents.dm_messages = True
    intents.message_content = threads
    return intents


class Handlers(Protocol):
    """What the client leads events to."""

    def new_session(self) -> None: ...

    async def ready(self) -> None: ...

    async def message(self, message: discord.Message) -> None: ...

    async def edited(self, message: discord.Message) -> None: ...

    async def deleted(self, channel: int, message: int, *, in_guild: bool) -> None: ...

    def thread_deleted(self, thread: int, parent: int) -> None: ...

    async def interaction(self, interaction: discord.Interaction) -> None: ...

    def unreadable(self, event: str, payload: Any) -> None:
        """discord.py could not read this; what can be saved of it is."""


class GatewayClient(discord.Client):
    """One connection to Discord. ``stalled`` is set when a lost connection did not come back within a time.

    ``handlers`` must be set between ``login`` and ``connect``.
    """

    handlers: Handlers

    def __init__(
        self, intents: discord.Intents, *, ready_timeout: float, resume_within: float, identify_pause: float
    ) -> None:
        super().__init__(
            intents=intents,
            # Nothing is looked up in caches of members and messages: memory stays flat.
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            guild_ready_timeout=ready_timeout,
            max_ratelimit_timeout=30.0,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.stalled = asyncio.Event()
        self._resume_within = resume_within
        self._identify_pause = identify_pause
        self._watch: asyncio.TimerHandle | None = None
        survive_unreadable_events(self, self._unreadable)

    # ------------------------------------------------------------ the connection

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        if not initial:
            await asyncio.sleep(self._identify_pause)

    async def on_connect(self) -> None:
        """A new session (READY): what happened between it and the one before is not told again."""
        self._unwatch()
        self.handlers.new_session()
        _log.info("discord.connected")

    async def on_resumed(self) -> None:
        self._unwatch()
        _log.info("discord.resumed")

    async def on_disconnect(self) -> None:
        # A server that never answers RESUME would leave the client waiting for ever.
        if self._watch is None and not self.is_closed():
            self._watch = asyncio.get_running_loop().call_later(self._resume_within, self.stalled.set)

    def _unwatch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    async def on_ready(self) -> None:
        await self.handlers.ready()

    async def close(self) -> None:
        self._unwatch()
        await super().close()

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        _log.exception("discord.handler_failed", handler=event_method)

    # ------------------------------------------------------------ what people do

    async def on_message(self, message: discord.Message) -> None:
        await self.handlers.message(message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        await self.handlers.edited(payload.message)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        await self.handlers.deleted(payload.channel_id, payload.message_id, in_guild=payload.guild_id is not None)

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        for message in payload.message_ids:
            await self.handlers.deleted(payload.channel_id, message, in_guild=payload.guild_id is not None)

    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        self.handlers.thread_deleted(payload.thread_id, payload.parent_id)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        await self.handlers.interaction(interaction)

    def _unreadable(self, event: str, payload: Any, error: Exception) -> None:
        _log.error("discord.event_unreadable", gateway_event=event, error=repr(error))
        self.handlers.unreadable(event, payload)
