"""From parts and choices to the Markdown and the buttons of one message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.effects import Choice, EntryAnswer, EntryTitle, LanguageName, Part, QueuePlace, Text, TopicTitle, Verbatim
from bot.texts import Texts
from faq.entry import Entry, Faq
from messaging.messages import Button

MAX_LABEL = 64


class OpeningHours(Protocol):
    """When people are at their desks."""

    def is_open(self, at: datetime) -> bool: ...

    def opens_next(self, at: datetime) -> datetime | None: ...


@dataclass(frozen=True)
class Renderer:
    """Fills in texts, answers and places, all from one version of the FAQ; ``zone`` is the service's own."""

    texts: Texts
    faq: Faq
    hours: OpeningHours
    zone: ZoneInfo

    def text(self, part: Part, language: str, channel: str, now: datetime, ahead: int) -> str:
        """One part as Markdown. ``ahead`` is how many players wait before this one."""
        match part:
            case Verbatim(words):
                return words
            case EntryAnswer(entry_id):
                return self._answer(self.faq.entries[entry_id], language, channel)
            case QueuePlace():
                return self._place(language, now, ahead)
            case Text(key, values):
                return self.texts.fill(
                    key, language, {name: self._value(value, language) for name, value in values.items()}
                )

    def button(self, choice: Choice, language: str, number: int) -> Button:
        """The button of message ``number``."""
        match choice.label:
            case Text(key, _):
                label = self.texts.fill(key, language)
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

    def _place(self, language: str, now: datetime, ahead: int) -> str:
        if not self.hours.is_open(now):
            opens = self.hours.opens_next(now)
            if opens is not None:
                when = self.texts.moment(opens, now, self.zone, language)
                return self.texts.fill("out_of_hours", language, {"opens": when})
        if ahead == 0:
            return self.texts.fill("queue_next", language)
        return self.texts.fill("queue_place", language, {"count": ahead})

    def _value(self, value: str | int | tuple[LanguageName | TopicTitle, ...], language: str) -> str | int:
        if isinstance(value, tuple):
            return ", ".join(self._name(each, language) for each in value)
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
