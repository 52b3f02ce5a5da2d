"""Writing down what became of sends, many in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from messaging.conversations import conversations, messages
from messaging.live import Live
from messaging.messages import Status
from messaging.outbox import EntryState, Mark, mark
from storage.database import Database, among
from storage.errors import DatabaseUnreachable

log = structlog.get_logger()

MOST_AT_ONCE = 500
PAUSE_AFTER_FAILURE = 1.0

# What an entry's end means for its message. One part that failed makes the message failed.
_STATUS = {
    EntryState.SENT: Status.SENT,
    EntryState.UNKNOWN: Status.UNKNOWN,
    EntryState.DEAD: Status.DEAD,
}


class Marks:
    """Collects marks and commits them in batches; ``write`` returns once the mark is committed."""

    def __init__(self, database: Database, live: Live, holder: str, now: Callable[[], datetime]) -> None:
        self._database = database
        self._live = live
        self._holder = holder
        self._now = now
        self._waiting: list[tuple[Mark, bool, asyncio.Future[None]]] = []
        self._woken = asyncio.Event()

    async def write(self, each: Mark, *, lost: bool = False) -> None:
        """Commit this mark; with ``lost`` the conversation is marked as one that takes no more messages."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((each, lost, future))
        self._woken.set()
        await future

    async def run(self) -> None:
        """Write batches until cancelled. A database that is away is waited for: nothing sent is ever forgotten."""
        while True:
            await self._woken.wait()
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            if not self._waiting:
                self._woken.clear()
            if batch:
                await self._commit(batch)

    async def _commit(self, batch: Sequence[tuple[Mark, bool, asyncio.Future[None]]]) -> None:
        while True:
            try:
                async with self._database.transaction() as connection:
                    told = await self._write(connection, batch)
                break
            except DatabaseUnreachable as error:
                log.error("marks_not_written", count=len(batch), error=str(error))
                await asyncio.sleep(PAUSE_AFTER_FAILURE)
            except Exception as error:
                log.exception("marks_refused", count=len(batch))
                await self._commit_apart(batch, error)
                return
        for conversation_id in told:
            self._live.tell(f"conversation:{conversation_id}")
        for _, _, future in batch:
            if not future.done():
                future.set_result(None)

    async def _commit_apart(self, batch: Sequence[tuple[Mark, bool, asyncio.Future[None]]], error: Exception) -> None:
        """One mark that cannot be written does not hold up the others: its own lane breaks, and hears why."""
        if len(batch) > 1:
            for each in batch:
                await self._commit([each])
            return
        (_, _, future) = batch[0]
        if not future.done():
            future.set_exception(error)

    async def _write(
        self, connection: AsyncConnection, batch: Sequence[tuple[Mark, bool, asyncio.Future[None]]]
    ) -> set[int]:
        marks = [each for each, _, _ in batch]
        await mark(connection, self._holder, marks)
        whole = [each for each in marks if each.message_number is not None]
        good = [(each.conversation_id, each.message_number) for each in whole if each.state is EntryState.SENT]
        if good:
            # Only what still waits: a part that arrived does not make up for one that failed.
            await connection.execute(
                sa.update(messages)
                .where(
                    among(connection, (messages.c.conversation_id, messages.c.number), good),
                    messages.c.status == Status.WAITING,
                )
                .values(status=Status.SENT)
            )
        bad = [each for each in whole if each.state in (EntryState.UNKNOWN, EntryState.DEAD)]
        for each in bad:
            await self._fail(connection, each)
        lost = [each for each, is_lost, _ in batch if is_lost]
        for each in lost:
            await connection.execute(
                sa.update(conversations).where(conversations.c.id == each.conversation_id).values(lost=each.error)
            )
        return {each.conversation_id for each in marks}

    async def _fail(self, connection: AsyncConnection, each: Mark) -> None:
        """A failed send is a change of its message that every desk is to see: it takes a revision."""
        counter = await connection.scalar(
            sa.update(conversations)
            .where(conversations.c.id == each.conversation_id)
            .values(counter=conversations.c.counter + 1)
            .returning(conversations.c.counter)
        )
        await connection.execute(
            sa.update(messages)
            .where(messages.c.conversation_id == each.conversation_id, messages.c.number == each.message_number)
            .values(status=_STATUS[each.state], error=each.error, revision=counter)
        )
