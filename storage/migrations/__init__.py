"""Bringing a database to the newest schema: ``innkeeper migrate``, and every start.

Alembic is imported only where there is something to do: a serving process would keep its 11 MB for nothing.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from storage.database import Database

NEWEST = "0002"
"""The revision that this version of the program works with."""

# Any number will do, as long as every replica takes the same: one of them migrates, the others wait for it.
ADVISORY_LOCK = 0x1222_4EE9

_VERSION = sa.table("alembic_version", sa.column("version_num", sa.Text))


async def current(database: Database) -> str | None:
    """The revision that the database is at, or None where it is empty."""

    def read(connection: sa.Connection) -> str | None:
        if not sa.inspect(connection).has_table(_VERSION.name):
            return None
        found: str | None = connection.scalar(sa.select(_VERSION.c.version_num))
        return found

    async with database.reading() as connection:
        return await connection.run_sync(read)


async def migrate(database: Database) -> tuple[str | None, str]:
    """Upgrade to the newest schema in one transaction; returns the revisions before and after."""
    before = await current(database)
    if before != NEWEST:
        await database.migrate(lambda connection: _upgrade(connection, locks=not database.is_sqlite))
    return before, NEWEST


def _upgrade(connection: sa.Connection, *, locks: bool) -> None:
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415

    if locks:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": ADVISORY_LOCK})
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
