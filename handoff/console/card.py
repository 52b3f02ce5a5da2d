"""The player card beside a ticket: who this is, what they asked before, what staff promised them, what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from handoff import records, tickets
from handoff.agents import Agent, Role
from handoff.calendar import Calendar
from handoff.console.views import moment
from handoff.feedback import feedback
from handoff.records import TicketEvent
from handoff.sla import Clock
from handoff.tickets import Ticket, TicketKey
from messaging.conversations import conversations, messages
from messaging.messages import Author
from messaging.players import identities, players

_EARLIER = 20
_TRIED = 30
_READ_BACK = 100
_EVENTS = 100
_TOLD = 20
_QUESTION = 160
_CLOCKS = ("first_reply", "next_reply", "resolution")
# What names a player on the web is a key to their chat: no member of staff needs it.
_NAMED_BY_A_SECRET = frozenset({"web"})

Titles = Callable[[str, str], str | None]
"""The title of an entry of the FAQ in a language; None where there is no such entry any more."""


@dataclass(frozen=True, slots=True)
class CardMaker:
    """Reads cards. Without a calendar no clock can tell when it is due."""

    titles: Titles = lambda _entry_id, _language: None
    calendar: Calendar | None = None

    async def read(self, connection: AsyncConnection, key: TicketKey, agent: Agent) -> dict[str, Any] | None:
        """The card of this ticket's player as this agent may see it (A5), or None where there is no such ticket.

        Only what is kept goes into it, nothing that passes with time: an unchanged card is equal to the one before.
        """
        ticket = await tickets.find(connection, key)
        if ticket is None:
            return None
        player = (await connection.execute(sa.select(players).where(players.c.id == ticket.player_id))).one()
        held = await tickets.of_player(connection, ticket.player_id, _EARLIER + 1)
        events = await records.of_ticket(connection, key.conversation_id, key.number)
        return {
            "player": _player(player),
            "identities": await _identities(connection, ticket.player_id, agent.role),
            "earlier": [_earlier(each) for each in held if each.key != key][:_EARLIER],
            "tried": await self._tried(connection, ticket),
            "told": await _told(connection, ticket.player_id),
            "form": dict(ticket.form),
            "survey": dict(ticket.survey),
            "clocks": self._clocks(ticket),
            "record": [_event(each) for each in events[-_EVENTS:]],
        }

    async def _tried(self, connection: AsyncConnection, ticket: Ticket) -> list[dict[str, Any]]:
        """The answers that the bot gave in this conversation, the newest first, each once."""
        rows = await connection.execute(
            sa.select(messages.c.number, messages.c.data, messages.c.sent_at)
            .where(
                messages.c.conversation_id == ticket.key.conversation_id,
                messages.c.author == Author.BOT,
            )
            .order_by(messages.c.number.desc())
            .limit(_READ_BACK)
        )
        tried: dict[str, dict[str, Any]] = {}
        for row in rows:
            for entry_id in row.data.get("entries", ()):
                title = self.titles(entry_id, ticket.language) or entry_id
                tried.setdefault(entry_id, {"entry_id": entry_id, "title": title, "at": moment(row.sent_at)})
        return list(tried.values())[:_TRIED]

    def _clocks(self, ticket: Ticket) -> list[dict[str, Any]]:
        """The ticket's clocks that were ever started, each as ``_clock`` tells it."""
        kept = [(name, ticket.clocks.get(name)) for name in _CLOCKS]
        return [self._clock(name, Clock.from_plain(plain)) for name, plain in kept if plain]

    def _clock(self, name: str, clock: Clock) -> dict[str, Any]:
        """``running_since`` (None: it stands still) and ``spent`` seconds until then; ``due_at`` while it runs."""
        due_at = clock.due_at(self.calendar) if self.calendar is not None else None
        return {
            "name": name,
            "amount": clock.target.amount.total_seconds(),
            "measure": clock.target.measure.value,
            "spent": clock.spent_before.total_seconds(),
            "running_since": moment(clock.running_since),
            "due_at": moment(due_at),
            "stopped_at": moment(clock.stopped_at),
        }


def _player(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "tier": row.tier,
        "time_zone": row.time_zone,
        "memo": row.memo,
        "muted_until": moment(row.muted_until),
        "opted_out": row.opted_out,
        "since": moment(row.created_at),
    }


async def _identities(connection: AsyncConnection, player_id: int, role: Role) -> list[dict[str, Any]]:
    """Who the player is on each channel. The network's own number of them is for leads and admins."""
    rows = await connection.execute(
        sa.select(identities).where(identities.c.player_id == player_id).order_by(identities.c.channel)
    )
    return [
        {
            "channel": row.channel,
            "name": row.name,
            "username": row.username,
            "language": row.language_hint,
            "external_id": None if role is Role.AGENT or row.channel in _NAMED_BY_A_SECRET else row.external_id,
        }
        for row in rows
    ]


def _earlier(ticket: Ticket) -> dict[str, Any]:
    return {
        "key": str(ticket.key),
        "channel": ticket.channel,
        "state": ticket.state,
        "question": ticket.question[:_QUESTION],
        "class": ticket.ticket_class,
        "category": ticket.category,
        "opened_at": moment(ticket.opened_at),
        "resolved_at": moment(ticket.resolved_at),
        "merged_into": ticket.merged_into,
        "survey": dict(ticket.survey),
    }


async def _told(connection: AsyncConnection, player_id: int) -> list[dict[str, Any]]:
    """Feedback, bugs and suggestions of this player (F8), the newest first."""
    rows = await connection.execute(
        sa.select(feedback.c.kind, feedback.c.severity, feedback.c.text, feedback.c.created_at)
        .join(conversations, conversations.c.id == feedback.c.conversation_id)
        .where(conversations.c.player_id == player_id)
        .order_by(feedback.c.created_at.desc())
        .limit(_TOLD)
    )
    return [
        {"kind": row.kind, "severity": row.severity, "text": row.text, "at": moment(row.created_at)} for row in rows
    ]


def _event(event: TicketEvent) -> dict[str, Any]:
    return {
        "number": event.number,
        "kind": event.kind,
        "agent_id": event.agent_id,
        "data": dict(event.data),
        "at": moment(event.happened_at),
    }
