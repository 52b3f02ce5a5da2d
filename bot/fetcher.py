"""Getting the files that players sent: the message is kept at once, its files follow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.cleaning import clean
from bot.happenings import FileFailed, Submit
from bot.rules import FileRules
from channels.base import Channel
from channels.errors import ChannelError, FileGone
from messaging import files
from messaging.conversations import attachments, conversations, messages
from messaging.file_types import content_type_of
from messaging.live import Live
from storage.database import Database

log = structlog.get_logger()

AT_ONCE = 4
ATTEMPTS = 6


class Fetcher:
    """Fetches pending attachments, stores their bytes once, and tells the player of what could not be had."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        rules: FileRules,
        submit: Submit,
        live: Live,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._channels = channels
        self._rules = rules
        self._submit = submit
        self._live = live
        self._now = now

    async def fetch_due(self) -> None:
        """Fetch what is pending and due, a few at once."""
        query = (
            sa.select(attachments, conversations.c.channel)
            .join(conversations, conversations.c.id == attachments.c.conversation_id)
            .where(
                # In the statement itself, so that the planner sees that the index of pending ones will do.
                attachments.c.state == sa.literal("pending", attachments.c.state.type, literal_execute=True),
                attachments.c.due_at <= self._now(),
                # No plain column, so that no planner begins with all conversations of a channel: pending is little.
                conversations.c.channel.concat("").in_(list(self._channels)),
            )
            .order_by(attachments.c.due_at)
            .limit(AT_ONCE * 4)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(row: sa.Row[Any]) -> None:
            async with slots:
                await self._fetch(row)

        for outcome in await asyncio.gather(*(one(row) for row in rows), return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _fetch(self, row: sa.Row[Any]) -> None:
        channel = self._channels[row.channel]
        limit = min(self._rules.limit, channel.capabilities.max_file)
        if row.size is not None and row.size > limit:
            await self._give_up(row, "too_large", f"{row.size} bytes")
            return
        try:
            content = await channel.fetch(row.remote, limit)
        except FileGone as error:
            await self._give_up(row, "lost", str(error))
            return
        except ChannelError as error:
            await self._later(row, str(error))
            return
        except Exception as error:
            # A defect of the adapter costs one file, after some tries, and never those behind it.
            log.exception("fetch_broke", channel=row.channel)
            await self._later(row, repr(error))
            return
        if len(content) > self._rules.limit:
            await self._give_up(row, "too_large", f"{len(content)} bytes")
            return
        content_type = content_type_of(content)
        if content_type not in self._rules.types:
            await self._give_up(row, "refused", content_type)
            return
        async with self._database.transaction() as connection:
            sha256 = await files.store(self._database, connection, content, content_type, self._now())
            values = {"state": "stored", "sha256": sha256, "content_type": content_type, "size": len(content)}
            await self._change(connection, row, {**values, "error": None})
        self._live.tell(f"conversation:{row.conversation_id}")

    async def _later(self, row: sa.Row[Any], error: str) -> None:
        attempts = row.attempts + 1
        if attempts >= ATTEMPTS:
            await self._give_up(row, "lost", error)
            return
        due_at = self._now() + timedelta(seconds=2.0**attempts)
        async with self._database.transaction() as connection:
            await connection.execute(
                sa.update(attachments).where(*_is(row)).values(attempts=attempts, due_at=due_at, error=clean(error))
            )

    async def _give_up(self, row: sa.Row[Any], state: str, error: str) -> None:
        log.warning("file_not_kept", channel=row.channel, state=state, error=error)
        # The player is told first (once, however often it is tried): who is cut off in between tells them next time.
        await self._submit([FileFailed(row.conversation_id, row.number, row.position, state)])
        async with self._database.transaction() as connection:
            await self._change(connection, row, {"state": state, "error": clean(error)})
        self._live.tell(f"conversation:{row.conversation_id}")

    async def _change(self, connection: AsyncConnection, row: sa.Row[Any], values: dict[str, Any]) -> None:
        """The attachment as it now is: a change of its message, which takes a revision."""
        counter = await connection.scalar(
            sa.update(conversations)
            .where(conversations.c.id == row.conversation_id)
            .values(counter=conversations.c.counter + 1)
            .returning(conversations.c.counter)
        )
        await connection.execute(sa.update(attachments).where(*_is(row)).values(**values, due_at=None))
        await connection.execute(
            sa.update(messages)
            .where(messages.c.conversation_id == row.conversation_id, messages.c.number == row.number)
            .values(revision=counter)
        )


def _is(row: sa.Row[Any]) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        attachments.c.conversation_id == row.conversation_id,
        attachments.c.number == row.number,
        attachments.c.position == row.position,
    )
