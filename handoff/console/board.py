"""The lists that every open console shows, read once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from handoff import agents, tickets
from handoff.console import views
from handoff.tickets import Ticket
from messaging.conversations import conversations
from storage.database import Database

_LISTED = 100
_RECENTLY_CLOSED = 30


class Board:
    """The queue, what is in hand, and what was closed last, as the frame that pages are sent.

    However many ask at once, the tables are read and written out as JSON once, and not again within ``pace`` seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float], pace: float) -> None:
        """``clock`` counts seconds and never goes back."""
        self._database = database
        self._clock = clock
        self._pace = pace
        self._reading = asyncio.Lock()
        self._read_at = float("-inf")
        self._frame = ""

    async def frame(self, age: float = 0.0) -> str:
        """The lists as they stood at most ``age`` seconds before this call."""
        wanted = self._clock() - age
        async with self._reading:
            if self._read_at < wanted:
                await asyncio.sleep(max(0.0, self._read_at + self._pace - self._clock()))
                begun = self._clock()
                async with self._database.reading() as connection:
                    self._frame = views.frame("lists", await _read(connection))
                self._read_at = begun
            return self._frame


async def in_hand(connection: AsyncConnection, agent_id: int | None) -> list[dict[str, Any]]:
    """The tickets in this agent's hands (in anybody's, for None), each with when its player wrote last."""
    found = await tickets.assigned(connection, agent_id, _LISTED, lean=True)
    last = await _last_incoming(connection, found)
    return [views.listed(ticket, last.get(ticket.key.conversation_id)) for ticket in found]


async def _read(connection: AsyncConnection) -> dict[str, Any]:
    count, _ = await tickets.queue_figures(connection)
    return {
        "waiting": [views.listed(each) for each in await tickets.waiting(connection, _LISTED, lean=True)],
        "waiting_count": count,
        "assigned": await in_hand(connection, None),
        "resolved": [views.listed(each) for each in await tickets.resolved(connection, _RECENTLY_CLOSED, lean=True)],
        "snoozed": [views.listed(each) for each in await tickets.snoozed(connection, _LISTED, lean=True)],
        "colleagues": [views.colleague(each) for each in (await tickets.staff(connection)).values()],
        "staff": views.staff(await agents.everyone(connection)),
    }


async def _last_incoming(connection: AsyncConnection, found: Sequence[Ticket]) -> dict[int, datetime]:
    if not found:
        return {}
    rows = await connection.execute(
        sa.select(conversations.c.id, conversations.c.last_incoming_at).where(
            conversations.c.id.in_([ticket.key.conversation_id for ticket in found])
        )
    )
    return {row.id: row.last_incoming_at for row in rows}
