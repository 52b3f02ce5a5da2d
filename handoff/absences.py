"""Absences: how long agents were away, kept where it was longer than it may be without asking the lead (T14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database, Identifier, Moment, metadata

absences = sa.Table(
    "absences",
    metadata,
    sa.Column("agent_id", Identifier, primary_key=True, autoincrement=False),
    sa.Column("began_at", Moment, primary_key=True),
    # Null while it lasts.
    sa.Column("ended_at", Moment),
)


@dataclass(frozen=True, slots=True)
class Absence:
    """One agent was away from then on; ``ended_at`` is None while they still are."""

    agent_id: int
    began_at: datetime
    ended_at: datetime | None


async def begin(database: Database, connection: AsyncConnection, agent_id: int, began_at: datetime) -> bool:
    """Record this absence; False where it was recorded before."""
    statement = database.insert(absences).on_conflict_do_nothing().returning(absences.c.agent_id)
    recorded = await connection.scalar(statement, {"agent_id": agent_id, "began_at": began_at})
    return recorded is not None


async def end(connection: AsyncConnection, agent_id: int, now: datetime) -> None:
    """The agent is back: what was recorded of them and still lasts ends now."""
    await connection.execute(
        sa.update(absences).where(absences.c.agent_id == agent_id, absences.c.ended_at.is_(None)).values(ended_at=now)
    )


async def lasting(connection: AsyncConnection) -> set[tuple[int, datetime]]:
    """The absences that were recorded and are not over, as (agent, since when)."""
    found = await connection.execute(sa.select(absences).where(absences.c.ended_at.is_(None)))
    return {(row.agent_id, row.began_at) for row in found}


async def since(connection: AsyncConnection, moment: datetime) -> list[Absence]:
    """The absences that lasted at some time since then, the newest first."""
    query = (
        sa.select(absences)
        .where(sa.or_(absences.c.ended_at.is_(None), absences.c.ended_at >= moment))
        .order_by(absences.c.began_at.desc(), absences.c.agent_id)
    )
    return [Absence(**row._mapping) for row in await connection.execute(query)]
