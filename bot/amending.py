"""Changing what was said before: its words, buttons that were pressed, sends whose outcome an agent decides about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.effects import DeleteMessage, EditMessage, MarkMessage, Part
from bot.rows import Opened, Row, amended, payloads
from channels.base import Capabilities
from messaging.messages import Author, Direction, Status
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

    async def entries_of(self, connection: AsyncConnection, conversation: Opened, number: int) -> list[Row]: ...

    async def words(
        self, connection: AsyncConnection, conversation: Opened, parts: Sequence[Part], now: datetime
    ) -> str: ...


async def edit_message(
    work: Amendable, conversation: Opened, change: EditMessage, now: datetime, connection: AsyncConnection
) -> None:
    """Let a message say something else, for players who read from the tables and wherever it was sent to.

    A message that is no longer there, or not ours, is left alone.
    """
    row = await work.find_message(connection, conversation, change.number)
    if row is None or not _is_there(row):
        return
    text = await work.words(connection, conversation, change.parts, now)
    changes: Row = {"text": text}
    if change.correction is not None:
        changes |= {"edited_at": now, "data": {**row["data"], "correction": dict(change.correction)}}
    elif text == row["text"]:
        return
    old_text = row["text"] if change.correction is not None else None
    work.change_message(conversation, change.number, old_text, changes, now)
    limits = work.limits(conversation)
    if not limits.can_edit or limits.pulls:
        return
    parts = await _sent_parts(work, connection, conversation, change.number)
    # What was sent so long ago that nothing is known of it any more cannot be changed: the attempt tells so.
    unknown: list[Row] = [{"text": text, "edits": change.number, "entry": 0}]
    made = amended(parts, change.number, text, row["data"].get("buttons", ()), limits) if parts else unknown
    _enqueue_changes(work, conversation, change.number, made, change.correction, now)


async def delete_message(
    work: Amendable, conversation: Opened, change: DeleteMessage, now: datetime, connection: AsyncConnection
) -> None:
    """Take a message back; its words stay as an earlier version, for agents."""
    row = await work.find_message(connection, conversation, change.number)
    if row is None or not _is_there(row):
        return
    data = {key: value for key, value in row["data"].items() if key != "buttons"}
    if change.correction is not None:
        data["correction"] = dict(change.correction)
    changes: Row = {"text": "", "deleted_at": now, "data": data}
    work.change_message(conversation, change.number, row["text"], changes, now)
    limits = work.limits(conversation)
    if not limits.can_delete or limits.pulls:
        return
    parts = await _sent_parts(work, connection, conversation, change.number)
    made: list[Row] = [
        {"edits": change.number, "entry": number, "deletes": True} for number in [p["number"] for p in parts] or [0]
    ]
    _enqueue_changes(work, conversation, change.number, made, change.correction, now)


async def mark_message(
    work: Amendable, conversation: Opened, mark: MarkMessage, now: datetime, connection: AsyncConnection
) -> None:
    """Let a message keep facts about itself."""
    row = await work.find_message(connection, conversation, mark.number)
    if row is not None:
        work.change_message(conversation, mark.number, None, {"data": {**row["data"], **mark.facts}}, now)


def _is_there(row: Row) -> bool:
    return row["direction"] == Direction.OUTGOING and row.get("deleted_at") is None


async def _sent_parts(work: Amendable, connection: AsyncConnection, conversation: Opened, number: int) -> list[Row]:
    """The outbox rows whose messages stand in the chat now, or will: not those that failed or were taken away."""
    rows = await work.entries_of(connection, conversation, number)
    gone = {row["payload"].get("entry") for row in rows if row["payload"].get("deletes")}
    failed = (EntryState.UNKNOWN, EntryState.DEAD, EntryState.LEFT)
    return [
        row
        for row in rows
        if "edits" not in row["payload"] and row["number"] not in gone and row["state"] not in failed
    ]


def _enqueue_changes(
    work: Amendable,
    conversation: Opened,
    number: int,
    made: Sequence[Row],
    correction: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    """Put changes into the lane; of a correction each tells what became of it, and which of them is the last."""
    changes = [payload for payload in made if "edits" in payload]
    for payload in changes if correction is not None else ():
        payload["corrects"] = payload is changes[-1]
    for payload in made:
        work.enqueue(conversation, number, Author.BOT, payload, now)


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
