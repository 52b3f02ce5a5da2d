"""What a decision asks for. The shell (bot.pipeline) writes all effects of an event in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.situation import Memory
from handoff.acts import StoredFile
from handoff.guard.draft import Finding
from handoff.tickets import Offered
from messaging.messages import Author

LONGEST_NUMBER = 18
"""Digits of a number that fits a database's key."""


@dataclass(frozen=True, slots=True)
class LanguageName:
    """A language's own name."""

    language: str


@dataclass(frozen=True, slots=True)
class TopicTitle:
    """The title of a topic of the FAQ."""

    topic_id: str


@dataclass(frozen=True, slots=True)
class When:
    """A day and time, told in the player's language and their own time."""

    at: datetime


@dataclass(frozen=True, slots=True)
class ZoneName:
    """A time zone, by its city and what the clock shows there now."""

    zone: str


@dataclass(frozen=True, slots=True)
class InLanguage:
    """Words that an entry has in several languages."""

    words: Mapping[str, str]


Value = str | int | When | ZoneName | InLanguage | tuple[LanguageName | TopicTitle, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """One of the bot's own texts, by key; values are filled in as plain words, never as formatting."""

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EntryAnswer:
    """The approved answer of an entry."""

    entry_id: str


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Where the ticket stands in the queue, or when the service opens next: known only when it is written down."""


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Words that are to be said as they are (an agent's)."""

    text: str


@dataclass(frozen=True, slots=True)
class OwnTickets:
    """The player's newest requests, a line each: read when it is written down."""


Part = Text | EntryAnswer | QueuePlace | Verbatim | OwnTickets


@dataclass(frozen=True, slots=True)
class EntryTitle:
    """The title of an entry, as a button's label."""

    entry_id: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A button to be. ``{n}`` in ``action`` becomes the number of the message that carries it.

    ``{t}`` becomes the number of the open ticket. With ``when_closed`` it asks for a time zone: only
    there out of hours, and where none is known.
    """

    label: Text | EntryTitle | TopicTitle | LanguageName | When | ZoneName
    action: str
    when_closed: bool = False


def number_in(text: str) -> int | None:
    """The number that a part of an action names; anything may come back from a network, so that it may be None."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER else None


@dataclass(frozen=True, slots=True)
class Say:
    """Say these parts as one message, a blank line between them. ``offers`` are entries that its buttons refer to."""

    parts: tuple[Part, ...]
    choices: tuple[Choice, ...] = ()
    offers: tuple[str, ...] = ()
    author: Author = Author.BOT
    agent_id: int | None = None
    files: tuple[StoredFile, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WriteNote:
    """Keep internal words on the ticket; without ``agent_id`` they are the program's own.

    ``data`` says what kind of note it is, where it is one.
    """

    text: str
    agent_id: int | None = None
    files: tuple[StoredFile, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenTicket:
    reason: str
    question: str
    offered: tuple[Offered, ...] = ()
    ticket_class: str = "routine"
    topic: str | None = None
    # Its place in the queue; where none is given it comes after everybody who is there.
    queue_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChangeTicket:
    """Set these columns of the conversation's newest ticket; ``holder`` is the desk name of who has it from now on."""

    changes: Mapping[str, Any]
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Remember:
    memory: Memory


@dataclass(frozen=True, slots=True)
class SetLanguage:
    language: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class SetTimer:
    kind: str
    due_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CancelTimer:
    kind: str


@dataclass(frozen=True, slots=True)
class StripButtons:
    """Take the buttons off message ``number``: they were pressed."""

    number: int


@dataclass(frozen=True, slots=True)
class EditMessage:
    """Let our message ``number`` say these parts from now on; its buttons and files stay.

    With ``correction`` (facts that the message keeps under that name) what it said before is kept too, and once the
    network did it, or would not, that is decided about: see bot.decisions.correcting.decide_edit_ended.
    """

    number: int
    parts: tuple[Part, ...]
    correction: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class DeleteMessage:
    """Take our message ``number`` back; what it said is kept. ``correction`` as with EditMessage."""

    number: int
    correction: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class MarkMessage:
    """Let message ``number`` keep these facts about itself, too."""

    number: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SendAgain:
    """Put the undelivered parts of message ``number`` back in their lane."""

    number: int


@dataclass(frozen=True, slots=True)
class Leave:
    """Give up on the undelivered parts of message ``number``."""

    number: int


@dataclass(frozen=True, slots=True)
class Decline:
    """Nothing is to change; the agent is told why. Always the only effect. ``details`` are for the desk."""

    code: str
    reason: str
    findings: tuple[Finding, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangePlayer:
    """Set these columns of the player: ``tier``, ``memo``, ``muted_until``, ``time_zone``, ``opted_out``."""

    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """Keep in the ticket's record (handoff.records) that this happened."""

    kind: str
    agent_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeepFeedback:
    """Keep what the player told us outside of any ticket (F8): ``kind`` is feedback, bug or suggestion."""

    kind: str
    text: str
    severity: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Effects in another conversation, which the event has locked too."""

    conversation_id: int
    effects: tuple[Effect, ...]


Effect = (
    Say
    | WriteNote
    | OpenTicket
    | ChangeTicket
    | Remember
    | SetLanguage
    | SetTimer
    | CancelTimer
    | StripButtons
    | EditMessage
    | DeleteMessage
    | MarkMessage
    | Elsewhere
    | SendAgain
    | Leave
    | ChangePlayer
    | Record
    | KeepFeedback
    | Decline
)
