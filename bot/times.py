"""The owner's times, as decisions follow them: the calendar, classes of service, promises, holds, silence."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from handoff.calendar import Calendar, CalendarSettings
from handoff.sla import TicketClass
from handoff.sla_settings import Sla, SlaSettings

MINUTE = timedelta(minutes=1)


@cache
def _default_calendar() -> Calendar:
    return Calendar.from_settings(CalendarSettings())


@cache
def _default_sla() -> Sla:
    return Sla.from_settings(SlaSettings())


@dataclass(frozen=True, slots=True)
class Times:
    """See ``hours``, ``sla``, ``promises``, ``hold``, ``silent_agents`` and ``unanswered`` in config.yaml."""

    calendar: Calendar = field(default_factory=_default_calendar)
    sla: Sla = field(default_factory=_default_sla)
    promise_warn_before: timedelta = 15 * MINUTE
    promise_longest: timedelta = timedelta(days=3)
    hold_thank_after: timedelta = MINUTE
    hold_widening: float = 3.0
    hold_times: int = 3
    # G12: so much service time after an agent's last act for a player who waits for their word; see Policy.presence for
    # when the ticket goes back.
    remind_agent: timedelta = 4 * MINUTE
    tell_lead: timedelta = 10 * MINUTE
    unanswered_after: timedelta = 5 * MINUTE
    unreached_after: timedelta = timedelta(hours=12)

    def class_of(self, name: str) -> TicketClass:
        """The class of this name, or the default class's targets under it."""
        return self.sla.class_of(name)

    def after(self, start: datetime, amount: timedelta) -> datetime:
        """When so much service time has passed since then; of a service that never opens again, so much time."""
        return self.calendar.add_service_time(start, amount) or start + amount

    def next_thanks(self, given: int) -> timedelta:
        """How long after the last word the player on hold is thanked again, when they were ``given`` times."""
        return self.hold_thank_after * self.hold_widening**given
