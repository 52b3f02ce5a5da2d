"""What arrived already: the memory that makes a second delivery harmless."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Identifier, Moment, among, metadata

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("conversation_id", Identifier, primary_key=True),
    # The event's key: its kind and the network's own id.
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("received_at", Moment, nullable=False, index=True),
)


async def seen(connection: AsyncConnection, keys: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    """Which of these (conversation id, event key) arrived before. Holds while the conversations are locked."""
    found = await connection.execute(
        sa.select(inbox.c.conversation_id, inbox.c.key).where(
            among(connection, (inbox.c.conversation_id, inbox.c.key), keys)
        )
    )
    return {(row.conversation_id, row.key) for row in found}


async def forget(connection: AsyncConnection, before: datetime, limit: int) -> None:
    """Forget what arrived before then, the oldest first, at most ``limit``."""
    old = await connection.execute(
        sa.select(inbox.c.conversation_id, inbox.c.key)
        .where(inbox.c.received_at < before)
        .order_by(inbox.c.received_at)
        .limit(limit)
    )
    keys = [{"of_conversation": row.conversation_id, "of_key": row.key} for row in old]
    if keys:
        await connection.execute(
            sa.delete(inbox).where(
                inbox.c.conversation_id == sa.bindparam("of_conversation"), inbox.c.key == sa.bindparam("of_key")
            ),
            keys,
        )
