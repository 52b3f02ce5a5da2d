"""Where on Telegram a message goes: a chat, or a topic of a forum, written as ``<chat>`` or ``<chat>/<topic>``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A chat's id, negative for groups, and the topic in it."""

    chat_id: int
    topic: int | None = None

    @classmethod
    def parse(cls, text: str) -> Place:
        chat, _, topic = text.partition("/")
        return cls(int(chat), int(topic) if topic else None)

    def __str__(self) -> str:
        return f"{self.chat_id}" if self.topic is None else f"{self.chat_id}/{self.topic}"

    @property
    def is_private(self) -> bool:
        return self.chat_id > 0
