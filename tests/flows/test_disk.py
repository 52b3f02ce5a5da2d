"""A full, read-only or damaged database is told plainly, nothing is accepted that cannot be kept, and it passes."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from handoff.notices import LEADS
from storage.database import parse_url
from storage.errors import DatabaseUnreachable
from tests.databases import server_of
from tests.flows.house import House


async def health(house: House) -> tuple[int, str]:
    async with TestClient(TestServer(house.app.web())) as client:
        answer = await client.get("/healthz")
        return answer.status, (await answer.json())["status"]


async def redelivered(house: House) -> None:
    async with asyncio.timeout(10):
        while house.channel.unconfirmed:
            with suppress(DatabaseUnreachable):
                await house.channel.redeliver()
            await asyncio.sleep(0.01)


async def full(house: House) -> None:
    """As a disk without room: the file may not grow by a page."""
    async with house.app.database.transaction() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count = 1")


async def room_again(house: House) -> None:
    async with house.app.database.transaction() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count = 1000000")


async def test_a_full_disk_is_told_and_passes_without_a_restart(cottage: House) -> None:
    if not cottage.app.database.is_sqlite:
        await _a_server_that_takes_no_writes(cottage)
        return
    ann = cottage.channel.player("Ann", language="en")
    await full(cottage)
    words = "how do i beat the goblin" + " please" * 20_000
    with pytest.raises(
        DatabaseUnreachable, match=r"database or disk is full\. There is no room on its disk\. Make some"
    ):
        await ann.writes(words)
    assert len(cottage.channel.unconfirmed) == 1
    assert await health(cottage) == (503, "database unreachable")
    await cottage.app.lookout.look()
    told = [each for each in cottage.app.lookout.notices() if each.key == "database" and each.roles == LEADS]
    assert "cannot be reached since" in told[0].text
    await room_again(cottage)
    await redelivered(cottage)
    await ann.reads()
    assert await cottage.written(ann.chat) == [words]
    assert await health(cottage) == (200, "ready")


async def _a_server_that_takes_no_writes(house: House) -> None:
    server = await server_of(house.settings.database.url)
    await server.write_nothing()
    ann = house.channel.player("Ann", language="en")
    async with asyncio.timeout(10):
        while True:
            with pytest.raises(DatabaseUnreachable) as caught:
                await ann.writes("how do i beat the goblin")
            if "takes no writes now: it is a standby" in str(caught.value):
                break
    written = len(house.channel.unconfirmed)
    assert await health(house) == (503, "database unreachable")
    await server.run(f'ALTER DATABASE "{server.name}" RESET default_transaction_read_only')
    await server.end_connections()
    await server.close()
    await redelivered(house)
    async with asyncio.timeout(10):
        while await health(house) != (200, "ready"):  # noqa: ASYNC110 - health tells nobody
            await asyncio.sleep(0.01)
        stored: list[str] | None = None
        while stored is None:
            # Those that only read find out that their connections are gone, one after the other.
            with suppress(DatabaseUnreachable):
                stored = await house.written(ann.chat)
    assert len(stored) == written


async def test_what_cannot_be_stored_of_a_full_disk_leaves_no_part_behind(cottage: House) -> None:
    """A message, its number, its key in the inbox: all or nothing."""
    if not cottage.app.database.is_sqlite:
        pytest.skip("one engine's transactions are like the other's")
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("hello")
    await ann.reads()
    await cottage.quiet()
    before = await cottage.said(ann.chat)
    words = "how do i beat the goblin" + " please" * 20_000
    await full(cottage)
    for _ in range(2):
        with pytest.raises(DatabaseUnreachable):
            await ann.writes(words)
    assert await cottage.said(ann.chat) == before
    await room_again(cottage)
    await redelivered(cottage)
    assert await cottage.written(ann.chat) == ["hello", words, words]


def _damage(content: bytes) -> bytes:
    """Every page but the first is other than it was."""
    return content[:4096] + bytes((each * 7 + 13) % 256 for each in content[4096:])


@pytest.mark.parametrize(
    "harm",
    [lambda content: b"no database at all" + content[18:], lambda content: content[:20_000], _damage],
    ids=["header", "cut off", "pages"],
)
async def test_a_damaged_file_is_told_at_the_start(cottage: House, harm: object) -> None:
    """And the good one, put back, is worked with as if nothing had been."""
    assert callable(harm)
    if not cottage.app.database.is_sqlite:
        pytest.skip("a PostgreSQL looks after its own files")
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("how do i beat the goblin")
    await ann.reads("silver lamp")
    await cottage.end()
    path = Path(str(parse_url(cottage.settings.database.url).database))
    good = path.read_bytes()  # noqa: ASYNC240
    path.write_bytes(harm(good))  # noqa: ASYNC240 - a small file
    await ann.writes("where do i get lamp oil")
    with pytest.raises(DatabaseUnreachable, match=rf"{path} is damaged, or is no database.*innkeeper restore"):
        await cottage.begin()
    assert len(cottage.channel.unconfirmed) == 1
    path.write_bytes(good)  # noqa: ASYNC240
    await cottage.begin()
    await ann.reads("miller")
    assert await cottage.written(ann.chat) == ["how do i beat the goblin", "where do i get lamp oil"]


async def test_a_file_that_is_damaged_under_the_running_program_is_told_and_takes_in_nothing(cottage: House) -> None:
    """What cannot be kept any more is not confirmed to the network, and comes again once a good file is back."""
    if not cottage.app.database.is_sqlite:
        pytest.skip("a PostgreSQL looks after its own files")
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("how do i beat the goblin")
    await ann.reads("silver lamp")
    await cottage.quiet()
    path = Path(str(parse_url(cottage.settings.database.url).database))
    with closing(sqlite3.connect(path)) as beside:
        beside.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    good = path.read_bytes()  # noqa: ASYNC240 - a small file
    with path.open("r+b") as file:  # noqa: ASYNC230
        file.write(_damage(good))
    async with cottage.app.database.transaction() as connection:
        # What it remembers of the file it reads again, as a larger database's program does all the time.
        await connection.exec_driver_sql("PRAGMA shrink_memory")
    with pytest.raises(DatabaseUnreachable, match=rf"{path} is damaged, or is no database.*innkeeper restore"):
        await ann.writes("where do i get lamp oil")
    assert len(cottage.channel.unconfirmed) == 1
    assert await health(cottage) == (503, "database unreachable")
    await cottage.app.lookout.look()
    assert any(each.key == "database" and each.roles == LEADS for each in cottage.app.lookout.notices())
    await cottage.end()
    for left in ("-wal", "-shm"):
        path.with_name(path.name + left).unlink(missing_ok=True)
    path.write_bytes(good)  # noqa: ASYNC240
    await cottage.begin()
    await ann.reads("miller")
    assert await cottage.written(ann.chat) == ["how do i beat the goblin", "where do i get lamp oil"]
