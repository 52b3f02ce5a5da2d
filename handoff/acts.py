"""What an agent does at any desk, as plain data for the pipeline, and what comes of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from handoff.guard.draft import Finding
from handoff.tickets import TicketKey


def longest(characters: int) -> dict[str, int]:
    """The limit of a text field, for desks that read it from outside."""
    return {"longest": characters}


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
class Assign(Act):
    """Give a waiting ticket to this agent: a lead does, or the queue itself (H9; ``agent_id`` is 0 then)."""

    to_agent: int = 0


@dataclass(frozen=True, slots=True)
class TellAway(Act):
    """Tell the player that the agent who has their ticket stepped away (T13). Done by the program (``agent_id`` 0)."""

    of_agent: int = 0


@dataclass(frozen=True, slots=True)
class TakeBack(Act):
    """Give the ticket of an agent who is not there back to the queue (T13). Done by the program (``agent_id`` 0)."""

    of_agent: int = 0


@dataclass(frozen=True, slots=True)
class Release(Act):
    """Give a ticket back to its old place in the queue; ``reason`` is kept as a note."""

    reason: str = field(default="", metadata=longest(500))


@dataclass(frozen=True, slots=True)
class Reply(Act):
    """Say something to the player.

    ``override_reason`` is why it is to be said despite what the guard finds in it; ``seen`` the number of the player's
    newest message that its writer had read (None: not told); ``promise`` a time by which they promise to write again;
    ``looking`` that the next word is still ours.
    """

    text: str = field(default="", metadata=longest(20_000))
    files: tuple[StoredFile, ...] = ()
    override_reason: str = field(default="", metadata=longest(500))
    seen: int | None = None
    promise: datetime | None = None
    looking: bool = False


REPLY = "reply"
"""The timer of a reply that was put off, ``reply:<its act's id>``; its data are the reply."""


@dataclass(frozen=True, slots=True)
class Undo(Act):
    """Take back a reply that has not gone out yet; ``reply`` is its act's id."""

    reply: str = field(default="", metadata=longest(200))


@dataclass(frozen=True, slots=True)
class Correct(Act):
    """Change what message ``message`` says, or delete it where ``text`` is empty, with an apology (W6)."""

    message: int = 0
    text: str = field(default="", metadata=longest(20_000))
    override_reason: str = field(default="", metadata=longest(500))


@dataclass(frozen=True, slots=True)
class Note(Act):
    """Write something that only staff ever see."""

    text: str = field(default="", metadata=longest(20_000))
    files: tuple[StoredFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold(Act):
    """Ask the player for a moment (W7)."""


@dataclass(frozen=True, slots=True)
class Unhold(Act):
    """Be back with the player (W7, W11)."""


@dataclass(frozen=True, slots=True)
class Snooze(Act):
    """Put the ticket aside until then, or until the player's next word where no time is given."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wake(Act):
    """Take a ticket up again that was put aside."""


@dataclass(frozen=True, slots=True)
class Transfer(Act):
    """Hand the ticket to a colleague, or to a team's queue, with a brief for them (H1-H4).

    ``again`` says that it may change hands another time, which is warned of.
    """

    to_agent: int | None = None
    team: str = field(default="", metadata=longest(100))
    brief: str = field(default="", metadata=longest(2000))
    again: bool = False


@dataclass(frozen=True, slots=True)
class AskLead(Act):
    """Ask the lead inside the ticket (H5)."""

    text: str = field(default="", metadata=longest(2000))


@dataclass(frozen=True, slots=True)
class AnswerLead(Act):
    """A lead answers what they were asked (H5)."""

    text: str = field(default="", metadata=longest(2000))


@dataclass(frozen=True, slots=True)
class Escalate(Act):
    """Hand the ticket one level up (H6); ``urgent`` skips the lead, which is reported."""

    reason: str = field(default="", metadata=longest(2000))
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Merge(Act):
    """Close this ticket in favour of another open one of the same player; ``into`` is its key."""

    into: str = field(default="", metadata=longest(60))

    @property
    def other_conversation(self) -> int | None:
        """The conversation that it goes into; None where ``into`` is no key."""
        try:
            return TicketKey.parse(self.into).conversation_id
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Classify(Act):
    """Set the ticket's class and topic; None leaves what stands."""

    ticket_class: str | None = field(default=None, metadata=longest(100))
    topic: str | None = field(default=None, metadata=longest(100))


@dataclass(frozen=True, slots=True)
class ConfirmUnderstood(Act):
    """Ask the player whether their complaint was understood, before it is closed (W14); ``text`` is what it says."""

    text: str = field(default="", metadata=longest(2000))
    override_reason: str = field(default="", metadata=longest(500))


@dataclass(frozen=True, slots=True)
class KeepPromise(Act):
    """Say that promise ``promise`` of the ticket was kept."""

    promise: int = 0


@dataclass(frozen=True, slots=True)
class DropPromise(Act):
    """Say why promise ``promise`` need not be kept any more."""

    promise: int = 0
    reason: str = field(default="", metadata=longest(500))


@dataclass(frozen=True, slots=True)
class Close(Act):
    """Resolve the ticket; the player gets the closing words.

    ``category`` is what it was about (P7); ``unconfirmed`` why a complaint is closed without the player's word (W14).
    """

    category: str = field(default="", metadata=longest(100))
    unconfirmed: str = field(default="", metadata=longest(500))


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


@dataclass(frozen=True, slots=True)
class WriteMemo(Act):
    """What staff should remember of this player (P10)."""

    text: str = field(default="", metadata=longest(4000))


@dataclass(frozen=True, slots=True)
class SetTier(Act):
    """Put the player into this tier (U4)."""

    tier: str = field(default="", metadata=longest(100))


@dataclass(frozen=True, slots=True)
class Mute(Act):
    """Stop listening to the player for a while, for this reason (G16)."""

    minutes: int = 0
    reason: str = field(default="", metadata=longest(500))


@dataclass(frozen=True, slots=True)
class Unmute(Act):
    """Listen to the player again."""


@dataclass(frozen=True, slots=True)
class Done:
    """The act took effect (or had already, if it was a repeat)."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The act did not take effect. ``code`` is stable for desks to act on, ``reason`` is for the agent to read.

    With the code ``guard``, ``findings`` are what the guard found in the reply's text, stripped of outer blanks.
    ``details`` are facts for the desk: with ``newer`` and ``still_asking`` the ``number`` and ``text`` of what the
    player wrote last, with ``category`` the ``categories`` there are, with ``again`` the number of ``transfers``.
    """

    code: str
    reason: str
    findings: tuple[Finding, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


Outcome = Done | Declined
Perform = Callable[[Act], Awaitable[Outcome]]
"""Carries out an act through the pipeline; returns when it is committed."""
