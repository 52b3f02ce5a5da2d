"""Durable alarms. A timer is a row; whoever finds it due hands it to the pipeline, which deletes it as it acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database, Identifier, Json, Moment, among, metadata

timers = sa.Table(
    "timers",
    metadata,
    sa.Column("conversation_id", Identifier, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("due_at", Moment, nullable=False, index=True),
    sa.Column("data", Json, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Timer:
    """An alarm of one conversation; setting the same kind again moves it."""

    conversation_id: int
    kind: str
    due_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


async def due(connection: AsyncConnection, now: datetime, limit: int) -> list[Timer]:
    """Timers whose time has come, longest overdue first."""
    found = await connection.execute(
        sa.select(timers).where(timers.c.due_at <= now).order_by(timers.c.due_at).limit(limit)
    )
    return [Timer(row.conversation_id, row.kind, row.due_at, row.data) for row in found]


async def next_due(connection: AsyncConnection) -> datetime | None:
    """When the next timer falls due, or None where none is set."""
    found: datetime | None = await connection.scalar(sa.select(sa.func.min(timers.c.due_at)))
    return found


async def of_kind(connection: AsyncConnection, conversation_ids: Iterable[int], kind: str) -> list[Timer]:
    """The timers ``kind:…`` of these conversations, in the order in which they fall due."""
    found = await connection.execute(
        sa.select(timers)
        .where(
            timers.c.conversation_id.in_(list(conversation_ids)), timers.c.kind.startswith(f"{kind}:", autoescape=True)
        )
        .order_by(timers.c.due_at)
    )
    return [Timer(row.conversation_id, row.kind, row.due_at, row.data) for row in found]


async def set_all(database: Database, connection: AsyncConnection, alarms: Iterable[Timer]) -> None:
    """Set these timers, moving those that are set already."""
    rows = [
        {"conversation_id": each.conversation_id, "kind": each.kind, "due_at": each.due_at, "data": dict(each.data)}
        for each in alarms
    ]
    if rows:
        statement = database.insert(timers)
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["conversation_id", "kind"],
                set_={"due_at": statement.excluded.due_at, "data": statement.excluded.data},
            ),
            rows,
        )


async def cancel_all(connection: AsyncConnection, keys: Iterable[tuple[int, str]]) -> None:
    """Take these (conversation id, kind) away; those that are not set are no error."""
    wanted = list(keys)
    if wanted:
        await connection.execute(
            sa.delete(timers).where(among(connection, (timers.c.conversation_id, timers.c.kind), wanted))
        )


async def still_set(connection: AsyncConnection, alarms: Iterable[Timer]) -> set[tuple[int, str, datetime]]:
    """Which alarms stand as they were read, as (conversation id, kind, due at); the others were moved or cancelled."""
    keys = [(each.conversation_id, each.kind) for each in alarms]
    found = await connection.execute(
        sa.select(timers).where(among(connection, (timers.c.conversation_id, timers.c.kind), keys))
    )
    return {(row.conversation_id, row.kind, row.due_at) for row in found}
