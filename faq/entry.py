"""What the owner writes: entries of the FAQ, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from storage.problems import Place

__all__ = [
    "Entry",
    "Faq",
    "Field",
    "Handoff",
    "Kind",
    "Link",
    "Phrasing",
    "Place",
    "TestQuestion",
    "Topic",
]


class Handoff(StrEnum):
    """Whether an answer comes with the way to a human: never named, offered, or taken at once."""

    NEVER = "never"
    OFFER = "offer"
    ALWAYS = "always"


class Kind(StrEnum):
    """A support question, or small talk that needs no human and opens no ticket."""

    QUESTION = "question"
    SMALL_TALK = "small_talk"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing asked of the player before a human takes over."""

    name: str
    type: str
    label: Mapping[str, str]
    hint: Mapping[str, str] = field(default_factory=dict)
    required: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A button under an answer that opens a page."""

    url: str
    label: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Phrasing:
    """One known way to ask, where it stands, and its language."""

    text: str
    language: str
    place: Place


@dataclass(frozen=True, slots=True)
class TestQuestion:
    """A question kept beside an entry to prove the matcher: it should, or should not, bring that entry."""

    __test__ = False  # not a test class, whatever its name says to pytest

    text: str
    language: str
    place: Place
    positive: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One question of the FAQ with its known phrasings and its one approved answer, each per language.

    ``answers`` is Markdown by language; ``channel_answers`` by (language, channel) where one network needs
    other words. Variables are already filled in. ``title`` is what buttons and menus show, by language. ``places``
    says where "title en", "answer en" and "answer en telegram" stand.
    """

    id: str
    topic: str
    place: Place
    title: Mapping[str, str]
    phrasings: tuple[Phrasing, ...]
    answers: Mapping[str, str]
    channel_answers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    kind: Kind = Kind.QUESTION
    handoff: Handoff = Handoff.OFFER
    ticket_class: str | None = None
    ticket_topic: str | None = None
    links: tuple[Link, ...] = ()
    related: tuple[str, ...] = ()
    form: tuple[Field, ...] = ()
    tags: tuple[str, ...] = ()
    priority: int = 0
    owner: str | None = None
    review_by: date | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    embargo: datetime | None = None
    tests: tuple[TestQuestion, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)

    def is_valid_at(self, now: datetime) -> bool:
        """Whether the entry may be answered at ``now`` (aware): inside its dates and past its embargo."""
        starts = [moment for moment in (self.valid_from, self.embargo) if moment is not None]
        return all(moment <= now for moment in starts) and (self.valid_until is None or now < self.valid_until)

    def language_for(self, wanted: str, fallbacks: tuple[str, ...]) -> str:
        """The language to answer in: the one wanted, else the first fallback there is, else any there is."""
        for language in (wanted, *fallbacks):
            if language in self.answers:
                return language
        return next(iter(self.answers))


@dataclass(frozen=True, slots=True)
class Topic:
    """A group of entries as players browse it: questions only, the most important first."""

    id: str
    title: Mapping[str, str]
    entry_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Faq:
    """Every entry of one version of the owner's files. ``version`` is a hash of what they say.

    ``unanswerable`` are test questions that no entry may answer. ``languages`` have answers, the most common first.
    """

    version: str
    entries: Mapping[str, Entry]
    topics: Mapping[str, Topic]
    languages: tuple[str, ...]
    unanswerable: tuple[TestQuestion, ...] = ()
