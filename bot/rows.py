"""Rows as the tables take them, made from what is decided: pure, so that they can be read and tested alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import zip_longest
from typing import Any

from bot.effects import Choice, KeepFeedback, OpenTicket, Record, WriteNote
from bot.happenings import Happening
from bot.situation import Memory, PlayerFacts, Policy, Situation, TicketFacts
from channels.base import Capabilities
from channels.splitting import split
from handoff.acts import REPLY, StoredFile
from handoff.tickets import TicketState
from messaging.messages import Author, Direction, IncomingFile, Status
from messaging.outbox import EntryState
from messaging.timers import Timer

Row = dict[str, Any]


@dataclass(slots=True)
class Opened:
    """A conversation in the hands of one transaction; its counter numbers what is written."""

    id: int
    channel: str
    chat: str
    player_id: int
    player_name: str
    language: str
    language_chosen: bool
    memory: Memory
    counter: int
    lost: str | None
    ticket: TicketFacts | None
    last_incoming_at: datetime | None
    last_incoming_id: str | None
    last_incoming_number: int | None = None
    last_reply_number: int | None = None
    # Replies that wait to go out, by the kinds of their timers; known where acts and alarms are handled.
    pending: dict[str, Timer] = field(default_factory=dict)
    unanswered_since: datetime | None = None
    # What is being handled.
    happening: Happening | None = None
    player: PlayerFacts = field(default_factory=PlayerFacts)
    # What the player's row is to become.
    player_changes: Row = field(default_factory=dict)
    reply_via: str | None = None
    # The number of what the player wrote that is being handled: what is said about it keeps it.
    question: int | None = None
    # What the newest ticket's row is to become.
    ticket_changes: Row = field(default_factory=dict)
    ticket_is_new: bool = False

    def next_number(self) -> int:
        self.counter += 1
        return self.counter

    def put_off(self, timer: Timer) -> None:
        """Remember this alarm if it is a reply that waits to go out."""
        if timer.kind.startswith(f"{REPLY}:"):
            self.pending[timer.kind] = timer

    def waiting_replies(self) -> tuple[Timer, ...]:
        """The replies that wait to go out, in their order."""
        return tuple(sorted(self.pending.values(), key=lambda timer: timer.due_at))

    @property
    def open_ticket_number(self) -> int | None:
        return self.ticket.number if self.ticket is not None and self.ticket.is_open else None

    def situation(self, now: datetime, policy: Policy) -> Situation:
        return Situation(
            now,
            self.language,
            self.language_chosen,
            self.player_name,
            self.memory,
            self.ticket,
            policy,
            self.player,
            self.channel,
            self.id,
            self.last_incoming_number,
            self.last_incoming_at,
            last_reply_number=self.last_reply_number,
            pending=self.waiting_replies(),
        )


def message_row(conversation: Opened, number: int, **values: Any) -> Row:
    """A new message; its revision is its number until something about it changes."""
    return {
        "conversation_id": conversation.id,
        "number": number,
        "revision": number,
        "agent_id": None,
        "external_id": None,
        **values,
    }


def ticket_facts(conversation: Opened, number: int, ticket: OpenTicket, now: datetime, earlier: str) -> TicketFacts:
    """A new ticket, waiting, as later decisions of the batch see it; ``earlier`` is the one that it follows (K9)."""
    return TicketFacts(
        number,
        TicketState.WAITING,
        None,
        now,
        now,
        0,
        None,
        0,
        None,
        ticket_class=ticket.ticket_class,
        topic=ticket.topic,
        language=conversation.language,
        question=ticket.question,
        tier=conversation.player.tier,
        queue_at=ticket.queue_at or now,
        follows=earlier,
    )


def ticket_row(conversation: Opened, number: int, ticket: OpenTicket, now: datetime) -> Row:
    """A new ticket, waiting."""
    return {
        "conversation_id": conversation.id,
        "number": number,
        "revision": number,
        "state": TicketState.WAITING,
        "reason": ticket.reason,
        "ticket_class": ticket.ticket_class,
        "topic": ticket.topic,
        "language": conversation.language,
        "question": ticket.question,
        "offered": [
            {"entry_id": each.entry_id, "title": each.title, "confidence": each.confidence} for each in ticket.offered
        ],
        "opened_at": now,
        "waiting_since": now,
        "queue_at": ticket.queue_at or now,
        "tier": conversation.player.tier,
        "apologies": 0,
        "reopened": 0,
    }


def note_row(conversation: Opened, number: int, note: WriteNote, now: datetime) -> Row:
    """Words that only staff see."""
    return message_row(
        conversation,
        number,
        direction=Direction.NOTE,
        author=Author.AGENT if note.agent_id is not None else Author.BOT,
        agent_id=note.agent_id,
        text=note.text,
        data={**note.data, **({"files": len(note.files)} if note.files else {})},
        status=Status.RECEIVED,
        sent_at=now,
        ticket_number=conversation.ticket.number if conversation.ticket else None,
    )


def record_row(conversation: Opened, record: Record, now: datetime) -> Row:
    """A line of the ticket's record."""
    return {
        "conversation_id": conversation.id,
        "number": conversation.next_number(),
        "ticket_number": conversation.ticket.number if conversation.ticket is not None else None,
        "kind": record.kind,
        "agent_id": record.agent_id,
        "data": dict(record.data),
        "happened_at": now,
    }


def feedback_row(conversation: Opened, told: KeepFeedback, now: datetime) -> Row:
    """What a player told us outside of any ticket."""
    return {
        "conversation_id": conversation.id,
        "number": conversation.next_number(),
        "kind": told.kind,
        "severity": told.severity,
        "text": told.text,
        "data": dict(told.data),
        "created_at": now,
    }


def stored_attachments(conversation: Opened, number: int, files: Sequence[StoredFile]) -> list[Row]:
    """Files whose bytes are stored already."""
    return [
        _attachment(conversation, number, position, "stored")
        | {"name": each.name, "content_type": each.content_type, "size": each.size, "sha256": each.sha256}
        for position, each in enumerate(files)
    ]


def incoming_attachments(
    conversation: Opened, number: int, files: Sequence[tuple[IncomingFile, str]], now: datetime
) -> list[Row]:
    """Files of a player, each with the state that it begins in; what is ``pending`` is to be fetched at once."""
    return [
        _attachment(conversation, number, position, state)
        | {
            "name": each.name,
            "content_type": each.content_type,
            "size": each.size,
            "sha256": each.sha256,
            "remote": each.remote,
            "due_at": now if state == "pending" else None,
        }
        for position, (each, state) in enumerate(files)
    ]


def _attachment(conversation: Opened, number: int, position: int, state: str) -> Row:
    return {
        "conversation_id": conversation.id,
        "number": number,
        "position": position,
        "remote": None,
        "state": state,
        "attempts": 0,
        "due_at": None,
    }


def offered_now(
    choices: Sequence[Choice], conversation: Opened, is_open: Callable[[], bool], *, own_clock: bool
) -> list[Choice]:
    """The buttons that make sense now, each naming the open ticket where it is about that.

    A player is asked for their time zone only where one is told them, and it is not known.
    """
    ticket = str(conversation.open_ticket_number or 0)
    knows = own_clock or conversation.player.time_zone is not None
    return [
        replace(each, action=each.action.replace("{t}", ticket))
        for each in choices
        if not (each.when_closed and (knows or is_open()))
    ]


def payloads(
    text: str, buttons: Sequence[Mapping[str, str]], files: Sequence[StoredFile], limits: Capabilities
) -> list[Row]:
    """One message as the things that the network sends, each within its limits; buttons go under the last."""
    parts = split(text, limits.max_text, utf16=limits.counts_utf16) if text else []
    made: list[Row] = [{"text": each} for each in parts]
    fits_caption = parts == split(text, limits.max_caption, utf16=limits.counts_utf16) if parts and files else False
    for position, file in enumerate(files):
        payload = {"sha256": file.sha256, "name": file.name, "content_type": file.content_type}
        if position == 0 and len(made) == 1 and fits_caption:
            made[0]["file"] = payload
        else:
            made.append({"text": "", "file": payload})
    if made and buttons:
        made[-1]["buttons"] = list(buttons)
    return made


def amended(
    parts: Sequence[Row], number: int, text: str, buttons: Sequence[Mapping[str, str]], limits: Capabilities
) -> list[Row]:
    """Payloads that let message ``number``, which went out as these outbox rows, say ``text`` instead.

    Files stay where they are. What is longer now goes on in new messages, and parts too many are taken away.
    """
    carriers = [row for row in parts if row["payload"].get("text")] or list(parts[:1])
    longest = limits.max_caption if any("file" in row["payload"] for row in carriers) else limits.max_text
    texts = split(text, longest, utf16=limits.counts_utf16)
    made: list[Row] = [
        {"text": words} if carrier is None else {"text": words or "", "edits": number, "entry": carrier["number"]}
        for carrier, words in zip_longest(carriers, texts)
    ]
    for payload in made[len(texts) :]:
        payload["deletes"] = True
    if buttons and carriers[-1] is parts[-1]:
        made[len(texts) - 1]["buttons"] = list(buttons)
    return made


def outbox_row(
    conversation: Opened, message_number: int, author: Author, payload: Row, holder: str, now: datetime
) -> Row:
    """One thing to send in the conversation's lane, held by this process."""
    return {
        "conversation_id": conversation.id,
        "number": conversation.next_number(),
        "message_number": message_number,
        "channel": conversation.channel,
        "chat": conversation.chat,
        "author": author,
        "payload": payload,
        "state": EntryState.WAITING,
        "attempts": 0,
        "doubts": 0,
        "due_at": now,
        "held_by": holder,
        "created_at": now,
    }
