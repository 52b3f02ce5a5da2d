"""After the owner edited the calendar or a class: alarms set by what held before are set by what holds now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.decisions.clocking import SLA
from bot.times import Times
from handoff.sla import Clocks
from handoff.tickets import TicketState, tickets
from messaging import timers as timer_store
from messaging.timers import Timer, timers
from storage.database import Database

READ_AT_ONCE = 100
"""A page is looked through in some 15 ms, in which nobody else gets a turn."""
EVERY = 3600.0
"""Seconds. At the start it finds what was edited; later on, an alarm that was lost, which should not be."""


@dataclass(frozen=True, slots=True)
class Replanning:
    """Looks through open tickets. Where the clocks say something else than is stored, their alarm rings now.

    An alarm that rings too early does no harm: it is set again.
    """

    database: Database
    times: Times
    now: Callable[[], datetime]

    async def sweep(self) -> None:
        """Look once, in pages: there may be very many."""
        last = (0, 0)
        while True:
            async with self.database.reading() as connection:
                rows = (await connection.execute(_page(last))).all()
            now = self.now()
            stale = [Timer(row.conversation_id, SLA, now) for row in rows if self._is_stale(row, now)]
            if stale:
                async with self.database.transaction() as connection:
                    await timer_store.set_all(self.database, connection, stale)
            if len(rows) < READ_AT_ONCE:
                return
            last = (rows[-1].conversation_id, rows[-1].number)

    def _is_stale(self, row: sa.Row[Any], now: datetime) -> bool:
        if not row.clocks:
            # From before there were clocks.
            return row.alarm_at is None or row.alarm_at > now
        if row.alarm_at is not None and row.alarm_at <= now:
            # It rings anyway.
            return False
        name, calendar = row.clocks["ticket_class"], self.times.calendar
        clocks = Clocks.from_plain(row.clocks, {name: self.times.class_of(name)}).renewed(now, calendar)
        if clocks.to_plain() != row.clocks or clocks.due_at(calendar) != row.due_at:
            return True
        alarm = clocks.next_alarm(now, calendar)
        return alarm is not None and (row.alarm_at is None or alarm < row.alarm_at)


def _page(last: tuple[int, int]) -> sa.Select[Any]:
    alarm = sa.and_(timers.c.conversation_id == tickets.c.conversation_id, timers.c.kind == SLA)
    return (
        sa.select(
            tickets.c.conversation_id,
            tickets.c.number,
            tickets.c.clocks,
            tickets.c.due_at,
            timers.c.due_at.label("alarm_at"),
        )
        .select_from(tickets.outerjoin(timers, alarm))
        .where(
            tickets.c.state != TicketState.RESOLVED,
            sa.tuple_(tickets.c.conversation_id, tickets.c.number) > last,
        )
        .order_by(tickets.c.conversation_id, tickets.c.number)
        .limit(READ_AT_ONCE)
    )
