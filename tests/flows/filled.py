"""A database with much in it, nearly all of it done with, as after a busy month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.schema import metadata
from storage.database import Database, Moment

CHATS = 2_000
# Staff, and processes: as many as there are people and machines.
SMALL = frozenset(
    {"agents", "sessions", "sign_in_links", "holders", "absences", "positions", "set_aside", "alembic_version"}
)
STATES = {"outbox": "sent", "tickets": "resolved", "attachments": "stored"}
AHEAD = timedelta(days=30)


async def fill_much(database: Database, rows: int, channel: str) -> None:
    """``rows`` rows in every table that grows; on PostgreSQL figures of them, which SQLite is never asked to gather."""
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        for table in metadata.sorted_tables:
            if table.name in SMALL:
                continue
            for begun in range(0, rows, 5000):
                numbers = range(begun + 1, min(begun + 5000, rows) + 1)
                await connection.execute(sa.insert(table), [_row(table, n, rows, channel, now) for n in numbers])
            await database.count_on(connection, table)
    if not database.is_sqlite:
        async with database.lasting() as connection:
            await connection.execute(sa.text("VACUUM ANALYZE"))


def _row(table: sa.Table, n: int, rows: int, channel: str, now: datetime) -> dict[str, Any]:
    at = now - timedelta(days=25) * (n / rows)
    known: dict[str, Any] = {
        "id": n,
        "conversation_id": n % CHATS + 1,
        "number": n // CHATS + 1,
        "revision": n // CHATS + 1,
        "message_number": n // CHATS + 1,
        "position": 0,
        "player_id": n % rows + 1,
        "counter": 1000,
        "key": f"message:{n}",
        "external_id": f"e{n}",
        "kind": f"kind{n // CHATS}",
        "channel": channel,
        "chat": f"filled {n}",
        "sha256": f"{n:064x}",
        "content": b"bytes",
        "state": STATES.get(table.name),
        "direction": "outgoing",
        "author": "bot",
        "status": "sent",
        "language": "en",
        "held_by": "somebody",
        "resolved_at": at,
        "finished_at": at,
        "last_incoming_at": at,
    }
    row = {column.name: known.get(column.name, _plain(column, at)) for column in table.columns}
    if table.name == "timers":
        row["due_at"] = now + AHEAD
    return row


def _plain(column: sa.Column[Any], at: datetime) -> Any:
    if column.nullable:
        return None
    match column.type:
        case Moment():
            return at
        case sa.JSON():
            return [] if column.name in ("offered", "promises", "skills") else {}
        case sa.Boolean():
            return False
        case sa.Integer():
            return 0
        case _:
            return "standard" if column.name == "tier" else "x"
