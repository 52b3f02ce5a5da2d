"""``innkeeper migrate``."""

from __future__ import annotations

import click

from bot.commands.program import Program, run
from bot.settings import Settings
from storage.database import Database
from storage.migrations import migrate as bring_up_to_date


@click.command()
@click.pass_obj
def migrate(program: Program) -> None:
    """Create the database or bring an older one up to date.

    `innkeeper serve` does this by itself. Run it alone to see that an upgrade works before you start the new version.
    """
    before, after = run(_migrate(program.settings()))
    if before == after:
        click.echo(f"The database is up to date (revision {after}).")
    else:
        click.echo(f"The database went from revision {before or 'nothing'} to {after}.")


async def _migrate(settings: Settings) -> tuple[str | None, str]:
    database = Database.open(settings.database.url)
    try:
        return await bring_up_to_date(database)
    finally:
        await database.close()
