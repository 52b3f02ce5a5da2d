"""How far each channel has come in what its network tells, for networks that can be asked for what followed."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from storage.database import Database, Moment, metadata

positions = sa.Table(
    "positions",
    metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    # In the channel's own words; nobody else reads it.
    sa.Column("position", sa.Text, nullable=False),
    sa.Column("kept_at", Moment, nullable=False),
)


async def position_of(database: Database, channel: str) -> str | None:
    """What the channel kept last."""
    async with database.reading() as connection:
        found: str | None = await connection.scalar(
            sa.select(positions.c.position).where(positions.c.channel == channel)
        )
    return found


async def keep_position(database: Database, channel: str, position: str, now: datetime) -> None:
    """Keep it, in place of what the channel kept before."""
    kept = {"position": position, "kept_at": now}
    insert = database.insert(positions).values(channel=channel, **kept)
    async with database.transaction() as connection:
        await connection.execute(insert.on_conflict_do_update(index_elements=["channel"], set_=kept))
