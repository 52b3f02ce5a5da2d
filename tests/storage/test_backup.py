"""A backup is one moment of a database that may be written to meanwhile; a restore is all of it, or nothing."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import resource
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.schema import metadata
from messaging.conversations import conversations, messages
from messaging.files import blobs
from messaging.players import players
from storage.backup import NOT_KEPT, back_up, restore
from storage.backup_file import HEADER_BYTES, MAGIC, BackupFile, Header
from storage.database import Database
from storage.errors import BackupError, DatabaseFault
from storage.migrations import NEWEST, current, migrate, upgrade
from tests.databases import server_of
from tests.storage.filling import START, everything, fill

NOW = datetime(2026, 5, 1, tzinfo=UTC)
Opens = Callable[[str], Awaitable[Database]]


@pytest.fixture
async def opens(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opens]:
    """Makes new, empty databases of an engine."""
    opened: list[Database] = []

    async def new(engine: str) -> Database:
        if engine == "sqlite":
            database = Database.open(f"sqlite:///{tmp_path / f'{len(opened)}.db'}")
        else:
            server = await server_of(request.getfixturevalue("postgres_url"))
            await server.run(f'CREATE DATABASE "{server.name}"')
            database = Database.open(server.engine.url.set(database=server.name).render_as_string(hide_password=False))
            await server.close()
        opened.append(database)
        return database

    yield new
    for database in opened:
        await database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty(request: pytest.FixtureRequest, opens: Opens) -> Database:
    """Without a single table."""
    return await opens(request.param)


async def nobody(_connection: AsyncConnection) -> bool:
    return False


async def nothing(_connection: AsyncConnection, _header: Header) -> None:
    pass


async def backed_up(database: Database, path: Path) -> Header:
    return await back_up(database, path, program="1.2.3", now=NOW, is_served=nobody)


async def put_back(database: Database, path: Path, *, replace: bool = False) -> Header:
    return await restore(database, path, replace=replace, settle=nothing)


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
async def test_every_value_of_every_table_comes_back_in_either_engine(
    empty: Database, target: str, opens: Opens, tmp_path: Path
) -> None:
    await migrate(empty)
    await fill(empty)
    header = await backed_up(empty, tmp_path / "a.backup")
    before = await everything(empty, without=NOT_KEPT)
    assert all(len(rows) == 6 for rows in before.values())
    assert header.rows == sum(map(len, before.values()))
    other = await opens(target)
    assert await put_back(other, tmp_path / "a.backup") == header
    assert await everything(other, without=NOT_KEPT) == before
    assert (await everything(other))["holders"] == []
    assert await current(other) == NEWEST
    # New rows count on from the highest id.
    async with other.transaction() as connection:
        values = {"name": "Zoe", "created_at": NOW}
        assert (await connection.execute(sa.insert(players).returning(players.c.id), values)).scalar_one() == 7


async def test_it_is_readable_to_its_owner_alone_and_says_what_it_is(empty: Database, tmp_path: Path) -> None:
    await migrate(empty)
    path = tmp_path / "a.backup"
    header = await backed_up(empty, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent).count("a.backup.part") == 0
    assert (header.revision, header.program, header.created_at) == (NEWEST, "1.2.3", NOW.isoformat())
    assert path.read_bytes().startswith(MAGIC)
    with pytest.raises(BackupError, match="exists already"):
        await backed_up(empty, path)


async def test_a_backup_under_load_is_one_moment_of_it(empty: Database, opens: Opens, tmp_path: Path) -> None:
    """Each transaction moves a counter and writes the message of that number: no message without, no gap."""
    await migrate(empty)
    await _talkers(empty, 20)
    ending = asyncio.Event()
    written = asyncio.create_task(_write_until(empty, ending))
    async with asyncio.timeout(30):
        for number in range(3):
            before = await _count(empty)
            while await _count(empty) < before + 30:  # noqa: ASYNC110 - a database tells nobody
                await asyncio.sleep(0.01)
            await backed_up(empty, tmp_path / f"{number}.backup")
    ending.set()
    total = await written
    other = await opens("sqlite")
    last = 0
    for number in range(3):
        await put_back(other, tmp_path / f"{number}.backup", replace=True)
        found = await everything(other)
        counters = {row["id"]: row["counter"] for row in found["conversations"]}
        numbers: dict[int, list[int]] = {each: [] for each in counters}
        for row in found["messages"]:
            numbers[row["conversation_id"]].append(row["number"])
        assert numbers == {each: list(range(1, counter + 1)) for each, counter in counters.items()}
        assert last + 30 <= sum(counters.values()) <= total
        last = sum(counters.values())


async def _talkers(database: Database, count: int) -> None:
    async with database.transaction() as connection:
        await connection.execute(sa.insert(players), [{"name": "p", "created_at": START} for _ in range(count)])
        rows = [
            {"channel": "c", "chat": str(n), "player_id": n, "language": "en", "memory": {}, "created_at": START}
            for n in range(1, count + 1)
        ]
        await connection.execute(sa.insert(conversations), rows)


async def _write_until(database: Database, ending: asyncio.Event) -> int:
    written = 0
    while not ending.is_set():
        async with database.transaction() as connection:
            number = await connection.scalar(
                sa.update(conversations)
                .where(conversations.c.id == written % 20 + 1)
                .values(counter=conversations.c.counter + 1)
                .returning(conversations.c.counter)
            )
            await connection.execute(sa.insert(messages), _message(written % 20 + 1, number))
        written += 1
        await asyncio.sleep(0)
    return written


def _message(conversation_id: int, number: int | None) -> dict[str, Any]:
    return {
        "conversation_id": conversation_id,
        "number": number,
        "revision": number,
        "direction": "incoming",
        "author": "player",
        "text": "words " * 50,
        "data": {},
        "status": "received",
        "sent_at": START,
    }


async def _count(database: Database) -> int:
    async with database.reading() as connection:
        return await connection.scalar(sa.select(sa.func.count()).select_from(messages)) or 0


async def test_a_database_that_holds_something_is_only_replaced_when_told_so(empty: Database, tmp_path: Path) -> None:
    await migrate(empty)
    await fill(empty)
    await backed_up(empty, tmp_path / "a.backup")
    async with empty.transaction() as connection:
        await connection.execute(sa.update(players).values(name="changed since"))
    changed = await everything(empty)
    with pytest.raises(BackupError, match=r"not empty: it has rows in .*players.*--replace"):
        await put_back(empty, tmp_path / "a.backup")
    assert await everything(empty) == changed
    await put_back(empty, tmp_path / "a.backup", replace=True)
    assert {row["name"] for row in (await everything(empty))["players"]} != {"changed since"}


async def test_a_migrated_database_without_rows_is_empty(empty: Database, opens: Opens, tmp_path: Path) -> None:
    await migrate(empty)
    await backed_up(empty, tmp_path / "a.backup")
    await put_back(empty, tmp_path / "a.backup")
    assert await current(empty) == NEWEST


def _flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :]


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda content: content[: len(content) // 2], "is damaged"),
        (lambda content: content[:-1], "is damaged"),
        (lambda content: content + b"x", "is damaged"),
        (lambda content: content[: len(MAGIC) + 10], "is damaged"),
        (lambda content: _flipped(content, len(content) - 40), "is damaged"),
        (lambda content: _flipped(content, len(MAGIC) + HEADER_BYTES + 20), "is damaged"),
        (lambda content: content.replace(b'"rows": ', b'"rows": 1'), "is damaged"),
        (lambda content: content.replace(b'"format": 1', b'"format": 9'), "newer Innkeeper"),
        (lambda _: b"", "no backup of Innkeeper"),
        (lambda _: b"SQLite format 3\x00" + bytes(4000), "no backup of Innkeeper"),
    ],
    ids=[
        "half",
        "a byte short",
        "a byte more",
        "header",
        "flipped",
        "flipped early",
        "header changed",
        "newer",
        "empty",
        "other",
    ],
)
async def test_what_is_damaged_is_told_and_changes_nothing(
    empty: Database, tmp_path: Path, harm: Callable[[bytes], bytes], words: str
) -> None:
    await migrate(empty)
    await fill(empty)
    path = tmp_path / "a.backup"
    await backed_up(empty, path)
    path.write_bytes(harm(path.read_bytes()))
    before = await everything(empty)
    with pytest.raises(BackupError, match=words):
        await put_back(empty, path, replace=True)
    assert await everything(empty) == before


async def test_a_row_that_the_database_refuses_undoes_all_of_it(empty: Database, tmp_path: Path) -> None:
    """A file that is as it was written, and still cannot be restored: whatever is the cause."""
    await migrate(empty)
    await fill(empty)
    before = await everything(empty)
    path = tmp_path / "a.backup"
    with BackupFile(path).written(Header(NOW.isoformat(), NEWEST, "1", "sqlite", served=False)) as lines:
        lines.table("players", [("id", "integer"), ("name", "text"), ("created_at", "moment")])
        lines.row([1, "Ann", 0])
        lines.row([1, "Ann again", 0])
    with pytest.raises(DatabaseFault):
        await put_back(empty, path, replace=True)
    assert await everything(empty) == before


async def test_a_backup_of_the_first_schema_is_brought_to_this_one(
    empty: Database, opens: Opens, tmp_path: Path
) -> None:
    old = await opens("sqlite")
    async with old.transaction() as connection:
        await connection.run_sync(upgrade, "0001")
        await connection.execute(sa.text("INSERT INTO players (name, created_at) VALUES ('Ann', 1000000)"))
    header = await backed_up(old, tmp_path / "a.backup")
    assert header.revision == "0001"
    await put_back(empty, tmp_path / "a.backup")
    (ann,) = (await everything(empty))["players"]
    assert (ann["name"], ann["created_at"]) == ("Ann", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    # What the first schema did not know.
    assert ann["tier"] == "standard"
    assert await current(empty) == NEWEST


async def test_a_backup_of_a_schema_that_is_not_known_yet_is_refused(empty: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    with BackupFile(path).written(Header(NOW.isoformat(), "9999", "9.9", "sqlite", served=False)):
        pass
    with pytest.raises(BackupError, match=r"newer Innkeeper \(9.9, revision 9999\)"):
        await put_back(empty, path)
    assert await current(empty) is None


async def test_an_empty_database_has_nothing_to_back_up(empty: Database, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="nothing to back up"):
        await backed_up(empty, tmp_path / "a.backup")


async def test_a_backup_that_cannot_be_written_leaves_no_file(empty: Database, tmp_path: Path) -> None:
    await migrate(empty)
    with pytest.raises(BackupError, match=r"Cannot write .*No such file or directory.*No backup was made"):
        await backed_up(empty, tmp_path / "away" / "a.backup")
    # The disk gets full in the middle: no file may grow beyond this.
    await fill(empty, 2000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(BackupError, match=r"Cannot write .*No backup was made"):
            await backed_up(empty, tmp_path / "a.backup")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [name for name in os.listdir(tmp_path) if "backup" in name] == []


async def test_it_holds_a_few_rows_at_a_time(sqlite_files: Database, opens: Opens, tmp_path: Path) -> None:
    """60 MB of files pass through without being held together, on the way out and on the way in."""
    import tracemalloc

    tracemalloc.start()
    await backed_up(sqlite_files, tmp_path / "a.backup")
    out = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    await put_back(await opens("sqlite"), tmp_path / "a.backup")
    back = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert out < 20e6
    assert back < 40e6


@pytest.fixture
async def sqlite_files(opens: Opens) -> Database:
    database = await opens("sqlite")
    await migrate(database)
    for number in range(60):
        async with database.transaction() as connection:
            row = {"sha256": str(number), "content_type": "a/b", "size": 10**6, "created_at": START}
            await connection.execute(sa.insert(blobs), {**row, "content": bytes(10**6)})
    return database


def test_a_line_is_what_it_says(tmp_path: Path) -> None:
    """The format is a promise: a backup of today is read by the programs of later years."""
    path = tmp_path / "a.backup"
    with BackupFile(path).written(Header(NOW.isoformat(), "0001", "1.0", "sqlite", served=True)) as lines:
        lines.table("players", [("id", "integer"), ("name", "text")])
        lines.row([1, "Ann"])
    content = path.read_bytes()
    header = json.loads(content[len(MAGIC) : len(MAGIC) + HEADER_BYTES])
    assert (header["rows"], header["revision"], header["served"]) == (1, "0001", True)
    assert gzip.decompress(content[len(MAGIC) + HEADER_BYTES :]).decode().splitlines() == [
        '{"table":"players","columns":[["id","integer"],["name","text"]]}',
        '[1,"Ann"]',
        '{"end":1}',
    ]


def test_every_table_is_kept_but_for_those_that_are_named() -> None:
    assert set(metadata.tables) > NOT_KEPT
