"""What commands share that look into the database beside a server that may run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from bot.commands.faq_tools import stop
from bot.settings import Settings
from storage.database import Database
from storage.migrations import NEWEST, current

LONGEST_CELL = 60


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The database at the schema that this program speaks; nothing is migrated under a server that runs."""
    database = Database.open(settings.database.url)
    try:
        revision = await current(database)
        if revision is None:
            stop("There is no database yet: nothing was ever sent or received.")
        if revision != NEWEST:
            stop(f"The database is at revision {revision}, this program works with {NEWEST}: see innkeeper migrate.")
        yield database
    finally:
        await database.close()


def one_line(text: str) -> str:
    """The beginning of the text, for a cell of a table."""
    # What players write is not to steer the terminal that it is read on.
    line = "".join(each for each in " ".join(text.split()) if each.isprintable())
    return line if len(line) <= LONGEST_CELL else f"{line[: LONGEST_CELL - 1]}…"


def ago(since: timedelta) -> str:
    """The time that passed, in its largest unit."""
    minutes = max(0, int(since.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"
