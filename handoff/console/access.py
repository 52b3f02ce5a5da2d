"""Who may do what in the console: the session behind a request, and where writes may come from."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from handoff import sessions
from handoff.agents import Agent
from handoff.console.settings import ConsoleSettings
from storage.database import Database

COOKIE = "innkeeper_console"
PATH = "/console"
_LARGEST_BODY = 256 * 1024


class Access:
    """Checks requests: ``agent`` for everything, ``write`` also that the request comes from our own page."""

    def __init__(self, settings: ConsoleSettings, database: Database, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._database = database
        self._now = now

    async def agent(self, request: web.Request) -> Agent:
        """Who is signed in. Raises 401 for nobody, for an expired session and for a disabled agent."""
        token = request.cookies.get(COOKIE, "")
        now = self._now()
        async with self._database.reading() as connection:
            session = await sessions.find(connection, token, now) if token else None
        if session is None:
            raise refusal(web.HTTPUnauthorized, "signed_out", "Please sign in.")
        until = sessions.prolonged(session, now, self._settings.lifetime)
        if until is not None:
            async with self._database.transaction() as connection:
                await sessions.prolong(connection, token, until)
        return session.agent

    async def write(self, request: web.Request) -> Agent:
        """Who is signed in and asks from our own page. Raises 401 as ``agent``, 403 for another origin."""
        self.same_origin(request)
        return await self.agent(request)

    def same_origin(self, request: web.Request) -> None:
        """Raises 403 unless the request's Origin is this console's own."""
        origin = request.headers.get("Origin", "").lower()
        # Behind a proxy we see http where the browser sees https, so of our own origin the host alone is compared.
        if not origin or (origin != self._settings.origin and urlsplit(origin).netloc != request.host.lower()):
            raise refusal(
                web.HTTPForbidden,
                "origin",
                f"This request comes from {origin or 'nowhere'}, not from the console itself. "
                f"If this is the console, web.public_url in config.yaml needs the address you see in the browser.",
            )

    def address(self, request: web.Request) -> str:
        """Where the request comes from, for counting."""
        forwarded = request.headers.get("X-Forwarded-For", "") if self._settings.behind_proxy else ""
        # The last entry is the one that our own proxy wrote; those before it are whatever the sender claims.
        return forwarded.rpartition(",")[2].strip() or request.remote or "unknown"

    def let_in(self, response: web.Response, token: str) -> None:
        """Give the browser the session's cookie."""
        response.set_cookie(
            COOKIE,
            token,
            path=PATH,
            httponly=True,
            samesite="Strict",
            secure=self._settings.secure,
            max_age=int(self._settings.lifetime.longest.total_seconds()),
        )

    def let_out(self, response: web.Response) -> None:
        """Take the session's cookie back."""
        response.del_cookie(COOKIE, path=PATH, httponly=True, samesite="Strict", secure=self._settings.secure)


def refusal(kind: type[web.HTTPError], code: str, reason: str, **more: Any) -> web.HTTPError:
    """An HTTP error in the form that the console's pages read: ``code`` to act on, ``reason`` to show."""
    return kind(text=json.dumps({"code": code, "reason": reason, **more}), content_type="application/json")


async def bytes_of(request: web.Request, limit: int) -> bytes | None:
    """The request's body; None where it has more than ``limit`` bytes, of which no more are read."""
    if (request.content_length or 0) > limit:
        return None
    content = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        content += chunk
        if len(content) > limit:
            return None
    return bytes(content)


async def body_of(request: web.Request) -> dict[str, Any]:
    """The request's JSON object. Raises 400 for anything else."""
    try:
        body = json.loads(await bytes_of(request, _LARGEST_BODY) or b"")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise refusal(web.HTTPBadRequest, "malformed", "A JSON object is needed.")
    return body


def text_of(body: dict[str, Any], field: str, longest: int) -> str:
    """A text of the body, empty where it is missing, without what no database keeps (NUL, half a character).

    Raises 400 where it is no text or too long.
    """
    value = body.get(field, "")
    if not isinstance(value, str):
        raise refusal(web.HTTPBadRequest, "malformed", f"{field} must be a text.")
    if len(value) > longest:
        raise refusal(web.HTTPBadRequest, "too_long", f"That is too long: {len(value)} of {longest} characters.")
    return value.replace("\x00", "").encode(errors="replace").decode()
