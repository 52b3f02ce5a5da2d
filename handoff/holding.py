"""What agents have in hand, as far as it matters whether they are there: read often, so lean."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from handoff.agents import Presence, agents
from handoff.tickets import TicketKey, TicketState, in_state, tickets

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Held:
    """A ticket in an agent's hands."""

    ticket: TicketKey
    agent_id: int
    is_snoozed: bool


async def in_hand(connection: AsyncConnection, limit: int = AT_ONCE) -> list[Held]:
    """Tickets of agents who are not online: in hand, or put aside."""
    shut_out = agents.c.disabled_at.is_not(None)
    gone = sa.or_(agents.c.presence != Presence.ONLINE, shut_out)
    held = sa.or_(in_state(TicketState.ASSIGNED), sa.and_(in_state(TicketState.SNOOZED), shut_out))
    query = (
        sa.select(tickets.c.conversation_id, tickets.c.number, tickets.c.agent_id, tickets.c.state)
        .join(agents, agents.c.id == tickets.c.agent_id)
        # Said besides, so that the planner sees that the index of open tickets will do.
        .where(gone, held, tickets.c.state != sa.literal_column(f"'{TicketState.RESOLVED}'"))
        .order_by(tickets.c.claimed_at)
        .limit(limit)
    )
    rows = (await connection.execute(query)).all()
    return [Held(TicketKey(row[0], row[1]), row[2], row[3] == TicketState.SNOOZED) for row in rows]
