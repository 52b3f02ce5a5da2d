"""What players wrote or pressed that the program could not handle, nor even apologise for: kept until it can.

Each is kept as the network told it, in a table of its own that nothing else has to read, so that the defect which kept
the event from being handled cannot keep it from being kept. It comes back when it is asked for, and at every start.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from messaging.messages import (
    ButtonPressed,
    ChannelEvent,
    ChatLost,
    CommandUsed,
    IncomingFile,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Person,
)
from storage.database import Database, Identifier, Moment, metadata

set_aside = sa.Table(
    "set_aside",
    metadata,
    sa.Column("id", Identifier, primary_key=True, autoincrement=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("chat", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    # As ASCII text: there is no event that cannot be written so.
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("kept_at", Moment, nullable=False),
    # When it is to be tried again; without, it waits to be asked for.
    sa.Column("due_at", Moment),
    sa.UniqueConstraint("channel", "chat", "key"),
)

_KINDS = {
    kind.__name__: kind
    for kind in (MessageReceived, MessageEdited, MessageDeleted, ButtonPressed, CommandUsed, ChatLost)
}


@dataclass(frozen=True, slots=True)
class SetAside:
    """One event that is kept, with what happened when it was handled last."""

    id: int
    event: ChannelEvent
    error: str
    kept_at: datetime
    due_at: datetime | None

    @property
    def player(self) -> str:
        """Whose it is, as far as the network told."""
        person: Person | None = getattr(self.event, "person", None)
        return person.name if person is not None else self.event.chat

    @property
    def words(self) -> str:
        """What was written or pressed."""
        match self.event:
            case CommandUsed(name=name, argument=argument):
                return f"/{name} {argument}".rstrip()
            case MessageReceived(text=text) | MessageEdited(text=text):
                return text
            case ButtonPressed(action=action):
                return action
            case _:
                return ""


async def keep(database: Database, event: ChannelEvent, error: str, now: datetime) -> None:
    """Keep it. An event that is kept already goes on waiting, with its newest error. Raises StorageError."""
    changes = {"error": error, "due_at": None}
    row = {
        "channel": event.channel,
        "chat": event.chat,
        "key": event.key,
        "event": written(event),
        "kept_at": now,
        **changes,
    }
    insert = database.insert(set_aside).values(row)
    async with database.transaction() as connection:
        await connection.execute(insert.on_conflict_do_update(index_elements=["channel", "chat", "key"], set_=changes))


async def listed(connection: AsyncConnection, *, due_by: datetime | None = None, limit: int = 1000) -> list[SetAside]:
    """What is kept, in the order in which it came; with ``due_by`` what is to be tried again by then."""
    query = sa.select(set_aside).order_by(set_aside.c.id).limit(limit)
    if due_by is not None:
        query = query.where(set_aside.c.due_at <= due_by)
    found = await connection.execute(query)
    return [SetAside(row.id, read(row.event), row.error, row.kept_at, row.due_at) for row in found]


async def figures(connection: AsyncConnection) -> tuple[int, datetime | None]:
    """How many are kept, and since when the first of them."""
    found = await connection.execute(sa.select(sa.func.count(), sa.func.min(set_aside.c.kept_at)))
    row = found.one()
    return row[0], row[1]


async def try_again(connection: AsyncConnection, ids: Sequence[int] | None, now: datetime) -> set[int]:
    """Have these (None: all) handled again as soon as a server runs. Returns which there were."""
    chosen = sa.true() if ids is None else set_aside.c.id.in_(ids)
    found = await connection.execute(sa.update(set_aside).where(chosen).values(due_at=now).returning(set_aside.c.id))
    return {row.id for row in found}


async def drop(connection: AsyncConnection, ids: Sequence[int]) -> set[int]:
    """Forget these for good. Returns which there were."""
    found = await connection.execute(sa.delete(set_aside).where(set_aside.c.id.in_(ids)).returning(set_aside.c.id))
    return {row.id for row in found}


def written(event: ChannelEvent) -> str:
    """The event as ASCII text. A short-lived way to answer in place is left out: it is long over when it is read."""
    facts = {name: value for name, value in asdict(event).items() if name != "reply_via"}
    return json.dumps({"kind": type(event).__name__, **facts}, default=datetime.isoformat)


def read(text: str) -> ChannelEvent:
    """What ``written`` wrote."""
    facts: dict[str, Any] = json.loads(text)
    kind = _KINDS[facts.pop("kind")]
    if "person" in facts:
        facts["person"] = Person(**facts["person"])
    if "files" in facts:
        facts["files"] = tuple(IncomingFile(**each) for each in facts["files"])
    for name in facts.keys() & {"sent_at", "edited_at", "deleted_at", "pressed_at", "lost_at"}:
        facts[name] = datetime.fromisoformat(facts[name])
    event: ChannelEvent = kind(**facts)
    return event


def late(event: ChannelEvent) -> ChannelEvent:
    """The event as one that comes after the time when it should have been answered."""
    return replace(event, late=True) if isinstance(event, MessageReceived | CommandUsed) else event
