"""The migrated schema is the declared one, however often and by however many it is migrated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import storage.migrations
from bot.schema import metadata
from storage.database import Database
from storage.migrations import NEWEST, current, migrate


@pytest.fixture
async def empty(database_url: str) -> AsyncIterator[Database]:
    database = Database.open(database_url)
    yield database
    await database.close()


def test_the_newest_revision_is_the_last_script() -> None:
    scripts = ScriptDirectory(str(Path(storage.migrations.__file__).parent))
    assert scripts.get_heads() == [NEWEST]


async def differences(database: Database) -> list[object]:
    def compare(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))

    async with database.reading() as connection:
        return await connection.run_sync(compare)


async def test_the_migrated_schema_is_the_declared_one(empty: Database) -> None:
    assert await current(empty) is None
    assert await migrate(empty) == (None, NEWEST)
    assert await differences(empty) == []


async def test_a_table_that_nobody_declared_would_be_seen(empty: Database) -> None:
    """That the comparison above compares."""
    await migrate(empty)
    async with empty.transaction() as connection:
        await connection.execute(sa.text("CREATE TABLE forgotten (id INTEGER)"))
        await connection.execute(sa.text("ALTER TABLE holders ADD COLUMN forgotten INTEGER"))
    assert len(await differences(empty)) == 2


async def test_partial_indexes_are_the_declared_ones(empty: Database) -> None:
    """Which rows an index holds is beyond what alembic compares."""
    await migrate(empty)
    dialect = "sqlite" if empty.is_sqlite else "postgresql"
    declared = {
        str(index.name)
        for table in metadata.tables.values()
        for index in table.indexes
        if index.dialect_options[dialect]["where"] is not None
    }
    catalogue = (
        "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"
        if empty.is_sqlite
        else "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '% WHERE %'"
    )
    async with empty.reading() as connection:
        found = {row[0] for row in await connection.execute(sa.text(catalogue))}
    assert found == declared


async def test_migrating_again_changes_nothing(empty: Database) -> None:
    await migrate(empty)
    assert await migrate(empty) == (NEWEST, NEWEST)
    assert await current(empty) == NEWEST


async def test_processes_that_migrate_at_once_do_it_once(database_url: str) -> None:
    replicas = [Database.open(database_url) for _ in range(4)]
    try:
        outcomes = await asyncio.gather(*(migrate(each) for each in replicas))
        assert {after for _, after in outcomes} == {NEWEST}
        assert await differences(replicas[0]) == []
    finally:
        for each in replicas:
            await each.close()


async def test_a_migration_that_breaks_leaves_the_schema_as_it_was(empty: Database) -> None:
    def half(connection: sa.Connection) -> None:
        connection.execute(sa.text("CREATE TABLE half (id INTEGER)"))
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        async with empty.transaction() as connection:
            await connection.run_sync(half)
    async with empty.reading() as connection:
        tables = await connection.run_sync(lambda plain: sa.inspect(plain).get_table_names())
    assert tables == []
