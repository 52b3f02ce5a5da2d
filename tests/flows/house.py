"""The whole program over the memory channel: players write, agents act, the clock moves when it is told to."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar

import sqlalchemy as sa

from bot.app import App
from bot.building import build_app
from bot.networks import Off
from bot.sender import SendRules
from bot.settings import Settings
from channels.base import Channel
from channels.memory.adapter import MemoryChannel
from handoff import agents, tickets
from handoff.acts import Act, Outcome
from handoff.agents import Role
from handoff.tickets import Ticket, TicketKey
from messaging.conversations import Message, find, latest
from messaging.live import Live
from messaging.messages import Direction
from storage.database import Database
from tests.words import words_of

Made = TypeVar("Made", bound=Act)


class Clock:
    """Real time, moved on by as much as a test says: waiting for real stays possible, and short."""

    def __init__(self, start: datetime | None = None) -> None:
        self._ahead = (start - datetime.now(UTC)) if start else timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, **by: float) -> None:
        self._ahead += timedelta(**by)


@dataclass
class Agent:
    """Somebody at a desk: makes acts and performs them through the program."""

    house: House
    id: int
    desk_name: str

    async def does(self, kind: Callable[..., Act], ticket: Ticket, **details: object) -> Outcome:
        return await self.house.app.perform(self.act(kind, ticket, **details))

    def act(self, kind: Callable[..., Act], ticket: Ticket, **details: object) -> Act:
        act_id = f"act-{next(self.house.numbers)}"
        return kind(ticket.key, act_id, self.id, self.desk_name, self.house.clock(), **details)


@dataclass
class House:
    """One program at a time over one database and one network; it may be ended and begun again."""

    settings: Settings
    channel: MemoryChannel = field(default_factory=MemoryChannel)
    clock: Clock = field(default_factory=Clock)
    numbers: count[int] = field(default_factory=count)
    rules: SendRules | None = None
    # Other channels that run beside the memory channel.
    others: list[Channel] = field(default_factory=list)
    _app: App | None = None
    _was_killed: bool = False
    _tasks_before: set[asyncio.Task[object]] = field(default_factory=set)

    @property
    def app(self) -> App:
        assert self._app is not None, "the program is not running"
        return self._app

    async def begin(self, *, settled: bool = True) -> None:
        """``settled``: wait until it is known how every channel stands, which never is of one that keeps failing."""

        def networks(_settings: Settings, _database: Database, _live: Live) -> tuple[dict[str, Channel], list[Off]]:
            return {each.name: each for each in (self.channel, *self.others)}, []

        self._tasks_before = asyncio.all_tasks()
        self._app = await build_app(
            self.settings, networks=networks, now=self.clock, rules=self.rules, words=words_of(self.settings)
        )
        await self._app.start()
        if settled:
            await self._app.supervisor.settled.wait()

    async def end(self) -> None:
        app, self._app = self._app, None
        if app is not None:
            await app.close()
        if self._was_killed:
            # What was killed in the middle of a query gives its connection back when it is forgotten, and for that
            # needs this event loop.
            gc.collect()
            await asyncio.sleep(0.02)

    async def crash(self) -> None:
        """End as a killed process does: nothing in hand is finished and nothing more is written."""
        app, self._app = self.app, None
        self._was_killed = True
        killed = asyncio.all_tasks() - self._tasks_before - {asyncio.current_task()}
        for task in killed:
            task.cancel()
        await asyncio.gather(*killed, return_exceptions=True)
        await app.knowledge.close()
        await app.database.close()

    async def quiet(self) -> None:
        """Wait until nothing is being sent any more."""
        async with asyncio.timeout(5):
            while self.app.sender.lanes_at_work:  # noqa: ASYNC110 - lanes end by themselves and tell nobody
                await asyncio.sleep(0.005)

    async def agent(self, name: str = "mira", desk_name: str = "Mira") -> Agent:
        async with self.app.database.transaction() as connection:
            made = await agents.add(
                self.app.database, connection, name=name, desk_name=desk_name, role=Role.AGENT, now=self.clock()
            )
        return Agent(self, made.id, made.desk_name)

    async def promote(self, agent: Agent, role: Role = Role.LEAD) -> None:
        """Make an agent a lead."""
        async with self.app.database.transaction() as connection:
            await connection.execute(sa.update(agents.agents).where(agents.agents.c.id == agent.id).values(role=role))

    async def waiting(self) -> list[Ticket]:
        async with self.app.database.reading() as connection:
            return await tickets.waiting(connection)

    async def ticket(self, key: TicketKey) -> Ticket:
        async with self.app.database.reading() as connection:
            found = await tickets.find(connection, key)
        assert found is not None
        return found

    async def said(self, chat: str) -> list[Message]:
        """Everything that is stored of this chat, notes too."""
        async with self.app.database.reading() as connection:
            conversation_id = await find(connection, self.channel.name, chat)
            assert conversation_id is not None
            return await latest(connection, conversation_id, limit=5000, with_notes=True)

    async def written(self, chat: str) -> list[str]:
        """What the player wrote, as it is stored."""
        return [each.text for each in await self.said(chat) if each.direction is Direction.INCOMING]

    def with_(self, **sections: dict[str, object]) -> None:
        """Other settings, before the program begins: ``with_(handoff={"apologies": 1})``."""
        changed = {
            name: replace(getattr(self.settings, name), **values)  # type: ignore[type-var]
            for name, values in sections.items()
        }
        self.settings = replace(self.settings, **changed)  # type: ignore[arg-type]
