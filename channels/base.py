"""What the program asks of a channel. To add a network, copy a sibling folder and meet this protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from aiohttp import web

from messaging.messages import Outgoing, Sent, Sink


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a network can do and how much it takes.

    ``max_text`` and ``max_caption`` count characters of Markdown in one message and in one message with a file.
    ``can_edit`` and ``can_delete`` say what may become of a message after it was sent.
    ``pulls`` means that players read their conversation from our tables (web, terminal), so nothing needs sending:
    the channel's ``wake`` is called instead. ``idempotent_for`` is for how many seconds a resend with the same key
    cannot double. ``counts_utf16`` tells that the network counts UTF-16 units, where most emoji are two. With
    ``own_clock`` it shows
    ``<t:seconds since 1970:F>`` to everybody as a moment in their own time.
    ``one_receiver`` says that two processes must not receive at once, ``sends_where_received`` that only the one that
    receives can send.
    """

    max_text: int
    max_caption: int
    max_file: int
    max_buttons: int = 8
    can_edit: bool = False
    can_delete: bool = False
    pulls: bool = False
    idempotent_for: float = 0.0
    counts_utf16: bool = False
    own_clock: bool = False
    one_receiver: bool = False
    sends_where_received: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one chat may be written to: ``per_second`` sustained after ``burst`` at once; None is unpaced."""

    per_second: float | None = None
    burst: int = 1


class Health(StrEnum):
    """How a check of ``innkeeper doctor`` ended."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding of ``innkeeper doctor``: what was looked at, how it is, and how to mend it."""

    subject: str
    health: Health
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class LastSeen:
    """The newest message that is stored of one known chat, for catching up after an absence."""

    chat: str
    external_id: str | None
    sent_at: datetime


async def nothing_sent(_chat: str) -> str | None:
    """Nothing is known to be sent."""
    return None


async def nothing_kept() -> str | None:
    """No position is known."""
    return None


async def keep_nothing(_position: str) -> None:
    """Nobody will ask for it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the program lends a channel.

    ``sink`` takes events in (see Sink). ``texts(key, language)`` gives the bot's own words, for menus, panels and
    immediate private answers; ``languages`` are those there are, first the default. ``last_seen`` lists every known
    chat of the channel, for catching up. ``now`` is the clock. ``last_sent`` gives the id of the newest message that is
    known to be sent to a chat: what is sent next comes after it. ``keep_position`` keeps, in the channel's own words,
    up to where everything that its network told is committed, and ``position`` gives what was kept last, also by
    another process.
    """

    sink: Sink
    texts: Callable[[str, str], str]
    languages: Sequence[str]
    last_seen: Callable[[], AsyncIterator[LastSeen]]
    now: Callable[[], datetime]
    last_sent: Callable[[str], Awaitable[str | None]] = nothing_sent
    position: Callable[[], Awaitable[str | None]] = nothing_kept
    keep_position: Callable[[str], Awaitable[None]] = keep_nothing


class Channel(Protocol):
    """One network. Sending and fetching raise the errors of channels.errors and nothing else."""

    @property
    def name(self) -> str:
        """``telegram``, ``discord`` … as stored with every conversation."""

    @property
    def capabilities(self) -> Capabilities: ...

    def pace(self, chat: str) -> Pace:
        """How fast this chat may be written to."""

    @property
    def total_pace(self) -> Pace:
        """How fast the whole channel may be written to."""

    def routes(self) -> Sequence[web.RouteDef]:
        """HTTP routes to serve for this channel (a webhook, a chat page); may be empty."""

    async def run(self, surroundings: Surroundings, ready: Callable[[], None]) -> None:
        """Receive until cancelled, calling ``ready`` when messages can flow; raises Misconfigured if it never can.

        Any other exception makes the supervisor start it again, with backoff.
        """

    async def send(self, outgoing: Outgoing) -> Sent:
        """Send, edit or delete one message. What is to be deleted and is gone already counts as deleted."""

    async def typing(self, chat: str) -> None:
        """Show that an answer is being written; a network without such a sign does nothing."""

    async def fetch(self, remote: str, limit: int) -> bytes:
        """The bytes of a file that came in; raises FileGone where they are gone or more than ``limit`` bytes."""

    async def wake(self, chat: str, conversation_id: int) -> None:
        """Something changed in a conversation whose players pull; other channels do nothing."""

    async def check(self) -> Sequence[Check]:
        """What ``innkeeper doctor`` reports of this channel: asked without ``run`` having been called."""

    async def close(self) -> None:
        """Let go of connections; called once, after ``run`` ended."""
