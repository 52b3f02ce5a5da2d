"""The fake Discord as one object: start it, point the bot at it, let users act, look at what they see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import discord
from aiohttp import web
from simcord.backend.models import Channel, Message, Overwrite
from simcord.enums import OverwriteType

from .control import control_routes
from .faults import Fault
from .gateway import Gateway
from .people import Player
from .rest import PREFIX, Rest
from .world import World

TOKEN = "MTIzNDU2Nzg5.fake.token"


class DiscordServer:
    """Serves one guild with a text channel ``lobby`` and a channel ``support`` over REST, CDN and gateway.

    ``granted`` are the intents that the developer portal allows. In process: ``async with DiscordServer() as server``;
    out of it, ``python -m tests.protocol.discord_server`` and the control routes of ``control``.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str = TOKEN,
        granted: discord.Intents | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.token = token
        self.granted = granted if granted is not None else discord.Intents.all()
        self._runner: web.AppRunner | None = None
        self._users: dict[str, Player] = {}

    async def start(self) -> Self:
        application = web.Application(client_max_size=64 * 2**20)
        # aiohttp freezes the routes when the runner starts, and the port is known only after that.
        application.router.add_route("*", f"{PREFIX}/{{path:.*}}", self._rest)
        application.router.add_get("/gateway", self._gateway)
        application.router.add_get("/gateway/", self._gateway)
        application.router.add_get("/cdn/{path:.*}", self._file)
        application.router.add_routes(control_routes(self))
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._build()
        return self

    def _build(self) -> None:
        self.world = World(f"{self.address}/cdn")
        self.rest = Rest(self.world, self.token, self.gateway_url, self.granted)
        self.gateway = Gateway(self.world, self.token, self.gateway_url, self.granted)
        self.guild = self.world.create_guild("Test Guild")
        self.lobby = self.world.create_channel(self.guild.id, "lobby")
        self.support = self.world.create_channel(self.guild.id, "support")

    async def stop(self) -> None:
        if self._runner is not None:
            self.gateway.drop()
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *exception: object) -> None:
        await self.stop()

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        return await self.rest.handle(request)

    async def _gateway(self, request: web.Request) -> web.WebSocketResponse:
        return await self.gateway.handle(request)

    async def _file(self, request: web.Request) -> web.Response:
        return await self.rest.serve_file(request)

    # ------------------------------------------------------------ where it is

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def api_url(self) -> str:
        return f"{self.address}{PREFIX}"

    @property
    def gateway_url(self) -> str:
        return f"ws://{self.host}:{self.port}/gateway"

    # ------------------------------------------------------------ who and what there is

    def user(self, name: str, *, member: bool = True) -> Player:
        """The user of this name, made on first use; a member of the guild unless told otherwise."""
        if name not in self._users:
            user = self.world.make_user(name)
            if member:
                self.world.add_member(self.guild.id, user.id)
            self._users[name] = Player(self.world, user.id, self.guild.id if member else None)
        return self._users[name]

    def messages(self, channel_id: int) -> list[Message]:
        """Everything said in a channel, oldest first, ephemeral answers left out."""
        stored = self.world.messages.get(channel_id, {}).values()
        return sorted((message for message in stored if not message.is_ephemeral), key=lambda each: each.id)

    def deny_bot(self, channel: Channel, *permissions: str) -> None:
        """Take these permissions from the bot in a channel."""
        denied = discord.Permissions(**dict.fromkeys(permissions, True)).value
        overwrite = Overwrite(self.world.bot_user.id, OverwriteType.MEMBER, deny=denied)
        self.world.set_overwrite(channel.id, overwrite)

    def threads(self, parent_id: int) -> list[Channel]:
        return [channel for channel in self.world.channels.values() if channel.parent_id == parent_id]

    def requests(self, method: str, path_part: str) -> list[Any]:
        """What the bot asked of routes whose path contains ``path_part``, oldest first."""
        return [
            request for request in self.world.http_requests if request.method == method and path_part in request.path
        ]

    def fault(self, **fields: Any) -> Fault:
        """Make a fault wait for its request; see Fault."""
        return self.rest.faults.add(Fault(**fields))

    async def until(self, predicate: Callable[[], Any], within: float = 20.0) -> Any:
        return await self.world.until(predicate, within)

    async def connected(self, times: int = 1) -> None:
        """Wait until a client has identified this often."""
        await self.until(lambda: self.gateway.identified >= times)
