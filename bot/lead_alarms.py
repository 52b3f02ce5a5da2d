"""What leads are told of agents' doings: questions to them that wait (H5), and leads who were skipped (H6)."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alarm_words import counted, list_of
from handoff import records
from handoff.agents import agents
from handoff.notices import LEADS, Notice, Severity
from handoff.tickets import tickets
from messaging.conversations import conversations
from messaging.players import players

READ_AT_MOST = 200
SKIPPED_TOLD_FOR = timedelta(days=1)


async def read(connection: AsyncConnection, now: datetime) -> list[Notice]:
    """Everything that holds now."""
    return [*await _questions(connection), *await _skipped(connection, now)]


async def _questions(connection: AsyncConnection) -> list[Notice]:
    query = (
        sa.select(tickets.c.conversation_id, tickets.c.number, players.c.id, players.c.name, agents.c.desk_name)
        .select_from(
            tickets.join(conversations)
            .join(players, players.c.id == conversations.c.player_id)
            .outerjoin(agents, agents.c.id == tickets.c.agent_id)
        )
        .where(tickets.c.asked_lead_at.is_not(None))
        .order_by(tickets.c.asked_lead_at)
        .limit(READ_AT_MOST)
    )
    found = (await connection.execute(query)).all()
    if not found:
        return []
    lines = [
        f"{each.name or f'Player {each.id}'} ({each.conversation_id}-{each.number}"
        f"{f', {each.desk_name}' if each.desk_name else ''})"
        for each in found
    ]
    verb = "waits" if len(found) == 1 else "wait"
    text = f"{counted(len(found), 'question')} to the lead {verb}: {list_of(lines, len(found))}"
    return [Notice("asked_lead", Severity.WARNING, text, "Answer in the ticket itself.", LEADS)]


async def _skipped(connection: AsyncConnection, now: datetime) -> list[Notice]:
    found = await records.of_kind(connection, "lead_skipped", now - SKIPPED_TOLD_FOR)
    if not found:
        return []
    named = await connection.execute(
        sa.select(agents.c.id, agents.c.desk_name).where(agents.c.id.in_({each.agent_id for each in found}))
    )
    names = {row.id: row.desk_name for row in named}
    lines = [
        f"{each.conversation_id}-{each.ticket_number}, by {names.get(each.agent_id, 'somebody')}: {each.data['reason']}"
        for each in found
    ]
    verb = "was" if len(found) == 1 else "were"
    count = counted(len(found), "urgent ticket")
    text = f"{count} {verb} handed past the lead since yesterday: {list_of(lines, len(found))}"
    return [Notice("lead_skipped", Severity.WARNING, text, "Look whether it had to be.", LEADS)]
