"""The calendar counted minute by minute: slow, and with no arithmetic to get wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

MINUTE = timedelta(minutes=1)


class MinuteCounter:
    """A stretch of time as an array of minutes, each with what the wall clock shows and whether the service is open."""

    def __init__(self, zone: str, start: datetime, minutes: int) -> None:
        self.start = start.astimezone(UTC)
        self.minutes = minutes
        self.walls = _clock(zone, self.start, minutes)
        self.open = np.zeros(minutes, dtype=bool)

    def dates(self) -> list[date]:
        """Every date from the one before the first that the wall clock shows to the one after the last."""
        first, last = self.walls[[0, -1]].astype("datetime64[D]").tolist()
        return [first + timedelta(days=days) for days in range(-1, (last - first).days + 2)]

    def add(self, day: date, intervals: Sequence[str]) -> None:
        """Opens the minutes from the first that shows the start or later to the last that shows less than the end."""
        for interval in intervals:
            start, end = (_wall(day, text) for text in interval.split("-"))
            if end <= start:
                end += np.timedelta64(1, "D")
            reached, before_end = np.flatnonzero(self.walls >= start), np.flatnonzero(self.walls < end)
            if len(reached) and len(before_end):
                self.open[reached[0] : before_end[-1] + 1] = True

    def index(self, at: datetime) -> int:
        return int((at - self.start) / MINUTE)

    def between(self, start: datetime, end: datetime) -> timedelta:
        return int(self.open[self.index(start) : self.index(end)].sum()) * MINUTE

    def first(self, start: datetime, is_open: bool) -> datetime | None:
        """The first minute from ``start`` on that is open (or closed)."""
        found = np.flatnonzero(self.open[self.index(start) :] == is_open)
        return start + int(found[0]) * MINUTE if len(found) else None

    def after(self, start: datetime, duration: timedelta) -> datetime | None:
        """The first moment from ``start`` on by which ``duration`` of open minutes has passed."""
        passed = np.concatenate(([0], np.cumsum(self.open[self.index(start) :]))) * MINUTE.total_seconds()
        found = np.flatnonzero(passed >= duration.total_seconds())
        return start + int(found[0]) * MINUTE if len(found) else None


@cache
def _clock(zone: str, start: datetime, minutes: int) -> np.ndarray:
    """What the wall clock shows in each minute."""
    moments = [start + position * MINUTE for position in range(minutes)]
    return np.array([at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for at in moments], dtype="datetime64[m]")


def _wall(day: date, text: str) -> np.datetime64:
    hours, minutes = map(int, text.split(":"))
    return np.datetime64(day, "m") + np.timedelta64(hours * 60 + minutes, "m")
