"""``reply_via`` of Discord: the short-lived token of an interaction, by which an answer is shown to one user only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# Discord lets an interaction be answered for 15 minutes; the last half minute is left to slow clocks.
LIFETIME = timedelta(minutes=14, seconds=30)


@dataclass(frozen=True, slots=True)
class ReplyVia:
    """Where private answers to one interaction go, and until when."""

    application: int
    token: str
    until: datetime

    def __str__(self) -> str:
        return f"{self.application}:{int(self.until.timestamp())}:{self.token}"

    @classmethod
    def parse(cls, text: str) -> ReplyVia:
        application, until, token = text.split(":", 2)
        return cls(int(application), token, datetime.fromtimestamp(int(until)).astimezone())

    def lives(self, now: datetime) -> bool:
        return now < self.until


@dataclass(frozen=True, slots=True)
class PrivateMessage:
    """The id of a message that only one user sees: it can be changed only through its interaction, while that lives."""

    message: int
    via: ReplyVia

    def __str__(self) -> str:
        return f"{self.message}@{self.via}"

    @classmethod
    def parse(cls, external_id: str) -> PrivateMessage | None:
        """The private message of this external id, or None where it names an ordinary one."""
        message, at, via = external_id.partition("@")
        return cls(int(message), ReplyVia.parse(via)) if at else None
