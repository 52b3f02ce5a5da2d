"""SQLite serves one process: whoever serves it, or replaces what is in it, holds a lock beside its file."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.commands.faq_tools import stop
from bot.settings import Settings
from storage.database import parse_url


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Nobody else serves this SQLite file within the block; where somebody does, say so and end. Else nothing."""
    url = parse_url(settings.database.url)
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        yield
        return
    path = Path(f"{url.database}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("w")
    except OSError as error:
        stop(f"Cannot write to {path.parent}: {error.strerror or error}. The database needs a folder it may write to.")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            stop(
                f"Another Innkeeper serves {url.database} already. End it first; for several processes on one database "
                f"set database.url to a PostgreSQL."
            )
        yield
