"""The outbox: durable things to send. A row belongs to a lane, the chat that it goes to; order holds inside a lane.

A row is held by the process that wrote it, or by the one that still has something to send in its conversation, so that
one process alone sends in a lane. A process that lives renews its heartbeat; the rows of one that does not are taken
over by another. ``waiting`` rows were surely not started, except the first of a lane: what the bot says is sent without
a mark before it, since saying it twice is better than silence. What an agent wrote, and what the bot says once more, is
marked ``sending`` first, so that after a crash it is either surely unsent or honestly ``unknown``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from messaging.conversations import conversations
from messaging.messages import Author
from storage.database import Database, Identifier, Json, Moment, among, metadata


class EntryState(StrEnum):
    """Where an outbox entry stands.

    ``left``: its outcome stayed unknown and an agent chose not to send it again, or the network would not make a
    correction and it was said instead.
    """

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    DEAD = "dead"
    LEFT = "left"


NOBODY = ""
"""Holder of what waits for a process that can send it: the next beat of one takes it over."""

TAKEN_AT_ONCE = 500
_CHANGES_PASSED_BY = 20
UNFINISHED = (EntryState.WAITING, EntryState.SENDING)
SETTLED = (EntryState.SENT, EntryState.LEFT)
FAILED = (EntryState.UNKNOWN, EntryState.DEAD)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("conversation_id", Identifier, primary_key=True),
    sa.Column("number", Identifier, primary_key=True, autoincrement=False),
    sa.Column("message_number", Identifier, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("chat", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    # text, buttons, file {sha256, name, content_type}, reply_via; of a change: edits (a message's number), entry (the
    # number of the row that sent the part, else the last), deletes, corrects (whether it is the correction's last part)
    sa.Column("payload", Json, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    # How many attempts ended without an answer: each may or may not have reached the player.
    sa.Column("doubts", sa.Integer, nullable=False, default=0),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("held_by", sa.Text, nullable=False),
    sa.Column("external_id", sa.Text),
    sa.Column("error", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Index(
        "ix_outbox_unfinished",
        "conversation_id",
        "number",
        sqlite_where=sa.text("state IN ('waiting', 'sending')"),
        postgresql_where=sa.text("state IN ('waiting', 'sending')"),
    ),
    sa.Index(
        "ix_outbox_failed",
        "state",
        sqlite_where=sa.text("state IN ('unknown', 'dead')"),
        postgresql_where=sa.text("state IN ('unknown', 'dead')"),
    ),
    sa.Index(
        "ix_outbox_settled",
        "finished_at",
        sqlite_where=sa.text("state IN ('sent', 'left')"),
        postgresql_where=sa.text("state IN ('sent', 'left')"),
    ),
)

holders = sa.Table(
    "holders",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("heartbeat_at", Moment, nullable=False),
    # The channels that this process alone receives and sends for.
    sa.Column("receives", Json, nullable=False, default=list),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to send, as read from the outbox."""

    conversation_id: int
    number: int
    message_number: int
    channel: str
    chat: str
    author: Author
    payload: Mapping[str, Any]
    state: EntryState
    attempts: int
    doubts: int
    due_at: datetime
    created_at: datetime

    @property
    def lane(self) -> tuple[str, str]:
        return (self.channel, self.chat)

    @property
    def key(self) -> str:
        """Unique to this send and the same on every retry of it."""
        return f"{self.conversation_id}-{self.number}"


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of an attempt; the entry's row takes these values. ``message_number`` is None of an edit."""

    conversation_id: int
    number: int
    message_number: int | None
    state: EntryState
    attempts: int
    doubts: int
    due_at: datetime
    external_id: str | None = None
    error: str | None = None
    finished_at: datetime | None = None


def entry_of_row(row: sa.Row[Any] | Mapping[str, Any]) -> Entry:
    """An Entry from a row of the table (or from the values that were inserted)."""
    values = row if isinstance(row, Mapping) else row._mapping
    return Entry(
        conversation_id=values["conversation_id"],
        number=values["number"],
        message_number=values["message_number"],
        channel=values["channel"],
        chat=values["chat"],
        author=Author(values["author"]),
        payload=values["payload"],
        state=EntryState(values["state"]),
        attempts=values["attempts"],
        doubts=values["doubts"],
        due_at=values["due_at"],
        created_at=values["created_at"],
    )


def in_states(states: Sequence[EntryState]) -> sa.ColumnElement[bool]:
    """Whether an entry is in one of these. They stand in the statement itself: a partial index is only used where the
    planner sees that its condition holds.
    """
    return outbox.c.state.in_([sa.literal_column(f"'{state}'") for state in states])


async def beat(
    database: Database, connection: AsyncConnection, holder: str, now: datetime, receives: Iterable[str] = ()
) -> None:
    """Say that this process lives, and which channels it alone receives and sends for."""
    statement = database.insert(holders).values(id=holder, heartbeat_at=now, receives=sorted(receives))
    changed = {"heartbeat_at": statement.excluded.heartbeat_at, "receives": statement.excluded.receives}
    await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))


async def farewell(connection: AsyncConnection, holder: str) -> None:
    """Say that this process ends: what it leaves may be taken over at once."""
    await connection.execute(sa.delete(holders).where(holders.c.id == holder))


async def is_served(connection: AsyncConnection, alive_since: datetime) -> bool:
    """Whether any process said since then that it lives."""
    query = sa.select(holders.c.id).where(holders.c.heartbeat_at > alive_since).limit(1)
    return await connection.scalar(query) is not None


async def take_over(
    database: Database,
    connection: AsyncConnection,
    holder: str,
    channels: Iterable[str],
    alive_since: datetime,
    limit: int = TAKEN_AT_ONCE,
) -> list[Entry]:
    """Hold what is unfinished on these channels and whose holder is silent since then, in the order of its lanes.

    Of at most ``limit`` conversations; what another living process sends in goes on being sent by that one.
    """
    beating = await connection.scalars(sa.select(holders.c.id).where(holders.c.heartbeat_at > alive_since))
    alive, reached = {*beating, holder}, list(channels)
    left = sa.and_(in_states(UNFINISHED), outbox.c.held_by.not_in(alive), outbox.c.channel.in_(reached))
    ids = await connection.scalars(
        sa.select(outbox.c.conversation_id).where(left).distinct().order_by(outbox.c.conversation_id).limit(limit)
    )
    # Whoever writes in a conversation holds its row: nothing comes behind what is taken over before it is.
    rows_of = sa.select(conversations.c.id).where(conversations.c.id.in_(ids.all())).order_by(conversations.c.id)
    locked = (await connection.scalars(database.skip_locked(rows_of))).all()
    if not locked:
        return []
    rows = await _all_or_none(database, connection, locked)
    others = {row.conversation_id: row.held_by for row in rows if row.held_by in alive - {holder}}
    orphans = [row for row in rows if row.held_by not in alive and row.channel in reached]
    for heir in {others.get(row.conversation_id, holder) for row in orphans}:
        keys = [(row.conversation_id, row.number) for row in orphans if others.get(row.conversation_id, holder) == heir]
        await connection.execute(
            sa.update(outbox)
            .where(among(connection, (outbox.c.conversation_id, outbox.c.number), keys))
            .values(held_by=heir)
        )
    return [entry_of_row(row) for row in orphans if row.conversation_id not in others]


async def _all_or_none(
    database: Database, connection: AsyncConnection, conversation_ids: Collection[int]
) -> list[sa.Row[Any]]:
    """What is unfinished in these conversations, locked, in its order.

    Left out are conversations of which somebody writes a row just now: what becomes of it must be known first.
    """
    unfinished = sa.and_(outbox.c.conversation_id.in_(conversation_ids), in_states(UNFINISHED))
    query = sa.select(outbox).where(unfinished).order_by(outbox.c.conversation_id, outbox.c.number)
    rows = (await connection.execute(database.skip_locked(query))).all()
    counted = sa.select(outbox.c.conversation_id, sa.func.count().label("count")).where(unfinished)
    counts = Counter(row.conversation_id for row in rows)
    busy = {
        row.conversation_id
        for row in await connection.execute(counted.group_by(outbox.c.conversation_id))
        if row[1] != counts[row.conversation_id]
    }
    return [row for row in rows if row.conversation_id not in busy]


async def held_by_others(connection: AsyncConnection, holder: str, conversation_ids: Iterable[int]) -> dict[int, str]:
    """Who else has something to send in these conversations, while they are locked."""
    found = await connection.execute(
        sa.select(outbox.c.conversation_id, outbox.c.held_by).where(
            outbox.c.conversation_id.in_(list(conversation_ids)),
            in_states(UNFINISHED),
            outbox.c.held_by != holder,
        )
    )
    return {row.conversation_id: row.held_by for row in found}


async def held_by(connection: AsyncConnection, holder: str, before: datetime, limit: int = 500) -> list[Entry]:
    """Unfinished entries of this process, written before then, in the order of their lanes."""
    found = await connection.execute(
        sa.select(outbox)
        .where(in_states(UNFINISHED), outbox.c.held_by == holder, outbox.c.created_at < before)
        .order_by(outbox.c.conversation_id, outbox.c.number)
        .limit(limit)
    )
    return [entry_of_row(row) for row in found]


async def mark(connection: AsyncConnection, holder: str, marks: Sequence[Mark]) -> None:
    """Write what became of these entries, as far as this process still holds them and nothing else became of them."""
    await connection.execute(
        sa.update(outbox)
        .where(
            outbox.c.conversation_id == sa.bindparam("of_conversation"),
            outbox.c.number == sa.bindparam("of_number"),
            outbox.c.held_by == holder,
            in_states(UNFINISHED),
        )
        .values(
            state=sa.bindparam("state"),
            attempts=sa.bindparam("attempts"),
            doubts=sa.bindparam("doubts"),
            due_at=sa.bindparam("due_at"),
            external_id=sa.bindparam("external_id"),
            error=sa.bindparam("error"),
            finished_at=sa.bindparam("finished_at"),
        ),
        [
            {
                "of_conversation": each.conversation_id,
                "of_number": each.number,
                "state": each.state,
                "attempts": each.attempts,
                "doubts": each.doubts,
                "due_at": each.due_at,
                "external_id": each.external_id,
                "error": each.error,
                "finished_at": each.finished_at,
            }
            for each in marks
        ],
    )


async def last_sent(connection: AsyncConnection, channel: str, chat: str) -> str | None:
    """The network's id of the newest message that is known to be sent to this chat."""
    found = await connection.execute(
        sa.select(outbox.c.external_id, outbox.c.payload)
        .join(conversations, conversations.c.id == outbox.c.conversation_id)
        .where(conversations.c.channel == channel, conversations.c.chat == chat)
        .where(outbox.c.state == EntryState.SENT, outbox.c.external_id.is_not(None))
        .order_by(outbox.c.number.desc())
        .limit(_CHANGES_PASSED_BY)
    )
    # A change of an earlier message bears that one's id.
    return next((str(row.external_id) for row in found if "edits" not in row.payload), None)


async def of_message(connection: AsyncConnection, conversation_id: int, message_number: int) -> list[sa.Row[Any]]:
    """Every outbox row of one message, in the order of sending."""
    found = await connection.execute(
        sa.select(outbox)
        .where(outbox.c.conversation_id == conversation_id, outbox.c.message_number == message_number)
        .order_by(outbox.c.number)
    )
    return list(found.all())


async def counts(connection: AsyncConnection) -> dict[EntryState, int]:
    """How many entries wait, are being sent, are unknown and are dead (finished ones are not counted)."""
    known: dict[EntryState, int] = {}
    # Two questions: each is answered by an index of its own, which holds these rows alone.
    for states in (UNFINISHED, FAILED):
        found = await connection.execute(
            sa.select(outbox.c.state, sa.func.count()).where(in_states(states)).group_by(outbox.c.state)
        )
        known |= {EntryState(state): count for state, count in found}
    return {state: known.get(state, 0) for state in (*UNFINISHED, *FAILED)}


async def oldest_unfinished(connection: AsyncConnection) -> datetime | None:
    """When the entry was written that has been unfinished longest."""
    found: datetime | None = await connection.scalar(
        sa.select(sa.func.min(outbox.c.created_at)).where(in_states(UNFINISHED))
    )
    return found


async def forget(connection: AsyncConnection, before: datetime, limit: int) -> None:
    """Forget entries that were settled before then, the oldest first, at most ``limit``; failed ones stay."""
    old = await connection.execute(
        sa.select(outbox.c.conversation_id, outbox.c.number)
        .where(in_states(SETTLED), outbox.c.finished_at < before)
        .order_by(outbox.c.finished_at)
        .limit(limit)
    )
    keys = [{"of_conversation": row.conversation_id, "of_number": row.number} for row in old]
    if keys:
        await connection.execute(
            sa.delete(outbox).where(
                outbox.c.conversation_id == sa.bindparam("of_conversation"),
                outbox.c.number == sa.bindparam("of_number"),
            ),
            keys,
        )


def lanes_of(entries: Iterable[Entry]) -> dict[tuple[str, str], list[Entry]]:
    """Entries by lane, each lane in its order."""
    lanes: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        lanes.setdefault(entry.lane, []).append(entry)
    return lanes
