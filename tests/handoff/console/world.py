"""What console tests stand on: a clock to turn, a pipeline that does as it is told, conversations to look at."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from aiohttp import ClientResponse, ClientWebSocketResponse, WSMsgType
from aiohttp.test_utils import TestClient

from handoff import agents, sessions
from handoff.acts import Act, Done, Outcome
from handoff.agents import Agent, Role
from handoff.console.console import Console
from handoff.notices import Notice
from handoff.tickets import TicketKey, TicketState, tickets
from messaging.conversations import conversations, messages
from messaging.live import Live
from messaging.players import players
from storage.database import Database

PASSWORD = "correct horse battery"


@dataclass
class Clock:
    at: datetime = datetime(2026, 3, 2, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **much: float) -> None:
        self.at += timedelta(**much)


@dataclass
class Performer:
    """Stands for the pipeline: remembers the acts, answers what it was told to."""

    acts: list[Act] = field(default_factory=list)
    answer: Outcome | Exception = field(default_factory=Done)

    async def __call__(self, act: Act) -> Outcome:
        self.acts.append(act)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class World:
    """The console over a real HTTP server, and all that surrounds it."""

    client: TestClient[Any, Any]
    console: Console
    database: Database
    live: Live
    clock: Clock
    performer: Performer
    notices: list[Notice]
    snippets: Path

    @property
    def origin(self) -> str:
        return str(self.client.make_url("/")).rstrip("/")

    async def hire(self, name: str = "mira", role: Role = Role.AGENT) -> tuple[Agent, str]:
        """A new agent and the token of their one-time link."""
        async with self.database.transaction() as connection:
            agent = await agents.add(
                self.database, connection, name=name, desk_name=name.capitalize(), role=role, now=self.clock()
            )
            return agent, await sessions.new_link(connection, agent.id, self.clock())

    async def sign_in(self, name: str = "mira", role: Role = Role.AGENT) -> Agent:
        """An agent who came in through the link and has PASSWORD now; the client keeps the cookie."""
        agent, token = await self.hire(name, role)
        response = await self.post("/console/password", {"token": token, "password": PASSWORD})
        assert response.status == 200, await response.text()
        return agent

    async def post(self, path: str, body: Any, origin: str | None = None) -> ClientResponse:
        headers = {"Origin": self.origin if origin is None else origin}
        return await self.client.post(path, data=json.dumps(body), headers=headers)

    async def get(self, path: str) -> ClientResponse:
        return await self.client.get(path)

    def socket(self) -> Ears:
        return Ears(self)

    async def ticket(self, name: str = "Lena", question: str = "Where is my cloak?", **values: Any) -> TicketKey:
        """A waiting ticket (or as ``values`` say) with two messages before it."""
        now = self.clock()
        async with self.database.transaction() as connection:
            player = await connection.scalar(
                sa.insert(players).values(name=name, created_at=now).returning(players.c.id)
            )
            row = {
                "channel": "telegram",
                "chat": f"chat-{player}",
                "player_id": player,
                "counter": 3,
                "language": "en",
                "memory": {},
                "created_at": now,
                "last_incoming_at": now,
            }
            found = await connection.scalar(sa.insert(conversations).values(row).returning(conversations.c.id))
            assert found is not None
            defaults = {
                "conversation_id": found,
                "number": 3,
                "revision": 3,
                "state": TicketState.WAITING,
                "reason": "asked",
                "ticket_class": "routine",
                "language": "en",
                "question": question,
                "offered": [{"entry_id": "cloak", "title": "Where do I find a cloak?", "confidence": 0.42}],
                "opened_at": now,
                "waiting_since": now,
                "queue_at": now,
            }
            await connection.execute(sa.insert(tickets).values(defaults | values))
        await self.said(found, 1, question)
        await self.said(found, 2, "I will ask a human.", direction="outgoing", author="bot", status="sent")
        return TicketKey(found, 3)

    async def said(self, conversation_id: int, number: int, text: str, **values: Any) -> None:
        """Store a message, as the pipeline would, without telling anybody."""
        row = {
            "conversation_id": conversation_id,
            "number": number,
            "revision": number,
            "direction": "incoming",
            "author": "player",
            "text": text,
            "data": {},
            "status": "received",
            "sent_at": self.clock(),
        }
        async with self.database.transaction() as connection:
            await connection.execute(sa.insert(messages).values(row | values))

    async def change(self, key: TicketKey, **values: Any) -> None:
        async with self.database.transaction() as connection:
            await connection.execute(
                sa.update(tickets)
                .where(tickets.c.conversation_id == key.conversation_id, tickets.c.number == key.number)
                .values(values)
            )


class Ears:
    """A socket of the console, heard frame by frame; every wait has an end."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._socket: ClientWebSocketResponse | None = None

    async def __aenter__(self) -> Self:
        self._socket = await self._world.client.ws_connect("/console/socket", headers={"Origin": self._world.origin})
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.raw.close()

    @property
    def raw(self) -> ClientWebSocketResponse:
        assert self._socket is not None
        return self._socket

    async def say(self, **frame: Any) -> None:
        await self.raw.send_json(frame)

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next frame of this kind; others are passed over."""
        while True:
            frame: dict[str, Any] = await self.raw.receive_json(timeout=10)
            if frame["type"] == kind:
                return frame

    async def close_code(self) -> int | None:
        """Wait until the server closes the socket."""
        while True:
            message = await self.raw.receive(timeout=10)
            if message.type in {WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING}:
                return self.raw.close_code
