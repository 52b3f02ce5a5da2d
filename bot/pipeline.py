"""The one path: events in, one transaction, effects out. See DESIGN: "Event in, effects out, one transaction"."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.applying import Applying
from bot.cleaning import cleaned
from bot.happenings import ActDone, Happening, TimerDue
from bot.hiding import hide
from bot.loading import Loading
from bot.metrics import Metrics
from bot.preparing import Prepared, Preparing
from bot.rendering import Renderer
from bot.rows import Opened
from bot.staffing import staff_for
from bot.unanswered import needs_no_answer
from bot.work import Work
from channels.base import Capabilities
from handoff.acts import REPLY, Declined, Done, Outcome
from messaging import set_aside
from messaging.inbox import seen
from messaging.messages import ChannelEvent
from messaging.outbox import Entry
from messaging.timers import of_kind, still_set
from storage.database import Database
from storage.errors import DatabaseUnreachable

log = structlog.get_logger()

TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit changed, for those who are to be woken.

    ``held`` were written before and are this process's to send in the same conversations, perhaps unknown to it;
    ``given_away`` are, by other process, the conversations in which it was given something to send.
    """

    entries: Sequence[Entry]
    conversations: Sequence[Opened]
    queue_changed: bool
    held: Sequence[Entry] = ()
    given_away: Mapping[str, Collection[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Pipeline:
    """Handles events in batches. ``committed`` is called after each commit, never before."""

    database: Database
    preparing: Preparing
    loading: Loading
    applying: Applying
    renderer: Callable[[], Renderer]
    capabilities: Mapping[str, Capabilities]
    holder: str
    now: Callable[[], datetime]
    metrics: Metrics
    committed: Callable[[Committed], Awaitable[None]]

    async def handle(self, events: Sequence[Happening]) -> list[Outcome]:
        """Handle these events in their order and commit. Returns what came of each (acts may be declined).

        Raises DatabaseUnreachable where nothing could be kept: the events must come again. Any other failure is met
        inside: the event that causes it is kept, a ticket is opened and the player hears an apology.
        """
        events = await hide([cleaned(event) for event in events])
        try:
            prepared = await self.preparing.prepare(events, self.now())
            return await self._commit(prepared)
        except DatabaseUnreachable:
            raise
        except Exception:
            log.exception("batch_failed", events=len(events))
        return [await self._handle_alone(event) for event in events]

    async def _handle_alone(self, event: Happening) -> Outcome:
        try:
            prepared = await self.preparing.prepare([event], self.now())
            return (await self._commit(prepared))[0]
        except DatabaseUnreachable:
            raise
        except Exception:
            log.exception("event_failed", event_kind=type(event).__name__, event_key=event.key)
        try:
            return (await self._commit([Prepared(event)], failed=True))[0]
        except DatabaseUnreachable:
            raise
        except Exception as error:
            # The last resort, so that the queue does not stop behind it.
            log.exception("event_given_up", event_kind=type(event).__name__, event_key=event.key)
            if isinstance(event, ChannelEvent):
                await set_aside.keep(self.database, event, f"{type(error).__name__}: {error}", self.now())
            return Declined("failed", "Something went wrong here; nothing was changed. Please try again.")

    async def _commit(self, prepared: Sequence[Prepared], *, failed: bool = False) -> list[Outcome]:
        async with self.database.transaction() as connection:
            work, outcomes = await self._work(connection, prepared, failed=failed)
            await work.flush(connection)
        for verdict in work.verdicts:
            self.metrics.verdicts.labels(verdict).inc()
        for kind, data in work.recorded:
            self.metrics.count_record(kind, data)
        touched = list(work.opened.values())
        await self.committed(Committed(work.new_entries, touched, work.queue_changed, work.held, work.given_away))
        return outcomes

    async def _work(
        self, connection: AsyncConnection, prepared: Sequence[Prepared], *, failed: bool
    ) -> tuple[Work, list[Outcome]]:
        now = self.now()
        events = [each.event for each in prepared]
        opened, chats = await self.loading.open(connection, events, now)
        # One version of the FAQ decides and speaks for the whole batch, whatever is saved meanwhile.
        work = Work(self.database, self.renderer(), self.capabilities, self.holder, now, opened)
        work.policy = self.applying.policy
        if any(isinstance(event, ActDone | TimerDue) for event in events):
            acts = [event.act for event in events if isinstance(event, ActDone)]
            work.staff = await staff_for(self.database, connection, acts, now)
            for timer in await of_kind(connection, opened, REPLY):
                opened[timer.conversation_id].put_off(timer)
        places = [_place(event, opened, chats) for event in events]
        keys = {(place.id, event.key) for place, event in zip(places, events, strict=True) if place is not None}
        done = await seen(connection, keys) if keys else set()
        standing = await _standing_timers(connection, events)
        outcomes: list[Outcome] = []
        for number, (each, place) in enumerate(zip(prepared, places, strict=True)):
            # Each event has a moment of its own, so that what happens in one batch keeps its order everywhere.
            moment = now + number * TICK
            outcomes.append(await self._one(connection, work, each, place, moment, done, standing, failed))
        return work, outcomes

    async def _one(
        self,
        connection: AsyncConnection,
        work: Work,
        prepared: Prepared,
        place: Opened | None,
        moment: datetime,
        done: set[tuple[int, str]],
        standing: set[tuple[int, str, datetime]],
        failed: bool,
    ) -> Outcome:
        event = prepared.event
        if place is None:
            # Nothing is known of this chat and the event names nobody: there is nothing to keep.
            return Declined("gone", "This conversation does not exist.") if isinstance(event, ActDone) else Done()
        if (place.id, event.key) in done or (place.id, event.key) in work.arrivals:
            return Done()
        if isinstance(event, TimerDue):
            timer = event.timer
            if (place.id, timer.kind, timer.due_at) not in standing:
                return Done()
        done.add((place.id, event.key))
        unanswered_since, memory = place.unanswered_since, place.memory
        outcome = await self.applying.apply(connection, work, place, prepared, moment, failed=failed)
        if needs_no_answer(event, memory, place.memory, place.player, moment):
            place.unanswered_since = unanswered_since
        if isinstance(outcome, Done):
            work.arrived(place, event.key, moment)
        return outcome


def _place(event: Happening, opened: Mapping[int, Opened], chats: Mapping[tuple[str, str], int]) -> Opened | None:
    conversation_id: int | None = getattr(event, "conversation_id", None)
    if conversation_id is None:
        conversation_id = chats.get((getattr(event, "channel", ""), getattr(event, "chat", "")))
    return opened.get(conversation_id) if conversation_id is not None else None


async def _standing_timers(connection: AsyncConnection, events: Iterable[Happening]) -> set[tuple[int, str, datetime]]:
    timers = [event.timer for event in events if isinstance(event, TimerDue)]
    return await still_set(connection, timers) if timers else set()
