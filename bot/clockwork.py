"""Workers that look at the tables now and then: timers that fall due, leftover entries, figures, old rows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from bot.attendance import Attendance
from bot.happenings import Submit, TimerDue
from bot.metrics import Metrics
from bot.sender import Sender, SendRules
from bot.turns import whole_turn
from bot.waits import Waits
from handoff import tickets
from handoff.acts import Done
from messaging import files, inbox, outbox, set_aside, timers
from storage.database import Database
from storage.errors import StorageError

log = structlog.get_logger()

TIMERS_AT_ONCE = 200
HEARD_AT_ONCE = 100
# So that an alarm which cannot be acted on does not keep the program busy.
SHORTEST_PAUSE = 0.05
REMEMBER_ARRIVALS = timedelta(days=30)
KEEP_SENT = timedelta(days=30)
KEEP_UNSENT = timedelta(days=1)
# More than 200 messages a second leave behind in the same time; little at once, since on SQLite others wait for it.
PRUNE_EVERY = 3.0
PRUNED_AT_ONCE = 1000


async def repeat(act: Callable[[], Awaitable[None]], every: float, name: str) -> None:
    """Do it again and again until cancelled; a failure is logged and the next turn tries again."""
    while True:
        await whole_turn(_turn(act, name))
        await asyncio.sleep(every)


async def _turn(act: Callable[[], Awaitable[None]], name: str) -> None:
    try:
        await act()
    except StorageError as error:
        log.error("database_away", worker=name, error=str(error))
    except Exception:
        log.exception("worker_failed", worker=name)


class Clockwork:
    """The acts that ``repeat`` repeats."""

    def __init__(
        self,
        database: Database,
        submit: Submit,
        sender: Sender,
        metrics: Metrics,
        holder: str,
        now: Callable[[], datetime],
        rules: SendRules,
        attendance: Attendance,
        waits: Waits,
    ) -> None:
        self._attendance = attendance
        self._waits = waits
        self._database = database
        self._submit = submit
        self._sender = sender
        self._metrics = metrics
        self._holder = holder
        self._now = now
        self._rules = rules
        # Those before were found to belong to messages.
        self._uploads_looked_at = files.FIRST

    async def fire_timers(self) -> None:
        """Hand timers that are due to the pipeline."""
        async with self._database.reading() as connection:
            found = await timers.due(connection, self._now(), TIMERS_AT_ONCE)
        if found:
            await self._submit([TimerDue(timer) for timer in found])

    async def run_timers(self, longest: float) -> None:
        """Fire timers as they fall due, until cancelled; they are looked at every ``longest`` seconds at least."""
        pause = longest

        async def turn() -> None:
            nonlocal pause
            pause = longest
            pause = await self.pause_after_timers(longest)

        while True:
            await whole_turn(_turn(turn, "timers"))
            await asyncio.sleep(pause)

    async def pause_after_timers(self, longest: float) -> float:
        """Fire what is due. Returns for how many seconds nothing else is, ``longest`` at most."""
        await self.fire_timers()
        async with self._database.reading() as connection:
            due_at = await timers.next_due(connection)
        if due_at is None:
            return longest
        return min(longest, max(SHORTEST_PAUSE, (due_at - self._now()).total_seconds()))

    async def beat(self) -> None:
        """Say that this process lives, and look after what silent ones left behind."""
        now = self._now()
        await self._sender.beat(now)
        # SQLite has one process: whoever else held something is gone. Elsewhere three missed beats tell.
        alive_since = now if self._database.is_sqlite else now - 3 * self._rules.heartbeat
        while await self._sender.take_over(alive_since) >= outbox.TAKEN_AT_ONCE:
            continue

    async def farewell(self) -> None:
        """Leave what is not sent to whoever comes next."""
        async with self._database.transaction() as connection:
            await outbox.farewell(connection, self._holder)

    async def hear_again(self) -> None:
        """Handle what was set aside and is due to be tried again; what still fails goes on waiting."""
        async with self._database.reading() as connection:
            found = await set_aside.listed(connection, due_by=self._now(), limit=HEARD_AT_ONCE)
        for each in found:
            (outcome,) = await self._submit([set_aside.late(each.event)])
            if isinstance(outcome, Done):
                async with self._database.transaction() as connection:
                    await set_aside.drop(connection, [each.id])

    async def second_chance(self) -> None:
        """Let everything that was set aside be tried again: this program may be newer than the one that failed."""
        async with self._database.transaction() as connection:
            await set_aside.try_again(connection, None, self._now())

    async def return_tickets(self) -> None:
        """Put the tickets of agents who are not there back to their places in the queue."""
        await self._attendance.look()

    async def bring_back(self) -> None:
        await self._sender.bring_back()

    async def measure(self) -> None:
        """Bring the gauges up to date."""
        now = self._now()
        async with self._database.reading() as connection:
            length, oldest = await tickets.queue_figures(connection)
            counts = await outbox.counts(connection)
            age = await outbox.oldest_unfinished(connection)
            kept, _ = await set_aside.figures(connection)
        self._metrics.set_aside.set(kept)
        room = self._database.room()
        if room is not None:
            self._metrics.room.set(room)
        self._metrics.queue_length.set(length)
        self._metrics.oldest_wait.set((now - oldest).total_seconds() if oldest else 0)
        self._metrics.outbox_age.set((now - age).total_seconds() if age else 0)
        await self._waits.refresh()
        for presence, count in self._waits.staff.items():
            self._metrics.agents.labels(presence).set(count)
        for state, count in counts.items():
            self._metrics.outbox.labels(state.value).set(count)

    async def prune(self) -> None:
        """Forget what nothing can ask for any more (old arrivals, sent entries, unsent uploads), a little at a time."""
        now = self._now()
        async with self._database.transaction() as connection:
            await inbox.forget(connection, now - REMEMBER_ARRIVALS, PRUNED_AT_ONCE)
            await connection.execute(
                sa.delete(outbox.holders).where(outbox.holders.c.heartbeat_at < now - REMEMBER_ARRIVALS)
            )
            await outbox.forget(connection, now - KEEP_SENT, PRUNED_AT_ONCE)
            looked_at = await files.forget_unsent(connection, self._uploads_looked_at, now - KEEP_UNSENT)
        self._uploads_looked_at = looked_at
