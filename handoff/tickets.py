"""Tickets: one spell of human attention inside a conversation each.

A ticket is named ``<conversation id>-<number>``; both together are its key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from handoff.agents import agents
from messaging.conversations import conversations
from messaging.players import players
from storage.database import Identifier, Json, Moment, metadata


class TicketState(StrEnum):
    WAITING = "waiting"
    ASSIGNED = "assigned"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


OPEN = (TicketState.WAITING, TicketState.ASSIGNED, TicketState.SNOOZED)

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("conversation_id", Identifier, sa.ForeignKey("conversations.id"), primary_key=True),
    sa.Column("number", Identifier, primary_key=True, autoincrement=False),
    # The conversation's counter at the ticket's last change: a stale act is told by it.
    sa.Column("revision", Identifier, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    # Why a human is needed: asked, unanswered, entry, unsupported, failure.
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("ticket_class", sa.Text, nullable=False),
    sa.Column("topic", sa.Text),
    sa.Column("language", sa.Text, nullable=False),
    # The player's words that led here, and what the FAQ had offered: [{"entry_id", "title", "confidence"}].
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("offered", Json, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    # Since when the player waits for a human's word; the queue's order. Kept when a ticket goes back to the queue.
    sa.Column("waiting_since", Moment, nullable=False),
    sa.Column("agent_id", Identifier),
    sa.Column("claimed_at", Moment),
    sa.Column("first_reply_at", Moment),
    sa.Column("last_reply_at", Moment),
    sa.Column("apologies", sa.Integer, nullable=False, default=0),
    sa.Column("resolved_at", Moment),
    sa.Column("reopened", sa.Integer, nullable=False, default=0),
    sa.Index(
        "ix_tickets_queue",
        "waiting_since",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    ),
    sa.Index(
        "ix_tickets_open",
        "conversation_id",
        unique=True,
        sqlite_where=sa.text("state <> 'resolved'"),
        postgresql_where=sa.text("state <> 'resolved'"),
    ),
    sa.Index(
        "ix_tickets_assigned",
        "claimed_at",
        sqlite_where=sa.text("state = 'assigned'"),
        postgresql_where=sa.text("state = 'assigned'"),
    ),
    sa.Index("ix_tickets_resolved_at", "resolved_at"),
)


@dataclass(frozen=True, slots=True)
class TicketKey:
    conversation_id: int
    number: int

    def __str__(self) -> str:
        return f"{self.conversation_id}-{self.number}"

    @classmethod
    def parse(cls, text: str) -> TicketKey:
        """The key that ``str`` wrote; raises ValueError."""
        conversation_id, _, number = text.partition("-")
        return cls(int(conversation_id), int(number))


@dataclass(frozen=True, slots=True)
class Offered:
    """An entry that the FAQ offered before the ticket was opened."""

    entry_id: str
    title: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as it stands, with what a list of tickets shows of its conversation and its player."""

    key: TicketKey
    revision: int
    state: TicketState
    reason: str
    ticket_class: str
    topic: str | None
    language: str
    question: str
    offered: tuple[Offered, ...]
    opened_at: datetime
    waiting_since: datetime
    agent_id: int | None
    claimed_at: datetime | None
    first_reply_at: datetime | None
    last_reply_at: datetime | None
    resolved_at: datetime | None
    reopened: int
    channel: str
    player_id: int
    player_name: str
    lost: str | None


_LISTED = sa.select(
    tickets,
    conversations.c.channel,
    conversations.c.player_id,
    conversations.c.lost,
    players.c.name.label("player_name"),
).select_from(tickets.join(conversations).join(players, players.c.id == conversations.c.player_id))


async def find(connection: AsyncConnection, key: TicketKey) -> Ticket | None:
    """The ticket, or None."""
    query = _LISTED.where(tickets.c.conversation_id == key.conversation_id, tickets.c.number == key.number)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _ticket(row)


async def waiting(connection: AsyncConnection, limit: int = 200) -> list[Ticket]:
    """The queue: who waits longest comes first."""
    query = _LISTED.where(tickets.c.state == TicketState.WAITING).order_by(tickets.c.waiting_since).limit(limit)
    return [_ticket(row) for row in await connection.execute(query)]


async def assigned(connection: AsyncConnection, agent_id: int | None = None, limit: int = 200) -> list[Ticket]:
    """Tickets in an agent's hands (in anybody's where no agent is named), the oldest claim first."""
    query = _LISTED.where(tickets.c.state == TicketState.ASSIGNED).order_by(tickets.c.claimed_at).limit(limit)
    if agent_id is not None:
        query = query.where(tickets.c.agent_id == agent_id)
    return [_ticket(row) for row in await connection.execute(query)]


async def of_disabled_agents(connection: AsyncConnection, limit: int = 100) -> list[Ticket]:
    """Tickets still in the hands of agents who are shut out."""
    query = (
        _LISTED.join(agents, agents.c.id == tickets.c.agent_id)
        .where(tickets.c.state == TicketState.ASSIGNED, agents.c.disabled_at.is_not(None))
        .limit(limit)
    )
    return [_ticket(row) for row in await connection.execute(query)]


async def resolved(connection: AsyncConnection, limit: int = 50) -> list[Ticket]:
    """The tickets closed last, newest first."""
    query = _LISTED.where(tickets.c.state == TicketState.RESOLVED).order_by(tickets.c.resolved_at.desc()).limit(limit)
    return [_ticket(row) for row in await connection.execute(query)]


async def of_conversation(connection: AsyncConnection, conversation_id: int) -> list[Ticket]:
    """Every ticket of one conversation, newest first."""
    query = _LISTED.where(tickets.c.conversation_id == conversation_id).order_by(tickets.c.number.desc())
    return [_ticket(row) for row in await connection.execute(query)]


async def ahead(connection: AsyncConnection, waiting_since: datetime) -> int:
    """How many tickets wait longer than this one."""
    count: int = (
        await connection.scalar(
            sa.select(sa.func.count())
            .select_from(tickets)
            .where(tickets.c.state == TicketState.WAITING, tickets.c.waiting_since < waiting_since)
        )
        or 0
    )
    return count


async def queue_figures(connection: AsyncConnection) -> tuple[int, datetime | None]:
    """How many wait, and since when the one who waits longest does."""
    row = (
        await connection.execute(
            sa.select(sa.func.count(), sa.func.min(tickets.c.waiting_since)).where(
                tickets.c.state == TicketState.WAITING
            )
        )
    ).one()
    return row[0], row[1]


async def open_or_latest(connection: AsyncConnection, conversation_ids: Sequence[int]) -> dict[int, sa.Row[Any]]:
    """The newest ticket row of each of these conversations that has one; an open one is always the newest."""
    newest = (
        sa.select(tickets.c.conversation_id, sa.func.max(tickets.c.number).label("number"))
        .where(tickets.c.conversation_id.in_(conversation_ids))
        .group_by(tickets.c.conversation_id)
        .subquery()
    )
    query = sa.select(tickets).join(
        newest,
        sa.and_(tickets.c.conversation_id == newest.c.conversation_id, tickets.c.number == newest.c.number),
    )
    return {row.conversation_id: row for row in await connection.execute(query)}


def _ticket(row: sa.Row[Any]) -> Ticket:
    return Ticket(
        key=TicketKey(row.conversation_id, row.number),
        revision=row.revision,
        state=TicketState(row.state),
        reason=row.reason,
        ticket_class=row.ticket_class,
        topic=row.topic,
        language=row.language,
        question=row.question,
        offered=tuple(Offered(**each) for each in row.offered),
        opened_at=row.opened_at,
        waiting_since=row.waiting_since,
        agent_id=row.agent_id,
        claimed_at=row.claimed_at,
        first_reply_at=row.first_reply_at,
        last_reply_at=row.last_reply_at,
        resolved_at=row.resolved_at,
        reopened=row.reopened,
        channel=row.channel,
        player_id=row.player_id,
        player_name=row.player_name,
        lost=row.lost,
    )
