"""What a decision may look at: one conversation as it stands, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.act_rules import ActRules
from bot.care import Care
from bot.remembered import Awaiting, Pending, PlaceTold, Rudeness, Unasked
from bot.times import Times
from channels.base import Capabilities
from handoff.agents import Colleague
from handoff.presence import PresenceRules
from handoff.queue import QueueRules
from handoff.tickets import OPEN, Offered, TicketState
from messaging.messages import Author, Direction, Status
from messaging.timers import Timer

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Policy:
    """The owner's numbers that decisions follow; see ``handoff`` and ``faq`` in config.yaml."""

    misses_before_handoff: int = 2
    reopen_within: timedelta = timedelta(hours=24)
    apology_after: timedelta = timedelta(minutes=5)
    apologies: int = 3
    apology_widening: float = 3.0
    messages_per_minute: int = 20
    languages: tuple[str, ...] = ("en",)
    queue: QueueRules = field(default_factory=QueueRules)
    presence: PresenceRules = field(default_factory=PresenceRules)
    patience: timedelta = timedelta(0)
    care: Care = field(default_factory=Care)
    times: Times = field(default_factory=Times)
    act_rules: ActRules = field(default_factory=ActRules)

    def next_apology(self, given: int) -> timedelta:
        """How long after the last word the next apology is due, when ``given`` were given already."""
        return timedelta(seconds=self.apology_after.total_seconds() * self.apology_widening**given)


@dataclass(frozen=True, slots=True)
class Flood:
    """How many messages came in the minute that began at ``since``, and whether the player was told to slow down."""

    since: datetime
    count: int
    told: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """What a conversation remembers between two events.

    ``question`` and ``offered`` are the player's last question and what the FAQ made of it: a ticket takes them along.
    ``choices`` are the offers that may still be pressed: (message number, entry ids), newest last. ``about`` is the
    entry that was answered last: what a human is asked for next is about that. ``zone_chosen`` says that the player
    set their time zone themself, ``muted_told`` which muting they were told of.
    """

    question: str = ""
    offered: tuple[Offered, ...] = ()
    misses: int = 0
    choices: tuple[tuple[int, tuple[str, ...]], ...] = ()
    album: str | None = None
    told_added: bool = False
    late_told_at: datetime | None = None
    secret_told_at: datetime | None = None
    flood: Flood | None = None
    about: str = ""
    pending: Pending | None = None
    awaiting: Awaiting | None = None
    rudeness: Rudeness | None = None
    unasked: Unasked | None = None
    place: PlaceTold | None = None
    muted_told: datetime | None = None
    zone_chosen: bool = False

    def with_choice(self, number: int, entry_ids: tuple[str, ...]) -> Memory:
        return replace(self, choices=(*self.choices, (number, entry_ids))[-3:])

    def choice(self, number: int) -> tuple[str, ...] | None:
        """The entries offered by message ``number``, or None where that offer is over."""
        return dict(self.choices).get(number)

    def without_choice(self, number: int) -> Memory:
        return replace(self, choices=tuple(each for each in self.choices if each[0] != number))

    def afresh(self) -> Memory:
        """What stays in mind when people take over: not what was asked, but what was told, and how the player is."""
        return replace(
            self,
            question="",
            offered=(),
            misses=0,
            choices=(),
            told_added=False,
            about="",
            pending=None,
            awaiting=None,
        )

    def as_data(self) -> dict[str, Any]:
        """As the conversation's ``memory`` column keeps it; what is at its default is left out."""
        data: dict[str, Any] = {
            "question": self.question,
            "offered": [{"entry_id": o.entry_id, "title": o.title, "confidence": o.confidence} for o in self.offered],
            "misses": self.misses,
            "choices": [[number, list(entry_ids)] for number, entry_ids in self.choices],
            "album": self.album,
            "told_added": self.told_added,
            "late_told_at": self.late_told_at.isoformat() if self.late_told_at else None,
            "secret_told_at": self.secret_told_at.isoformat() if self.secret_told_at else None,
            "flood": [self.flood.since.isoformat(), self.flood.count, self.flood.told] if self.flood else None,
            "about": self.about,
            "pending": self.pending.as_data() if self.pending else None,
            "awaiting": self.awaiting.as_data() if self.awaiting else None,
            "rudeness": self.rudeness.as_data() if self.rudeness else None,
            "unasked": self.unasked.as_data() if self.unasked else None,
            "place": self.place.as_data() if self.place else None,
            "muted_told": self.muted_told.isoformat() if self.muted_told else None,
            "zone_chosen": self.zone_chosen,
        }
        return {key: value for key, value in data.items() if value}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Memory:
        """What ``as_data`` gave; of what another version of the program wrote nothing is remembered."""
        try:
            return cls._from_data(data)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            return cls()

    @classmethod
    def _from_data(cls, data: Mapping[str, Any]) -> Memory:
        flood = data.get("flood")
        late, secret = data.get("late_told_at"), data.get("secret_told_at")
        return cls(
            question=data.get("question", ""),
            offered=tuple(Offered(**each) for each in data.get("offered", ())),
            misses=data.get("misses", 0),
            choices=tuple((number, tuple(entry_ids)) for number, entry_ids in data.get("choices", ())),
            album=data.get("album"),
            told_added=data.get("told_added", False),
            late_told_at=datetime.fromisoformat(late) if late else None,
            secret_told_at=datetime.fromisoformat(secret) if secret else None,
            flood=Flood(datetime.fromisoformat(flood[0]), flood[1], flood[2]) if flood else None,
            about=data.get("about", ""),
            pending=_read(Pending.from_data, data.get("pending")),
            awaiting=_read(Awaiting.from_data, data.get("awaiting")),
            rudeness=_read(Rudeness.from_data, data.get("rudeness")),
            unasked=_read(Unasked.from_data, data.get("unasked")),
            place=_read(PlaceTold.from_data, data.get("place")),
            muted_told=_read(datetime.fromisoformat, data.get("muted_told")),
            zone_chosen=data.get("zone_chosen", False),
        )


def _read(read: Callable[[Any], Kept], kept: Any) -> Kept | None:
    return read(kept) if kept else None


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """The newest ticket of a conversation, as far as decisions care. ``holder`` is its agent's desk name."""

    number: int
    state: TicketState
    agent_id: int | None
    opened_at: datetime
    waiting_since: datetime
    apologies: int
    resolved_at: datetime | None
    reopened: int
    first_reply_at: datetime | None
    holder: str = ""
    ticket_class: str = "routine"
    topic: str | None = None
    language: str = ""
    question: str = ""
    tier: str = "standard"
    queue_at: datetime | None = None
    claimed_at: datetime | None = None
    last_reply_at: datetime | None = None
    wanted_agent_id: int | None = None
    wanted_since: datetime | None = None
    team: str = ""
    level: str = "agent"
    brief: str = ""
    transfers: int = 0
    snoozed_until: datetime | None = None
    held_since: datetime | None = None
    due_at: datetime | None = None
    clocks: Mapping[str, Any] = field(default_factory=dict)
    warned: int = 0
    silent_since: datetime | None = None
    silence: int = 0
    promise_due_at: datetime | None = None
    promises: Sequence[Mapping[str, Any]] = ()
    category: str = ""
    confirmation: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, Any] = field(default_factory=dict)
    survey: Mapping[str, Any] = field(default_factory=dict)
    follows: str = ""
    merged_into: str = ""
    call_back_at: datetime | None = None
    asked_lead_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class PlayerFacts:
    """The player as far as decisions care."""

    id: int = 0
    tier: str = "standard"
    time_zone: str | None = None
    muted_until: datetime | None = None
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """A message that an act is about, as far as decisions care."""

    number: int
    author: Author
    is_outgoing: bool
    agent_id: int | None
    ticket_number: int | None
    text: str
    status: Status
    is_deleted: bool
    data: Mapping[str, Any]

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> MessageFacts:
        """From a row of the table, or from one that is about to be written."""
        return cls(
            row["number"],
            Author(row["author"]),
            row["direction"] == Direction.OUTGOING,
            row["agent_id"],
            row["ticket_number"],
            row["text"],
            Status(row["status"]),
            row.get("deleted_at") is not None,
            row["data"],
        )


ANY_NETWORK = Capabilities(max_text=2000, max_caption=1000, max_file=8 * 1024 * 1024)
"""What every network takes."""


@dataclass(frozen=True, slots=True)
class Situation:
    """One conversation at one moment. ``staff`` (by id) is known to acts and alarms only: players' words need none.

    ``network`` is what the conversation's network can do, ``pending`` the replies that wait to go out, likewise.
    """

    now: datetime
    language: str
    language_chosen: bool
    player_name: str
    memory: Memory
    ticket: TicketFacts | None = None
    policy: Policy = field(default_factory=Policy)
    player: PlayerFacts = field(default_factory=PlayerFacts)
    channel: str = ""
    conversation_id: int = 0
    last_incoming_number: int | None = None
    last_incoming_at: datetime | None = None
    staff: Mapping[int, Colleague] = field(default_factory=dict)
    network: Capabilities = ANY_NETWORK
    last_reply_number: int | None = None
    pending: tuple[Timer, ...] = ()

    @property
    def open_ticket(self) -> TicketFacts | None:
        return self.ticket if self.ticket is not None and self.ticket.is_open else None

    @property
    def reopenable_ticket(self) -> TicketFacts | None:
        """The ticket closed so recently that a new message belongs to it."""
        ticket = self.ticket
        if ticket is None or ticket.is_open or ticket.resolved_at is None:
            return None
        return ticket if self.now - ticket.resolved_at <= self.policy.reopen_within else None
