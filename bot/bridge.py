"""Hints between replicas over one PostgreSQL: what is told in one process wakes whoever watches it in the others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.turns import whole_turn
from messaging.live import Live
from storage.database import Database
from storage.errors import StorageError

log = structlog.get_logger()

CHANNEL = "innkeeper"
# What the process alone knows of: its notices, and that something stirred at a ticket (who is there is told apart).
_KEPT_HERE = ("notices", "company:")
_LONGEST = 7000
"""Bytes of one notification; PostgreSQL takes 8,000."""
_GATHER = 0.02
_AGAIN_AFTER = 2.0
_PROVE_EVERY = 5.0


class Bridge:
    """Passes on what ``live`` tells, and tells it what others passed on. Lost hints cost a slow poll, nothing more."""

    def __init__(self, database: Database, live: Live, holder: str) -> None:
        self._database = database
        self._live = live
        self._holder = holder
        self._leaving: dict[str, None] = {}
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Pass hints on until cancelled. SQLite has one process, and nobody to pass them to."""
        if self._database.is_sqlite:
            await asyncio.Event().wait()
        self._live.forward = self._forward
        try:
            while True:
                try:
                    await self._connected()
                except (StorageError, sa.exc.DBAPIError, OSError) as error:
                    log.warning("bridge_lost", error=str(error))
                await asyncio.sleep(_AGAIN_AFTER)
        finally:
            self._live.forward = None

    def _forward(self, topic: str) -> None:
        if not topic.startswith(_KEPT_HERE):
            self._leaving[topic] = None
            self._woken.set()

    async def _connected(self) -> None:
        async with self._database.lasting() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            await raw.add_listener(CHANNEL, self._heard)
            # What was told while nobody listened is only in the tables.
            self._live.wake_all()
            while True:
                await self._pass_on(connection)

    async def _pass_on(self, connection: AsyncConnection) -> None:
        try:
            async with asyncio.timeout(_PROVE_EVERY):
                await self._woken.wait()
        except TimeoutError:
            # A connection that says nothing may be dead: asking shows it.
            await connection.execute(sa.text("SELECT 1"))
            return
        # Hints come in bursts, and a topic told ten times wakes no better than once.
        await asyncio.sleep(_GATHER)
        self._woken.clear()
        topics, self._leaving = list(self._leaving), {}
        for payload in _packed(self._holder, topics):
            await connection.execute(
                sa.text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": payload}
            )

    def _heard(self, _connection: object, _process: int, _channel: str, payload: str) -> None:
        sender, topics = json.loads(payload)
        if sender != self._holder:
            for topic in topics:
                self._live.hear(topic)


class TakingIn:
    """Hears what other processes wrote for this one to send, and has it sent. ``bring_back`` finds what is missed."""

    def __init__(self, live: Live, holder: str, take_in: Callable[[Collection[int]], Awaitable[None]]) -> None:
        self._live = live
        self._prefix = f"outbox:{holder}:"
        self._take_in = take_in
        self._conversations: set[int] = set()
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled."""
        with self._live.listen(self._prefix, self._heard):
            while True:
                await self._woken.wait()
                self._woken.clear()
                told, self._conversations = self._conversations, set()
                await whole_turn(self._taken(told))

    def _heard(self, topic: str) -> None:
        self._conversations.update(map(int, topic.removeprefix(self._prefix).split(",")))
        self._woken.set()

    async def _taken(self, conversation_ids: Collection[int]) -> None:
        try:
            await self._take_in(conversation_ids)
        except StorageError as error:
            log.error("database_away", worker="taking_in", error=str(error))


def _packed(holder: str, topics: Iterable[str]) -> Iterator[str]:
    """The topics in as few notifications as their size allows."""
    pack: list[str] = []
    size = 0
    for topic in topics:
        if pack and size + len(topic) + 3 > _LONGEST:
            yield json.dumps([holder, pack])
            pack, size = [], 0
        pack.append(topic)
        size += len(topic) + 3
    if pack:
        yield json.dumps([holder, pack])
