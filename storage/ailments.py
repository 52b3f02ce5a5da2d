"""What ails a database, in words for whoever runs it: the driver's own line, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

_FULL = (
    "There is no room on its disk. Make some: nothing is confirmed to players' networks meanwhile, and nothing is lost"
)
_DAMAGED = (
    "{place} is damaged, or is no database. Stop Innkeeper, put the file aside, and restore a backup into a new one "
    "(innkeeper restore)"
)
_READ_ONLY = "{place} may be read but not written. Give the user that Innkeeper runs as the right to write there"

# https://www.sqlite.org/rescode.html
_OF_SQLITE: Mapping[int, str] = {
    8: _READ_ONLY,
    10: f"The disk of {{place}} fails, or a limit on file sizes is reached. {_FULL}",
    11: _DAMAGED,
    13: _FULL,
    14: "{place} cannot be opened. Is it a file, in a folder that the user of Innkeeper may write to?",
    26: _DAMAGED,
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_OF_POSTGRESQL: Mapping[str, str] = {
    "25006": "The server of {place} takes no writes now: it is a standby, or was told to be read-only",
    "28000": "The server refuses the user or the password in database.url",
    "28P01": "The server refuses the user or the password in database.url",
    "3D000": "There is no such database on that server: create it (CREATE DATABASE), or set another database.url",
    "42501": "The user in database.url needs the right to create tables and to write them",
    "53100": _FULL,
    "53300": "The server of {place} takes no more connections. Raise its max_connections, or lower database.pool_size",
    "XX001": "The server says that data of {place} is damaged: stop Innkeeper, and restore a backup",
}


def told(error: BaseException, place: str) -> str:
    """What the driver said, in one line, and what to do about it where that is known."""
    cause = getattr(error, "orig", None) or error
    # An adapter's error wraps that of the driver.
    code = getattr(cause, "sqlite_errorcode", None)
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    if isinstance(cause, OSError):
        # Of the driver for PostgreSQL: SQLite's errors are none. TimeoutError is one, with nothing to say.
        return f"The server of {place} does not answer ({cause!r}). Is it running, and is database.url right?"
    remedy = _OF_SQLITE.get(code & 0xFF) if code is not None else _OF_POSTGRESQL.get(state or "")
    line = f"{type(cause).__name__}: {str(cause).splitlines()[0] if str(cause) else ''}"
    return line if remedy is None else f"{line}. {remedy.format(place=place)}."
