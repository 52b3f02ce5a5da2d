"""Which process sends what: a conversation's entries are in one process's hands, so that their order holds."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from messaging.outbox import NOBODY, UNFINISHED, Entry, entry_of_row, holders, in_states, outbox


async def receivers(connection: AsyncConnection) -> dict[str, str]:
    """By channel that one process alone receives and sends for, that process."""
    found = await connection.execute(sa.select(holders.c.id, holders.c.receives).order_by(holders.c.heartbeat_at))
    return {channel: row.id for row in found for channel in row.receives}


async def still_held(connection: AsyncConnection, holder: str, entry: Entry) -> Entry | None:
    """The entry as it stands now; None where it is finished, or another process's to send."""
    row = (
        await connection.execute(
            sa.select(outbox).where(
                outbox.c.conversation_id == entry.conversation_id,
                outbox.c.number == entry.number,
                outbox.c.held_by == holder,
                in_states(UNFINISHED),
            )
        )
    ).one_or_none()
    return None if row is None else entry_of_row(row)


async def held_in(connection: AsyncConnection, holder: str, conversation_ids: Iterable[int]) -> list[Entry]:
    """What this process is still to send in these conversations, in the order of their lanes."""
    found = await connection.execute(
        sa.select(outbox)
        .where(outbox.c.conversation_id.in_(list(conversation_ids)), outbox.c.held_by == holder, in_states(UNFINISHED))
        .order_by(outbox.c.conversation_id, outbox.c.number)
    )
    return [entry_of_row(row) for row in found]


async def let_go(connection: AsyncConnection, holder: str, channels: Iterable[str]) -> None:
    """Give what this process holds of these channels to whoever can send it."""
    await connection.execute(
        sa.update(outbox)
        .where(in_states(UNFINISHED), outbox.c.held_by == holder, outbox.c.channel.in_(list(channels)))
        .values(held_by=NOBODY)
    )
