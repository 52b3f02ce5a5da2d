"""What an agent does at any desk, as plain data for the pipeline, and what comes of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from handoff.guard.draft import Finding
from handoff.tickets import TicketKey


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that the desk uploaded already: its bytes are in messaging.files under ``sha256``."""

    sha256: str
    name: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Act:
    """Something an agent did. ``act_id`` is unique to it, so that a repeated request does nothing twice."""

    ticket: TicketKey
    act_id: str
    agent_id: int
    desk_name: str
    done_at: datetime


@dataclass(frozen=True, slots=True)
class Claim(Act):
    """Take a waiting ticket. The first claim wins."""


@dataclass(frozen=True, slots=True)
class Release(Act):
    """Give a ticket back to its old place in the queue."""


@dataclass(frozen=True, slots=True)
class Reply(Act):
    """Say something to the player. ``override_reason`` is why it is to be said despite what the guard finds in it."""

    text: str = ""
    files: tuple[StoredFile, ...] = ()
    override_reason: str = ""


@dataclass(frozen=True, slots=True)
class Note(Act):
    """Write something that only staff ever see."""

    text: str = ""
    files: tuple[StoredFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Close(Act):
    """Resolve the ticket; the player gets the closing words."""


@dataclass(frozen=True, slots=True)
class Reopen(Act):
    """Take a resolved ticket up again."""


@dataclass(frozen=True, slots=True)
class Resend(Act):
    """Send a message again whose outcome is unknown (or that failed); ``message`` is its number."""

    message: int = 0


@dataclass(frozen=True, slots=True)
class LeaveIt(Act):
    """Leave a message of unknown outcome as it is."""

    message: int = 0


AgentAct = Claim | Release | Reply | Note | Close | Reopen | Resend | LeaveIt


@dataclass(frozen=True, slots=True)
class Done:
    """The act took effect (or had already, if it was a repeat)."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The act did not take effect. ``code`` is stable for desks to act on, ``reason`` is for the agent to read.

    With the code ``guard``, ``findings`` are what the guard found in the reply's text, stripped of outer blanks.
    """

    code: str
    reason: str
    findings: tuple[Finding, ...] = ()


Outcome = Done | Declined
Perform = Callable[[AgentAct], Awaitable[Outcome]]
"""Carries out an act through the pipeline; returns when it is committed."""
