"""Databases that go away and come back, and databases that one test after the other may have."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.schema import metadata
from storage.database import Database, parse_url


@dataclass
class Server:
    """A PostgreSQL server as its administrator holds it; everything is about one ``name`` of its databases."""

    engine: AsyncEngine
    name: str
    opened: list[Database] = field(default_factory=list)

    async def run(self, statement: str) -> None:
        async with self.engine.connect() as connection:
            await connection.execute(sa.text(statement))

    async def new_database(self) -> Database:
        """The database, made and filled with every table."""
        await self.run(f'CREATE DATABASE "{self.name}"')
        url = self.engine.url.set(database=self.name)
        database = Database.open(url.render_as_string(hide_password=False))
        self.opened.append(database)
        async with database.transaction() as connection:
            await connection.run_sync(metadata.create_all)
        return database

    async def end_connections(self) -> None:
        await self.run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{self.name}'")

    async def refuse_connections(self) -> None:
        """As a server that is down, for this database: connections end and no new one comes about."""
        await self.run(f'ALTER DATABASE "{self.name}" ALLOW_CONNECTIONS false')
        await self.end_connections()

    async def take_connections(self) -> None:
        await self.run(f'ALTER DATABASE "{self.name}" ALLOW_CONNECTIONS true')

    async def write_nothing(self) -> None:
        """As a standby: connections end, and new ones only read."""
        await self.run(f'ALTER DATABASE "{self.name}" SET default_transaction_read_only = on')
        await self.end_connections()

    async def close(self) -> None:
        for database in self.opened:
            await database.close()
        await self.engine.dispose()


async def server_of(url: str) -> Server:
    """The server behind ``url``; its name for a database is the one of the URL, or a new one where that is none."""
    parsed = parse_url(url)
    own = parsed.database if parsed.database and parsed.database.startswith("test_") else f"test_{uuid.uuid4().hex}"
    engine = create_async_engine(parsed.set(database="postgres"), isolation_level="AUTOCOMMIT")
    return Server(engine, own)


# Everything of a database that a test may have changed beside its rows.
SHAPE = """
SELECT md5(string_agg(line, ',' ORDER BY line)) FROM (
  SELECT concat_ws(' ', relname, relkind, attname, atttypid, atttypmod, attnotnull) AS line
  FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
  WHERE relnamespace = 'public'::regnamespace AND attnum > 0
  UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
  WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(' ', conname, pg_get_constraintdef(pg_constraint.oid)) FROM pg_constraint
  UNION ALL SELECT array_to_string(setconfig, ' ')
  FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase WHERE datname = current_database()
) AS lines
"""
OTHERS_END = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Reused:
    """Databases with every table and no row in them. To empty one costs a tenth of what it costs to make one."""

    def __init__(self, server: str, prepare: Callable[[str], Awaitable[object]]) -> None:
        """``prepare`` brings the database of a URL up to what each test shall find."""
        self._server = server
        self._prepare = prepare
        self._free: list[str] = []
        self._shape: str | None = None

    async def take(self) -> str:
        """The URL of one that nobody has."""
        if self._free:
            return self._free.pop()
        url = await new_database(self._server, f"test_{uuid.uuid4().hex}")
        await self._prepare(url)
        connection = await _connect(url)
        try:
            self._shape = await connection.fetchval(SHAPE)
        finally:
            await connection.close()
        return url

    async def give_back(self, url: str) -> None:
        """One that is not as it was made, or takes no connection, is not given to anybody again."""
        try:
            connection = await _connect(url)
        except (OSError, asyncpg.PostgresError):
            return
        try:
            await connection.execute(OTHERS_END)
            if await connection.fetchval(SHAPE) != self._shape:
                return
            tables = ", ".join(table.name for table in metadata.sorted_tables)
            await connection.execute(f"TRUNCATE {tables} RESTART IDENTITY")
        finally:
            await connection.close()
        self._free.append(url)


async def new_database(server: str, name: str) -> str:
    """The URL of a new and empty database on this server."""
    connection = await _connect(server)
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    finally:
        await connection.close()
    return parse_url(server).set(database=name).render_as_string(hide_password=False)


async def _connect(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(parse_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
