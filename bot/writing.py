"""Writing what conversations have become: their tickets, themselves, their players."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.rows import Opened, Row
from handoff.tickets import tickets
from messaging.conversations import conversations, messages
from messaging.players import players


async def write_tickets(connection: AsyncConnection, opened: Iterable[Opened]) -> bool:
    """Insert or update the newest tickets; returns whether there was any."""
    any_written = False
    for conversation in opened:
        if not conversation.ticket_changes or conversation.ticket is None:
            continue
        any_written = True
        if conversation.ticket_is_new:
            await connection.execute(sa.insert(tickets).values(conversation.ticket_changes))
            continue
        await connection.execute(
            sa.update(tickets)
            .where(tickets.c.conversation_id == conversation.id, tickets.c.number == conversation.ticket.number)
            .values(conversation.ticket_changes)
        )
    return any_written


async def write_conversations(connection: AsyncConnection, opened: Iterable[Opened]) -> None:
    """Update all of them in one statement."""
    rows = [
        {
            "of_id": each.id,
            "counter": each.counter,
            "language": each.language,
            "language_chosen": each.language_chosen,
            "memory": each.memory.as_data(),
            "lost": each.lost,
            "last_incoming_at": each.last_incoming_at,
            "last_incoming_id": each.last_incoming_id,
            "last_incoming_number": each.last_incoming_number,
            "last_reply_number": each.last_reply_number,
            "unanswered_since": each.unanswered_since,
        }
        for each in opened
    ]
    if rows:
        names = [name for name in rows[0] if name != "of_id"]
        await connection.execute(
            sa.update(conversations)
            .where(conversations.c.id == sa.bindparam("of_id"))
            .values({name: sa.bindparam(name) for name in names}),
            rows,
        )


async def write_players(connection: AsyncConnection, opened: Iterable[Opened]) -> None:
    """Update the players of whom something changed."""
    for each in opened:
        if each.player_changes:
            await connection.execute(
                sa.update(players).where(players.c.id == each.player_id).values(each.player_changes)
            )


async def write_changed_messages(connection: AsyncConnection, changes: Iterable[Row]) -> None:
    """Update messages; ``of_conversation`` and ``of_number`` of a change say which."""
    for change in changes:
        values = {name: value for name, value in change.items() if name not in ("of_conversation", "of_number")}
        await connection.execute(
            sa.update(messages)
            .where(messages.c.conversation_id == change["of_conversation"], messages.c.number == change["of_number"])
            .values(values)
        )
