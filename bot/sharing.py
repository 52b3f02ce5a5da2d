"""Giving what is to be sent to the process that sends it: two in one conversation at once would lose the order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.rows import Row
from channels.base import Capabilities
from messaging.holding import NOBODY, receivers, unfinished_in
from messaging.outbox import Entry


async def share_out(
    connection: AsyncConnection, rows: Sequence[Row], holder: str, capabilities: Mapping[str, Capabilities]
) -> list[Entry]:
    """Set ``held_by`` of these new rows, whose conversations are locked.

    Whoever still has something to send in a conversation goes on there; where only the receiving process can send, it
    does. Returns what ``holder`` itself is still to send in these conversations, in its order.
    """
    unfinished = await unfinished_in(connection, {row["conversation_id"] for row in rows})
    others = {entry.conversation_id: held_by for held_by, entry in unfinished if held_by != holder}
    tied = {row["channel"] for row in rows if _is_tied(capabilities.get(row["channel"]))}
    sends_for = await receivers(connection) if tied else {}
    for row in rows:
        alone = sends_for.get(row["channel"], NOBODY) if row["channel"] in tied else holder
        row["held_by"] = others.get(row["conversation_id"], alone)
    return [entry for held_by, entry in unfinished if held_by == holder]


def given_away(rows: Sequence[Row], holder: str) -> dict[str, set[int]]:
    """By other process, the conversations in which it was given something to send."""
    given: dict[str, set[int]] = {}
    for row in rows:
        if row["held_by"] not in (holder, NOBODY):
            given.setdefault(row["held_by"], set()).add(row["conversation_id"])
    return given


def _is_tied(capabilities: Capabilities | None) -> bool:
    return capabilities is not None and capabilities.sends_where_received
