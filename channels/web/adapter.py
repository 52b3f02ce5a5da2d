"""The web channel. Its players read their conversation from our tables, so nothing is ever sent: pages are woken."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from aiohttp import WSMsgType, web

from channels.base import Capabilities, Check, Health, Pace, Surroundings
from channels.errors import FileGone, Refused
from channels.web import convert
from channels.web.access import address_of, chat_of, check_origin, new_token
from channels.web.convert import CHANNEL, Hello, Unreadable
from channels.web.pages import Pages
from channels.web.rates import Rate
from channels.web.settings import WebSettings
from channels.web.uploads import Uploads
from channels.web.visit import Visit
from messaging.live import Live
from messaging.messages import Outgoing, Sent
from storage.database import Database

_GREETING_TIME = 10.0
_LARGEST_FRAME = 1024 * 1024


class WebChannel:
    """The chat on a web page; see channels.base.Channel for what its methods promise."""

    def __init__(
        self, settings: WebSettings, database: Database, live: Live, *, make_token: Callable[[], str] = new_token
    ) -> None:
        self._settings = settings
        self._database = database
        self._live = live
        self._make_token = make_token
        self._surroundings: Surroundings | None = None
        self._visits: dict[str, set[Visit]] = defaultdict(set)
        self._new_chats = Rate(settings.new_chats_per_minute, self._now)
        self._pages = Pages(settings, self._present_surroundings)
        self._uploads = Uploads(settings, database, self._now)

    @property
    def name(self) -> str:
        return CHANNEL

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            max_text=self._settings.max_text,
            max_caption=self._settings.max_text,
            max_file=self._settings.max_file,
            can_edit=True,
            can_delete=True,
            pulls=True,
        )

    def pace(self, chat: str) -> Pace:
        return Pace()

    @property
    def total_pace(self) -> Pace:
        return Pace()

    def routes(self) -> Sequence[web.RouteDef]:
        return (*self._pages.routes(), *self._uploads.routes(), web.get("/chat/socket", self._connect))

    async def run(self, surroundings: Surroundings, ready: Callable[[], None]) -> None:
        self._surroundings = surroundings
        try:
            ready()
            await asyncio.Event().wait()
        finally:
            self._surroundings = None
            visits = [visit for visits in self._visits.values() for visit in visits]
            await asyncio.gather(*(visit.leave() for visit in visits))

    async def send(self, outgoing: Outgoing) -> Sent:
        raise Refused("the web chat's players read from the tables: nothing is to be sent")

    async def typing(self, chat: str) -> None:
        await asyncio.gather(*(visit.show_typing() for visit in self._visits_of(chat)))

    async def fetch(self, remote: str, limit: int) -> bytes:
        raise FileGone("files of the web chat are stored when they are uploaded")

    async def wake(self, chat: str, conversation_id: int) -> None:
        for visit in self._visits_of(chat):
            visit.wake()

    async def check(self) -> Sequence[Check]:
        if self._settings.allowed_origins:
            sites = ", ".join(self._settings.allowed_origins)
            return (Check("web chat", Health.GOOD, f"may be embedded on {sites}"),)
        return (
            Check(
                "web chat",
                Health.GOOD,
                "serves its own page; no other site may embed it",
                "To use the widget on your game's site, add its address to channels.web.allowed_origins.",
            ),
        )

    async def close(self) -> None:
        """Nothing is held open once ``run`` ended."""

    def _visits_of(self, chat: str) -> Sequence[Visit]:
        return tuple(self._visits.get(chat, ()))

    def _now(self) -> datetime:
        return self._surroundings.now() if self._surroundings else datetime.now(UTC)

    def _present_surroundings(self) -> Surroundings:
        if self._surroundings is None:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "2"})
        return self._surroundings

    async def _connect(self, request: web.Request) -> web.WebSocketResponse:
        surroundings = self._present_surroundings()
        check_origin(request, self._settings)
        socket = web.WebSocketResponse(heartbeat=25, max_msg_size=_LARGEST_FRAME, compress=False, timeout=2)
        await socket.prepare(request)
        hello = await _hello_of(socket)
        if hello is None:
            await socket.close()
            return socket
        token = hello.token if chat_of(hello.token) else self._make_token()
        chat = chat_of(token)
        assert chat is not None
        visit = Visit(
            socket,
            chat,
            hello,
            address=address_of(request, self._settings),
            new_chats=self._new_chats,
            settings=self._settings,
            surroundings=surroundings,
            database=self._database,
            live=self._live,
        )
        self._visits[chat].add(visit)
        try:
            await socket.send_json({"type": "welcome", "token": token})
            await visit.serve()
        except ConnectionResetError:
            return socket
        finally:
            self._visits[chat].discard(visit)
            if not self._visits[chat]:
                del self._visits[chat]
        return socket


async def _hello_of(socket: web.WebSocketResponse) -> Hello | None:
    """The page's first frame, or None for anything but a hello in good time."""
    try:
        frame = await socket.receive(timeout=_GREETING_TIME)
        said = json.loads(frame.data) if frame.type is WSMsgType.TEXT else None
        return convert.to_hello(said) if isinstance(said, dict) else None
    except (TimeoutError, ValueError, Unreadable):
        return None
