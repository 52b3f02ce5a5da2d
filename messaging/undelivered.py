"""What did not surely arrive, seen from outside of the serving process: listed, sent again, or left as it is.

An entry that goes out again is a new one, the last of its lane, as when an agent sends it again from the console.
Nobody holds it, so whichever process lives takes it over within a beat; where a process has something to send in that
conversation, that one holds it, since one process alone sends in a lane.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from messaging.conversations import conversations, messages
from messaging.messages import Author, Status
from messaging.outbox import FAILED, NOBODY, UNFINISHED, EntryState, held_by_others, in_states, of_message, outbox
from messaging.players import players
from storage.database import Database

Key = tuple[int, int]
"""An entry: (conversation id, number)."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """An entry that is unknown or dead. ``failed_at`` is when that became known."""

    conversation_id: int
    number: int
    channel: str
    player: str
    author: Author
    state: EntryState
    attempts: int
    error: str | None
    text: str
    created_at: datetime
    failed_at: datetime | None

    @property
    def key(self) -> str:
        return f"{self.conversation_id}-{self.number}"


class NotUndelivered(Exception):
    """There is no such entry, or it is neither unknown nor dead; the message says which."""


def parse_key(text: str) -> Key:
    """The entry's key as ``Undelivered.key`` writes it; raises ValueError."""
    conversation_id, _, number = text.partition("-")
    key = int(conversation_id), int(number)
    if not all(0 <= each < 2**63 for each in key):
        raise ValueError(text)
    return key


async def undelivered(
    connection: AsyncConnection, states: Collection[EntryState] = FAILED, *, after: Key = (-1, -1), limit: int = 200
) -> list[Undelivered]:
    """Entries in these states with a key above ``after``, in the order of their keys."""
    found = await connection.execute(
        sa.select(outbox, players.c.name.label("player"))
        .join(conversations, conversations.c.id == outbox.c.conversation_id)
        .join(players, players.c.id == conversations.c.player_id)
        .where(
            in_states(FAILED),
            outbox.c.state.in_(list(states)),
            sa.tuple_(outbox.c.conversation_id, outbox.c.number) > sa.tuple_(*map(sa.literal, after)),
        )
        .order_by(outbox.c.conversation_id, outbox.c.number)
        .limit(limit)
    )
    return [_undelivered(row) for row in found]


async def send_again(database: Database, connection: AsyncConnection, key: Key, now: datetime) -> Key:
    """Put the entry back in its lane; returns the key that it goes out under. Raises NotUndelivered."""
    conversation_id, _ = key
    row = await _locked(database, connection, key)
    number = await _next_number(connection, conversation_id)
    others = await held_by_others(connection, NOBODY, [conversation_id])
    again = {
        **{column.name: row[column.name] for column in outbox.columns},
        # A short-lived way to answer in place is long over.
        "payload": {name: value for name, value in row["payload"].items() if name != "reply_via"},
        "number": number,
        "state": EntryState.WAITING,
        "attempts": 0,
        # As after a doubt: marked before it is sent, so that it is never sent twice unasked.
        "doubts": 1,
        "due_at": now,
        "held_by": others.get(conversation_id, NOBODY),
        "external_id": None,
        "error": None,
        "created_at": now,
        "finished_at": None,
    }
    await connection.execute(sa.insert(outbox), again)
    await _set_left(connection, key)
    if await _is_last_failure(connection, row):
        await _change_message(connection, row, {"status": Status.WAITING, "error": None})
    return conversation_id, number


async def leave(database: Database, connection: AsyncConnection, key: Key) -> None:
    """Leave the entry unsent and say so on its message. Raises NotUndelivered."""
    row = await _locked(database, connection, key)
    await _set_left(connection, key)
    if await _is_last_failure(connection, row):
        of_message = _of_message(row)
        data = await connection.scalar(sa.select(messages.c.data).where(of_message))
        await _change_message(connection, row, {"data": {**(data or {}), "left": True}})


async def doubt_unfinished(connection: AsyncConnection, why: str, now: datetime) -> int:
    """Nobody knows of any entry on its way whether it arrived: all become unknown. Returns how many."""
    found = (await connection.execute(sa.select(outbox).where(in_states(UNFINISHED)))).mappings().all()
    for row in map(dict, found):
        await connection.execute(
            sa.update(outbox)
            .where(outbox.c.conversation_id == row["conversation_id"], outbox.c.number == row["number"])
            .values(state=EntryState.UNKNOWN, error=why, finished_at=now)
        )
        if "edits" not in row["payload"]:
            await _change_message(connection, row, {"status": Status.UNKNOWN, "error": why})
    return len(found)


async def _locked(database: Database, connection: AsyncConnection, key: Key) -> Mapping[str, Any]:
    """The entry as it stands with its conversation locked."""
    conversation_id, number = key
    lock = sa.select(conversations.c.id).where(conversations.c.id == conversation_id)
    await connection.execute(database.lock_rows(lock, of=conversations))
    found = await connection.execute(
        sa.select(outbox).where(outbox.c.conversation_id == conversation_id, outbox.c.number == number)
    )
    row = found.mappings().one_or_none()
    if row is None:
        raise NotUndelivered(f"There is no entry {conversation_id}-{number} in the outbox.")
    if row["state"] not in FAILED:
        raise NotUndelivered(f"{conversation_id}-{number} is {row['state']}: only unknown and dead entries can change.")
    return dict(row)


async def _next_number(connection: AsyncConnection, conversation_id: int) -> int:
    number: int = (
        await connection.execute(
            sa.update(conversations)
            .where(conversations.c.id == conversation_id)
            .values(counter=conversations.c.counter + 1)
            .returning(conversations.c.counter)
        )
    ).scalar_one()
    return number


async def _set_left(connection: AsyncConnection, key: Key) -> None:
    await connection.execute(
        sa.update(outbox)
        .where(outbox.c.conversation_id == key[0], outbox.c.number == key[1])
        .values(state=EntryState.LEFT)
    )


async def _is_last_failure(connection: AsyncConnection, row: Mapping[str, Any]) -> bool:
    """Whether the message has no other part that failed. What becomes of an edit is not what became of the message."""
    if "edits" in row["payload"]:
        return False
    parts: Sequence[Any] = await of_message(connection, row["conversation_id"], row["message_number"])
    return not any(each.state in FAILED and "edits" not in each.payload for each in parts)


async def _change_message(connection: AsyncConnection, row: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """A change that every desk is to see takes a revision."""
    revision = await _next_number(connection, row["conversation_id"])
    await connection.execute(sa.update(messages).where(_of_message(row)).values(revision=revision, **changes))


def _of_message(row: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    return sa.and_(messages.c.conversation_id == row["conversation_id"], messages.c.number == row["message_number"])


def _undelivered(row: sa.Row[Any]) -> Undelivered:
    return Undelivered(
        conversation_id=row.conversation_id,
        number=row.number,
        channel=row.channel,
        player=row.player,
        author=Author(row.author),
        state=EntryState(row.state),
        attempts=row.attempts,
        error=row.error,
        text=str(row.payload.get("text", "")),
        created_at=row.created_at,
        failed_at=row.finished_at,
    )
