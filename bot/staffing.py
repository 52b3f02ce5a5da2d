"""The staff as a batch of acts finds and leaves them: there, locked where they are given tickets, and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.situation import TicketFacts
from handoff import presence, tickets
from handoff.acts import Act, Assign, Claim, Reopen, Wake
from handoff.agents import Colleague, Presence, agents
from handoff.tickets import TicketState
from storage.database import Database

TAKING = (Claim, Assign, Reopen, Wake)
"""Acts that put a ticket into somebody's hands."""


async def staff_for(
    database: Database, connection: AsyncConnection, acts: Iterable[Act], now: datetime
) -> Mapping[int, Colleague]:
    """Everybody who is not shut out, by id, as these acts find them.

    Who acts is there, and who takes a ticket is online. Whoever may be given one is locked until the transaction
    ends, so that two of them cannot both fill the same last place.
    """
    done = list(acts)
    actors = {act.agent_id for act in done}
    taking = {act.to_agent if isinstance(act, Assign) else act.agent_id for act in done if isinstance(act, TAKING)}
    if taking:
        # In one order for everybody: two transactions never wait for each other.
        wanted = sa.select(agents.c.id).where(agents.c.id.in_(actors | taking)).order_by(agents.c.id)
        await connection.execute(database.lock_rows(wanted, of=agents))
    found = await tickets.staff(connection)
    claiming = {act.agent_id for act in done if isinstance(act, Claim)}
    for agent_id in sorted(actors & found.keys()):
        each = found[agent_id]
        if agent_id in claiming and each.presence is not Presence.ONLINE:
            await presence.set(connection, agent_id, Presence.ONLINE, now)
            found[agent_id] = replace(each, presence=Presence.ONLINE, presence_since=now, last_seen_at=now)
        elif each.last_seen_at is None or now - each.last_seen_at >= presence.FRESH:
            came = await presence.seen(connection, agent_id, now)
            found[agent_id] = replace(
                each,
                presence=Presence.ONLINE if came else each.presence,
                presence_since=now if came else each.presence_since,
                last_seen_at=now,
            )
    return found


def after_change(
    staff: Mapping[int, Colleague], before: TicketFacts, after: TicketFacts
) -> tuple[Mapping[int, Colleague], int | None]:
    """The staff with what they have in hand now that a ticket changed, and who was given it by that (or None)."""
    held, holds = _holder(before), _holder(after)
    if held == holds:
        return staff, None
    changed = dict(staff)
    for agent_id, more in ((held, -1), (holds, 1)):
        if agent_id in changed:
            changed[agent_id] = replace(changed[agent_id], assigned=changed[agent_id].assigned + more)
    return changed, holds if after.agent_id != before.agent_id else None


async def write_given(connection: AsyncConnection, given: Iterable[int], now: datetime) -> None:
    """Remember when these agents were given a ticket last."""
    for agent_id in sorted(given):
        await connection.execute(sa.update(agents).where(agents.c.id == agent_id).values(last_ticket_at=now))


def _holder(ticket: TicketFacts) -> int | None:
    return ticket.agent_id if ticket.state is TicketState.ASSIGNED else None
