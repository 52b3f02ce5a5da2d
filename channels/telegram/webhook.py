"""Receiving by webhook: 200 only after the commit."""

from __future__ import annotations

import json
from hmac import compare_digest

import structlog
from aiohttp import web
from telegram import Bot

from channels.telegram.polling import Receive, parse

log = structlog.get_logger(__name__)

_PROOF_HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Webhook:
    """Answers Telegram's calls. Until ``receive`` is set (the channel runs) they are told to come again."""

    def __init__(self, bot: Bot, secret: str) -> None:
        self._bot = bot
        self._secret = secret
        self.receive: Receive | None = None

    async def handle(self, request: web.Request) -> web.Response:
        """One call with one update."""
        given = request.headers.get(_PROOF_HEADER, "")
        if not compare_digest(given.encode(), self._secret.encode()):
            log.warning("telegram.webhook_refused", remote=request.remote)
            return web.Response(status=403)
        if self.receive is None:
            return web.Response(status=503)
        try:
            raw = json.loads(await request.read())
        except ValueError:
            return web.Response(status=400)
        if not isinstance(raw, dict) or "update_id" not in raw:
            return web.Response(status=400)
        update = parse(raw, self._bot)
        if update is not None:
            try:
                await self.receive([update])
            except Exception as error:  # noqa: BLE001 - whatever keeps us from committing, Telegram has to call again
                log.error("telegram.not_taken", updates=1, error=repr(error))
                return web.Response(status=500)
        return web.Response()
