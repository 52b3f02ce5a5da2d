"""Showing players that an agent is writing, on the networks that have a sign for it."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

import sqlalchemy as sa
import structlog

from channels.base import Channel
from channels.errors import ChannelError
from messaging.conversations import conversations
from messaging.live import Live
from storage.database import Database
from storage.errors import StorageError

log = structlog.get_logger()

TOPIC = "typing:"
EVERY = 5.0
"""Seconds between two signs in one chat: networks show one for about as long."""
_REMEMBERED = 1000
_PATIENCE = 5.0


class TypingSigns:
    """Passes on what desks tell as ``typing:<conversation id>``. Channels whose players pull listen themselves.

    ``clock`` counts seconds and never goes back.
    """

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        live: Live,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._channels = {name: each for name, each in channels.items() if not each.capabilities.pulls}
        self._live = live
        self._clock = clock
        self._shown: OrderedDict[int, float] = OrderedDict()
        self._showing: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Pass signs on until cancelled."""
        try:
            with self._live.listen(TOPIC, self._told):
                await asyncio.Event().wait()
        finally:
            # What they are reading they may finish: a query that is cut off costs its connection to the database.
            await asyncio.gather(*self._showing)

    def _told(self, topic: str) -> None:
        conversation_id = int(topic.removeprefix(TOPIC))
        now = self._clock()
        if now - self._shown.get(conversation_id, float("-inf")) < EVERY:
            return
        self._shown.pop(conversation_id, None)
        self._shown[conversation_id] = now
        if len(self._shown) > _REMEMBERED:
            self._shown.popitem(last=False)
        # Each in a task of its own: a slow network must not delay the sign on another.
        task = asyncio.create_task(self._show(conversation_id), name=f"typing {conversation_id}")
        self._showing.add(task)
        task.add_done_callback(self._showing.discard)

    async def _show(self, conversation_id: int) -> None:
        try:
            async with self._database.reading() as connection:
                query = sa.select(conversations.c.channel, conversations.c.chat)
                row = (await connection.execute(query.where(conversations.c.id == conversation_id))).one_or_none()
            channel = self._channels.get(row.channel) if row is not None else None
            if row is not None and channel is not None:
                async with asyncio.timeout(_PATIENCE):
                    await channel.typing(row.chat)
        except (ChannelError, StorageError, TimeoutError) as error:
            # A sign that is not shown is no loss: the next one is due in a moment.
            log.debug("typing_not_shown", conversation=conversation_id, error=repr(error))
        except Exception:
            log.exception("typing_failed", conversation=conversation_id)
