"""When the service is open, and arithmetic in service time. Pure: every moment is given, aware, and answered in UTC.

An interval belongs to the day it starts on, also where it runs past midnight: a holiday takes away what would start on
it and leaves the tail of the evening before. Where daylight saving moves the clock, the service opens when the wall
clock first reaches the hour and closes when it passes the hour for the last time, so an interval is never torn in two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import holidays

from handoff.errors import Problem, SettingsError
from storage.problems import did_you_mean

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTES_A_DAY = 24 * 60
# After so many days without an hour of service it is taken that none will come: longer than any yearly pattern.
LOOK_AHEAD_DAYS = 400
ONE_DAY = timedelta(days=1)
# The step between the last moment that still shows an earlier time and the moment of closing.
TICK = timedelta(microseconds=1)

_INTERVAL = re.compile(r"\s*(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})\s*")


def _default_week() -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(WEEKDAYS, ("09:00-02:00",))


@dataclass(frozen=True, slots=True)
class CalendarSettings:
    """The service calendar as the owner writes it.

    ``week`` has intervals ``HH:MM-HH:MM`` by weekday; a weekday left out is closed; an end at or before the start
    is on the next day; ``00:00-24:00`` is the whole day. On a public holiday of ``holidays_country`` the
    ``holiday_hours`` hold instead (none: closed), and on a date of ``exceptions`` its own, whatever else the day is.
    ``working_days`` are the weekdays counted by targets given in working days, except holidays and dates that are
    closed by exception.
    """

    time_zone: str = "UTC"
    week: Mapping[str, Sequence[str]] = field(default_factory=_default_week)
    holidays_country: str | None = None
    holidays_subdivision: str | None = None
    holiday_hours: Sequence[str] = ()
    exceptions: Mapping[date, Sequence[str]] = field(default_factory=dict)
    working_days: Sequence[str] = WEEKDAYS[:5]


class Hours(NamedTuple):
    """An interval in minutes after the midnight that starts its day; ``closes`` may reach into the next day."""

    opens: int
    closes: int


class Span(NamedTuple):
    """A stretch of time, in UTC, from ``start`` up to but without ``end``."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Calendar:
    """The service calendar. Moments given must be aware (else ValueError); moments returned are in UTC."""

    zone: ZoneInfo
    week: tuple[tuple[Hours, ...], ...]
    holidays_country: str | None = None
    holidays_subdivision: str | None = None
    holiday_hours: tuple[Hours, ...] = ()
    exceptions: Mapping[date, tuple[Hours, ...]] = field(default_factory=dict)
    working_weekdays: frozenset[int] = frozenset(range(5))

    @classmethod
    def from_settings(cls, settings: CalendarSettings) -> Calendar:
        """The calendar that ``settings`` describe. Raises SettingsError naming every setting that is wrong."""
        return _Reader(settings).calendar()

    def is_open(self, at: datetime) -> bool:
        """Whether the service is open at ``at``. The moment of closing is closed."""
        return any(span.start <= at for span in self._spans_until(at))

    def opens_next(self, at: datetime) -> datetime | None:
        """When the service is next open: ``at`` itself while it is, None if it never will be."""
        at = _in_utc(at)
        return next((max(at, span.start) for span in self._spans(at)), None)

    def closes_next(self, at: datetime) -> datetime | None:
        """When the service is next closed: ``at`` itself while it is, None if it stays open (24/7)."""
        at = reached = _in_utc(at)
        for span in self._spans(at):
            if span.start > reached:
                break
            reached = max(reached, span.end)
            if reached - at > LOOK_AHEAD_DAYS * ONE_DAY:
                return None
        return reached

    def service_time_between(self, start: datetime, end: datetime) -> timedelta:
        """How long the service is open from ``start`` to ``end``; zero where ``end`` is not after ``start``."""
        reached, end = _in_utc(start), _in_utc(end)
        total = timedelta()
        for span in self._spans(reached):
            if span.start >= end:
                break
            stop = min(span.end, end)
            total += max(stop - max(span.start, reached), timedelta())
            reached = max(reached, stop)
        return total

    def add_service_time(self, start: datetime, duration: timedelta) -> datetime | None:
        """The first moment by which ``duration`` of service time has passed since ``start``; None if it never will.

        Nothing to wait for has passed at ``start``, also while closed. A negative duration is a ValueError.
        """
        if duration < timedelta():
            raise ValueError(f"a duration cannot be negative: {duration}")
        reached = _in_utc(start)
        if not duration:
            return reached
        left = duration
        for span in self._spans(reached):
            opened = max(span.start, reached)
            if span.end - opened >= left:
                return opened + left
            left -= max(span.end - opened, timedelta())
            reached = max(reached, span.end)
        return None

    def is_holiday(self, day: date) -> bool:
        """Whether ``day`` is a public holiday where the service is, whatever its hours."""
        return self.holidays_country is not None and day in _holidays_of(
            self.holidays_country, self.holidays_subdivision, day.year
        )

    def hours_on(self, day: date) -> tuple[Hours, ...]:
        """The intervals that start on ``day``, in order."""
        if day in self.exceptions:
            return self.exceptions[day]
        return self.holiday_hours if self.is_holiday(day) else self.week[day.weekday()]

    def is_working_day(self, day: date) -> bool:
        """Whether ``day`` counts where a target is given in working days."""
        if day.weekday() not in self.working_weekdays:
            return False
        return bool(self.exceptions[day]) if day in self.exceptions else not self.is_holiday(day)

    def working_calendar(self) -> Calendar:
        """A calendar that is open all day on working days: its service time is what working days are counted in."""
        whole_day = (Hours(0, MINUTES_A_DAY),)
        return Calendar(
            zone=self.zone,
            week=tuple(whole_day if day in self.working_weekdays else () for day in range(7)),
            holidays_country=self.holidays_country,
            holidays_subdivision=self.holidays_subdivision,
            exceptions={day: whole_day if self.is_working_day(day) else () for day in self.exceptions},
            working_weekdays=self.working_weekdays,
        )

    def is_always_open(self) -> bool:
        """Whether the service never closes: what a promise of "24 hours a day" needs."""
        days = [*self.week, *self.exceptions.values()]
        if self.holidays_country is not None:
            days.append(self.holiday_hours)
        return all(_covers_a_day(hours) for hours in days)

    def local(self, at: datetime) -> datetime:
        """``at`` as the clock on the service's wall shows it."""
        return _in_utc(at).astimezone(self.zone)

    def _spans_until(self, at: datetime) -> Iterator[Span]:
        """The spans that have not ended at ``at``, of the days that could hold it."""
        at = _in_utc(at)
        today = at.astimezone(self.zone).date()
        # One day on, too: where a clock goes back over midnight, tomorrow was already shown once.
        for day in (today - ONE_DAY, today, today + ONE_DAY):
            yield from (span for span in self._spans_of(day) if span.end > at)

    def _spans(self, at: datetime) -> Iterator[Span]:
        """The spans that end after ``at``, ordered by start, as far as there are any; they may overlap."""
        day = at.astimezone(self.zone).date() - ONE_DAY
        idle_days = 0
        while idle_days <= LOOK_AHEAD_DAYS:
            spans = self._spans_of(day)
            yield from (span for span in spans if span.end > at)
            idle_days = 0 if spans else idle_days + 1
            day += ONE_DAY
        later = sorted(exception for exception in self.exceptions if exception >= day)
        for exception in later:
            yield from self._spans_of(exception)

    def _spans_of(self, day: date) -> list[Span]:
        midnight = datetime.combine(day, time())
        spans = [
            Span(
                _opening(midnight + timedelta(minutes=hours.opens), self.zone),
                _closing(midnight + timedelta(minutes=hours.closes), self.zone),
            )
            for hours in self.hours_on(day)
        ]
        # Hours that the clock skips that day hold no time at all.
        return [span for span in spans if span.start < span.end]


def _in_utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"a moment needs a time zone: {at!r}")
    return at.astimezone(UTC)


def _opening(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first moment at which the clock has reached ``wall``."""
    first, second = _readings(wall, zone)
    return first if first <= second else _transition(second, first, zone)


def _closing(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment after which the clock never again shows a time before ``wall``."""
    first, second = _readings(wall - TICK, zone)
    return second + TICK if first <= second else _transition(second, first, zone)


def _readings(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """``wall`` read with the offset before and after a change: equal, in order (shown twice), reversed (skipped)."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return first, wall.replace(tzinfo=zone, fold=1).astimezone(UTC)


def _transition(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment in (``before``, ``after``] at which the offset changes, which it does once, on a whole second."""
    old = before.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds()) + 1
    start = before.replace(microsecond=0)
    while high - low > 1:
        middle = (low + high) // 2
        if (start + timedelta(seconds=middle)).astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return start + timedelta(seconds=high)


def _covers_a_day(intervals: tuple[Hours, ...]) -> bool:
    reached = 0
    for hours in intervals:
        if hours.opens > reached:
            return False
        reached = hours.closes
    return reached >= MINUTES_A_DAY


@lru_cache(maxsize=512)
def _holidays_of(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))


class _Reader:
    """Reads settings into a calendar, collecting every problem on the way."""

    def __init__(self, settings: CalendarSettings) -> None:
        self._settings = settings
        self._problems: list[Problem] = []

    def calendar(self) -> Calendar:
        settings = self._settings
        zone = self._zone(settings.time_zone)
        week = self._week(settings.week)
        country, subdivision = self._country(settings.holidays_country, settings.holidays_subdivision)
        holiday_hours = self._intervals("holiday_hours", settings.holiday_hours)
        exceptions = {
            day: self._intervals(f"exceptions.{day}", intervals) for day, intervals in settings.exceptions.items()
        }
        working = frozenset(
            number
            for position, name in enumerate(settings.working_days)
            if (number := self._weekday(f"working_days[{position}]", name)) is not None
        )
        if not working and not settings.working_days:
            self._refuse("working_days", "at least one weekday is needed")
        if not self._problems and not any([*week, *exceptions.values(), country and holiday_hours]):
            self._refuse("week", "the service would never be open")
        if self._problems:
            raise SettingsError(self._problems)
        return Calendar(zone, week, country, subdivision, holiday_hours, exceptions, working)

    def _refuse(self, setting: str, reason: str) -> None:
        self._problems.append(Problem(setting, reason))

    def _zone(self, name: str) -> ZoneInfo:
        known = available_timezones()
        if name in known:
            return ZoneInfo(name)
        self._refuse("time_zone", f"there is no time zone {name!r}. {did_you_mean(name, known) or ''}")
        return ZoneInfo("UTC")

    def _week(self, week: Mapping[str, Sequence[str]]) -> tuple[tuple[Hours, ...], ...]:
        days: list[tuple[Hours, ...]] = [()] * len(WEEKDAYS)
        for name, intervals in week.items():
            number = self._weekday(f"week.{name}", name)
            if number is not None:
                days[number] = self._intervals(f"week.{name}", intervals)
        return tuple(days)

    def _weekday(self, setting: str, name: str) -> int | None:
        if name in WEEKDAYS:
            return WEEKDAYS.index(name)
        self._refuse(setting, f"there is no weekday {name!r}. {did_you_mean(name, WEEKDAYS)}")
        return None

    def _country(self, country: str | None, subdivision: str | None) -> tuple[str | None, str | None]:
        if country is None:
            if subdivision is not None:
                self._refuse("holidays_subdivision", "it needs a holidays_country")
            return None, None
        known = holidays.list_supported_countries()
        if country not in known:
            self._refuse("holidays_country", f"no holidays are known of {country!r}; use a code such as DE or VN")
        elif subdivision is not None and subdivision not in known[country]:
            has = ", ".join(known[country]) or "no subdivisions"
            self._refuse("holidays_subdivision", f"{country} has no {subdivision!r}; it has {has}")
        return country, subdivision

    def _intervals(self, setting: str, texts: Sequence[str]) -> tuple[Hours, ...]:
        if isinstance(texts, str):
            self._refuse(setting, f'a list of intervals is needed, such as ["{texts}"]')
            return ()
        found = [self._hours(f"{setting}[{position}]", text) for position, text in enumerate(texts)]
        intervals = sorted(hours for hours in found if hours is not None)
        if any(following.opens < hours.closes for hours, following in pairwise(intervals)):
            self._refuse(setting, "its intervals overlap")
        return tuple(intervals)

    def _hours(self, setting: str, text: str) -> Hours | None:
        parts = _INTERVAL.fullmatch(text) if isinstance(text, str) else None
        if parts is None:
            self._refuse(setting, f"{text!r} is not an interval; write it as 09:00-17:30")
            return None
        opening, opening_minute, closing, closing_minute = map(int, parts.groups())
        opens, closes = opening * 60 + opening_minute, closing * 60 + closing_minute
        if max(opening_minute, closing_minute) > 59 or opens >= MINUTES_A_DAY or closes > MINUTES_A_DAY:
            self._refuse(setting, f"{text!r}: a day runs from 00:00 to 24:00 (past midnight: 18:00-02:00)")
            return None
        if opens == closes:
            self._refuse(setting, f"{text!r} holds no time; the whole day is 00:00-24:00")
            return None
        return Hours(opens, closes if closes > opens else closes + MINUTES_A_DAY)
