"""What is said and done on any network, as plain frozen data: what both sides of the program speak.

An adapter turns what its SDK delivers into events; the pipeline turns events into messages to send. Texts that go out
are Markdown; each adapter renders them for its network. What a player wrote is plain text and stays plain text.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Direction(StrEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    NOTE = "note"


class Author(StrEnum):
    PLAYER = "player"
    BOT = "bot"
    AGENT = "agent"


class Status(StrEnum):
    """What became of a message: of an incoming one only ``received``."""

    RECEIVED = "received"
    WAITING = "waiting"
    SENT = "sent"
    UNKNOWN = "unknown"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Person:
    """Who wrote, as the network tells it. ``language_hint`` is a BCP 47 tag such as ``vi`` or ``zh-hans``.

    ``time_zone`` is a name such as Asia/Tokyo, where the network tells it.
    """

    external_id: str
    name: str
    username: str | None = None
    language_hint: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """A file that came with a message.

    Either ``sha256`` names bytes that are stored already (web upload), or ``remote`` is what the channel's
    ``fetch`` needs to get them (opaque to everyone else). ``size`` is in bytes, None where the network is silent.
    """

    name: str
    content_type: str
    size: int | None = None
    remote: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A player wrote. ``chat`` is the chat's id on the network, ``external_id`` the message's id in that chat.

    ``unsupported`` names a kind of message that cannot be read (poll, dice, location …). ``album`` groups the parts of
    one album; ``late`` marks what was found by reading the history after an absence. ``reply_via`` is a short-lived
    way to answer in place (a Discord interaction), opaque to everyone but the adapter. ``masked`` is set by the
    pipeline where a secret stood in the text and was hidden.
    """

    channel: str
    chat: str
    external_id: str
    person: Person
    sent_at: datetime
    text: str = ""
    files: tuple[IncomingFile, ...] = ()
    unsupported: str | None = None
    album: str | None = None
    forwarded: bool = False
    late: bool = False
    reply_via: str | None = None
    masked: bool = False

    @property
    def key(self) -> str:
        """What makes a second delivery of the same event recognisable within its chat."""
        return f"message:{self.external_id}"


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """A player changed a message. ``revision`` tells one edit of it from the next (the network's edit time)."""

    channel: str
    chat: str
    external_id: str
    person: Person
    edited_at: datetime
    revision: str
    text: str
    masked: bool = False

    @property
    def key(self) -> str:
        return f"edit:{self.external_id}:{self.revision}"


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """A player took a message back."""

    channel: str
    chat: str
    external_id: str
    deleted_at: datetime

    @property
    def key(self) -> str:
        return f"delete:{self.external_id}"


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """A player pressed a button of ours. ``action`` is what the Button carried; ``external_id`` names the press."""

    channel: str
    chat: str
    external_id: str
    person: Person
    pressed_at: datetime
    action: str
    reply_via: str | None = None

    @property
    def key(self) -> str:
        return f"press:{self.external_id}"


@dataclass(frozen=True, slots=True)
class CommandUsed:
    """A player used a command: ``name`` without the slash, lower case; ``argument`` is the rest, stripped."""

    channel: str
    chat: str
    external_id: str
    person: Person
    sent_at: datetime
    name: str
    argument: str = ""
    late: bool = False
    reply_via: str | None = None
    masked: bool = False

    @property
    def key(self) -> str:
        return f"message:{self.external_id}"


@dataclass(frozen=True, slots=True)
class ChatLost:
    """The network says this chat cannot be written to any more (the player blocked the bot, the thread is gone)."""

    channel: str
    chat: str
    external_id: str
    lost_at: datetime
    reason: str

    @property
    def key(self) -> str:
        return f"lost:{self.external_id}"


ChannelEvent = MessageReceived | MessageEdited | MessageDeleted | ButtonPressed | CommandUsed | ChatLost
"""Everything that a network can tell us."""

Sink = Callable[[Sequence[ChannelEvent]], Awaitable[None]]
"""Takes events in; returns when they are committed (only then may the network be told) and raises if they are not."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: ``action`` (at most 60 ASCII characters) comes back when pressed, or ``url`` opens."""

    label: str
    action: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file to send, with its bytes."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One thing to send: exactly one message on the network, already within its limits.

    ``text`` is Markdown (empty only with a file). ``key`` is unique to this send and the same on every retry of it, so
    that a network with idempotent sends can refuse the double. With ``edits`` the text and buttons of that message
    (its external id) are replaced instead of sending a new one; with ``deletes`` too it is taken away. ``written_at``
    is when it was put into the outbox: a network that forgets keys looks through what was said since then before it
    sends something old.
    """

    chat: str
    key: str
    text: str
    author: Author
    buttons: tuple[Button, ...] = ()
    file: OutgoingFile | None = None
    edits: str | None = None
    deletes: bool = False
    reply_via: str | None = None
    written_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The network took it. ``external_id`` is the id that it gave the message, within its chat."""

    external_id: str
