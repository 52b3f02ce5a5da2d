"""The Discord channel, as the program sees it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import discord
from aiohttp import web

from channels.base import Capabilities, Check, Pace, Surroundings
from channels.discord.client import GatewayClient, intents_for
from channels.discord.convert import CHANNEL
from channels.discord.doctor import examine
from channels.discord.errors import translated
from channels.discord.files import Files
from channels.discord.render import LONGEST_TEXT, ROOM_FOR_ESCAPES
from channels.discord.sdk import point_sdk_at
from channels.discord.session import Session, wrong_token
from channels.discord.settings import DiscordSettings
from channels.errors import TryLater
from messaging.messages import Outgoing, Sent

CAPABILITIES = Capabilities(
    max_text=LONGEST_TEXT - ROOM_FOR_ESCAPES,
    max_caption=LONGEST_TEXT - ROOM_FOR_ESCAPES,
    max_file=10 * 2**20,
    max_buttons=25,
    can_edit=True,
    can_delete=True,
    own_clock=True,
    # By the nonce for two minutes, and after that by looking through what was said since.
    idempotent_for=3600.0,
    one_receiver=True,
    sends_where_received=True,
)
# Discord's limits: five messages in five seconds a channel; fifty requests a second a bot, of which sends take most.
CHAT_PACE = Pace(per_second=1.0, burst=5)
TOTAL_PACE = Pace(per_second=40.0, burst=40)


class DiscordChannel:
    """See channels.base.Channel for what the methods promise, and DiscordSettings for what can be set."""

    def __init__(self, settings: DiscordSettings) -> None:
        self._settings = settings
        self._files = Files(settings.answer_within)
        self._session: Session | None = None
        self._logged_in = asyncio.Event()

    @property
    def name(self) -> str:
        return CHANNEL

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def pace(self, chat: str) -> Pace:
        return CHAT_PACE

    @property
    def total_pace(self) -> Pace:
        return TOTAL_PACE

    def routes(self) -> Sequence[web.RouteDef]:
        return ()

    async def run(self, surroundings: Surroundings, ready: Callable[[], None]) -> None:
        settings = self._settings
        point_sdk_at(settings.api_url, settings.gateway_url)
        client = GatewayClient(
            intents_for(threads=settings.panel_channel is not None),
            ready_timeout=settings.ready_timeout,
            resume_within=settings.resume_within,
            identify_pause=settings.identify_pause,
        )
        try:
            await self._log_in(client)
            session = Session(client, settings, surroundings, ready)
            client.handlers = self._session = session
            self._logged_in.set()
            await session.run()
        finally:
            self._logged_in.clear()
            self._session = None
            await client.close()

    async def _log_in(self, client: discord.Client) -> None:
        try:
            with translated():
                await client.login(self._settings.token)
        except discord.LoginFailure as error:
            raise wrong_token() from error

    async def send(self, outgoing: Outgoing) -> Sent:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.connected_within):
                await self._logged_in.wait()
        return await self._connected().sender.send(outgoing)

    async def typing(self, chat: str) -> None:
        session = self._connected()
        await session.rest.typing(session.reach.channel_of(chat))

    async def fetch(self, remote: str, limit: int) -> bytes:
        return await self._files.fetch(self._connected().rest, remote, limit)

    async def wake(self, chat: str, conversation_id: int) -> None:
        """Discord's players are sent everything; there is nothing to wake."""

    async def check(self) -> Sequence[Check]:
        return await examine(self._settings)

    async def close(self) -> None:
        await self._files.close()

    def _connected(self) -> Session:
        if self._session is None:
            raise TryLater("not connected to Discord")
        return self._session
