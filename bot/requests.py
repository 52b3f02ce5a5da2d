"""Requests under way: none is cut off in the middle of a query, and the program's end waits for them."""

from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.turns import PATIENCE

LAST_PATIENCE = 2 * PATIENCE
"""Longer than an open console takes to finish what it reads."""


class Requests:
    """Runs every request as a task of its own.

    A browser that goes away, or a server that ends, leaves the task alone: a query that is cut off costs its connection
    to the database.
    """

    def __init__(self) -> None:
        self._running: set[asyncio.Task[web.StreamResponse]] = set()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """What the application puts around its handlers, outermost."""
        # A socket stays open for as long as its page: it sees to its own queries as it is cancelled.
        is_socket = request.headers.get("Upgrade", "").casefold() == "websocket"
        task = asyncio.ensure_future(handler(request))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await _ended({task}, 0.0 if is_socket else PATIENCE)
            raise

    async def over(self) -> None:
        """Wait for those under way, a few seconds at most; what is not over by then is cancelled.

        Sockets are to be closed before.
        """
        await _ended(set(self._running), LAST_PATIENCE)


async def _ended(tasks: set[asyncio.Task[web.StreamResponse]], patience: float) -> None:
    if not tasks:
        return
    await asyncio.wait(tasks, timeout=patience)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
