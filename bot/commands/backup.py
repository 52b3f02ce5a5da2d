"""``innkeeper backup`` and ``innkeeper restore``."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import schema
from bot.commands.alone import alone
from bot.commands.faq_tools import stop
from bot.commands.program import Program, run
from bot.settings import Settings
from bot.tailoring import utc_now
from messaging import outbox, undelivered
from storage.backup import back_up
from storage.backup import restore as put_back
from storage.backup_file import Header
from storage.database import Database
from storage.migrations import NEWEST, current

# Three heartbeats that were missed tell that a process is gone; see bot.clockwork.
ALIVE = timedelta(seconds=30)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def backup(program: Program, file: Path) -> None:
    """Write everything that players and agents wrote, attachments too, into the new FILE.

    Safe while the server runs: FILE holds the database as it was at one moment. It can be restored into SQLite or into
    PostgreSQL, whichever it came from, also by a newer Innkeeper. It holds what people wrote in private: keep it so.
    """
    header = run(_backup(program.settings(), file))
    size = file.stat().st_size / 1e6
    click.echo(f"Wrote {file}: {header.rows} rows, {size:.1f} MB, schema {header.revision}, checked.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Throw away what is in the database now.")
@click.pass_obj
def restore(program: Program, file: Path, replace: bool) -> None:
    """Fill the database from FILE, which innkeeper backup wrote. End the server first.

    All of it or nothing: a damaged FILE, or a database that is not empty, is said so, and nothing is changed.
    """
    settings = program.settings()
    with alone(settings):
        header, doubted = run(_restore(settings, file, replace=replace))
    made = datetime.fromisoformat(header.created_at)
    click.echo(f"Restored {header.rows} rows, as they were at {made:%Y-%m-%d %H:%M:%S %Z}.")
    if header.revision != NEWEST:
        click.echo(f"The schema was brought from {header.revision} to {NEWEST}.")
    if doubted:
        click.echo(
            f"On the way when the backup was made: {doubted}. Nobody knows here whether that arrived: innkeeper outbox "
            f"list shows it."
        )


async def _backup(settings: Settings, file: Path) -> Header:
    assert schema.metadata.tables
    database = Database.open(settings.database.url)
    now = utc_now()

    async def is_served(connection: AsyncConnection) -> bool:
        return await outbox.is_served(connection, now - ALIVE)

    try:
        return await back_up(database, file, program=version("innkeeper"), now=now, is_served=is_served)
    finally:
        await database.close()


async def _restore(settings: Settings, file: Path, *, replace: bool) -> tuple[Header, int]:
    assert schema.metadata.tables
    database = Database.open(settings.database.url)
    doubted = 0

    async def settle(connection: AsyncConnection, header: Header) -> None:
        """What a server had in hand when the backup was made has most likely arrived since: it is not sent unasked."""
        nonlocal doubted
        if header.served:
            why = "on its way when the backup was made"
            doubted = await undelivered.doubt_unfinished(connection, why, utc_now())

    try:
        await _nobody_serves(database)
        return await put_back(database, file, replace=replace, settle=settle), doubted
    finally:
        await database.close()


async def _nobody_serves(database: Database) -> None:
    """SQLite's lock told already; elsewhere the heartbeats do."""
    if database.is_sqlite or await current(database) is None:
        return
    async with database.reading() as connection:
        if await outbox.is_served(connection, utc_now() - ALIVE):
            stop(
                "An Innkeeper serves this database, or was killed within the last 30 seconds. End every one of them "
                "first. Nothing was changed."
            )
