"""Gives waiting tickets to agents who are there and have room, where the owner wants that (H9)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter

from bot.happenings import ActDone, Submit
from bot.turns import whole_turn
from handoff import line, tickets
from handoff.acts import Assign, Done
from handoff.agents import Colleague
from handoff.assignment import Pair, assign
from messaging.live import Live
from storage.database import Database
from storage.errors import StorageError

log = structlog.get_logger()

LOOK_EVERY = 2.0
PAGE = 500


class Assigning:
    """Looks at the queue whenever it changes, and now and then besides; the tables are the truth."""

    def __init__(
        self,
        database: Database,
        submit: Submit,
        live: Live,
        assigned: Counter,
        wanted_for: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        """``assigned`` counts what was given; ``wanted_for`` as in QueueRules."""
        self._database = database
        self._submit = submit
        self._live = live
        self._assigned = assigned
        self._wanted_for = wanted_for
        self._now = now

    async def run(self) -> None:
        """Until cancelled."""
        with self._live.watch("queue") as changed:
            while True:
                changed.clear()
                await whole_turn(self._try_to_look())
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY):
                        await changed.wait()

    async def _try_to_look(self) -> None:
        try:
            await self.look()
        except StorageError as error:
            log.error("database_away", worker="assigning", error=str(error))
        except Exception:
            log.exception("worker_failed", worker="assigning")

    async def look(self) -> None:
        """Give what can be given now. What changed meanwhile is declined, and looked at again the next time."""
        now = self._now()
        pairs = await self._pairs(now)
        acts = [Assign(each.ticket, secrets.token_hex(8), 0, "", now, each.agent_id) for each in pairs]
        if acts:
            outcomes = await self._submit([ActDone(each) for each in acts])
            self._assigned.inc(sum(each == Done() for each in outcomes))

    async def _pairs(self, now: datetime) -> list[Pair]:
        """Page by page, for as long as somebody has room: far behind may stand one whom only they can help."""
        pairs: list[Pair] = []
        async with self._database.reading() as connection:
            staff: Mapping[int, Colleague] = await tickets.staff(connection)
            after: line.Queued | None = None
            while any(each.has_room for each in staff.values()):
                page = await line.waiting(connection, after, PAGE)
                found, staff = assign(page, staff, self._wanted_for, now)
                pairs += found
                if len(page) < PAGE:
                    break
                after = page[-1]
        return pairs
