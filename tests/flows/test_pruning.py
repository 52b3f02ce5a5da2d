"""What is forgotten keeps pace with what comes: otherwise the tables grow for ever where many write."""

from __future__ import annotations

import sqlalchemy as sa

from bot.clockwork import PRUNE_EVERY, PRUNED_AT_ONCE
from messaging.inbox import inbox
from tests.flows.house import House

BUSIEST = 200
"""Messages a second that one process is to carry."""


async def test_a_busy_process_forgets_as_fast_as_it_keeps(quiet_cottage: House) -> None:
    await quiet_cottage.begin()
    app = quiet_cottage.app
    came = round(BUSIEST * PRUNE_EVERY)
    async with app.database.transaction() as connection:
        rows = [
            {"conversation_id": n % 7, "key": f"message:{n}", "received_at": quiet_cottage.clock()} for n in range(came)
        ]
        await connection.execute(sa.insert(inbox), rows)
    assert came < PRUNED_AT_ONCE
    quiet_cottage.clock.advance(days=31)
    await app.clockwork.prune()
    async with app.database.reading() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(inbox)) == 0
