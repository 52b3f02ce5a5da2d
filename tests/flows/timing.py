"""What tests of clocks share: time that passes with its alarms, what was recorded, what staff are told."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from handoff import records
from handoff.agents import Role
from handoff.notices import for_role
from handoff.tickets import Ticket
from messaging import timers
from tests.flows.house import Agent, House

PATIENT = {"silence": timedelta(days=30), "away": timedelta(days=30)}
"""Agents who never count as gone, however far the clock is moved."""


async def passes(house: House, **by: float) -> None:
    """Move the clock and let everything ring that is due by then."""
    house.clock.advance(**by)
    await rings(house)


async def rings(house: House) -> None:
    await house.app.clockwork.fire_timers()
    await house.quiet()
    await house.app.lookout.look()


async def replanned(house: House) -> None:
    """After a start: the clocks of all tickets are looked through, and what is due has rung."""
    await house.app.replanning.sweep()
    async with asyncio.timeout(10):
        while await _due(house):
            await rings(house)
            await asyncio.sleep(0.05)


async def _due(house: House) -> bool:
    async with house.app.database.reading() as connection:
        return bool(await timers.due(connection, house.clock(), 1))


async def recorded(house: House, ticket: Ticket, kind: str) -> list[dict[str, Any]]:
    """What stands in the ticket's record of this kind, oldest first."""
    async with house.app.database.reading() as connection:
        events = await records.of_ticket(connection, ticket.key.conversation_id, ticket.key.number)
    return [dict(each.data) for each in events if each.kind == kind]


async def warnings(house: House, ticket: Ticket) -> list[tuple[str, int]]:
    return [(each["duty"], each["percent"]) for each in await recorded(house, ticket, "sla_warning")]


def told(house: House, role: Role = Role.LEAD, agent: Agent | None = None) -> dict[str, str]:
    """The notices that somebody sees, by key."""
    found = for_role(house.app.lookout.notices(), role, agent.id if agent else None)
    return {each.key: f"{each.severity}: {each.text}" for each in found}
