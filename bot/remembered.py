"""Parts of what a conversation remembers between two events (``bot.situation.Memory``), as its column keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Pending:
    """Words that wait for the player to finish (G11): joined, since when, the number of the newest message.

    ``answered`` are entries that were answered meanwhile, at once: what is left to say must be more than those.
    """

    text: str
    since: datetime
    number: int | None = None
    has_files: bool = False
    answered: tuple[str, ...] = ()

    def as_data(self) -> list[Any]:
        return [self.text, self.since.isoformat(), self.number, self.has_files, list(self.answered)]

    @classmethod
    def from_data(cls, data: list[Any]) -> Pending:
        text, since, number, has_files, answered = data
        return cls(text, datetime.fromisoformat(since), number, has_files, tuple(answered))


@dataclass(frozen=True, slots=True)
class Awaiting:
    """What the player's next words are taken for, until then: ``kind`` is feedback, bug, suggestion or survey.

    ``data`` is what is known of it already: a severity, the number of the ticket.
    """

    kind: str
    until: datetime
    data: Mapping[str, Any]

    def as_data(self) -> list[Any]:
        return [self.kind, self.until.isoformat(), dict(self.data)]

    @classmethod
    def from_data(cls, data: list[Any]) -> Awaiting:
        kind, until, known = data
        return cls(kind, datetime.fromisoformat(until), dict(known))


@dataclass(frozen=True, slots=True)
class PlaceTold:
    """The last place in the queue that the player was told: message ``number`` told it ``at`` that moment.

    ``parts`` are what the message says: a text's key with its values, or None for the place itself.
    """

    number: int
    ahead: int
    at: datetime
    parts: tuple[tuple[str, Mapping[str, str | int]] | None, ...]

    def as_data(self) -> list[Any]:
        parts = [None if part is None else [part[0], dict(part[1])] for part in self.parts]
        return [self.number, self.ahead, self.at.isoformat(), parts]

    @classmethod
    def from_data(cls, data: list[Any]) -> PlaceTold:
        number, ahead, at, parts = data
        read = tuple(None if part is None else (str(part[0]), dict(part[1])) for part in parts)
        return cls(int(number), int(ahead), datetime.fromisoformat(at), read)


@dataclass(frozen=True, slots=True)
class Rudeness:
    """How often the player insulted us (G16), and when last."""

    count: int
    last: datetime

    def as_data(self) -> list[Any]:
        return [self.count, self.last.isoformat()]

    @classmethod
    def from_data(cls, data: list[Any]) -> Rudeness:
        count, last = data
        return cls(int(count), datetime.fromisoformat(last))


@dataclass(frozen=True, slots=True)
class Unasked:
    """How often we wrote without being asked to (G17) on ``day``, as YYYY-MM-DD."""

    day: str
    count: int

    def as_data(self) -> list[Any]:
        return [self.day, self.count]

    @classmethod
    def from_data(cls, data: list[Any]) -> Unasked:
        day, count = data
        return cls(str(day), int(count))
