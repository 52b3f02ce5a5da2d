"""What leads are told of agents' doings: questions that wait (H5), leads skipped (H6), agents gone (T13)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alarm_words import counted, list_of
from handoff import absences, records
from handoff.agents import agents
from handoff.notices import LEADS, Notice, Severity
from handoff.tickets import tickets
from messaging.conversations import conversations
from messaging.players import players

READ_AT_MOST = 200
GONE_TOLD_FOR = timedelta(minutes=30)
WHY_GONE = {"away": "was away for too long", "offline": "went offline", "disabled": "is not on the staff any more"}
RUDE_TOLD_FOR = timedelta(hours=1)
GLIMPSE = 80
"""Characters of an insult that a notice shows."""
SKIPPED_TOLD_FOR = timedelta(days=1)


async def read(connection: AsyncConnection, now: datetime) -> list[Notice]:
    """Everything that holds now."""
    return [
        *await _questions(connection),
        *await _skipped(connection, now),
        *await _gone(connection, now),
        *await _rude(connection, now),
    ]


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
    names = await _names(connection, {each.agent_id for each in found})
    lines = [
        f"{each.conversation_id}-{each.ticket_number}, by {names.get(each.agent_id, 'somebody')}: {each.data['reason']}"
        for each in found
    ]
    verb = "was" if len(found) == 1 else "were"
    count = counted(len(found), "urgent ticket")
    text = f"{count} {verb} handed past the lead since yesterday: {list_of(lines, len(found))}"
    return [Notice("lead_skipped", Severity.WARNING, text, "Look whether it had to be.", LEADS)]


async def _gone(connection: AsyncConnection, now: datetime) -> list[Notice]:
    """T13, T14: agents whose tickets went back to the queue, and who is away for longer than may be."""
    found = await records.of_kind(connection, "agent_gone", now - GONE_TOLD_FOR)
    lasting = await absences.lasting(connection)
    names = await _names(connection, {each.agent_id for each in found} | {agent_id for agent_id, _ in lasting})
    counts = Counter((each.agent_id, str(each.data.get("why"))) for each in found)
    told = [
        f"{names.get(agent_id, 'Somebody')} {WHY_GONE.get(why, 'is gone')}: "
        f"{counted(count, 'ticket')} went back to the queue."
        for (agent_id, why), count in sorted(counts.items(), key=str)
    ]
    absent = [
        f"{names.get(agent_id, 'Somebody')} is absent since {began_at:%H:%M} {began_at.tzname()}."
        for agent_id, began_at in sorted(lasting)
    ]
    return [
        Notice(f"gone:{number}", Severity.WARNING, text, "Ask them, and see who takes over.", LEADS)
        for number, text in enumerate([*told, *absent])
    ]


async def _rude(connection: AsyncConnection, now: datetime) -> list[Notice]:
    """G16: players who went on insulting us after a warning; the evidence is in each conversation's record."""
    found = await records.of_kind(connection, "rude", now - RUDE_TOLD_FOR)
    lines = {
        each.conversation_id: f"conversation {each.conversation_id}: {str(each.data.get('words', ''))[:GLIMPSE]}"
        for each in reversed(found)
        if each.data.get("step") in ("lead", "mute")
    }
    if not lines:
        return []
    verb = "insults" if len(lines) == 1 else "insult"
    text = f"{counted(len(lines), 'player')} {verb} us in spite of a warning: {list_of(lines.values(), len(lines))}"
    return [Notice("rude", Severity.WARNING, text, "Look at what upset them; mute or unmute as you see fit.", LEADS)]


async def _names(connection: AsyncConnection, agent_ids: Iterable[int | None]) -> dict[int | None, str]:
    named = await connection.execute(
        sa.select(agents.c.id, agents.c.desk_name).where(agents.c.id.in_([each for each in agent_ids if each]))
    )
    return {row.id: row.desk_name for row in named}
