"""The console as the program mounts it: pages, sign-in, the live socket, acts and files, all below ``/console``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path

from aiohttp import WSCloseCode, web

from handoff.acts import Perform
from handoff.console.access import COOKIE, PATH, Access, refusal
from handoff.console.board import Board
from handoff.console.card import CardMaker
from handoff.console.choices import Choices, Choosing, DeskChoices
from handoff.console.company import Company
from handoff.console.desk_acts import DeskActs
from handoff.console.history import History
from handoff.console.presence_switch import PresenceSwitch
from handoff.console.settings import ConsoleSettings
from handoff.console.sign_in import SignIn
from handoff.console.snippet_pages import SnippetPages
from handoff.console.socket import DeskSocket
from handoff.console.uploads import Uploads
from handoff.notices import Notices
from handoff.passwords import Passwords
from handoff.snippets import Snippets
from messaging.live import Live
from storage.database import Database
from storage.errors import StorageError

_STATIC = Path(__file__).parent / "static"
# Not guessed: what a system thinks of ".js" may be something that no browser runs as a module.
_CONTENT_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_HEARTBEAT = 20.0
_LARGEST_FRAME = 16 * 1024

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Console:
    """The web desk. ``perform`` carries out what agents do; ``close`` ends every open socket.

    ``notices`` tells what staff should know of the service; changes of it are told as the topic ``notices``.
    ``cards`` makes the player cards; ``choosing`` tells what can be chosen, ``snippets`` what can be written.
    """

    def __init__(
        self,
        settings: ConsoleSettings,
        database: Database,
        live: Live,
        perform: Perform,
        now: Callable[[], datetime],
        *,
        notices: Notices = tuple,
        cards: CardMaker | None = None,
        choosing: Choosing = DeskChoices,
        snippets: Snippets | None = None,
        passwords: Passwords | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._live = live
        self._now = now
        self._notices = notices
        self._cards = cards or CardMaker()
        self._company = Company(live, now)
        self._access = access = Access(settings, database, now)
        self._parts = (
            SignIn(settings, database, access, passwords or Passwords(), live=live, now=now),
            DeskActs(database, access, perform, now),
            History(database, access),
            Uploads(settings, database, access, now),
            Choices(access, choosing),
            SnippetPages(access, snippets),
            PresenceSwitch(database, access, live, now),
        )
        self._board: Board | None = None
        self._sockets: set[web.WebSocketResponse] = set()
        self._pages = {path.name: path for path in sorted(_STATIC.iterdir()) if path.suffix in _CONTENT_TYPES}

    def routes(self) -> Sequence[web.RouteDef]:
        """Everything that the console serves."""
        data = [route for part in self._parts for route in part.routes()]
        return (
            web.get(PATH, self._redirect),
            web.get(f"{PATH}/", self._page),
            web.get(f"{PATH}/static/{{name}}", self._page),
            web.get(f"{PATH}/socket", _plainly(self._socket)),
            *(web.RouteDef(route.method, route.path, _plainly(route.handler), route.kwargs) for route in data),
        )

    async def close(self) -> None:
        """Close every open console's socket; the pages connect again by themselves."""
        await asyncio.gather(
            *(socket.close(code=WSCloseCode.GOING_AWAY, message=b"restarting") for socket in tuple(self._sockets))
        )

    async def _redirect(self, _request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(f"{PATH}/")

    async def _page(self, request: web.Request) -> web.StreamResponse:
        path = self._pages.get(request.match_info.get("name", "index.html"))
        if path is None:
            raise web.HTTPNotFound
        # Asked for again each time (and mostly answered "not modified"), so that an upgrade never mixes two versions.
        headers = {
            "Cache-Control": "no-cache",
            "X-Content-Type-Options": "nosniff",
            "Content-Type": f"{_CONTENT_TYPES[path.suffix]}; charset=utf-8",
        }
        return web.FileResponse(path, headers=headers)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        agent = await self._access.write(request)
        if self._board is None:
            self._board = Board(self._database, asyncio.get_running_loop().time, self._settings.pace)
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=_LARGEST_FRAME)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await DeskSocket(
                socket,
                agent,
                request.cookies[COOKIE],
                settings=self._settings,
                database=self._database,
                board=self._board,
                live=self._live,
                notices=self._notices,
                company=self._company,
                cards=self._cards,
                now=self._now,
            ).serve()
        finally:
            self._sockets.discard(socket)
        return socket


def _plainly(handler: Handler) -> Handler:
    """The handler, saying "try again" where the database cannot be reached, and keeping answers out of caches."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            response = await handler(request)
        except StorageError as error:
            raise refusal(
                web.HTTPServiceUnavailable, "storage", "The database cannot be reached just now. Please try again."
            ) from error
        if not response.prepared:
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return guarded
