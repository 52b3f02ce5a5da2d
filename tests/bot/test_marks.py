"""Marks are written in batches, wait for a database that is away, and one that cannot be written stops no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from bot.marks import Marks
from messaging.conversations import messages
from messaging.live import Live
from messaging.messages import Status
from messaging.outbox import EntryState, Mark, outbox
from storage.database import Database
from tests.bot.path import OnePath

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
async def marks(database: Database) -> AsyncIterator[Marks]:
    made = Marks(database, Live(), "holder", lambda: NOW)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def written(database: Database) -> list[Mark]:
    """What became of three things to send, for three players."""
    path = OnePath(database)
    await path.pipeline.handle([path.wrote(who, "goblin") for who in ("ann", "ben", "cem")])
    return [
        Mark(each.conversation_id, each.number, each.message_number, EntryState.SENT, 0, 0, NOW, "external", None, NOW)
        for each in path.commits[0].entries
    ]


async def states(database: Database) -> list[tuple[str, str]]:
    query = (
        sa.select(outbox.c.state, messages.c.status)
        .join(
            messages,
            (messages.c.conversation_id == outbox.c.conversation_id) & (messages.c.number == outbox.c.message_number),
        )
        .order_by(outbox.c.conversation_id)
    )
    async with database.reading() as connection:
        return [(row.state, row.status) for row in await connection.execute(query)]


async def test_a_mark_is_committed_when_it_is_said_so(database: Database, marks: Marks, written: list[Mark]) -> None:
    await asyncio.gather(*(marks.write(each) for each in written))
    assert await states(database) == [("sent", "sent")] * 3


async def test_one_mark_that_cannot_be_written_stops_no_other(
    database: Database, marks: Marks, written: list[Mark]
) -> None:
    broken = Mark(written[1].conversation_id, written[1].number, 1, EntryState.SENT, 2**80, 0, NOW)
    outcomes = await asyncio.gather(
        marks.write(written[0]), marks.write(broken), marks.write(written[2]), return_exceptions=True
    )
    assert [outcome is None for outcome in outcomes] == [True, False, True]
    assert await states(database) == [("sent", "sent"), ("waiting", "waiting"), ("sent", "sent")]
    await marks.write(written[1])
    assert (await states(database))[1] == ("sent", "sent")


async def test_what_became_of_an_edit_is_not_what_became_of_its_message(
    database: Database, marks: Marks, written: list[Mark]
) -> None:
    other = written[1]
    edit = Mark(other.conversation_id, other.number, None, EntryState.DEAD, 0, 0, NOW, None, "not found", NOW)
    await marks.write(edit)
    assert (await states(database))[1] == ("dead", "waiting")


async def test_marks_of_who_does_not_hold_the_entry_change_nothing(database: Database, written: list[Mark]) -> None:
    """A process that was taken for dead wakes up: what it says of entries that are not its own any more is too late."""
    stranger = Marks(database, Live(), "stranger", lambda: NOW)
    task = asyncio.create_task(stranger.run())
    await stranger.write(
        Mark(written[0].conversation_id, written[0].number, None, EntryState.DEAD, 0, 0, NOW, None, "late", NOW)
    )
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await states(database))[0] == ("waiting", Status.WAITING)
