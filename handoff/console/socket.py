"""One open console: what it shows, kept up to date over a WebSocket.

Hints wake it, a slow poll makes sure, and both lead to the same reading of the tables. The page says which revision of
a conversation it has seen, so after a drop it gets what it missed and nothing else.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web
from sqlalchemy.ext.asyncio import AsyncConnection

from handoff import presence, sessions
from handoff.agents import Agent
from handoff.console import history
from handoff.console.board import Board, in_hand
from handoff.console.card import CardMaker
from handoff.console.company import TOLD_AGAIN, Company
from handoff.console.settings import ConsoleSettings
from handoff.console.views import frame, moment, notices
from handoff.notices import TOPIC, Notices
from handoff.tickets import TicketKey, TicketState
from messaging.live import Live
from storage.database import Database
from storage.errors import DatabaseUnreachable

SIGNED_OUT = 4401
"""The close code that tells the page to show the sign-in form instead of connecting again."""

log = structlog.get_logger()

_PATIENCE = 5.0
_TIME_EVERY = timedelta(seconds=20)
_TYPING_EVERY = 1.0


@dataclass(slots=True)
class Watched:
    """The ticket that the page shows, and how much of its conversation it has."""

    key: TicketKey
    revision: int
    fresh: bool
    shown: dict[str, Any] | None = None
    card: dict[str, Any] | None = None


class DeskSocket:
    """Serves one WebSocket until it closes, its session ends or its agent is disabled."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        agent: Agent,
        token: str,
        *,
        settings: ConsoleSettings,
        database: Database,
        board: Board,
        live: Live,
        notices: Notices,
        company: Company,
        cards: CardMaker,
        now: Callable[[], datetime],
    ) -> None:
        self._socket = socket
        self._agent = agent
        self._token = token
        self._settings = settings
        self._database = database
        self._board = board
        self._live = live
        self._notices = notices
        self._company = company
        self._cards = cards
        self._now = now
        self._watched: Watched | None = None
        self._lists = ""
        self._mine: list[dict[str, Any]] | None = None
        self._notices_told: list[dict[str, Any]] | None = None
        self._time_told: datetime | None = None
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()
        self._close_code: int = WSCloseCode.OK
        self._over = False

    async def serve(self) -> None:
        """Returns when the socket is closed."""
        listening, telling = asyncio.create_task(self._listen()), asyncio.create_task(self._tell())
        attending = asyncio.create_task(self._attend())
        try:
            done, _ = await asyncio.wait({listening, telling, attending}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            listening.cancel()
            attending.cancel()
            self._over = True
            self._wake.set()
            # What it is reading it may finish: a query that is cut off costs its connection to the database.
            await asyncio.wait({telling}, timeout=_PATIENCE)
            telling.cancel()
            await asyncio.gather(listening, telling, attending, return_exceptions=True)
            # Only now: closing while the other task listens would race with its end.
            await self._socket.close(code=self._close_code)

    async def _listen(self) -> None:
        async for heard in self._socket:
            if heard.type is not WSMsgType.TEXT:
                continue
            with suppress(ValueError, KeyError, TypeError):
                self._heard(json.loads(heard.data))

    def _heard(self, said: dict[str, Any]) -> None:
        """Act on what the page says; what cannot be read is passed over (KeyError, TypeError or ValueError)."""
        match said["type"]:
            case "watch":
                revision = history.whole_number(said.get("revision", 0))
                self._watched = Watched(history.parse_key(said["ticket"]), revision, fresh=revision == 0)
                self._wake.set()
                self._moved.set()
            case "unwatch":
                self._watched = None
                self._moved.set()
            case "typing":
                self._is_typing(to_player=said.get("box") != "note")

    def _is_typing(self, *, to_player: bool) -> None:
        watched = self._watched
        if watched is None:
            return
        self._company.typing(watched.key, self._agent)
        shown = watched.shown
        if to_player and shown and shown["state"] == TicketState.ASSIGNED and shown["agent_id"] == self._agent.id:
            self._live.tell(f"typing:{watched.key.conversation_id}")

    async def _attend(self) -> None:
        """Tell what passes by at the shown ticket, anew whenever another is shown."""
        with suppress(ConnectionResetError):
            while True:
                self._moved.clear()
                watched = self._watched
                tasks: set[asyncio.Task[Any]] = {asyncio.create_task(self._moved.wait())}
                if watched is not None:
                    tasks |= {
                        asyncio.create_task(self._tell_typing(watched)),
                        asyncio.create_task(self._tell_company(watched)),
                    }
                try:
                    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        task.result()
                finally:
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell_typing(self, watched: Watched) -> None:
        """That the player is writing whose ticket is shown."""
        with self._live.watch(f"player-typing:{watched.key.conversation_id}") as typed:
            while True:
                await typed.wait()
                typed.clear()
                await self._say("typing", ticket=str(watched.key))
                await asyncio.sleep(_TYPING_EVERY)

    async def _tell_company(self, watched: Watched) -> None:
        """Which colleagues look at the shown ticket, and which of them write."""
        company, key = self._company, watched.key
        told: list[dict[str, Any]] = []
        with company.look(key, self._agent), self._live.watch(company.topic(key)) as stirred:
            while True:
                others = company.others(key, self._agent.id)
                if others != told or any(each["typing"] for each in others):
                    await self._say("company", ticket=str(key), others=others)
                    told = others
                try:
                    async with asyncio.timeout(TOLD_AGAIN.total_seconds()):
                        await stirred.wait()
                except TimeoutError:
                    company.tell_again(key)
                stirred.clear()

    async def _tell(self) -> None:
        with self._live.watch("queue") as listed, suppress(ConnectionResetError):
            listed.set()
            while not self._over:
                watched = self._watched
                topics = self._topics(watched)
                with self._live.watch(*topics) as self._wake:
                    hinted = listed.is_set()
                    listed.clear()
                    if not await self._try_update(watched, hinted):
                        return
                    if watched is self._watched and topics == self._topics(watched):
                        await self._woken()
                await asyncio.sleep(self._settings.gap)

    def _topics(self, watched: Watched | None) -> set[str]:
        """What wakes this page: the lists, its agent's affairs, the shown ticket, and the agent's own tickets."""
        conversations = {each["key"].partition("-")[0] for each in self._mine or ()}
        if watched is not None:
            conversations.add(str(watched.key.conversation_id))
        return {"queue", TOPIC, f"agent:{self._agent.id}", *(f"conversation:{each}" for each in conversations)}

    async def _try_update(self, watched: Watched | None, hinted: bool) -> bool:
        """Update the page, or tell it that this cannot be done just now; False when the session is over."""
        try:
            return await self._update(watched, hinted)
        except DatabaseUnreachable:
            await self._tell_notices()
            await self._say("trouble")
            # The next word after it tells that all is well again.
            self._time_told = None
            return True

    async def _woken(self) -> None:
        """Wait for a hint, for as long as the tables are trusted not to have changed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.poll):
                await self._wake.wait()

    async def _update(self, watched: Watched | None, hinted: bool) -> bool:
        """Send what changed since the last time; False when the session is over.

        Where nothing hinted at the lists, somebody else's reading of them is new enough.
        """
        async with self._database.reading() as connection:
            session = await sessions.find(connection, self._token, self._now())
            mine = await in_hand(connection, self._agent.id) if session else []
            frames = await self._conversation(connection, watched) if session and watched else []
        if session is None:
            self._close_code = SIGNED_OUT
            return False
        await self._tell_time()
        await self._tell_notices()
        for each in frames:
            await self._socket.send_str(each)
        if mine != self._mine:
            await self._say("mine", mine=mine)
            self._mine = mine
        lists = await self._board.frame(0.0 if hinted else self._settings.poll / 2)
        if lists != self._lists:
            await self._socket.send_str(lists)
            self._lists = lists
        return True

    async def _tell_time(self) -> None:
        """Waits are counted by this clock; and a page that hears nothing for long knows that its line is dead."""
        now = self._now()
        if self._time_told is None or now - self._time_told >= _TIME_EVERY:
            await self._say("time", now=moment(now))
            self._time_told = now
            await self._is_there(now)

    async def _is_there(self, now: datetime) -> None:
        """An open console keeps its agent online, unless they said that they are away or offline."""
        async with self._database.transaction() as connection:
            came = await presence.seen(connection, self._agent.id, now)
        if came:
            self._live.tell("queue")

    async def _tell_notices(self) -> None:
        found = notices(self._notices(), self._agent.role, self._agent.id)
        if found != self._notices_told:
            await self._say("notices", notices=found)
            self._notices_told = found

    async def _conversation(self, connection: AsyncConnection, watched: Watched) -> list[str]:
        """What is new about the watched ticket, as frames, noted as told."""
        key = str(watched.key)
        frames: list[str] = []
        shown = await history.ticket(connection, watched.key)
        if shown is None:
            return [frame("gone", {"ticket": key})]
        if shown != watched.shown:
            frames.append(frame("ticket", {"ticket": key, "shown": shown}))
            watched.shown = shown
        card = await self._cards.read(connection, watched.key, self._agent)
        if card != watched.card:
            frames.append(frame("card", {"ticket": key, "card": card}))
            self._seen(watched)
            watched.card = card
        if watched.fresh:
            messages = await history.page(connection, watched.key.conversation_id)
            more = len(messages) == history.PAGE
            frames.append(frame("messages", {"ticket": key, "messages": messages, "fresh": True, "more": more}))
            watched.fresh = False
            watched.revision = _newest(messages, watched.revision)
        while changed := await history.changes(connection, watched.key.conversation_id, watched.revision):
            frames.append(frame("messages", {"ticket": key, "messages": changed, "fresh": False}))
            watched.revision = _newest(changed, watched.revision)
        return frames

    def _seen(self, watched: Watched) -> None:
        """A5: who looked at whose data is on record, once for each time that a page opens the ticket."""
        if watched.card is None and watched.fresh:
            log.info("player_viewed", ticket=str(watched.key), agent=self._agent.name, role=self._agent.role)

    async def _say(self, kind: str, **data: Any) -> None:
        await self._socket.send_str(frame(kind, data))


def _newest(messages: list[dict[str, Any]], otherwise: int) -> int:
    return max((each["revision"] for each in messages), default=otherwise)
