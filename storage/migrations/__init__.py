"""Bringing a database to the newest schema: ``innkeeper migrate``, and every start."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage.database import Database

# Any number will do, as long as every replica takes the same: one of them migrates, the others wait for it.
ADVISORY_LOCK = 0x1222_4EE9


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def newest() -> str:
    """The revision that this version of the program works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


async def current(database: Database) -> str | None:
    """The revision that the database is at, or None where it is empty."""
    async with database.reading() as connection:
        return await connection.run_sync(lambda plain: MigrationContext.configure(plain).get_current_revision())


async def migrate(database: Database) -> tuple[str | None, str]:
    """Upgrade to the newest schema in one transaction; returns the revisions before and after."""

    def upgrade(connection: sa.Connection) -> None:
        if not database.is_sqlite:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": ADVISORY_LOCK})
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    before = await current(database)
    if before != newest():
        await database.migrate(upgrade)
    return before, newest()
