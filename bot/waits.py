"""The service's pace, kept at hand for whoever is told how long it takes (U10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime

from handoff import tickets, waiting
from handoff.agents import Presence
from handoff.waiting import Pace
from storage.database import Database


class Waits:
    """What was found at the last ``refresh``; before the first nobody can tell."""

    def __init__(self, database: Database, enough: int, now: Callable[[], datetime]) -> None:
        """``enough`` is how many recent tickets it takes to tell."""
        self._database = database
        self._enough = enough
        self._now = now
        self.pace: Pace | None = None
        self.staff: Mapping[Presence, int] = {}

    async def refresh(self) -> None:
        async with self._database.reading() as connection:
            staff = await tickets.staff(connection)
            handled = await waiting.handled(connection, self._now())
        self.pace = waiting.pace_of(staff.values(), handled, self._enough)
        counted = Counter(each.presence for each in staff.values())
        self.staff = {presence: counted[presence] for presence in Presence}
