"""How soon a player must hear from us: classes of service as data, and the clocks that measure them. Pure.

A clock is a value: every act gives a new one, and what is stored is enough to go on after a restart. What has passed
before a pause is kept as it was measured; a calendar edited later changes only what is still running.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from handoff.calendar import Calendar


class Measure(StrEnum):
    """What a clock counts: hours of service, whole working days (midnight to midnight), or all time."""

    SERVICE = "service"
    WORKING = "working"
    WALL = "wall"


@dataclass(frozen=True, slots=True)
class Target:
    """The time allowed. ``warn_at`` are percentages of it, ascending; each warns once."""

    amount: timedelta
    measure: Measure = Measure.SERVICE
    warn_at: tuple[int, ...] = (50, 80, 100)

    @property
    def pauses(self) -> bool:
        """Whether its clock stands still while the player owes the next word: a clock of wall time never does."""
        return self.measure is not Measure.WALL

    def share(self, percent: int) -> timedelta:
        """So many per cent of the time allowed."""
        return self.amount * percent // 100

    def passed(self, start: datetime, end: datetime, calendar: Calendar) -> timedelta:
        """How much of what is counted passed from ``start`` to ``end``; zero where ``end`` is not after ``start``."""
        if self.measure is Measure.WALL:
            return max(end - start, timedelta())
        return self._counted(calendar).service_time_between(start, end)

    def moment(self, start: datetime, amount: timedelta, calendar: Calendar) -> datetime | None:
        """The first moment by which ``amount`` has passed since ``start``; None if it never will."""
        if self.measure is Measure.WALL:
            return start.astimezone(UTC) + amount
        return self._counted(calendar).add_service_time(start, amount)

    def _counted(self, calendar: Calendar) -> Calendar:
        return calendar.working_calendar() if self.measure is Measure.WORKING else calendar


@dataclass(frozen=True, slots=True)
class Clock:
    """One measured duty. It runs, pauses (the player owes the next word) or has stopped (the duty is done).

    ``running_since`` is None while it does not run; ``spent_before`` is what had passed by then. ``warned`` are the
    percentages it has warned of, which it never does again.
    """

    target: Target
    started_at: datetime
    running_since: datetime | None
    spent_before: timedelta = timedelta()
    warned: frozenset[int] = frozenset()
    stopped_at: datetime | None = None

    @classmethod
    def start(cls, target: Target, now: datetime) -> Clock:
        """A clock that begins to run ``now``."""
        return cls(target, started_at=now, running_since=now)

    @property
    def is_running(self) -> bool:
        return self.running_since is not None

    def spent(self, now: datetime, calendar: Calendar) -> timedelta:
        """How much of the target has been used by ``now``."""
        if self.running_since is None:
            return self.spent_before
        return self.spent_before + self.target.passed(self.running_since, now, calendar)

    def left(self, now: datetime, calendar: Calendar) -> timedelta:
        """What is left of the target; negative once it is missed."""
        return self.target.amount - self.spent(now, calendar)

    def due_at(self, calendar: Calendar) -> datetime | None:
        """When the target is used up if nothing happens before; None while the clock does not run, or if never."""
        return self._moment_of(self.target.amount, calendar)

    def pause(self, now: datetime, calendar: Calendar) -> Clock:
        """The player owes the next word. A clock that does not pause, or does not run, is unchanged."""
        return self._halt(now, calendar) if self.target.pauses else self

    def resume(self, now: datetime) -> Clock:
        """We owe the next word (again). A running clock is unchanged; a stopped one runs on from what it had spent."""
        return self if self.is_running else replace(self, running_since=now, stopped_at=None)

    def stop(self, now: datetime, calendar: Calendar) -> Clock:
        """The duty is done. A clock that has stopped keeps its first moment."""
        if self.stopped_at is not None:
            return self
        return replace(self._halt(now, calendar), stopped_at=now)

    def retarget(
        self, target: Target, now: datetime, calendar: Calendar, *, warned: frozenset[int] = frozenset()
    ) -> Clock:
        """The same duty under another target: what was spent counts, and another target warns anew.

        ``warned`` are percentages that it need not warn of again. Under a target that never pauses it runs on.
        """
        if target == self.target:
            return self
        runs = self.is_running or (self.stopped_at is None and not target.pauses)
        halted = self._halt(now, calendar)
        return replace(halted, target=target, warned=warned, running_since=now if runs else None)

    def warn(self, now: datetime, calendar: Calendar) -> tuple[Clock, tuple[int, ...]]:
        """The percentages reached by ``now`` and not yet warned of, ascending, and the clock that remembers them.

        After a standstill of ours several may come at once; who tells people may then name the last alone.
        """
        spent = self.spent(now, calendar) if self.is_running else timedelta(-1)
        reached = tuple(percent for percent in self._unwarned() if spent >= self.target.share(percent))
        return (replace(self, warned=self.warned.union(reached)), reached) if reached else (self, ())

    def next_alarm(self, now: datetime, calendar: Calendar) -> datetime | None:
        """When ``warn`` next has something to say: ``now`` where it has already; None if nothing is to come."""
        moments = (self._moment_of(self.target.share(percent), calendar) for percent in self._unwarned())
        known = [moment for moment in moments if moment is not None]
        return max(min(known), now.astimezone(UTC)) if known else None

    def to_plain(self) -> dict[str, Any]:
        """The clock as JSON-ready values."""
        return {
            "amount": self.target.amount.total_seconds(),
            "measure": self.target.measure.value,
            "warn_at": list(self.target.warn_at),
            "started_at": self.started_at.isoformat(),
            "running_since": self.running_since and self.running_since.isoformat(),
            "spent_before": self.spent_before.total_seconds(),
            "warned": sorted(self.warned),
            "stopped_at": self.stopped_at and self.stopped_at.isoformat(),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Clock:
        """The clock that ``to_plain`` described."""
        target = Target(timedelta(seconds=plain["amount"]), Measure(plain["measure"]), tuple(plain["warn_at"]))
        return cls(
            target,
            started_at=datetime.fromisoformat(plain["started_at"]),
            running_since=_moment(plain["running_since"]),
            spent_before=timedelta(seconds=plain["spent_before"]),
            warned=frozenset(plain["warned"]),
            stopped_at=_moment(plain["stopped_at"]),
        )

    def _unwarned(self) -> list[int]:
        return [percent for percent in self.target.warn_at if percent not in self.warned]

    def _moment_of(self, amount: timedelta, calendar: Calendar) -> datetime | None:
        if self.running_since is None:
            return None
        return self.target.moment(self.running_since, max(amount - self.spent_before, timedelta()), calendar)

    def _halt(self, now: datetime, calendar: Calendar) -> Clock:
        return replace(self, spent_before=self.spent(now, calendar), running_since=None)


DUTIES = ("first_reply", "next_reply", "resolution")
"""What is measured of a ticket, by the names of the clocks."""


@dataclass(frozen=True, slots=True)
class TicketClass:
    """A class of tickets with its targets; None where it has none of that kind."""

    name: str
    first_reply: Target | None = None
    next_reply: Target | None = None
    resolution: Target | None = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of one ticket: to the first human reply, to the next one, and to the solution.

    ``owed_since`` is the player's first word that has no reply yet, None while they owe the next; ``looking`` that they
    were told to wait for ours.
    """

    ticket_class: TicketClass
    opened_at: datetime
    owed_since: datetime | None
    replied: bool = False
    first_reply: Clock | None = None
    next_reply: Clock | None = None
    resolution: Clock | None = None
    looking: bool = False

    @classmethod
    def start(cls, ticket_class: TicketClass, now: datetime) -> Clocks:
        """The clocks of a ticket opened ``now``."""
        return cls(
            ticket_class,
            opened_at=now,
            owed_since=now,
            first_reply=_started(ticket_class.first_reply, now),
            resolution=_started(ticket_class.resolution, now),
        )

    def player_wrote(self, now: datetime) -> Clocks:
        """We owe the next word. A reply already owed is owed since the earlier word."""
        if self.owed_since is not None:
            return self
        return replace(
            self,
            owed_since=now,
            next_reply=_started(self.ticket_class.next_reply, now) if self.replied else None,
            first_reply=self.first_reply and self.first_reply.resume(now) if not self.replied else self.first_reply,
            resolution=self.resolution and self.resolution.resume(now),
        )

    def agent_replied(self, now: datetime, calendar: Calendar, *, awaits_player: bool = True) -> Clocks:
        """A human answered. ``awaits_player`` is False where the next word is still ours ("let me look")."""
        resolution = self.resolution
        if resolution is not None and awaits_player:
            resolution = resolution.pause(now, calendar)
        return replace(self._answered(now, calendar), replied=True, resolution=resolution, looking=not awaits_player)

    def resolved(self, now: datetime, calendar: Calendar) -> Clocks:
        """Nothing is owed any more. ``player_wrote`` opens the ticket again."""
        resolution = self.resolution and self.resolution.stop(now, calendar)
        return replace(self._answered(now, calendar), resolution=resolution, looking=False)

    def reclassified(self, ticket_class: TicketClass, now: datetime, calendar: Calendar) -> Clocks:
        """The same ticket in another class. What was spent counts; a duty that is new counts from its beginning."""

        def changed(clock: Clock | None, target: Target | None, since: datetime | None) -> Clock | None:
            if clock is None:
                return None if since is None else _started(target, since)
            return None if target is None else clock.retarget(target, now, calendar)

        owed, resolution = self.owed_since, changed(self.resolution, ticket_class.resolution, self.opened_at)
        if resolution is not None and self.resolution is None and resolution.target.pauses and not self.is_ours:
            resolution = replace(resolution, running_since=None)
        return replace(
            self,
            ticket_class=ticket_class,
            first_reply=changed(self.first_reply, ticket_class.first_reply, None if self.replied else owed),
            next_reply=changed(self.next_reply, ticket_class.next_reply, owed if self.replied else None),
            resolution=resolution,
        )

    def renewed(self, now: datetime, calendar: Calendar) -> Clocks:
        """The same clocks after the owner edited the class: what is not done yet is measured by what holds now.

        What was spent counts, and what was warned of is not warned of again.
        """

        def edited(clock: Clock | None, target: Target | None) -> Clock | None:
            if clock is None or clock.stopped_at is not None or target is None:
                return clock
            return clock.retarget(target, now, calendar, warned=clock.warned)

        ticket_class = self.ticket_class
        return replace(
            self,
            first_reply=edited(self.first_reply, ticket_class.first_reply),
            next_reply=edited(self.next_reply, ticket_class.next_reply),
            resolution=edited(self.resolution, ticket_class.resolution),
        )

    def warn(self, now: datetime, calendar: Calendar) -> tuple[Clocks, tuple[tuple[str, int], ...]]:
        """What each duty warns of by ``now``, as (duty, percentage), and the clocks that remember it."""
        changed: dict[str, Any] = {}
        told: list[tuple[str, int]] = []
        for duty, clock in self.duties():
            changed[duty], reached = clock.warn(now, calendar)
            told += [(duty, percent) for percent in reached]
        return (replace(self, **changed), tuple(told)) if told else (self, ())

    def to_plain(self) -> dict[str, Any]:
        """The clocks as JSON-ready values."""
        return {
            "ticket_class": self.ticket_class.name,
            "opened_at": self.opened_at.isoformat(),
            "owed_since": self.owed_since and self.owed_since.isoformat(),
            "replied": self.replied,
            "first_reply": self.first_reply and self.first_reply.to_plain(),
            "next_reply": self.next_reply and self.next_reply.to_plain(),
            "resolution": self.resolution and self.resolution.to_plain(),
            "looking": self.looking,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any], classes: Mapping[str, TicketClass]) -> Clocks:
        """The clocks that ``to_plain`` described. A class that is no longer set begins no new clocks."""
        name = plain["ticket_class"]
        first_reply, next_reply, resolution = (plain[duty] and Clock.from_plain(plain[duty]) for duty in DUTIES)
        return cls(
            classes.get(name, TicketClass(name)),
            opened_at=datetime.fromisoformat(plain["opened_at"]),
            owed_since=_moment(plain["owed_since"]),
            replied=plain["replied"],
            first_reply=first_reply,
            next_reply=next_reply,
            resolution=resolution,
            looking=plain.get("looking", False),
        )

    def _answered(self, now: datetime, calendar: Calendar) -> Clocks:
        return replace(
            self,
            owed_since=None,
            first_reply=self.first_reply and self.first_reply.stop(now, calendar),
            next_reply=self.next_reply and self.next_reply.stop(now, calendar),
        )

    @property
    def is_ours(self) -> bool:
        """Whether the next word is ours."""
        return self.owed_since is not None or self.looking

    @property
    def warned(self) -> int:
        """The highest percentage that a running clock has warned of; 0 where none has."""
        return max((percent for clock in self.running() for percent in clock.warned), default=0)

    def duties(self) -> tuple[tuple[str, Clock], ...]:
        """The clocks that there are, by what they measure."""
        named = ((duty, getattr(self, duty)) for duty in DUTIES)
        return tuple((duty, clock) for duty, clock in named if clock is not None)

    def running(self) -> tuple[Clock, ...]:
        """The clocks that run."""
        return tuple(clock for _, clock in self.duties() if clock.is_running)

    def due_at(self, calendar: Calendar) -> datetime | None:
        """The earliest moment at which a target is missed, if any runs."""
        return _earliest(clock.due_at(calendar) for clock in self.running())

    def next_alarm(self, now: datetime, calendar: Calendar) -> datetime | None:
        """When any of the clocks next has a warning."""
        return _earliest(clock.next_alarm(now, calendar) for clock in self.running())


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _started(target: Target | None, now: datetime) -> Clock | None:
    return None if target is None else Clock.start(target, now)


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
