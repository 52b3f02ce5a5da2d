"""How long it takes until somebody's turn comes (U10): from what recent tickets took, and who is there.

Each online agent has so many seats as they take tickets at once. Whoever waits gets a seat when as many tickets as
stand before them, and their own, have found one.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from handoff.agents import Colleague, Presence
from handoff.tickets import TicketState, in_state, tickets

LOOKED_AT = 50
RECENT = timedelta(days=7)
SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """How the service stands: seats of agents who are online, those that are free, and how long a seat is taken.

    ``handling`` is None while too few tickets were closed to tell.
    """

    on_duty: int = 0
    seats: int = 0
    free: int = 0
    handling: timedelta | None = None


def pace_of(staff: Iterable[Colleague], handled: Sequence[timedelta], enough: int) -> Pace:
    """The pace of this staff, where recent tickets were in hand for so long; the middle one counts."""
    online = [each for each in staff if each.presence is Presence.ONLINE]
    return Pace(
        on_duty=len(online),
        seats=sum(each.capacity for each in online),
        free=sum(max(0, each.capacity - each.assigned) for each in online),
        handling=_middle(handled) if len(handled) >= enough else None,
    )


def expected(pace: Pace, ahead: int) -> timedelta | None:
    """How long it takes about, for whoever has so many before them; None where nobody can tell."""
    if pace.handling is None or pace.seats == 0:
        return None
    seats_to_wait_for = max(0, ahead + 1 - pace.free)
    return max(SHORTEST, pace.handling * seats_to_wait_for / pace.seats)


def in_minutes(wait: timedelta) -> int:
    """As people say it: the longer it is, the rounder, and never shorter than it is."""
    minutes = math.ceil(wait / timedelta(minutes=1))
    step = 1 if minutes <= 10 else 5 if minutes <= 60 else 15
    return math.ceil(minutes / step) * step


def _middle(times: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=statistics.median(each.total_seconds() for each in times))


async def handled(connection: AsyncConnection, now: datetime) -> list[timedelta]:
    """How long the tickets closed last were in hand: from the last claim to the close."""
    query = (
        sa.select(tickets.c.claimed_at, tickets.c.resolved_at)
        .where(
            in_state(TicketState.RESOLVED),
            tickets.c.resolved_at >= now - RECENT,
            tickets.c.claimed_at.is_not(None),
        )
        .order_by(tickets.c.resolved_at.desc())
        .limit(LOOKED_AT)
    )
    return [row.resolved_at - row.claimed_at for row in await connection.execute(query)]
