"""Tickets: one spell of human attention inside a conversation each.

A ticket is named ``<conversation id>-<number>``; both together are its key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from handoff.agents import Colleague, everyone
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
    # The player's tier when the ticket was opened (U4, G15).
    sa.Column("tier", sa.Text, nullable=False, default="standard"),
    # The queue's order: waiting_since, earlier by what class and tier are worth. That bounds how long anybody is
    # overtaken, so nobody starves (G15).
    sa.Column("queue_at", Moment, nullable=False),
    # Whom it waits for: an agent (since when, so that a colleague may step in later), a team, or agents of this level
    # (agent, lead, supervisor: H6).
    sa.Column("wanted_agent_id", Identifier),
    sa.Column("wanted_since", Moment),
    sa.Column("team", sa.Text, nullable=False, default=""),
    sa.Column("level", sa.Text, nullable=False, default="agent"),
    # What the last agent wrote for the next (H2), and how often it changed hands (H1).
    sa.Column("brief", sa.Text, nullable=False, default=""),
    sa.Column("transfers", sa.Integer, nullable=False, default=0),
    sa.Column("snoozed_until", Moment),
    # Since when the player is on hold (W7, T15).
    sa.Column("held_since", Moment),
    # When the next target of its class is missed, and the clocks themselves (handoff.sla.Clocks.to_plain).
    sa.Column("due_at", Moment),
    sa.Column("clocks", Json, nullable=False, default=dict),
    # The highest percentage of a target that a running clock has warned of (0: none).
    sa.Column("warned", sa.Integer, nullable=False, default=0),
    # Since when its agent owes the player a word and does nothing (G12); who was told: 1 the agent, 2 the lead.
    sa.Column("silent_since", Moment),
    sa.Column("silence", sa.Integer, nullable=False, default=0),
    # The earliest open promise, and all of them (handoff.promises).
    sa.Column("promise_due_at", Moment),
    sa.Column("promises", Json, nullable=False, default=list),
    # What it was about in the end; closing needs it (P7).
    sa.Column("category", sa.Text, nullable=False, default=""),
    # W14: what the player was asked to confirm before a complaint is closed, and what they said.
    sa.Column("confirmation", Json, nullable=False, default=dict),
    # What the player filled in before a human took over, and how they judged the case (U1).
    sa.Column("form", Json, nullable=False, default=dict),
    sa.Column("survey", Json, nullable=False, default=dict),
    # Keys of other tickets: the one that it continues (K9), the one that it was merged into.
    sa.Column("follows", sa.Text, nullable=False, default=""),
    sa.Column("merged_into", sa.Text, nullable=False, default=""),
    # When the player asked to be called back.
    sa.Column("call_back_at", Moment),
    # Since when a question to the lead is open (H5).
    sa.Column("asked_lead_at", Moment),
    sa.Index(
        "ix_tickets_queue",
        "queue_at",
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
    # How many each agent has in hand, read with every act.
    sa.Index(
        "ix_tickets_in_hand",
        "agent_id",
        sqlite_where=sa.text("state = 'assigned'"),
        postgresql_where=sa.text("state = 'assigned'"),
    ),
    sa.Index(
        "ix_tickets_snoozed",
        "snoozed_until",
        sqlite_where=sa.text("state = 'snoozed'"),
        postgresql_where=sa.text("state = 'snoozed'"),
    ),
    sa.Index(
        "ix_tickets_warned",
        "due_at",
        sqlite_where=sa.text("warned > 0"),
        postgresql_where=sa.text("warned > 0"),
    ),
    sa.Index("ix_tickets_resolved_at", "resolved_at"),
    sa.Index(
        "ix_tickets_asked_lead",
        "asked_lead_at",
        sqlite_where=sa.text("asked_lead_at IS NOT NULL"),
        postgresql_where=sa.text("asked_lead_at IS NOT NULL"),
    ),
    sa.Index(
        "ix_tickets_promise",
        "promise_due_at",
        sqlite_where=sa.text("promise_due_at IS NOT NULL"),
        postgresql_where=sa.text("promise_due_at IS NOT NULL"),
    ),
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
    tier: str
    wanted_agent_id: int | None
    team: str
    level: str
    brief: str
    transfers: int
    snoozed_until: datetime | None
    held_since: datetime | None
    due_at: datetime | None
    clocks: Mapping[str, Any]
    warned: int
    silent_since: datetime | None
    promise_due_at: datetime | None
    promises: Sequence[Mapping[str, Any]]
    category: str
    confirmation: Mapping[str, Any]
    form: Mapping[str, Any]
    survey: Mapping[str, Any]
    follows: str
    merged_into: str
    call_back_at: datetime | None
    asked_lead_at: datetime | None
    queue_at: datetime
    channel: str
    player_id: int
    player_name: str
    lost: str | None


def _with_player(*columns: sa.Column[Any]) -> sa.Select[Any]:
    return sa.select(
        *columns,
        conversations.c.channel,
        conversations.c.player_id,
        conversations.c.lost,
        players.c.name.label("player_name"),
    ).select_from(tickets.join(conversations).join(players, players.c.id == conversations.c.player_id))


_PLAIN = tuple(each.name for each in fields(Ticket) if each.name not in ("key", "state", "offered"))
# What a lean list leaves out, since reading it takes most of the time: a list of hundreds shows none of it.
_EMPTY: Mapping[str, Any] = {
    each.name: [] if each.name == "promises" else {} for each in tickets.columns if isinstance(each.type, sa.JSON)
}
_LISTED = _with_player(*tickets.columns)
_LEAN = _with_player(*(each for each in tickets.columns if each.name not in _EMPTY))


def in_state(state: TicketState) -> sa.ColumnElement[bool]:
    """Whether a ticket is in this state. It stands in the statement itself: a partial index is only used where the
    planner sees that its condition holds.
    """
    return tickets.c.state == sa.literal_column(f"'{state}'")


async def find(connection: AsyncConnection, key: TicketKey) -> Ticket | None:
    """The ticket, or None."""
    query = _LISTED.where(tickets.c.conversation_id == key.conversation_id, tickets.c.number == key.number)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _ticket(row)


async def waiting(connection: AsyncConnection, limit: int = 200, *, lean: bool = False) -> list[Ticket]:
    """The queue in its order (G15). ``lean`` lists have offers, clocks, promises, forms and surveys left out."""
    query = (_LEAN if lean else _LISTED).where(in_state(TicketState.WAITING)).order_by(tickets.c.queue_at).limit(limit)
    return [_ticket(row) for row in await connection.execute(query)]


async def assigned(
    connection: AsyncConnection, agent_id: int | None = None, limit: int = 200, *, lean: bool = False
) -> list[Ticket]:
    """Tickets in an agent's hands (in anybody's where no agent is named), the oldest claim first."""
    query = (
        (_LEAN if lean else _LISTED).where(in_state(TicketState.ASSIGNED)).order_by(tickets.c.claimed_at).limit(limit)
    )
    if agent_id is not None:
        query = query.where(tickets.c.agent_id == agent_id)
    return [_ticket(row) for row in await connection.execute(query)]


async def snoozed(connection: AsyncConnection, limit: int = 200, *, lean: bool = False) -> list[Ticket]:
    """Tickets put aside, those that wake first on top; those that wait for the player's word come last."""
    query = (
        (_LEAN if lean else _LISTED)
        .where(in_state(TicketState.SNOOZED))
        .order_by(tickets.c.snoozed_until.is_(None), tickets.c.snoozed_until)
        .limit(limit)
    )
    return [_ticket(row) for row in await connection.execute(query)]


async def staff(connection: AsyncConnection) -> dict[int, Colleague]:
    """Everybody who is not shut out, by id, with what they have in hand."""
    counted = await connection.execute(
        sa.select(tickets.c.agent_id, sa.func.count())
        .where(in_state(TicketState.ASSIGNED))
        .group_by(tickets.c.agent_id)
    )
    in_hand = {row[0]: row[1] for row in counted}
    found = [each for each in await everyone(connection) if each.disabled_at is None]
    return {
        each.id: Colleague(
            each.id,
            each.desk_name,
            each.role,
            each.languages,
            each.skills,
            each.team,
            each.capacity,
            each.presence,
            each.presence_since,
            in_hand.get(each.id, 0),
            each.last_seen_at,
            each.last_ticket_at,
        )
        for each in found
    }


async def resolved(connection: AsyncConnection, limit: int = 50, *, lean: bool = False) -> list[Ticket]:
    """The tickets closed last, newest first."""
    query = (
        (_LEAN if lean else _LISTED)
        .where(in_state(TicketState.RESOLVED))
        .order_by(tickets.c.resolved_at.desc())
        .limit(limit)
    )
    return [_ticket(row) for row in await connection.execute(query)]


async def of_player(connection: AsyncConnection, player_id: int, limit: int = 50) -> list[Ticket]:
    """A player's tickets in all their conversations, newest first."""
    query = (
        _LISTED.where(conversations.c.player_id == player_id)
        .order_by(tickets.c.opened_at.desc(), tickets.c.number.desc())
        .limit(limit)
    )
    return [_ticket(row) for row in await connection.execute(query)]


async def of_conversation(connection: AsyncConnection, conversation_id: int) -> list[Ticket]:
    """Every ticket of one conversation, newest first."""
    query = _LISTED.where(tickets.c.conversation_id == conversation_id).order_by(tickets.c.number.desc())
    return [_ticket(row) for row in await connection.execute(query)]


async def ahead(connection: AsyncConnection, queue_at: datetime) -> int:
    """How many tickets come before this one."""
    count: int = (
        await connection.scalar(
            sa.select(sa.func.count())
            .select_from(tickets)
            .where(in_state(TicketState.WAITING), tickets.c.queue_at < queue_at)
        )
        or 0
    )
    return count


async def queue_figures(connection: AsyncConnection) -> tuple[int, datetime | None]:
    """How many wait, and since when the one who waits longest does."""
    row = (
        await connection.execute(
            sa.select(sa.func.count(), sa.func.min(tickets.c.waiting_since)).where(in_state(TicketState.WAITING))
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
    known = row._asdict()
    plain: dict[str, Any] = {name: known.get(name, _EMPTY.get(name)) for name in _PLAIN}
    offered = tuple(Offered(**each) for each in known.get("offered", ()))
    key = TicketKey(known["conversation_id"], known["number"])
    return Ticket(key=key, state=TicketState(known["state"]), offered=offered, **plain)
