"""The database says which of its troubles pass by themselves, and keeps what it was given, on both engines."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite as sqlite_dialect

from messaging.inbox import inbox, seen
from messaging.outbox import holders
from storage.database import Database, Moment, parse_url
from storage.errors import DatabaseFault, DatabaseUnreachable
from tests.databases import Server, server_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def keep(database: Database, name: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(sa.insert(holders).values(id=name, heartbeat_at=NOW))


async def kept(database: Database) -> list[str]:
    async with database.reading() as connection:
        return [row.id for row in await connection.execute(sa.select(holders.c.id).order_by(holders.c.id))]


async def test_a_block_that_raises_leaves_nothing_behind(database: Database) -> None:
    async def half() -> None:
        async with database.transaction() as connection:
            await connection.execute(sa.insert(holders).values(id="half", heartbeat_at=NOW))
            raise KeyError

    with pytest.raises(KeyError):
        await half()
    assert await kept(database) == []


async def test_readers_see_the_last_commit_while_a_writer_is_at_work(database: Database) -> None:
    await keep(database, "first")
    async with database.transaction() as connection:
        await connection.execute(sa.insert(holders).values(id="second", heartbeat_at=NOW))
        assert await kept(database) == ["first"]
    assert await kept(database) == ["first", "second"]


async def test_writers_that_come_together_all_get_their_turn(database: Database) -> None:
    await asyncio.gather(*(keep(database, f"{number:02}") for number in range(30)))
    assert len(await kept(database)) == 30


async def test_a_database_of_another_version_may_be_migrated(database: Database) -> None:
    with pytest.raises(DatabaseUnreachable):
        async with database.transaction() as connection:
            await connection.execute(sa.text("SELECT nothing FROM nowhere"))


async def test_a_value_that_breaks_a_promise_is_a_fault(database: Database) -> None:
    await keep(database, "once")
    with pytest.raises(DatabaseFault):
        await keep(database, "once")


async def test_a_moment_keeps_its_microseconds_whatever_its_zone(database: Database) -> None:
    moment = datetime(2026, 3, 1, 23, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=9)))
    async with database.transaction() as connection:
        await connection.execute(sa.insert(inbox).values(conversation_id=1, key="k", received_at=moment))
        found = await connection.scalar(sa.select(inbox.c.received_at))
        assert (found, found.tzinfo) == (moment, UTC)
        assert await seen(connection, [(1, "k"), (1, "l"), (2, "k")]) == {(1, "k")}


async def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    async with database.transaction() as connection:
        statement = sa.insert(inbox).values(conversation_id=1, key="k", received_at=NOW.replace(tzinfo=None))
        with pytest.raises(sa.exc.StatementError, match="needs a time zone"):
            await connection.execute(statement)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_sqlite_keeps_every_moment_exactly(moment: datetime) -> None:
    dialect, kind = sqlite_dialect.dialect(), Moment()
    assert kind.process_result_value(kind.process_bind_param(moment, dialect), dialect) == moment


@pytest.mark.parametrize("url", ["mysql://somewhere/x", "no url at all", "", "redis://x"])
def test_a_url_of_no_database_we_know_is_a_fault(url: str) -> None:
    with pytest.raises(DatabaseFault):
        parse_url(url)


def test_the_driver_is_filled_in() -> None:
    assert parse_url("postgres://u:p@h/d").drivername == "postgresql+asyncpg"
    assert parse_url("sqlite:///a.db").drivername == "sqlite+aiosqlite"


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DatabaseUnreachable, match="cannot make the folder"):
        Database.open(f"sqlite:///{tmp_path}/file/innkeeper.db")


async def test_a_file_that_is_no_database_may_be_put_right(tmp_path: Path) -> None:
    (tmp_path / "innkeeper.db").write_bytes(b"these are not the pages you are looking for" * 100)
    database = Database.open(f"sqlite:///{tmp_path / 'innkeeper.db'}")
    with pytest.raises(DatabaseUnreachable, match="not a database"):
        await database.ping()
    await database.close()


async def test_a_full_disk_passes_when_there_is_room_again(sqlite: Database) -> None:
    await keep(sqlite, "before")
    async with sqlite.transaction() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count = 1")
    with pytest.raises(DatabaseUnreachable, match="full"):
        await keep(sqlite, "x" * 1_000_000)
    async with sqlite.transaction() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    await keep(sqlite, "after")
    assert await kept(sqlite) == ["after", "before"]


async def test_a_file_locked_by_somebody_else_passes(sqlite: Database, tmp_path: Path) -> None:
    await keep(sqlite, "before")
    async with sqlite.transaction() as connection:
        await connection.exec_driver_sql("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(tmp_path / "innkeeper.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnreachable, match="locked"):
        await keep(sqlite, "during")
    assert await kept(sqlite) == ["before"]
    other.close()
    await keep(sqlite, "after")
    assert await kept(sqlite) == ["after", "before"]


async def test_whoever_is_cancelled_while_it_connects_leaves_no_thread_behind(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last word would come to an event loop that is closed."""
    connect, begun, threads = sqlite3.connect, threading.Event(), list[threading.Thread]()

    def slowly(*arguments: object, **options: object) -> sqlite3.Connection:
        threads.append(threading.current_thread())
        begun.set()
        time.sleep(0.3)
        return connect(*arguments, **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(sqlite3, "connect", slowly)

    async def read() -> None:
        async with sqlite.reading():
            pass

    reading = asyncio.create_task(read())
    await asyncio.to_thread(begun.wait, 5)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await sqlite.close()
    assert [each.is_alive() for each in threads] == [False]


async def test_a_read_only_database_can_be_read_and_is_not_well(sqlite: Database) -> None:
    await keep(sqlite, "before")
    async with sqlite.transaction() as connection:
        await connection.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(DatabaseUnreachable, match=r"readonly.*may be read but not written"):
        await keep(sqlite, "never")
    assert await kept(sqlite) == ["before"]
    with pytest.raises(DatabaseUnreachable, match="may be read but not written"):
        await sqlite.ping()


async def test_a_database_that_took_a_write_again_is_well_again(database: Database) -> None:
    with pytest.raises(DatabaseUnreachable):
        async with database.transaction() as connection:
            await connection.execute(sa.text("SELECT * FROM a_table_of_a_later_version"))
    with pytest.raises(DatabaseUnreachable):
        await database.ping()
    await keep(database, "again")
    await database.ping()


@pytest.fixture
async def server(postgres_url: str) -> AsyncIterator[Server]:
    made = await server_of(postgres_url)
    yield made
    await made.close()


async def test_connections_that_the_server_ends_are_replaced(server: Server) -> None:
    database = await server.new_database()
    await keep(database, "before")
    await server.end_connections()
    with pytest.raises(DatabaseUnreachable):
        await keep(database, "during")
    await keep(database, "after")
    assert await kept(database) == ["after", "before"]


async def test_a_server_that_takes_no_connections_may_take_them_again(server: Server) -> None:
    database = await server.new_database()
    await server.refuse_connections()
    for _ in range(2):
        with pytest.raises(DatabaseUnreachable):
            await database.ping()
    await server.take_connections()
    await database.ping()


async def test_a_server_that_became_a_read_only_standby_may_be_promoted(server: Server) -> None:
    database = await server.new_database()
    await server.write_nothing()
    with pytest.raises(DatabaseUnreachable):
        await database.ping()  # its connection was ended
    await database.ping()
    with pytest.raises(DatabaseUnreachable, match="read-only"):
        await keep(database, "never")


async def test_a_transaction_cut_in_the_middle_is_unreachable(server: Server) -> None:
    database = await server.new_database()

    async def cut() -> None:
        async with database.transaction() as connection:
            await connection.execute(sa.insert(holders).values(id="half", heartbeat_at=NOW))
            await server.end_connections()
            await connection.execute(sa.insert(holders).values(id="whole", heartbeat_at=NOW))

    with pytest.raises(DatabaseUnreachable):
        await cut()
    assert await kept(database) == []


async def test_who_stands_still_in_a_transaction_holds_nobody_up_for_long(server: Server) -> None:
    """As a process that is stopped with rows locked: the others need them, and what it began must come to nothing."""
    quick = await server.new_database()
    await keep(quick, "wanted")
    url = server.engine.url.set(database=server.name).render_as_string(hide_password=False)
    # Longer than a busy machine makes anybody stand between two statements.
    still = Database.open(url, stands_still=1.5)
    server.opened.append(still)
    wanted = sa.update(holders).where(holders.c.id == "wanted")

    async def stand_still() -> None:
        async with still.transaction() as connection:
            await connection.execute(wanted.values(receives=["half"]))
            async with asyncio.timeout(10), quick.transaction() as other:
                await other.execute(wanted.values(receives=["whole"]))

    with pytest.raises(DatabaseUnreachable):
        await stand_still()
    async with quick.reading() as connection:
        assert await connection.scalar(sa.select(holders.c.receives)) == ["whole"]
    await keep(still, "by a new connection")


async def test_who_reads_a_snapshot_may_take_its_time(server: Server) -> None:
    """A backup holds nobody up, however slow the disk is that it is written to."""
    quick = await server.new_database()
    url = server.engine.url.set(database=server.name).render_as_string(hide_password=False)
    slow = Database.open(url, stands_still=0.5)
    server.opened.append(slow)
    async with slow.snapshot() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(holders)) == 0
        async with quick.reading() as other:
            await other.execute(sa.text("SELECT pg_sleep(0.8)"))
        await keep(quick, "later")
        assert await connection.scalar(sa.select(sa.func.count()).select_from(holders)) == 0


async def test_a_deadlock_passes(server: Server) -> None:
    """Two transactions that wait for each other: the one that is given up may be tried again."""
    database = await server.new_database()
    for name in ("a", "b"):
        await keep(database, name)
    both_hold = asyncio.Barrier(2)

    async def take(first: str, second: str) -> None:
        async with database.transaction() as connection:
            await connection.execute(sa.text("SET LOCAL deadlock_timeout = '20ms'"))
            for name in (first, second):
                await connection.execute(sa.update(holders).where(holders.c.id == name).values(heartbeat_at=NOW))
                if name == first:
                    await both_hold.wait()

    outcomes = await asyncio.gather(take("a", "b"), take("b", "a"), return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["DatabaseUnreachable", "NoneType"]


async def test_nobody_there_is_unreachable() -> None:
    database = Database.open("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(DatabaseUnreachable):
        await database.ping()
    await database.close()
