"""Sending what the outbox holds: a task for each lane that has something to send, and nothing shared but the limits."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.cleaning import clean
from bot.happenings import EditEnded
from bot.holdings import Holdings
from bot.marks import Marks
from bot.metrics import Metrics
from bot.outgoing import Unsendable, outgoing_of
from bot.pacing import Bucket
from channels.base import Channel
from channels.errors import ChannelError, ChatMoved, OutcomeHidden, Refused, TryLater
from messaging import holding, outbox
from messaging.messages import Author, Outgoing
from messaging.outbox import Entry, EntryState, Mark, lanes_of
from storage.database import Database
from storage.errors import StorageError

log = structlog.get_logger()

LONGEST_ERROR = 1000


@dataclass(frozen=True, slots=True)
class SendRules:
    """How patient sending is. ``heartbeat`` is how long a silent process keeps what it holds."""

    give_up_after: timedelta = timedelta(hours=24)
    first_pause: float = 1.0
    doubt_pause: float = 5.0
    longest_pause: float = 300.0
    at_once: int = 64
    heartbeat: timedelta = timedelta(seconds=10)
    stranded_after: timedelta = timedelta(seconds=30)


class Sender:
    """Sends entries in lanes: order holds inside a lane, and a lane that waits delays no other.

    Entries come from ``offer`` (just committed by this process) and from ``take_over`` (left by one that died).
    """

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        marks: Marks,
        metrics: Metrics,
        holder: str,
        now: Callable[[], datetime],
        rules: SendRules,
        chance: random.Random,
        edit_ended: Callable[[EditEnded], Awaitable[object]],
        receives: Callable[[str], bool],
    ) -> None:
        """``edit_ended`` is told what became of corrections, and returns when that is committed.

        ``receives`` tells whether this process receives on a channel now.
        """
        self._database = database
        self._channels = channels
        self._marks = marks
        self._metrics = metrics
        self._holder = holder
        self._now = now
        self._rules = rules
        self._chance = chance
        self._edit_ended = edit_ended
        self._receives = receives
        # Others take over what a process holds after three beats' silence.
        self.holdings = Holdings(database, holder, now, 2 * rules.heartbeat)
        self._lanes: dict[tuple[str, str], deque[Entry]] = {}
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        # Entries in lanes that another process, or a lane that broke, may have been sending.
        self._perhaps_begun: set[str] = set()
        self._chat_buckets: dict[tuple[str, str], Bucket] = {}
        self._slots = {name: asyncio.Semaphore(rules.at_once) for name in channels}
        clock = asyncio.get_running_loop().time
        self._clock = clock
        self._totals = {name: Bucket(channel.total_pace, clock) for name, channel in channels.items()}
        self._stop = asyncio.Event()
        # Entries on their way from the table into their lanes are in one pair of hands only.
        self._sweeping = asyncio.Lock()

    def offer(self, entries: Sequence[Entry], *, unsure: bool = False) -> None:
        """Send these as soon as their lanes allow. Lanes of channels that are off keep theirs for later.

        ``unsure``: some may be finished already, or known here.
        """
        if self._stop.is_set():
            return
        for lane, offered in lanes_of(entries).items():
            known = {entry.key for entry in self._lanes.get(lane, ())}
            waiting = [entry for entry in offered if entry.key not in known]
            if lane[0] not in self._channels or not waiting:
                continue
            if unsure:
                self.holdings.doubt(entry.key for entry in waiting)
            self._lanes.setdefault(lane, deque()).extend(waiting)
            if lane not in self._tasks:
                self._tasks[lane] = asyncio.create_task(self._run_lane(lane), name=f"lane {lane[0]}:{lane[1]}")

    async def take_over(self, alive_since: datetime) -> int:
        """Hold and send what processes left behind that are silent since then; returns how many entries."""
        async with self._sweeping:
            async with self._database.transaction() as connection:
                found = await outbox.take_over(self._database, connection, self._holder, self.reachable, alive_since)
            if found:
                log.info("outbox_taken_over", entries=len(found))
                self._go_on_with(found)
        return len(found)

    async def take_in(self, conversation_ids: Collection[int]) -> None:
        """Send what another process wrote in these conversations for this one to send.

        All that is held there is looked at: something before it may be known to nobody.
        """
        async with self._sweeping:
            async with self._database.reading() as connection:
                found = await holding.held_in(connection, self._holder, conversation_ids)
            self.offer(found, unsure=True)

    async def beat(self, now: datetime) -> None:
        """Say that this process lives, and let go of what it cannot send where another can."""
        alone = {name for name, channel in self._channels.items() if channel.capabilities.sends_where_received}
        receives = {name for name in alone if self._receives(name)}
        async with self._database.transaction() as connection:
            await outbox.beat(self._database, connection, self._holder, now, receives)
            if alone - receives and not self._database.is_sqlite:
                await holding.let_go(connection, self._holder, alone - receives)
        gone = [each.key for lane, entries in self._lanes.items() if lane[0] in alone - receives for each in entries]
        self.holdings.doubt(gone)
        self.holdings.beaten(now, (each.key for entries in self._lanes.values() for each in entries))

    @property
    def reachable(self) -> list[str]:
        """The channels that this process can send on now."""
        return [
            name
            for name, channel in self._channels.items()
            if self._database.is_sqlite or not channel.capabilities.sends_where_received or self._receives(name)
        ]

    async def bring_back(self) -> None:
        """Go on with entries that this process holds and no lane of it knows of: their lane broke."""
        async with self._sweeping:
            # A lane that ends while the table is read may have sent what the reading still shows as waiting, and what
            # was written a moment ago is on its way to its lane: neither is stranded.
            at_work = set(self._lanes)
            before = self._now() - self._rules.stranded_after
            async with self._database.reading() as connection:
                held = await outbox.held_by(connection, self._holder, before)
            at_work |= self._lanes.keys()
            self._go_on_with([entry for entry in held if entry.lane not in at_work and entry.channel in self._channels])

    def _go_on_with(self, entries: Sequence[Entry]) -> None:
        """Offer entries that nobody is sending, though somebody may have begun to.

        They are in their lanes before anything else happens here: what is said from now on comes behind them.
        """
        # Only the first of a lane can have been started: the next one waits until its mark is committed.
        self._perhaps_begun |= {lane[0].key for lane in lanes_of(entries).values()}
        self.offer(entries)

    async def stop(self, patience: float) -> None:
        """Finish what is being sent, within ``patience`` seconds; the rest stays in the outbox."""
        self._stop.set()
        for lane in self._lanes.values():
            lane.clear()
        tasks = list(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    @property
    def lanes_at_work(self) -> int:
        return len(self._tasks)

    async def _run_lane(self, lane: tuple[str, str]) -> None:
        waiting = self._lanes[lane]
        try:
            while waiting:
                entry: Entry | None = waiting[0]
                if waiting[0].key in self._perhaps_begun:
                    self._perhaps_begun.discard(waiting[0].key)
                    entry = await self._after_silence(waiting[0])
                while entry is not None and not self._stop.is_set():
                    entry = await self._attempt(lane, entry)
                if waiting:
                    waiting.popleft()
        except Exception:
            # The entries stay in the outbox; the sweep of stranded entries brings them back.
            log.exception("lane_failed", channel=lane[0])
        finally:
            self._lanes.pop(lane, None)
            self._tasks.pop(lane, None)
            self._forget_idle_bucket(lane)

    async def _attempt(self, lane: tuple[str, str], entry: Entry) -> Entry | None:
        """One attempt at this entry. Returns it as it is to be tried again, or None when it is done with."""
        pause = (entry.due_at - self._now()).total_seconds()
        if pause > 0:
            await self._pause(pause)
        channel = self._channels[lane[0]]
        await self._wait_for_turn(lane, channel)
        if self._stop.is_set():
            return entry
        try:
            outgoing = await outgoing_of(self._database, entry)
        except Unsendable as error:
            await self._done(entry, EntryState.DEAD, error=str(error))
            return None
        except StorageError as error:
            return await self._retry(entry, TryLater(str(error)))
        except Exception as error:
            # One entry that cannot be read does not hold up those behind it.
            log.exception("send_unreadable", channel=entry.channel, entry=entry.key)
            await self._done(entry, EntryState.DEAD, error=f"cannot be made into a message: {error!r}")
            return None
        if _is_marked_first(entry):
            # So that a crash from here on leaves the honest word "unknown", and before here "surely not sent".
            await self._marks.write(self._mark(entry, EntryState.SENDING))
        async with self._slots[lane[0]]:
            try:
                held = await self.holdings.confirmed(entry)
            except StorageError as error:
                return await self._retry(entry, TryLater(str(error)))
            return await self._send(channel, held, outgoing) if held is not None else None

    async def _send(self, channel: Channel, entry: Entry, outgoing: Outgoing) -> Entry | None:
        try:
            sent = await channel.send(outgoing)
        except TryLater as error:
            if error.whole_channel:
                self._totals[channel.name].block(error.after or self._rules.first_pause)
            return await self._retry(entry, error)
        except OutcomeHidden as error:
            return await self._doubt(entry, str(error))
        except ChatMoved as error:
            return replace(entry, chat=error.chat)
        except Refused as error:
            self._metrics.sends.labels(channel.name, "refused").inc()
            await self._done(entry, EntryState.DEAD, error=str(error), lost=error.chat_lost)
            return None
        except ChannelError as error:
            return await self._retry(entry, TryLater(str(error)))
        except Exception as error:
            # A defect of the adapter: nobody knows how far it came, and trying for ever would hold up the lane.
            log.exception("send_broke", channel=entry.channel, entry=entry.key)
            return await self._doubt(entry, repr(error), may_repeat=False)
        self._metrics.sends.labels(channel.name, "sent").inc()
        await self._done(entry, EntryState.SENT, external_id=sent.external_id)
        return None

    async def _wait_for_turn(self, lane: tuple[str, str], channel: Channel) -> None:
        bucket = self._chat_buckets.get(lane)
        if bucket is None:
            bucket = self._chat_buckets[lane] = Bucket(channel.pace(lane[1]), self._clock)
        wait = max(bucket.take(), self._totals[lane[0]].take())
        while wait > 0 and not self._stop.is_set():
            await self._pause(wait)
            # Where the network asked the whole channel to wait meanwhile, this lane queues again.
            wait = self._totals[lane[0]].take() if self._totals[lane[0]].blocked_for > 0 else 0.0

    async def _pause(self, seconds: float) -> None:
        """Wait, but not when it is time to stop: what waits stays in the outbox."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()

    def _forget_idle_bucket(self, lane: tuple[str, str]) -> None:
        bucket = self._chat_buckets.get(lane)
        if bucket is not None and bucket.is_full:
            del self._chat_buckets[lane]

    async def _retry(self, entry: Entry, error: TryLater) -> Entry | None:
        self._metrics.sends.labels(entry.channel, "retried").inc()
        if self._now() - entry.created_at > self._rules.give_up_after:
            await self._done(entry, EntryState.DEAD, error=f"given up: {error}")
            return None
        pause = error.after if error.after is not None else self._backoff(entry)
        later = replace(entry, attempts=entry.attempts + 1, due_at=self._now() + timedelta(seconds=pause))
        log.warning("send_retried", channel=entry.channel, entry=entry.key, after=pause, error=str(error))
        await self._marks.write(self._mark(later, EntryState.WAITING, error=str(error)))
        return later

    def _backoff(self, entry: Entry) -> float:
        """Seconds, longer with every attempt; spread out, so that lanes that failed together do not return together."""
        pause = min(self._rules.longest_pause, self._rules.first_pause * 2.0 ** min(entry.attempts, 16))
        return pause * self._chance.uniform(0.5, 1.0)

    async def _doubt(self, entry: Entry, error: str, *, may_repeat: bool = True) -> Entry | None:
        """The outcome is hidden: resend where that is safe or the lesser evil, else say honestly that it is unknown.

        Without ``may_repeat`` a resend is not tried again and again even where it is safe.
        """
        self._metrics.sends.labels(entry.channel, "hidden").inc()
        safe = may_repeat and self._is_safe_to_repeat(entry)
        if safe or (entry.author is Author.BOT and entry.doubts == 0):
            again = replace(
                entry,
                attempts=entry.attempts + 1,
                doubts=entry.doubts + (0 if safe else 1),
                due_at=self._now() + timedelta(seconds=self._backoff(entry) if safe else self._rules.doubt_pause),
            )
            log.warning("send_doubted", channel=entry.channel, entry=entry.key, error=error)
            await self._marks.write(self._mark(again, EntryState.WAITING, error=error))
            return again
        log.error("send_unknown", channel=entry.channel, entry=entry.key, error=error)
        await self._done(entry, EntryState.UNKNOWN, error=error)
        return None

    async def _after_silence(self, entry: Entry) -> Entry | None:
        """An entry whose holder died. One that would have been marked as being sent, and is not, was surely not; nor
        was one that was put off until later.
        """
        surely_unsent = entry.state is EntryState.WAITING and (_is_marked_first(entry) or entry.due_at > self._now())
        if surely_unsent or self._is_safe_to_repeat(entry):
            # Tried at once and not counted: ends that come before every try must not put it off further and further.
            return replace(entry, due_at=self._now())
        return await self._doubt(entry, "the process that was sending this ended before it knew the outcome")

    def _is_safe_to_repeat(self, entry: Entry) -> bool:
        age = (self._now() - entry.created_at).total_seconds()
        return "edits" in entry.payload or age < self._channels[entry.channel].capabilities.idempotent_for

    async def _done(
        self,
        entry: Entry,
        state: EntryState,
        *,
        external_id: str | None = None,
        error: str | None = None,
        lost: bool = False,
    ) -> None:
        is_made = state is EntryState.SENT
        if not is_made:
            log.error("send_failed", channel=entry.channel, entry=entry.key, state=state, error=error)
        if "corrects" in entry.payload:
            # Told before it is marked: a crash in between tells it again, and it counts once.
            is_last = bool(entry.payload["corrects"])
            await self._edit_ended(
                EditEnded(entry.conversation_id, entry.message_number, entry.number, is_made, is_last)
            )
            state = state if is_made else EntryState.LEFT
        finished = replace(self._mark(entry, state, error=error), external_id=external_id, finished_at=self._now())
        await self._marks.write(finished, lost=lost)

    def _mark(self, entry: Entry, state: EntryState, error: str | None = None) -> Mark:
        return Mark(
            entry.conversation_id,
            entry.number,
            # What becomes of an edit is not what became of the message.
            None if "edits" in entry.payload else entry.message_number,
            state,
            entry.attempts,
            entry.doubts,
            entry.due_at,
            error=clean(error)[:LONGEST_ERROR] if error is not None else None,
        )


def _is_marked_first(entry: Entry) -> bool:
    """Whether its sending is written down before it begins: what must not be said twice, or not a third time."""
    return entry.author is Author.AGENT or entry.doubts > 0
