"""Who may use the chat: pages of allowed origins, and players by the secret token that the server gave them."""

from __future__ import annotations

import hashlib
import re
import secrets
from urllib.parse import urlsplit

from aiohttp import web

from channels.web.settings import WebSettings

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """A secret that nobody guesses: 256 bits."""
    return secrets.token_urlsafe(32)


def chat_of(token: object) -> str | None:
    """The chat that a token opens, or None for what is no token. Only this hash is ever stored."""
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        return None
    return hashlib.sha256(token.encode()).hexdigest()


def chat_of_request(request: web.Request) -> str:
    """The chat of a request with ``Authorization: Bearer <token>``; raises 401 without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    chat = chat_of(token.strip()) if scheme.lower() == "bearer" else None
    if chat is None:
        raise web.HTTPUnauthorized(text="A player's token is needed.")
    return chat


def check_origin(request: web.Request, settings: WebSettings) -> None:
    """Raises 403 unless the page that asks is our own or one of an allowed origin."""
    origin = request.headers.get("Origin", "").rstrip("/").lower()
    # Behind a proxy we see http where the player sees https, so of our own origin the host alone is compared.
    own = urlsplit(origin).netloc == request.host.lower()
    if not origin or not (own or origin in {each.rstrip("/").lower() for each in settings.allowed_origins}):
        raise web.HTTPForbidden(text="This page may not use the chat: see channels.web.allowed_origins in config.yaml.")


def address_of(request: web.Request, settings: WebSettings) -> str:
    """Where a request comes from, for counting."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.behind_proxy else ""
    # The last entry is the one that our own proxy wrote; those before it are whatever the sender claims.
    return forwarded.rpartition(",")[2].strip() or request.remote or "unknown"
