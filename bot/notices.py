"""What staff are told of the service itself: a FAQ that was refused, channels that are down, messages in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.alarms import Alarms
from bot.turns import whole_turn
from channels.errors import Misconfigured
from faq.publishing import Status
from handoff.notices import AGENTS, LEADS, TOPIC, Notice, Severity
from messaging import outbox
from messaging.live import Live
from messaging.outbox import EntryState
from storage.database import Database
from storage.errors import StorageError

log = structlog.get_logger()

LOOK_EVERY = 2.0
MEGABYTE = 1_000_000
REMEMBER_AWAY = timedelta(minutes=15)
"""How long after the database came back staff are told that it was away."""

NAMES = {"telegram": "Telegram", "discord": "Discord", "web": "The web chat"}


class Channels(Protocol):
    """How the channels stand, as the supervisor knows it."""

    @property
    def up(self) -> set[str]: ...

    @property
    def misconfigured(self) -> Mapping[str, Misconfigured]: ...

    @property
    def failing(self) -> Mapping[str, str]: ...


class Publishing(Protocol):
    """How the FAQ stands."""

    @property
    def status(self) -> Status: ...

    async def next_status(self) -> Status: ...


@dataclass(slots=True)
class Lookout:
    """Watches the service and knows what staff should be told: ``run`` beside the program, ask ``notices``."""

    knowledge: Publishing
    channels: Channels
    database: Database
    live: Live
    now: Callable[[], datetime]
    alarms: Alarms | None = None
    unsent_after: timedelta = timedelta(minutes=1)
    room_below: float = 0.0
    _alarms: Sequence[Notice] = ()
    _counts: Mapping[EntryState, int] = field(default_factory=dict)
    _unsent_since: datetime | None = None
    _away_since: datetime | None = None
    _away: tuple[datetime, datetime] | None = None
    _told: tuple[Notice, ...] = ()

    def notices(self) -> tuple[Notice, ...]:
        """Everything that holds now, as of the last look."""
        return self._told

    async def run(self) -> None:
        """Look every few seconds, and as soon as a saved FAQ was judged, until cancelled."""
        while True:
            await whole_turn(self._try_to_look())
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self.knowledge.next_status()

    async def _try_to_look(self) -> None:
        try:
            await self.look()
        except Exception:
            log.exception("worker_failed", worker="notices")

    async def look(self) -> None:
        """Look once, and tell the desks where anything changed."""
        try:
            await self.database.ping()
            async with self.database.reading() as connection:
                self._counts = await outbox.counts(connection)
                self._unsent_since = await outbox.oldest_unfinished(connection)
                if self.alarms is not None:
                    self._alarms = await self.alarms.read(connection, self.now())
        except StorageError:
            self._away_since = self._away_since or self.now()
        else:
            if self._away_since is not None:
                self._away, self._away_since = (self._away_since, self.now()), None
        found = tuple(sorted(self._found(), key=lambda notice: notice.severity is not Severity.ERROR))
        if found != self._told:
            self._told = found
            self.live.tell(TOPIC)

    def _found(self) -> Iterator[Notice]:
        yield from _of_database(self._away_since, self._away, self.now())
        yield from self._of_the_disk()
        yield from _of_channels(self.channels)
        yield from _of_faq(self.knowledge.status)
        yield from _of_outbox(self._counts)
        if self._unsent_since is not None and self.now() - self._unsent_since > self.unsent_after:
            yield from _of_unsent(self._unsent_since)
        yield from self._alarms

    def _of_the_disk(self) -> Iterator[Notice]:
        room = self.database.room()
        if room is not None and room < self.room_below:
            text = f"The disk of the database has only {room / MEGABYTE:,.0f} MB left."
            remedy = "Once it is full nothing can be taken in: players' messages wait at their networks. Make room."
            yield Notice("disk", Severity.ERROR, text, remedy, LEADS)


def _of_database(
    away_since: datetime | None, away: tuple[datetime, datetime] | None, now: datetime
) -> Iterator[Notice]:
    if away_since is not None:
        text = f"The database cannot be reached since {_clock(away_since)}."
        yield Notice("database", Severity.ERROR, text, "Players' messages wait at their networks. See the log.", LEADS)
        yield Notice("database", Severity.ERROR, text, "Nothing can be sent just now; your drafts are kept.", AGENTS)
    elif away is not None and now - away[1] < REMEMBER_AWAY:
        began, ended = away
        text = f"The database was away from {_clock(began)} to {_clock(ended)}."
        yield Notice("database", Severity.WARNING, text, "It is back. The log tells why it was away.", LEADS)
        yield Notice("database", Severity.WARNING, text, "It is back; what waited is on its way.", AGENTS)


def _of_channels(channels: Channels) -> Iterator[Notice]:
    for name, error in sorted(channels.misconfigured.items()):
        key, shown = f"channel:{name}", NAMES.get(name, name)
        yield Notice(
            key, Severity.ERROR, f"{shown} is off, it is set up wrongly: {_sentence(str(error))}", error.hint, LEADS
        )
        yield Notice(key, Severity.ERROR, f"{shown} is off: nothing comes from there or gets there.", roles=AGENTS)
    for name, reason in sorted(channels.failing.items()):
        if name in channels.up or name in channels.misconfigured:
            continue
        key, shown = f"channel:{name}", NAMES.get(name, name)
        remedy = "It is tried again by itself. innkeeper doctor looks closer."
        yield Notice(key, Severity.ERROR, f"{shown} is down: {_sentence(reason)}", remedy, LEADS)
        yield Notice(
            key, Severity.ERROR, f"{shown} is down.", "Your replies wait and are sent when it is back.", AGENTS
        )


def _of_faq(status: Status) -> Iterator[Notice]:
    count = len(status.problems)
    if status.rejected_at is not None:
        text = f"The FAQ saved last was refused: {_counted(count, 'problem')}. Players get the one before it."
        if status.problems:
            first = status.problems[0]
            text += f" {'The first: ' if count > 1 else ''}{first.place}: {_sentence(first.message)}"
        yield Notice("faq", Severity.WARNING, text, "innkeeper faq status shows all.", LEADS)
    elif status.failing:
        failing = _counted(len(status.failing), "test")
        text = f"{failing} of the FAQ {'fails' if len(status.failing) == 1 else 'fail'} in what is served now."
        yield Notice("faq", Severity.WARNING, text, "innkeeper faq test shows which answers players get.", LEADS)


def _of_outbox(counts: Mapping[EntryState, int]) -> Iterator[Notice]:
    unknown, dead = counts.get(EntryState.UNKNOWN, 0), counts.get(EntryState.DEAD, 0)
    if not unknown and not dead:
        return
    parts = [
        f"Of {_counted(unknown, 'message')} nobody knows whether it arrived." if unknown else "",
        f"{_counted(dead, 'message')} could not be delivered." if dead else "",
    ]
    remedy = "Their tickets show them, with Send again and Leave it; innkeeper outbox list shows all."
    yield Notice("outbox", Severity.WARNING, " ".join(filter(None, parts)), remedy)


def _of_unsent(since: datetime) -> Iterator[Notice]:
    text = f"Messages to players are late: the oldest waits to be sent since {_clock(since)}."
    remedy = "A network is down, slow, or limits us, or the database is slow. The log says which (send_retried)."
    yield Notice("unsent", Severity.WARNING, text, remedy, LEADS)
    yield Notice("unsent", Severity.WARNING, text, "They are sent by themselves as soon as that is possible.", AGENTS)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _clock(at: datetime) -> str:
    return f"{at:%H:%M} {at.tzname() or ''}".rstrip()
