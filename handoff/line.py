"""The queue as those read it who go through all of it: lean, and page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from handoff.tickets import TicketKey, TicketState, in_state, tickets


@dataclass(frozen=True, slots=True)
class Queued:
    """A waiting ticket, as far as it matters who gets it and when."""

    key: TicketKey
    queue_at: datetime
    waiting_since: datetime
    language: str
    topic: str | None
    team: str
    level: str
    wanted_agent_id: int | None
    wanted_since: datetime | None


async def waiting(connection: AsyncConnection, after: Queued | None, limit: int) -> Sequence[Queued]:
    """The next of the queue in its order, behind ``after``."""
    place = (tickets.c.queue_at, tickets.c.conversation_id)
    names = ("waiting_since", "language", "topic", "team", "level", "wanted_agent_id", "wanted_since")
    query = (
        sa.select(tickets.c.conversation_id, tickets.c.number, tickets.c.queue_at, *(tickets.c[each] for each in names))
        .where(in_state(TicketState.WAITING))
        .order_by(*place)
        .limit(limit)
    )
    if after is not None:
        key = sa.tuple_(sa.literal(after.queue_at, tickets.c.queue_at.type), sa.literal(after.key.conversation_id))
        query = query.where(sa.tuple_(*place) > key)
    rows = (await connection.execute(query)).all()
    return [Queued(TicketKey(row[0], row[1]), *row[2:]) for row in rows]
