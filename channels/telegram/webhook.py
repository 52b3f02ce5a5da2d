"""Receiving by webhook: 200 only after the commit, several calls in one batch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from hmac import compare_digest

import structlog
from aiohttp import web
from telegram import Bot, Update

from channels.telegram.polling import Receive, parse

log = structlog.get_logger(__name__)

_PROOF_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_LARGEST_BATCH = 100


class Webhook:
    """Answers Telegram's calls. Until ``receive`` is set (the channel runs) they are told to come again."""

    def __init__(self, bot: Bot, secret: str) -> None:
        self._bot = bot
        self._secret = secret
        self._waiting: list[tuple[Update, asyncio.Future[None]]] = []
        self._working: asyncio.Task[None] | None = None
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
                await self._take(update)
            except Exception as error:  # noqa: BLE001 - whatever keeps us from committing, Telegram has to call again
                log.error("telegram.not_taken", updates=1, error=repr(error))
                return web.Response(status=500)
        return web.Response()

    async def close(self) -> None:
        """Let the batch in hand end."""
        self.receive = None
        if self._working is not None:
            await asyncio.gather(self._working, return_exceptions=True)

    async def _take(self, update: Update) -> None:
        """Returns when the update is committed, together with whatever came meanwhile."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((update, done))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        await done

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_LARGEST_BATCH], self._waiting[_LARGEST_BATCH:]
                await self._hand_on(batch)
        finally:
            self._working = None

    async def _hand_on(self, batch: Sequence[tuple[Update, asyncio.Future[None]]]) -> None:
        try:
            if self.receive is None:
                raise ConnectionAbortedError("the channel has stopped")
            await self.receive([update for update, _ in batch])
        except Exception as error:  # noqa: BLE001 - every caller gets it
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
        else:
            for _, done in batch:
                if not done.done():
                    done.set_result(None)
