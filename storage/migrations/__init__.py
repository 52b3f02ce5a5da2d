"""Bringing a database to the newest schema: ``innkeeper migrate``, and every start.

Alembic is imported only where there is something to do: a serving process would keep its 11 MB for nothing.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from storage.database import Database

NEWEST = "0006"
"""The revision that this version of the program works with."""

_SCRIPTS = str(Path(__file__).parent)
VERSION_TABLE = "alembic_version"
_VERSION = sa.table(VERSION_TABLE, sa.column("version_num", sa.Text))


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
        async with database.transaction() as connection:
            await database.lock_migrations(connection)
            await connection.run_sync(upgrade)
    return before, NEWEST


def known_revisions() -> frozenset[str]:
    """Every revision that this version of the program can start from."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

    return frozenset(each.revision for each in ScriptDirectory(_SCRIPTS).walk_revisions())


def upgrade(connection: sa.Connection, revision: str = "head") -> None:
    """Bring the database of this connection up to a revision, within its transaction."""
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
