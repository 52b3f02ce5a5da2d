"""The gateway connection: discord.py's client, with every event led to the part that deals with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, Protocol

import discord
import structlog

from channels.discord.progress import Progress, Step
from channels.discord.sdk import around_parsers, leave_session_standing, parse, position_of

# What people do, by discord.py's names for it and by the gateway's.
DEEDS = {
    "message": "MESSAGE_CREATE",
    "raw_message_edit": "MESSAGE_UPDATE",
    "raw_message_delete": "MESSAGE_DELETE",
    "raw_bulk_message_delete": "MESSAGE_DELETE_BULK",
    "raw_thread_delete": "THREAD_DELETE",
    "interaction": "INTERACTION_CREATE",
}
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
    """What the client leads events to. What people do is committed when its method returns."""

    def new_session(self) -> None: ...

    async def ready(self) -> None: ...

    async def message(self, message: discord.Message) -> None: ...

    async def edited(self, message: discord.Message) -> None: ...

    async def deleted(self, channel: int, message: int, *, in_guild: bool) -> None: ...

    async def thread_deleted(self, thread: int, parent: int) -> None: ...

    async def interaction(self, interaction: discord.Interaction) -> None: ...

    async def unreadable(self, event: str, payload: Any) -> None:
        """discord.py could not read this; what can be saved of it is."""


class _Deed(NamedTuple):
    """Something that people did, on its way to its handler."""

    step: Step
    name: str
    handle: Callable[[], Awaitable[None]]


class GatewayClient(discord.Client):
    """One connection to Discord. ``stalled`` is set when a lost connection did not come back within a time.

    ``handlers`` must be set between ``login`` and ``connect``. After each new session what people do waits until
    ``go_on`` is called, and ``progress`` does not go beyond its beginning until ``joined`` is.
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
        self.progress = Progress()
        self._resume_within = resume_within
        self._identify_pause = identify_pause
        self._watch: asyncio.TimerHandle | None = None
        self._step: Step | None = None
        self._beginnings: list[Step] = []
        self._waiting: list[_Deed] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        around_parsers(self, self._event)

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

    async def hang_up(self) -> None:
        """Hear nothing more; the session stands, and can be taken up again. ``connect`` must have ended."""
        self._unwatch()
        await leave_session_standing(self)

    async def close(self) -> None:
        await self.hang_up()
        await super().close()

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        _log.exception("discord.handler_failed", handler=event_method)

    # ------------------------------------------------------------ events on their way

    def _event(self, name: str, parser: Callable[[Any], Any], payload: Any) -> None:
        """One event of the gateway, or one that was missed and is told now."""
        with self._arrived() as step:
            try:
                parser(payload)
            except Exception as error:  # noqa: BLE001 - the edge: whatever a parser raises must not end the gateway
                _log.error("discord.event_unreadable", gateway_event=name, error=repr(error))
                self._lead(_Deed(step, "unreadable", partial(self.handlers.unreadable, name, payload)))

    @contextmanager
    def _arrived(self) -> Iterator[Step]:
        if self._step is not None:
            yield self._step
            return
        self._step = step = self.progress.begin(position_of(self))
        try:
            yield step
        finally:
            self._step = None
            self.progress.done(step)

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """What discord.py found in an event; called while it is parsed."""
        if event in DEEDS and self._step is not None:
            self._lead(_Deed(self._step, event, partial(getattr(self, f"_{event}"), *args)))
            return
        if event == "connect" and self._step is not None:
            self._waiting = self._waiting or []
            self.progress.hold(self._step)
            self._beginnings.append(self._step)
        super().dispatch(event, *args, **kwargs)

    def replay(self, events: Sequence[tuple[str, Any]]) -> None:
        """Deal with what was missed, as part of the session's beginning and before what people did since."""
        since, self._waiting = self._waiting, None
        self._step = self._beginnings[-1]
        try:
            for name, payload in events:
                if name in DEEDS.values():
                    parse(self, name, payload)
        finally:
            self._step, self._waiting = None, since

    def go_on(self) -> None:
        """What people did since the session began is dealt with, and from now on at once."""
        waiting, self._waiting = self._waiting or (), None
        for deed in waiting:
            self._begin(deed)

    def joined(self) -> None:
        """What was said before the session began is in."""
        beginnings, self._beginnings = self._beginnings, []
        for step in beginnings:
            self.progress.done(step)

    def _lead(self, deed: _Deed) -> None:
        self.progress.hold(deed.step)
        if self._waiting is None:
            self._begin(deed)
        else:
            self._waiting.append(deed)

    def _begin(self, deed: _Deed) -> None:
        task = asyncio.create_task(self._handle(deed), name=f"discord {deed.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle(self, deed: _Deed) -> None:
        try:
            await deed.handle()
        except Exception:  # noqa: BLE001 - the edge: one deed that cannot be dealt with ends nothing else
            _log.exception("discord.handler_failed", handler=deed.name)
        self.progress.done(deed.step)

    async def drop(self, after: float) -> None:
        """Let go of what nobody has dealt with in so many seconds."""
        tasks = list(self._tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=after)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ------------------------------------------------------------ what people do

    async def _message(self, message: discord.Message) -> None:
        await self.handlers.message(message)

    async def _raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        await self.handlers.edited(payload.message)

    async def _raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        await self.handlers.deleted(payload.channel_id, payload.message_id, in_guild=payload.guild_id is not None)

    async def _raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        in_guild = payload.guild_id is not None
        deleted = (self.handlers.deleted(payload.channel_id, each, in_guild=in_guild) for each in payload.message_ids)
        await asyncio.gather(*deleted)

    async def _raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        await self.handlers.thread_deleted(payload.thread_id, payload.parent_id)

    async def _interaction(self, interaction: discord.Interaction) -> None:
        await self.handlers.interaction(interaction)
