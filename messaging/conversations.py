"""Conversations and what was said in them.

``counter`` of a conversation numbers everything that happens in it: messages, tickets, outbox entries and changes of
messages. It moves only under the conversation's row lock, so numbers have no gaps that a reader could miss: whoever
remembers the highest ``revision`` that they saw asks for what is above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from messaging.messages import Author, Button, Direction, Status
from storage.database import Identifier, Json, Moment, metadata

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", Identifier, primary_key=True, autoincrement=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("chat", sa.Text, nullable=False),
    sa.Column("player_id", Identifier, sa.ForeignKey("players.id"), nullable=False, index=True),
    sa.Column("counter", Identifier, nullable=False, default=0),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("language_chosen", sa.Boolean, nullable=False, default=False),
    # What the decision needs to remember between two messages; see bot.situation.Memory.
    sa.Column("memory", Json, nullable=False),
    # Why nothing can be sent here any more (the player blocked the bot …), or null.
    sa.Column("lost", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("last_incoming_at", Moment),
    sa.Column("last_incoming_id", sa.Text),
    # The number of what the player wrote last: a reply written before it was read is told by it.
    sa.Column("last_incoming_number", Identifier),
    # The number of what an agent told them last: whether the player is still asking (W13) is told by both.
    sa.Column("last_reply_number", Identifier),
    # Since when the player's words have neither an answer of ours nor a ticket (T17).
    sa.Column("unanswered_since", Moment),
    sa.UniqueConstraint("channel", "chat"),
    sa.Index(
        "ix_conversations_unanswered",
        "unanswered_since",
        sqlite_where=sa.text("unanswered_since IS NOT NULL"),
        postgresql_where=sa.text("unanswered_since IS NOT NULL"),
    ),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("conversation_id", Identifier, sa.ForeignKey("conversations.id"), primary_key=True),
    sa.Column("number", Identifier, primary_key=True, autoincrement=False),
    sa.Column("revision", Identifier, nullable=False),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("agent_id", Identifier),
    sa.Column("ticket_number", Identifier),
    sa.Column("external_id", sa.Text),
    sa.Column("text", sa.Text, nullable=False),
    # Buttons, offered entries, the FAQ's version, the kind of an unsupported message: small facts about the message.
    sa.Column("data", Json, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("sent_at", Moment, nullable=False),
    sa.Column("edited_at", Moment),
    sa.Column("deleted_at", Moment),
    sa.Index("ix_messages_revision", "conversation_id", "revision"),
)

message_versions = sa.Table(
    "message_versions",
    metadata,
    sa.Column("conversation_id", Identifier, primary_key=True),
    sa.Column("number", Identifier, primary_key=True, autoincrement=False),
    sa.Column("revision", Identifier, primary_key=True, autoincrement=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("replaced_at", Moment, nullable=False),
)

attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("conversation_id", Identifier, primary_key=True),
    sa.Column("number", Identifier, primary_key=True, autoincrement=False),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger),
    sa.Column("sha256", sa.Text),
    sa.Column("remote", sa.Text),
    # pending: to be fetched · stored · refused: too large or of a type not allowed · lost: could not be fetched
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("due_at", Moment),
    sa.Column("error", sa.Text),
    sa.Index("ix_attachments_sha256", "sha256"),
    sa.Index(
        "ix_attachments_pending",
        "due_at",
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    ),
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message. ``sha256`` names its bytes once ``state`` is ``stored``."""

    position: int
    name: str
    content_type: str
    size: int | None
    sha256: str | None
    state: str


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said, as it stands now."""

    conversation_id: int
    number: int
    revision: int
    direction: Direction
    author: Author
    agent_id: int | None
    ticket_number: int | None
    external_id: str | None
    text: str
    buttons: tuple[Button, ...]
    data: dict[str, Any]
    status: Status
    error: str | None
    sent_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    attachments: tuple[Attachment, ...]


async def changes(
    connection: AsyncConnection,
    conversation_id: int,
    after_revision: int,
    *,
    limit: int = 200,
    with_notes: bool,
) -> list[Message]:
    """Messages that are new or changed since ``after_revision``, in the order of their changes, at most ``limit``.

    Players see ``with_notes=False``: notes are internal.
    """
    query = (
        sa.select(messages)
        .where(messages.c.conversation_id == conversation_id, messages.c.revision > after_revision)
        .order_by(messages.c.revision)
        .limit(limit)
    )
    if not with_notes:
        query = query.where(messages.c.direction != Direction.NOTE)
    return await _with_attachments(connection, (await connection.execute(query)).all())


async def latest(
    connection: AsyncConnection, conversation_id: int, *, limit: int = 50, before: int | None = None, with_notes: bool
) -> list[Message]:
    """The newest messages (or the newest with a number under ``before``), oldest first."""
    query = (
        sa.select(messages)
        .where(messages.c.conversation_id == conversation_id)
        .order_by(messages.c.number.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(messages.c.number < before)
    if not with_notes:
        query = query.where(messages.c.direction != Direction.NOTE)
    rows = (await connection.execute(query)).all()
    return await _with_attachments(connection, rows[::-1])


async def find(connection: AsyncConnection, channel: str, chat: str) -> int | None:
    """The id of the conversation in this chat, or None where nobody wrote yet."""
    found: int | None = await connection.scalar(
        sa.select(conversations.c.id).where(conversations.c.channel == channel, conversations.c.chat == chat)
    )
    return found


def buttons_as_data(buttons: Iterable[Button]) -> list[dict[str, str]]:
    """Buttons in the form that ``messages.data`` and outbox payloads keep."""
    return [
        {"label": button.label} | ({"action": button.action} if button.action else {"url": button.url or ""})
        for button in buttons
    ]


def buttons_from_data(data: Iterable[dict[str, str]]) -> tuple[Button, ...]:
    return tuple(Button(each["label"], each.get("action"), each.get("url")) for each in data)


async def _with_attachments(connection: AsyncConnection, rows: Sequence[sa.Row[Any]]) -> list[Message]:
    numbers = [row.number for row in rows if row.data.get("files")]
    files: dict[int, list[Attachment]] = {}
    if numbers:
        found = await connection.execute(
            sa.select(attachments)
            .where(
                attachments.c.conversation_id == rows[0].conversation_id,
                attachments.c.number.in_(numbers),
            )
            .order_by(attachments.c.number, attachments.c.position)
        )
        for row in found:
            files.setdefault(row.number, []).append(
                Attachment(row.position, row.name, row.content_type, row.size, row.sha256, row.state)
            )
    return [_message(row, tuple(files.get(row.number, ()))) for row in rows]


def _message(row: sa.Row[Any], files: tuple[Attachment, ...]) -> Message:
    return Message(
        conversation_id=row.conversation_id,
        number=row.number,
        revision=row.revision,
        direction=Direction(row.direction),
        author=Author(row.author),
        agent_id=row.agent_id,
        ticket_number=row.ticket_number,
        external_id=row.external_id,
        text=row.text,
        buttons=buttons_from_data(row.data.get("buttons", ())),
        data=row.data,
        status=Status(row.status),
        error=row.error,
        sent_at=row.sent_at,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
        attachments=files,
    )
