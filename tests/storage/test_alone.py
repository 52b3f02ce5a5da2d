"""One replica alone does what only one may do; who dies, or stands still, is followed by another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from storage.alone import alone
from storage.database import Database
from storage.errors import DatabaseUnreachable
from tests.databases import Server, server_of


@pytest.fixture
async def server(postgres_url: str) -> AsyncIterator[Server]:
    server = await server_of(postgres_url)
    yield server
    await server.close()


class Doing:
    """What one replica does: it begins when it may, and ends when it is told to."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.waits = asyncio.Event()
        self.end = asyncio.Event()

    async def work(self) -> None:
        self.began.set()
        await self.end.wait()

    def start(self, database: Database, silent_for: float = 60.0) -> asyncio.Task[None]:
        doing = alone(database, "this", self.work, self.waits.set, silent_for=silent_for)
        return asyncio.create_task(doing)


async def test_the_next_one_begins_when_the_first_is_done(server: Server) -> None:
    database = await server.new_database()
    first, second = Doing(), Doing()
    running = first.start(database)
    await first.began.wait()
    waiting = second.start(database)
    await second.waits.wait()
    assert not second.began.is_set()
    first.end.set()
    await running
    async with asyncio.timeout(10):
        await second.began.wait()
    second.end.set()
    await waiting


async def test_who_loses_the_connection_stops(server: Server) -> None:
    database = await server.new_database()
    first = Doing()
    running = first.start(database)
    await first.began.wait()
    await server.end_connections()
    with pytest.raises(DatabaseUnreachable):
        await running
    assert not first.end.is_set()


async def test_who_proves_nothing_is_followed_by_another(server: Server) -> None:
    """As a process that is stopped and not dead: its connection stands, and says nothing."""
    database = await server.new_database()
    first, second = Doing(), Doing()
    # It proves itself every two seconds, which comes too late here.
    running = first.start(database, silent_for=0.5)
    await first.began.wait()
    waiting = second.start(database)
    async with asyncio.timeout(10):
        await second.began.wait()
        with pytest.raises(DatabaseUnreachable):
            await running
    second.end.set()
    await waiting
