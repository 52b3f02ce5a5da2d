"""The database goes away and comes back: nothing is confirmed that is not kept, nothing is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp.test_utils import TestClient, TestServer

from channels.markdown import plain
from handoff.acts import Claim, Done, Reply
from messaging.messages import Status
from storage.database import parse_url
from storage.errors import DatabaseUnreachable
from tests.databases import server_of
from tests.flows.house import House


async def locked(house: House) -> sqlite3.Connection:
    """Somebody else who writes to the same file, until closed."""
    path = str(parse_url(house.settings.database.url).database)
    other = sqlite3.connect(path, isolation_level=None, timeout=0)
    async with asyncio.timeout(5):
        while True:
            try:
                other.execute("BEGIN IMMEDIATE")
                return other
            except sqlite3.OperationalError:
                # The program writes at this moment, and needs this loop to come to its end.
                await asyncio.sleep(0.01)


@asynccontextmanager
async def away(house: House) -> AsyncIterator[None]:
    """SQLite: its file is locked by somebody else. PostgreSQL: every connection ends, and no new one comes about."""
    database, url = house.app.database, house.settings.database.url
    if not database.is_sqlite:
        server = await server_of(url)
        await server.refuse_connections()
        try:
            yield
        finally:
            await server.take_connections()
            await server.close()
        return
    async with database.transaction() as connection:
        await connection.exec_driver_sql("PRAGMA busy_timeout = 20")
    other = await locked(house)
    try:
        yield
    finally:
        other.close()


async def test_what_is_written_while_the_database_is_away_comes_again(cottage: House) -> None:
    ann, ben = (cottage.channel.player(name, language="en") for name in ("Ann", "Ben"))
    await ann.writes("how do i beat the goblin")
    await ann.reads("silver lamp")
    await cottage.quiet()
    async with away(cottage):
        for player in (ann, ben):
            with pytest.raises(DatabaseUnreachable):
                await player.writes("where do i get lamp oil")
        assert [event.chat for event in cottage.channel.unconfirmed] == [ann.chat, ben.chat]
        assert not ben.messages
    async with asyncio.timeout(10):
        while cottage.channel.unconfirmed:
            try:
                await cottage.channel.redeliver()
            except DatabaseUnreachable:
                # The first statements find that their connections are gone.
                await asyncio.sleep(0.01)
    for player in (ann, ben):
        await player.reads("miller")
        assert (await cottage.written(player.chat))[-1:] == ["where do i get lamp oil"]
    await cottage.quiet()
    assert (len(ann.messages), len(ben.messages)) == (2, 1)
    assert cottage.app.is_ready


async def test_nothing_is_confirmed_before_it_is_committed(cottage: House) -> None:
    """The writer is held up in the middle: the event is still the network's."""
    ann = cottage.channel.player("Ann", language="en")
    if cottage.app.database.is_sqlite:
        other = await locked(cottage)
        writing = asyncio.create_task(ann.writes("how do i beat the goblin"))
        await asyncio.sleep(0.1)
        assert (len(cottage.channel.unconfirmed), writing.done(), len(ann.messages)) == (1, False, 0)
        other.close()
        await writing
    else:
        await ann.writes("hello there")
        async with cottage.app.database.transaction() as connection:
            await connection.exec_driver_sql("SELECT id FROM conversations FOR UPDATE")
            writing = asyncio.create_task(ann.writes("how do i beat the goblin"))
            await asyncio.sleep(0.1)
            assert (len(cottage.channel.unconfirmed), writing.done()) == (1, False)
        await writing
    await ann.reads("silver lamp")
    assert cottage.channel.unconfirmed == []


async def test_what_was_sent_while_the_database_was_away_is_marked_when_it_is_back(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    with cottage.channel.holding(ann.chat):
        await ann.writes("how do i beat the goblin")
        await cottage.channel.until(lambda: len(cottage.channel.attempts) == 1)
        going_away = away(cottage)
        await going_away.__aenter__()
    await ann.reads("silver lamp")
    await asyncio.sleep(0.1)
    await going_away.__aexit__(None, None, None)
    await cottage.quiet()
    assert (await cottage.said(ann.chat))[-1].status is Status.SENT
    assert len(ann.messages) == 1


async def test_an_agents_act_fails_plainly_and_the_same_click_works_later(cottage: House) -> None:
    mira = await cottage.agent()
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("human")
    await ann.reads("You are next")
    (ticket,) = await cottage.waiting()
    await mira.does(Claim, ticket)
    await ann.reads("I am Mira")
    await cottage.quiet()
    reply = mira.act(Reply, ticket, text="here I am")
    async with away(cottage):
        with pytest.raises(DatabaseUnreachable):
            await cottage.app.perform(reply)
    async with asyncio.timeout(10):
        while True:
            try:
                assert await cottage.app.perform(reply) == Done()
                break
            except DatabaseUnreachable:
                await asyncio.sleep(0.01)
    await ann.reads("here I am")
    await cottage.quiet()
    assert [plain(each.text) for each in ann.messages].count("here I am") == 1


async def test_health_says_so(cottage: House) -> None:
    async with TestClient(TestServer(cottage.app.web())) as client:
        assert (await client.get("/healthz")).status == 200
        if not cottage.app.database.is_sqlite:  # a locked file can still be read
            async with away(cottage):
                answer = await client.get("/healthz")
                assert (answer.status, (await answer.json())["status"]) == (503, "database unreachable")
                assert (await client.get("/livez")).status == 200


@pytest.mark.parametrize("pragma", ["PRAGMA query_only = ON", "PRAGMA max_page_count = 1"])
async def test_a_read_only_or_full_disk_keeps_nothing_and_confirms_nothing(
    quiet_cottage: House, pragma: str, request: pytest.FixtureRequest
) -> None:
    house = quiet_cottage
    await house.begin()
    if not house.app.database.is_sqlite:
        await _standby(house)
        return
    async with house.app.database.transaction() as connection:
        await connection.exec_driver_sql(pragma)
    ann = house.channel.player("Ann", language="en")
    words = "how do i beat the goblin" + " please" * 20_000
    with pytest.raises(DatabaseUnreachable, match=r"readonly|full"):
        await ann.writes(words)
    assert len(house.channel.unconfirmed) == 1
    # There is room again, and a right to write: it comes again when the program does.
    await house.crash()
    await house.begin()
    assert house.channel.unconfirmed == []
    await ann.reads()
    assert await house.written(ann.chat) == [words]


async def _standby(house: House) -> None:
    """A PostgreSQL that became a standby, and was promoted again."""
    server = await server_of(house.settings.database.url)
    await server.write_nothing()
    ann = house.channel.player("Ann", language="en")
    for _ in range(3):
        with pytest.raises(DatabaseUnreachable):
            await ann.writes("how do i beat the goblin")
    await server.run(f'ALTER DATABASE "{server.name}" RESET default_transaction_read_only')
    await server.end_connections()
    await server.close()
    await house.crash()
    await house.begin()
    await ann.reads("silver lamp")
    assert len(await house.written(ann.chat)) == 3
