"""One login to Discord: every part of the adapter, wired together, from the gateway to the sink and back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import discord
import structlog

from channels.base import Surroundings
from channels.discord.acknowledging import Acknowledging
from channels.discord.catch_up import CatchUp
from channels.discord.client import GatewayClient
from channels.discord.commands import payload, same
from channels.discord.convert import unreadable_event
from channels.discord.homes import Homes
from channels.discord.inbound import Inbound
from channels.discord.interactions import Interactions
from channels.discord.missed import Missed
from channels.discord.panel import Panel
from channels.discord.progress import Position
from channels.discord.reach import Reach
from channels.discord.receiving import Receiver
from channels.discord.render import render
from channels.discord.rest import Rest
from channels.discord.sending import Sender
from channels.discord.settings import DiscordSettings
from channels.discord.threads import PlayerThreads
from channels.errors import ChannelError, Misconfigured
from storage.errors import StorageError

_WRONG_TOKEN = 4004
_log = structlog.get_logger()


class Session:
    """The parts that live as long as one logged-in client. It is what the client leads its events to."""

    def __init__(
        self, client: GatewayClient, settings: DiscordSettings, surroundings: Surroundings, ready: Callable[[], None]
    ) -> None:
        assert client.user is not None
        assert client.application_id is not None
        self._client = client
        self._settings = settings
        self._surroundings = surroundings
        self._announce_ready = ready
        self._catching_up: asyncio.Task[None] | None = None
        self._catch_up_error: BaseException | None = None
        self._missed: Missed | None = None
        self._sessions = 0
        texts, language, bot = surroundings.texts, surroundings.languages[0], client.user.id
        self.rest = Rest(client, settings.answer_within)
        self._inbound = Inbound(surroundings.sink)
        self._threads = PlayerThreads(client, self.rest, settings.panel_channel)
        self._homes = Homes(self.rest, self._threads)
        self._panel = Panel(self.rest, self._threads, texts, language, settings.panel_channel, bot)
        self.reach = Reach(self.rest, self._threads, self._panel, language)
        self._receiver = Receiver(
            self.rest, self._inbound, self._threads, self._homes, self.reach, surroundings.now, bot
        )
        awaiting: set[str] = set()
        acknowledging = Acknowledging()
        self._interactions = Interactions(
            self.rest,
            self._inbound,
            self._homes,
            self._panel,
            texts,
            language,
            awaiting,
            acknowledging,
            settings.silence,
        )
        self.sender = Sender(
            self.rest,
            self.reach,
            awaiting,
            acknowledging,
            self._receiver.public_question_of,
            render(texts("dms_closed", language)),
            surroundings.now,
            surroundings.last_sent,
            bot,
        )
        self._bot = bot

    async def run(self) -> None:
        """Stay connected until cancelled. What ends the connection is raised."""
        position = Position.parse(await self._surroundings.position())
        self._missed = Missed(position, self._settings.token) if position is not None else None
        committing = asyncio.create_task(self._inbound.run())
        keeping = asyncio.create_task(self._keep_positions())
        connected = asyncio.create_task(self._client.connect())
        stalled = asyncio.create_task(self._client.stalled.wait())
        try:
            await asyncio.wait([committing, keeping, connected, stalled], return_when=asyncio.FIRST_COMPLETED)
            if connected.done():
                _raise_end(connected)
            for task in (committing, keeping):
                if task.done():
                    task.result()
            raise self._catch_up_error or ConnectionError("the gateway did not take up the session again")
        finally:
            await self._end(committing, keeping, connected, stalled)

    async def _end(self, committing: asyncio.Task[None], *others: asyncio.Task[Any]) -> None:
        """Take nothing new in, and give what is in hand a moment to be committed and acknowledged."""
        tasks = [*others, *([self._catching_up] if self._catching_up else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.hang_up()
        self._sessions += 1  # for whoever still waits to begin with this one
        if self._missed is not None:
            await self._missed.abandon()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._inbound.idle(), self._settings.finish_within)
        await self._client.drop(self._settings.finish_within)
        await self._interactions.close()
        committing.cancel()
        self._inbound.abandon()
        await asyncio.gather(committing, return_exceptions=True)
        await self._keep_position()

    async def _keep_positions(self) -> None:
        while True:
            await self._client.progress.moved.wait()
            await self._keep_position()
            await asyncio.sleep(self._settings.keep_every)

    async def _keep_position(self) -> None:
        """Keep how far everything is committed; where that fails the next start hears more a second time."""
        progress = self._client.progress
        if not progress.moved.is_set():
            return
        progress.moved.clear()
        try:
            await self._surroundings.keep_position(str(progress.committed))
        except StorageError as error:
            _log.warning("discord.position_not_kept", error=str(error))

    # ------------------------------------------------------------ what the client leads here

    def new_session(self) -> None:
        # Whatever arrives from now on waits until it is known which histories come before it.
        self._inbound.hold_all()
        self._sessions += 1

    async def ready(self) -> None:
        if self._catching_up is not None:
            self._catching_up.cancel()
        session = self._sessions
        complete = await self._hear_missed()
        if session != self._sessions:
            return  # and what belongs to the newest session is done for that one
        self._client.go_on()
        if complete:
            self._inbound.hold_only(())
            self._client.joined()
        else:
            self._catch_up()
        await self._put_up_panel_and_commands()
        self._announce_ready()

    async def _hear_missed(self) -> bool:
        """Deal with what the session before was told; whether that is everything, so that no history need be read."""
        if self._missed is None:
            return False
        told = await self._missed.end(self._settings.missed_within)
        self._missed = None
        self._client.replay(told.events)
        return told.complete

    def _catch_up(self) -> None:
        catch_up = CatchUp(
            self.rest,
            self._inbound,
            self._threads,
            self._homes,
            self._surroundings.last_seen,
            self._surroundings.now,
            self._bot,
        )
        self._catching_up = asyncio.create_task(catch_up.run())
        self._catching_up.add_done_callback(self._after_catch_up)

    def _after_catch_up(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        if (error := task.exception()) is None:
            self._client.joined()
        else:
            # Live messages wait for it, so a new start must try again.
            self._catch_up_error = error
            self._client.stalled.set()

    async def _put_up_panel_and_commands(self) -> None:
        commands = payload(self._surroundings.texts, self._surroundings.languages)
        application = self._client.application_id or 0
        try:
            await self._panel.put_up()
            if not same(commands, await self.rest.commands(application)):
                await self.rest.replace_commands(application, commands)
        except ChannelError as error:
            _log.error("discord.set_up_incomplete", error=str(error), hint="innkeeper doctor says what is missing")

    async def message(self, message: discord.Message) -> None:
        await self._receiver.message(message)

    async def edited(self, message: discord.Message) -> None:
        await self._receiver.edited(message)

    async def deleted(self, channel: int, message: int, *, in_guild: bool) -> None:
        await self._receiver.deleted(channel, message, in_guild=in_guild)

    async def thread_deleted(self, thread: int, parent: int) -> None:
        if parent == self._settings.panel_channel:
            await self._receiver.thread_deleted(thread)

    async def interaction(self, interaction: discord.Interaction) -> None:
        await self._interactions.used(interaction)

    async def unreadable(self, event: str, payload: Any) -> None:
        found = unreadable_event(payload, self._surroundings.now()) if event == "MESSAGE_CREATE" else None
        if found is not None:
            await self._inbound.put(found)


def _raise_end(connected: asyncio.Task[None]) -> None:
    """Why the gateway let us go: what a person must mend, or else the error itself."""
    error = connected.exception()
    if isinstance(error, discord.PrivilegedIntentsRequired):
        raise Misconfigured(
            "Discord does not let this bot read the words in threads",
            "In https://discord.com/developers/applications open the application, then Bot, and switch on "
            "Message Content Intent; or leave channels.discord.panel_channel out of config.yaml.",
        ) from error
    if isinstance(error, discord.ConnectionClosed) and error.code == _WRONG_TOKEN:
        raise wrong_token() from error
    raise error or ConnectionError("the gateway connection was closed")


def wrong_token() -> Misconfigured:
    return Misconfigured(
        "Discord does not know the bot token",
        "Check channels.discord.token (usually DISCORD_TOKEN in .env): in https://discord.com/developers/applications "
        "open the application, then Bot, and use Reset Token to get a new one.",
    )
