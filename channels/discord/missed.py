"""What the session of a process before was told since: read over a connection of its own, beside the new session's.

discord.py begins with a session of its own, from which it learns of guilds and threads; a session that is taken up
again does not tell of them. So the old one is only asked for what is missing, and then let go.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple

import aiohttp
import structlog
import yarl

from channels.discord.progress import Position

_DISPATCH, _HEARTBEAT, _RESUME, _HELLO = 0, 1, 6, 10
_log = structlog.get_logger()


class Told(NamedTuple):
    """Events by their gateway names, oldest first. With ``complete`` nothing is missing up to now."""

    events: list[tuple[str, Any]]
    complete: bool


class Missed:
    """Reads on until it is ended, so that nothing falls between the old session and the new one.

    It sends no heartbeats of its own accord: Discord wants the first one long after this connection has ended.
    """

    def __init__(self, position: Position, token: str) -> None:
        self._position = position
        self._token = token
        self._events: list[tuple[str, Any]] = []
        self._caught_up = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def end(self, within: float) -> Told:
        """Everything until now, waiting at most ``within`` seconds for what Discord has kept for us."""
        waiting = asyncio.create_task(self._caught_up.wait())
        await asyncio.wait([waiting, self._reading], timeout=within, return_when=asyncio.FIRST_COMPLETED)
        told = Told(self._events, self._caught_up.is_set() and not self._reading.done())
        waiting.cancel()
        await self.abandon()
        _log.info("discord.session_taken_up", events=len(told.events), complete=told.complete)
        return told

    async def abandon(self) -> None:
        """Let go of the old session."""
        self._reading.cancel()
        await asyncio.wait([self._reading])

    async def _read(self) -> None:
        try:
            url = yarl.URL(self._position.gateway).with_query(v="10", encoding="json")
            async with aiohttp.ClientSession() as http, http.ws_connect(url, max_msg_size=0) as socket:
                await self._follow(socket)
        except (aiohttp.ClientError, OSError, ValueError, LookupError, TypeError) as error:
            _log.warning("discord.session_lost", error=repr(error))

    async def _follow(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        _, session, sequence = self._position
        async for frame in socket:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                return
            message = json.loads(frame.data)
            operation = message["op"]
            if operation == _HELLO:
                resume = {"token": self._token, "session_id": session, "seq": sequence}
                await socket.send_json({"op": _RESUME, "d": resume})
            elif operation == _HEARTBEAT:
                await socket.send_json({"op": _HEARTBEAT, "d": sequence})
            elif operation == _DISPATCH:
                sequence = message["s"]
                self._take(message["t"], message["d"])
            else:
                return  # Discord knows the session no more, or wants to be connected to anew

    def _take(self, event: str, payload: Any) -> None:
        if event == "RESUMED":
            self._caught_up.set()
        else:
            self._events.append((event, payload))
