"""Giving what is to be sent to the process that sends it: two in one conversation at once would lose the order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.rows import Row
from channels.base import Capabilities
from messaging.holding import receivers
from messaging.outbox import NOBODY, held_by_others


async def share_out(
    connection: AsyncConnection, rows: Sequence[Row], holder: str, capabilities: Mapping[str, Capabilities]
) -> None:
    """Set ``held_by`` of these new rows, whose conversations are locked.

    Whoever still has something to send in a conversation goes on there; where only the receiving process can send, it
    does.
    """
    others = await held_by_others(connection, holder, {row["conversation_id"] for row in rows})
    tied = {row["channel"] for row in rows if _is_tied(capabilities.get(row["channel"]))}
    sends_for = await receivers(connection) if tied else {}
    for row in rows:
        alone = sends_for.get(row["channel"], NOBODY) if row["channel"] in tied else holder
        row["held_by"] = others.get(row["conversation_id"], alone)


def given_away(rows: Sequence[Row], holder: str) -> dict[str, set[int]]:
    """By other process, the conversations in which it was given something to send."""
    given: dict[str, set[int]] = {}
    for row in rows:
        if row["held_by"] not in (holder, NOBODY):
            given.setdefault(row["held_by"], set()).add(row["conversation_id"])
    return given


def _is_tied(capabilities: Capabilities | None) -> bool:
    return capabilities is not None and capabilities.sends_where_received
