"""Everything in the database as one file, and back again, into SQLite or PostgreSQL, whichever it came from.

Rows are read from one snapshot, so that a backup of a database that is being written to is what it was at one moment;
and written in one transaction, so that a restore happens as a whole or not at all. Neither holds more than a few rows
in memory.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.backup_file import BackupFile, BackupLines, Header
from storage.database import EPOCH, MICROSECOND, Database, Identifier, Json, Moment, metadata
from storage.errors import BackupError
from storage.migrations import VERSION_TABLE, current, known_revisions, upgrade

# Who serves the database now is nothing to go back to.
NOT_KEPT = frozenset({"holders"})
ROWS_AT_ONCE = 500
BYTES_AT_ONCE = 8 * 1024 * 1024

_TYPES: Mapping[str, sa.types.TypeEngine[Any]] = {
    "moment": Moment(),
    "json": Json,
    "bytes": sa.LargeBinary(),
    "boolean": sa.Boolean(),
    "integer": Identifier,
    "real": sa.Float(),
    "text": sa.Text(),
}
_ENCODE: Mapping[str, Callable[[Any], Any]] = {
    "moment": lambda value: (value - EPOCH) // MICROSECOND,
    "bytes": lambda value: base64.b64encode(value).decode(),
}
_DECODE: Mapping[str, Callable[[Any], Any]] = {
    "moment": lambda value: EPOCH + value * MICROSECOND,
    "bytes": base64.b64decode,
}


async def back_up(
    database: Database,
    path: Path,
    *,
    program: str,
    now: datetime,
    is_served: Callable[[AsyncConnection], Awaitable[bool]],
) -> Header:
    """Write everything to ``path``, while others go on writing to the database; returns the file's header.

    Raises BackupError for the file, StorageError for the database. Where it raises, no file is left.
    """
    revision = await current(database)
    if revision is None:
        raise BackupError("The database is empty: there is nothing to back up.")
    if revision not in known_revisions():
        raise BackupError(f"The database is of a newer Innkeeper (revision {revision}): back it up with that one.")
    file = BackupFile(path)
    async with database.snapshot() as connection:
        served = await is_served(connection)
        header = Header(now.isoformat(), revision, program, database.engine, served)
        with file.written(header) as lines:
            for table, columns in (await connection.run_sync(_tables)).items():
                await _write_table(connection, lines, table, columns)
    return file.verified()


async def restore(
    database: Database,
    path: Path,
    *,
    replace: bool,
    settle: Callable[[AsyncConnection, Header], Awaitable[None]],
) -> Header:
    """Fill the database from the file, at the newest schema; ``settle`` has the last word in the transaction.

    Raises BackupError where the file is not whole or not understood, or where the database holds something and
    ``replace`` does not say that it is to go; StorageError for the database. Where it raises, nothing was changed.
    """
    file = BackupFile(path)
    header = file.verified()
    if header.revision not in known_revisions():
        raise BackupError(
            f"{path} was made by a newer Innkeeper ({header.program}, revision {header.revision}). Nothing was "
            f"changed: upgrade this one first."
        )
    async with database.transaction() as connection:
        await database.lock_migrations(connection)
        await connection.run_sync(_make_room, path, replace)
        await connection.run_sync(upgrade, header.revision)
        await _load(connection, file)
        await connection.run_sync(upgrade)
        for table in metadata.sorted_tables:
            await database.count_on(connection, table)
        await settle(connection, header)
    return header


def _tables(connection: sa.Connection) -> dict[str, list[tuple[str, str]]]:
    """The tables in an order in which they can be filled, each with its columns and their kinds."""
    inspector = sa.inspect(connection)
    names = set(inspector.get_table_names())
    found = {}
    for table in metadata.sorted_tables:
        if table.name not in names or table.name in NOT_KEPT:
            continue
        found[table.name] = [
            (column["name"], _kind(table.c[column["name"]].type if column["name"] in table.c else column["type"]))
            for column in inspector.get_columns(table.name)
        ]
    return found


def _kind(column_type: sa.types.TypeEngine[Any]) -> str:
    match column_type:
        case Moment() | sa.DateTime():
            return "moment"
        case sa.JSON():
            return "json"
        case sa.LargeBinary():
            return "bytes"
        case sa.Boolean():
            return "boolean"
        case sa.Integer():
            return "integer"
        case sa.Numeric():
            return "real"
        case _:
            return "text"


def _table(name: str, columns: Iterable[tuple[str, str]]) -> sa.TableClause:
    """The table as it was when the backup was made, whatever became of it since."""
    return sa.table(name, *(sa.column(column, _TYPES[kind]) for column, kind in columns))


async def _write_table(
    connection: AsyncConnection, lines: BackupLines, name: str, columns: list[tuple[str, str]]
) -> None:
    lines.table(name, columns)
    changed = [(place, _ENCODE[kind]) for place, (_, kind) in enumerate(columns) if kind in _ENCODE]
    # Files are large: one after the other.
    at_once = 1 if any(kind == "bytes" for _, kind in columns) else ROWS_AT_ONCE
    query = sa.select(_table(name, columns)).execution_options(yield_per=at_once)
    async with connection.stream(query) as rows:
        async for row in rows:
            values = list(row)
            for place, encode in changed:
                if values[place] is not None:
                    values[place] = encode(values[place])
            lines.row(values)


def _make_room(connection: sa.Connection, path: Path, replace: bool) -> None:
    """Take our tables away, with what is in them if ``replace`` says so."""
    names = set(sa.inspect(connection).get_table_names())
    ours = [table for table in reversed(metadata.sorted_tables) if table.name in names]
    if not replace:
        full = [table.name for table in ours if table.name not in NOT_KEPT and _has_rows(connection, table)]
        if full:
            raise BackupError(
                f"The database is not empty: it has rows in {', '.join(sorted(full))}. Nothing was changed. "
                f"--replace throws away what is in it and puts {path} in its place."
            )
    for table in ours:
        connection.execute(sa.schema.DropTable(table))
    if VERSION_TABLE in names:
        connection.execute(sa.schema.DropTable(sa.Table(VERSION_TABLE, sa.MetaData())))


def _has_rows(connection: sa.Connection, table: sa.Table) -> bool:
    return connection.scalar(sa.select(sa.literal(1)).select_from(table).limit(1)) is not None


async def _load(connection: AsyncConnection, file: BackupFile) -> None:
    for table, rows in _batches(file):
        await connection.execute(sa.insert(table), rows)


def _batches(file: BackupFile) -> Iterator[tuple[sa.TableClause, list[dict[str, Any]]]]:
    """Rows by table, few enough at once to be held in memory."""
    table = sa.table("none")
    columns: list[tuple[str, Callable[[Any], Any] | None]] = []
    rows: list[dict[str, Any]] = []
    size = 0
    for line in file.lines():
        if isinstance(line, dict):
            if rows:
                yield table, rows
            table = _table(line["table"], line["columns"])
            columns = [(name, _DECODE.get(kind)) for name, kind in line["columns"]]
            rows, size = [], 0
            continue
        rows.append(
            {
                name: decode(value) if decode is not None and value is not None else value
                for (name, decode), value in zip(columns, line, strict=True)
            }
        )
        size += sum(len(value) for value in line if isinstance(value, str))
        if len(rows) >= ROWS_AT_ONCE or size >= BYTES_AT_ONCE:
            yield table, rows
            rows, size = [], 0
    if rows:
        yield table, rows
