"""Places in the queue, kept true where they were told: the message is changed, not said again (U10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.happenings import PlaceMoved, Submit
from bot.situation import Memory
from handoff.tickets import TicketState, in_state, tickets
from messaging.conversations import conversations
from storage.database import Database

MOST = 100
"""So many of the next in the queue are kept up to date; who is further behind hears it when they come nearer."""


class Places:
    """Looks whose place is no longer the one that they were told."""

    def __init__(
        self,
        database: Database,
        submit: Submit,
        now: Callable[[], datetime],
        pace: timedelta,
    ) -> None:
        """``pace`` is how long a place that was told stands at least."""
        self._database = database
        self._submit = submit
        self._now = now
        self._pace = pace

    async def look(self) -> None:
        """Have every place that moved told anew."""
        now = self._now()
        query = (
            sa.select(conversations.c.id, conversations.c.memory)
            .select_from(tickets.join(conversations))
            .where(in_state(TicketState.WAITING))
            .order_by(tickets.c.queue_at)
            .limit(MOST)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        told = [(row.id, ahead, Memory.from_data(row.memory).place) for ahead, row in enumerate(rows)]
        moved = [
            PlaceMoved(conversation_id, place.number, ahead, now)
            for conversation_id, ahead, place in told
            if place is not None and place.ahead != ahead and now - place.at >= self._pace
        ]
        if moved:
            await self._submit(moved)
