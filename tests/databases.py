"""Databases that go away and come back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

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
