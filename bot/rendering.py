"""From parts and choices to the Markdown and the buttons of one message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.effects import (
    Choice,
    EntryAnswer,
    EntryTitle,
    InLanguage,
    LanguageName,
    OwnTickets,
    Part,
    QueuePlace,
    Text,
    TopicTitle,
    Value,
    Verbatim,
    When,
    ZoneName,
)
from bot.texts import Texts
from faq.entry import Entry, Faq
from handoff.tickets import Ticket
from handoff.waiting import Pace, expected, in_minutes
from messaging.messages import Button

MAX_LABEL = 64
LONGEST_GLIMPSE = 60
"""Characters of a question that a list of requests shows."""


class OpeningHours(Protocol):
    """When people are at their desks."""

    def is_open(self, at: datetime) -> bool: ...

    def opens_next(self, at: datetime) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads it: their time zone where it is known, whether their network tells moments in it by itself.

    ``tickets`` are their newest, where these are to be listed.
    """

    zone: ZoneInfo | None = None
    own_clock: bool = False
    tickets: Sequence[Ticket] = ()


@dataclass(frozen=True)
class Renderer:
    """Fills in texts, answers and places, all from one version of the FAQ; ``zone`` is the service's own."""

    texts: Texts
    faq: Faq
    hours: OpeningHours
    zone: ZoneInfo
    pace: Pace | None = None

    def text(
        self,
        part: Part,
        language: str,
        channel: str,
        now: datetime,
        ahead: int,
        reader: Reader,
    ) -> str:
        """One part as Markdown. ``ahead`` is how many players wait before this one."""
        match part:
            case Verbatim(words):
                return words
            case EntryAnswer(entry_id):
                return self._answer(self.faq.entries[entry_id], language, channel)
            case QueuePlace():
                return self._place(language, now, ahead, reader)
            case OwnTickets():
                return "\n".join(self._ticket(each, language, now, reader) for each in reader.tickets)
            case Text(key, values):
                return self._filled(key, values, language, now, reader)

    def button(self, choice: Choice, language: str, number: int, now: datetime, reader: Reader) -> Button:
        """The button of message ``number``."""
        match choice.label:
            case Text(key, values):
                label = self._filled(key, values, language, now, reader)
            case When(at):
                label = self.texts.moment(at, now, reader.zone or self.zone, language)
            case ZoneName(zone):
                label = self.texts.zone(zone, now, language)
            case EntryTitle(entry_id):
                label = title_in(self.faq.entries[entry_id], language, self.texts.default)
            case TopicTitle() | LanguageName():
                label = self._name(choice.label, language)
        shown = label if len(label) <= MAX_LABEL else label[: MAX_LABEL - 1] + "…"
        return Button(shown, choice.action.replace("{n}", str(number)))

    def links(self, part: Part, language: str) -> list[Button]:
        """The buttons that open pages, of an entry's answer."""
        if not isinstance(part, EntryAnswer):
            return []
        links = self.faq.entries[part.entry_id].links
        return [Button(_in(link.label, language, self.texts.default), url=link.url) for link in links]

    def _answer(self, entry: Entry, language: str, channel: str) -> str:
        spoken = entry.language_for(language, tuple(self.texts.languages))
        answer = entry.channel_answers.get((spoken, channel), entry.answers[spoken])
        if spoken == language:
            return answer
        note = self.texts.fill("other_language", language, {"language": self.texts.name_of(spoken)})
        return f"{note}\n\n{answer}"

    def _filled(self, key: str, values: Mapping[str, Value], language: str, now: datetime, reader: Reader) -> str:
        filled = {name: self._value(value, language, now, reader) for name, value in values.items()}
        return self.texts.fill(key, language, filled)

    def _ticket(self, ticket: Ticket, language: str, now: datetime, reader: Reader) -> str:
        """A line of the player's own list."""
        question = " ".join(ticket.question.split())
        question = question if len(question) <= LONGEST_GLIMPSE else f"{question[: LONGEST_GLIMPSE - 1]}…"
        at = ticket.call_back_at or (ticket.opened_at if ticket.resolved_at is None else ticket.resolved_at)
        state = "call_back" if ticket.call_back_at is not None else ticket.state.value
        told = self.texts.fill(
            f"own_{state}", language, {"number": str(ticket.key), "when": self._moment(at, language, now, reader)}
        )
        return f"- {told}" + (f" · {self.texts.escape(question)}" if question else "")

    def _moment(self, at: datetime, language: str, now: datetime, reader: Reader) -> str:
        if reader.own_clock:
            # The network shows it to everybody in their own time.
            return f"<t:{int(at.timestamp())}:F>"
        return self.texts.moment(at, now, reader.zone or self.zone, language)

    def _place(self, language: str, now: datetime, ahead: int, reader: Reader) -> str:
        if not self.hours.is_open(now):
            opens = self.hours.opens_next(now)
            if opens is not None:
                return self.texts.fill("out_of_hours", language, {"opens": self._moment(opens, language, now, reader)})
        place = (
            self.texts.fill("queue_place", language, {"count": ahead})
            if ahead
            else self.texts.fill("queue_next", language)
        )
        return f"{place}\n{self._wait(language, ahead)}"

    def _wait(self, language: str, ahead: int) -> str:
        """How long it takes, or honestly that nobody can tell (U10)."""
        if self.pace is not None and self.pace.on_duty == 0:
            return self.texts.fill("wait_nobody", language)
        wait = expected(self.pace, ahead) if self.pace is not None else None
        if wait is None:
            return self.texts.fill("wait_unknown", language)
        return self.texts.fill("wait_expected", language, {"minutes": in_minutes(wait)})

    def _value(self, value: Value, language: str, now: datetime, reader: Reader) -> str | int:
        match value:
            case tuple():
                return ", ".join(self._name(each, language) for each in value)
            case When(at):
                return self._moment(at, language, now, reader)
            case ZoneName(zone):
                return self.texts.zone(zone, now, language)
            case InLanguage(words):
                return _in(words, language, self.texts.default)
            case _:
                return value

    def _name(self, named: LanguageName | TopicTitle, language: str) -> str:
        match named:
            case LanguageName(tag):
                return self.texts.name_of(tag)
            case TopicTitle(topic_id):
                return _in(self.faq.topics[topic_id].title, language, self.texts.default) or topic_id


def title_in(entry: Entry, language: str, fallback: str) -> str:
    """The entry's title in this language, else in the fallback, else in any."""
    return _in(entry.title, language, fallback) or entry.id


def _in(words: Mapping[str, str], language: str, fallback: str) -> str:
    return words.get(language) or words.get(fallback) or next(iter(words.values()), "")
