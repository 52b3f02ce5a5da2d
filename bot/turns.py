"""Ending workers between their turns."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

PATIENCE = 3.0


async def whole_turn(turn: Coroutine[object, object, None]) -> None:
    """Await it so that a cancellation waits, a few seconds at most, until it is over.

    A query that is cut off in the middle costs its connection to the database.
    """
    task = asyncio.create_task(turn)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=PATIENCE)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise
