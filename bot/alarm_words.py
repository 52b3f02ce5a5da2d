"""Alarms in words for staff. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from handoff.tickets import TicketKey

SHOWN_AT_MOST = 5
DUTY_NAMES = {"first_reply": "the first reply", "next_reply": "the reply", "resolution": "the solution"}


@dataclass(frozen=True, slots=True)
class Case:
    """One ticket that staff are told of, and whose it is."""

    key: TicketKey
    player: str
    agent_id: int | None
    agent: str
    duty: str
    due_at: datetime | None
    warned: int
    promise_due_at: datetime | None
    held_since: datetime | None
    silent_since: datetime | None
    silence: int

    def __str__(self) -> str:
        return f"{self.player} ({self.key}, {self.agent})" if self.agent else f"{self.player} ({self.key})"


def due(what: str, at: datetime | None, now: datetime) -> str:
    """That something is due, or by how much it is late."""
    name = DUTY_NAMES.get(what, what)
    if at is None:
        return f"{name} is owed"
    return f"{name} was due {lasting(now - at)} ago" if at <= now else f"{name} is due in {lasting(at - now)}"


def lasting(length: timedelta) -> str:
    """A length of time in whole minutes, hours or days, rounded down; never nothing."""
    minutes = max(int(length.total_seconds() // 60), 1)
    if minutes < 120:
        return counted(minutes, "minute")
    return counted(minutes // 60, "hour") if minutes < 48 * 60 else counted(minutes // (24 * 60), "day")


def late_words(missed: int, near: int) -> str:
    """How many tickets are late, and how many soon will be."""
    late = f"{counted(missed, 'ticket')} {'is' if missed == 1 else 'are'} late" if missed else ""
    soon = f"{counted(near, 'ticket')} {'is' if near == 1 else 'are'} near the limit" if near else ""
    return ", ".join(filter(None, (late, soon)))


def promise_words(missed: int, near: int) -> str:
    """How many players were promised our word and do not have it, and how many soon should."""
    late = f"{counted(missed, 'promise')} to players {'was' if missed == 1 else 'were'} missed" if missed else ""
    soon = f"{counted(near, 'promise')} to players {'is' if near == 1 else 'are'} due soon" if near else ""
    return ", ".join(filter(None, (late, soon)))


def hold_words(case: Case, clock: Callable[[datetime], str]) -> str:
    since = f" since {clock(case.held_since)}" if case.held_since is not None else ""
    return f"{case.player} ({case.key}) is on hold{since}"


def silence_words(case: Case, clock: Callable[[datetime], str], *, to_agent: bool) -> str:
    since = f" since {clock(case.silent_since)}" if case.silent_since is not None else ""
    player = f"{case.player} ({case.key})"
    return f"{player} waits for your word{since}" if to_agent else f"{player} waits for {case.agent}'s word{since}"


def list_of(lines: Iterable[str], count: int) -> str:
    """The first of these lines as one sentence, and how many more there are."""
    shown = "; ".join(islice(lines, SHOWN_AT_MOST))
    more = count - SHOWN_AT_MOST
    return f"{shown}; and {more} more." if more > 0 else f"{shown}."


def counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
