"""Marks of many entries go into one statement, and what is finished stays as it ended."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from messaging.outbox import SETTLED, UNFINISHED, EntryState, Mark, in_states, mark, outbox
from storage.database import Database

NOW = datetime(2026, 5, 1, tzinfo=UTC)
LANE = {"channel": "c", "chat": "1", "author": "bot", "payload": {}, "held_by": "me", "due_at": NOW, "created_at": NOW}


def a_mark(number: int, state: EntryState) -> Mark:
    return Mark(1, number, number, state, attempts=1, doubts=0, due_at=NOW, finished_at=NOW)


@pytest.fixture
async def three(database: Database) -> Database:
    states = (EntryState.WAITING, EntryState.SENDING, EntryState.LEFT)
    rows = [
        {**LANE, "conversation_id": 1, "number": number, "message_number": number, "state": state}
        for number, state in enumerate(states, 1)
    ]
    async with database.transaction() as connection:
        await connection.execute(sa.insert(outbox), rows)
    return database


async def test_many_at_once(three: Database) -> None:
    async with three.transaction() as connection:
        await mark(connection, "me", [a_mark(number, EntryState.SENT) for number in (1, 2, 3)])
        found = await connection.execute(sa.select(outbox.c.state).order_by(outbox.c.number))
        assert [row.state for row in found] == ["sent", "sent", "left"]


async def test_states_are_found(three: Database) -> None:
    async with three.reading() as connection:
        for states, numbers in ((UNFINISHED, [1, 2]), (SETTLED, [3])):
            query = sa.select(outbox.c.number).where(in_states(states)).order_by(outbox.c.number)
            assert list(await connection.scalars(query)) == numbers
