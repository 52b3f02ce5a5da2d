"""Changing what was said before: buttons that were pressed, sends whose outcome an agent decides about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.rows import Opened, Row, payloads
from channels.base import Capabilities
from messaging.messages import Author, Status
from messaging.outbox import EntryState, of_message, outbox


class Amendable(Protocol):
    """The transaction's work, as far as it is needed here; see bot.work.Work."""

    def limits(self, conversation: Opened) -> Capabilities: ...

    def enqueue(
        self, conversation: Opened, message_number: int, author: Author, payload: Row, now: datetime
    ) -> None: ...

    def change_message(
        self, conversation: Opened, number: int, old_text: str | None, changes: Row, now: datetime
    ) -> None: ...

    async def find_message(self, connection: AsyncConnection, conversation: Opened, number: int) -> Row | None: ...


async def strip_buttons(
    work: Amendable, conversation: Opened, number: int, now: datetime, connection: AsyncConnection
) -> None:
    """Take the buttons off a message, but for links: those go on being useful after the press."""
    row = await work.find_message(connection, conversation, number)
    if row is None or "buttons" not in row["data"]:
        return
    links = [button for button in row["data"]["buttons"] if "url" in button]
    work.change_message(conversation, number, None, {"data": {**row["data"], "buttons": links}}, now)
    limits = work.limits(conversation)
    if limits.can_edit and not limits.pulls and row["text"]:
        # The part that carries the buttons is the last one of a long answer.
        payload = {**payloads(row["text"], links, (), limits)[-1], "edits": number}
        work.enqueue(conversation, number, Author.BOT, payload, now)


async def send_again(
    work: Amendable, conversation: Opened, number: int, now: datetime, connection: AsyncConnection
) -> None:
    """Put what did not surely arrive back in the lane."""
    failed = await _in_state(connection, conversation, number, (EntryState.UNKNOWN, EntryState.DEAD, EntryState.LEFT))
    for row in failed:
        payload = {key: value for key, value in row.payload.items() if key != "reply_via"}
        work.enqueue(conversation, number, Author(row.author), payload, now)
    await _settle(work, connection, conversation, number, failed, {"status": Status.WAITING, "error": None})


async def leave(work: Amendable, conversation: Opened, number: int, connection: AsyncConnection) -> None:
    """Leave what did not surely arrive as it is."""
    failed = await _in_state(connection, conversation, number, (EntryState.UNKNOWN, EntryState.DEAD))
    row = await work.find_message(connection, conversation, number)
    if row is not None:
        await _settle(work, connection, conversation, number, failed, {"data": {**row["data"], "left": True}})


async def _in_state(
    connection: AsyncConnection, conversation: Opened, number: int, states: Sequence[EntryState]
) -> list[sa.Row[Any]]:
    return [row for row in await of_message(connection, conversation.id, number) if row.state in states]


async def _settle(
    work: Amendable,
    connection: AsyncConnection,
    conversation: Opened,
    number: int,
    rows: Sequence[sa.Row[Any]],
    changes: Row,
) -> None:
    """The entries are done with, and their message says so."""
    row = await work.find_message(connection, conversation, number)
    if not rows or row is None:
        return
    await connection.execute(
        sa.update(outbox)
        .where(outbox.c.conversation_id == conversation.id, outbox.c.number.in_([each.number for each in rows]))
        .values(state=EntryState.LEFT)
    )
    work.change_message(conversation, number, None, changes, row["sent_at"])
