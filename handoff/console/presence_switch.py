"""Agents say whether they are at their desk: online, away or offline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from aiohttp import web

from handoff import presence
from handoff.agents import Presence
from handoff.console.access import PATH, Access, body_of, refusal, text_of
from messaging.live import Live
from storage.database import Database


class PresenceSwitch:
    """``POST /console/presence {"presence": "away"}``: what an agent says of themselves, told to every open console."""

    def __init__(self, database: Database, access: Access, live: Live, now: Callable[[], datetime]) -> None:
        self._database = database
        self._access = access
        self._live = live
        self._now = now

    def routes(self) -> Sequence[web.RouteDef]:
        return (web.post(f"{PATH}/presence", self._say),)

    async def _say(self, request: web.Request) -> web.Response:
        agent = await self._access.write(request)
        said = text_of(await body_of(request), "presence", 20)
        if said not in tuple(Presence):
            raise refusal(web.HTTPBadRequest, "malformed", f"presence must be one of {', '.join(Presence)}.")
        async with self._database.transaction() as connection:
            await presence.set(connection, agent.id, Presence(said), self._now())
        self._live.tell("queue")
        return web.json_response({"presence": said})
