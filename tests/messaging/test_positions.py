"""How far a channel has come is kept over restarts, for each channel apart."""

from __future__ import annotations

from datetime import UTC, datetime

from messaging.positions import keep_position, position_of
from storage.database import Database

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def test_the_newest_position_of_each_channel_is_kept(database: Database) -> None:
    assert await position_of(database, "discord") is None
    await keep_position(database, "discord", "first", NOW)
    await keep_position(database, "other", "elsewhere", NOW)
    await keep_position(database, "discord", "second", NOW)
    assert await position_of(database, "discord") == "second"
    assert await position_of(database, "other") == "elsewhere"
