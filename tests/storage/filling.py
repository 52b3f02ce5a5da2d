"""Rows for every table there is, and everything that a database holds, to compare it with another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.schema import metadata
from storage.database import Database, Moment

START = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
WORDS = "Ünïcode 黄金 \U0001f409\nof two lines, \"quoted\" and 'so'"


def value_of(column: sa.Column[Any], number: int) -> Any:
    """Some value that this column can hold, another for each number; nothing in every third row where it may be."""
    if column.nullable and number % 3 == 0:
        return None
    match column.type:
        case Moment():
            return START + timedelta(microseconds=1_000_003 * number)
        case sa.JSON():
            return {"words": WORDS, "list": [number, None, 1.5, True], "nothing": {}}
        case sa.LargeBinary():
            return bytes(range(256)) * 10 + bytes([number % 256])
        case sa.Boolean():
            return number % 2 == 0
        case sa.Integer():
            return number
        case _:
            return f"{number} {WORDS}"


async def fill(database: Database, rows: int = 7) -> None:
    """``rows`` rows in every table, as its columns allow: 1 … ``rows`` is what refers and is referred to."""
    async with database.transaction() as connection:
        for table in metadata.sorted_tables:
            filled = [{column.name: value_of(column, number) for column in table.columns} for number in range(1, rows)]
            await connection.execute(sa.insert(table), filled)


async def everything(database: Database, *, without: frozenset[str] = frozenset()) -> dict[str, list[Any]]:
    """Every row of every table."""
    async with database.snapshot() as connection:
        return {
            table.name: [
                dict(row)
                for row in (await connection.execute(sa.select(table).order_by(*table.primary_key))).mappings()
            ]
            for table in metadata.sorted_tables
            if table.name not in without
        }
