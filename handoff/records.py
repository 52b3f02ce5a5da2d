"""The record of what happened to tickets (P7): every act that matters, written by itself in the act's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Identifier, Json, Moment, metadata

ticket_events = sa.Table(
    "ticket_events",
    metadata,
    sa.Column("conversation_id", Identifier, primary_key=True),
    sa.Column("number", Identifier, primary_key=True, autoincrement=False),
    sa.Column("ticket_number", Identifier),
    sa.Column("kind", sa.Text, nullable=False),
    # Null where nobody did it: a timer, the bot, or the player.
    sa.Column("agent_id", Identifier),
    sa.Column("data", Json, nullable=False),
    sa.Column("happened_at", Moment, nullable=False),
    sa.Index("ix_ticket_events_kind", "kind", "happened_at"),
)


@dataclass(frozen=True, slots=True)
class TicketEvent:
    """One thing that happened to a ticket, in the order of ``number``."""

    conversation_id: int
    number: int
    ticket_number: int | None
    kind: str
    agent_id: int | None
    data: Mapping[str, Any]
    happened_at: datetime


async def of_ticket(connection: AsyncConnection, conversation_id: int, ticket_number: int) -> list[TicketEvent]:
    """Everything recorded of one ticket, oldest first."""
    query = (
        sa.select(ticket_events)
        .where(
            ticket_events.c.conversation_id == conversation_id,
            ticket_events.c.ticket_number == ticket_number,
        )
        .order_by(ticket_events.c.number)
    )
    return [TicketEvent(**row._mapping) for row in await connection.execute(query)]


async def of_kind(connection: AsyncConnection, kind: str, since: datetime, limit: int = 1000) -> list[TicketEvent]:
    """The newest events of this kind since then, newest first."""
    query = (
        sa.select(ticket_events)
        .where(ticket_events.c.kind == kind, ticket_events.c.happened_at >= since)
        .order_by(ticket_events.c.happened_at.desc())
        .limit(limit)
    )
    return [TicketEvent(**row._mapping) for row in await connection.execute(query)]
