"""Nobody stays unanswered (T17): who has neither an answer of ours nor a ticket, kept with each conversation.

The pipeline notes since when, in the transaction that stores what a player wrote; whatever we say ends it. A player
whose words are in an open ticket waits for people, who have clocks of their own; but of it they must have heard.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.happenings import Happening
from bot.situation import Memory, PlayerFacts
from messaging.conversations import conversations
from messaging.messages import MessageReceived
from messaging.players import players


def needs_no_answer(happening: Happening, before: Memory, after: Memory, player: PlayerFacts, now: datetime) -> bool:
    """Whether it is right to say nothing: to another part of an album, amid a flood whose player was told to slow down,
    and to somebody who is muted."""
    if player.muted_until is not None and player.muted_until > now:
        return True
    if isinstance(happening, MessageReceived) and happening.album is not None and happening.album == before.album:
        return True
    told = before.flood is not None and before.flood.told
    return told and after.flood is not None and after.flood.told


async def count(connection: AsyncConnection, before: datetime) -> tuple[int, datetime | None]:
    """How many players wrote before then and have no answer, and since when the first of them waits."""
    row = (
        await connection.execute(
            sa.select(sa.func.count(), sa.func.min(conversations.c.unanswered_since)).where(
                conversations.c.unanswered_since < before
            )
        )
    ).one()
    return row[0], row[1]


async def names(connection: AsyncConnection, before: datetime, limit: int) -> list[str]:
    """Who they are, and where they wrote; the longest without an answer first."""
    query = (
        sa.select(players.c.id, players.c.name, conversations.c.channel)
        .select_from(conversations.join(players))
        .where(conversations.c.unanswered_since < before)
        .order_by(conversations.c.unanswered_since)
        .limit(limit)
    )
    return [f"{row.name or f'Player {row.id}'} ({row.channel})" for row in await connection.execute(query)]
