"""Promises: times by which a player was told to hear from us (T5, T16, W15), each with an alarm of its own. Pure.

A ticket keeps all of its promises as plain data. One that was missed is still owed: it stays open until it is kept, or
until somebody says why it need not be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

KEPT, DROPPED = "kept", "dropped"
_MOMENTS = ("due_at", "made_at", "warned_at", "missed_at", "ended_at")


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise, numbered within its ticket. ``ending`` is how it ended: kept, or dropped for ``reason``."""

    number: int
    due_at: datetime
    made_at: datetime
    agent_id: int
    warned_at: datetime | None = None
    missed_at: datetime | None = None
    ended_at: datetime | None = None
    ending: str = ""
    reason: str = ""

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    def alarm_at(self, lead: timedelta) -> datetime | None:
        """When people are to be told of it next: ``lead`` before it is due, then when it is; None when they were.

        One made for less than ``lead`` from then has no early alarm: whoever made it knows.
        """
        if not self.is_open or self.missed_at is not None:
            return None
        early = self.due_at - lead
        return early if self.warned_at is None and early > self.made_at else self.due_at

    def to_plain(self) -> dict[str, Any]:
        """The promise as JSON-ready values."""
        moments = {name: getattr(self, name) for name in _MOMENTS}
        return {
            "number": self.number,
            "agent_id": self.agent_id,
            "ending": self.ending,
            "reason": self.reason,
            **{name: moment and moment.isoformat() for name, moment in moments.items()},
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Promise:
        """The promise that ``to_plain`` described."""
        moments = {name: plain[name] and datetime.fromisoformat(plain[name]) for name in _MOMENTS}
        return cls(**{**plain, **moments})


@dataclass(frozen=True, slots=True)
class Promises:
    """Every promise of one ticket, in the order they were made."""

    all: tuple[Promise, ...] = ()

    @classmethod
    def from_plain(cls, plain: Iterable[Mapping[str, Any]]) -> Promises:
        return cls(tuple(Promise.from_plain(each) for each in plain))

    def to_plain(self) -> list[dict[str, Any]]:
        return [each.to_plain() for each in self.all]

    @property
    def open(self) -> tuple[Promise, ...]:
        """Those that are owed, the earliest first."""
        return tuple(sorted((each for each in self.all if each.is_open), key=lambda each: each.due_at))

    @property
    def due_at(self) -> datetime | None:
        """When the earliest that is owed is, or was, due."""
        return min((each.due_at for each in self.open), default=None)

    def find(self, number: int) -> Promise | None:
        """The open promise of this number, or None."""
        return next((each for each in self.open if each.number == number), None)

    def made(self, due_at: datetime, now: datetime, agent_id: int) -> Promises:
        """With another one."""
        number = max((each.number for each in self.all), default=0) + 1
        return Promises((*self.all, Promise(number, due_at, now, agent_id)))

    def kept(self, now: datetime, numbers: Sequence[int]) -> Promises:
        """These are kept, late ones too."""
        return self._changed(numbers, ended_at=now, ending=KEPT)

    def dropped(self, now: datetime, number: int, reason: str) -> Promises:
        """This one need not be kept any more."""
        return self._changed((number,), ended_at=now, ending=DROPPED, reason=reason)

    def next_alarm(self, lead: timedelta) -> datetime | None:
        """When people are to be told of any of them."""
        alarms = (each.alarm_at(lead) for each in self.all)
        return min((alarm for alarm in alarms if alarm is not None), default=None)

    def ring(self, now: datetime, lead: timedelta) -> tuple[Promises, tuple[Promise, ...], tuple[Promise, ...]]:
        """The promises from then on, those that will be due soon, and those missed by ``now``, each told once."""
        missed = tuple(each for each in self.open if each.missed_at is None and each.due_at <= now)
        near = tuple(each for each in self.open if each not in missed and _rings(each, now, lead))
        changed = self._changed([each.number for each in missed], missed_at=now)
        return changed._changed([each.number for each in near], warned_at=now), near, missed

    def _changed(self, numbers: Sequence[int], **changes: Any) -> Promises:
        return Promises(
            tuple(replace(each, **changes) if each.is_open and each.number in numbers else each for each in self.all)
        )


def _rings(promise: Promise, now: datetime, lead: timedelta) -> bool:
    alarm = promise.alarm_at(lead)
    return promise.warned_at is None and alarm is not None and alarm <= now
