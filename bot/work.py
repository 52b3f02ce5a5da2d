"""One transaction's work: conversations as they change in memory, and the rows to be written at its end.

Deciding touches no table. ``Work`` collects what the effects of all events of a batch come to, and ``flush`` writes it
with a handful of statements, however many events there were.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.amending import delete_message, edit_message, leave, mark_message, send_again, strip_buttons
from bot.decisions.merging import follows
from bot.decisions.timekeeping import in_time
from bot.effects import (
    CancelTimer,
    ChangePlayer,
    ChangeTicket,
    Decline,
    DeleteMessage,
    EditMessage,
    Effect,
    Elsewhere,
    KeepFeedback,
    Leave,
    MarkMessage,
    OpenTicket,
    Part,
    Record,
    Remember,
    Say,
    SendAgain,
    SetLanguage,
    SetTimer,
    StripButtons,
    WriteNote,
    number_in,
)
from bot.rendering import Renderer
from bot.rows import (
    Opened,
    Row,
    feedback_row,
    incoming_attachments,
    message_row,
    note_row,
    outbox_row,
    record_row,
    stored_attachments,
    ticket_facts,
    ticket_row,
)
from bot.saying import Saying, ahead_of, reader_of, render, words
from bot.sharing import given_away, share_out
from bot.situation import ANY_NETWORK, PlayerFacts, Policy, TicketFacts
from bot.staffing import after_change, write_given
from bot.writing import write_changed_messages, write_conversations, write_players, write_tickets
from channels.base import Capabilities
from handoff.agents import Colleague
from handoff.feedback import feedback
from handoff.records import ticket_events
from messaging import timers as timer_store
from messaging.conversations import attachments, message_versions, messages
from messaging.holding import held_in
from messaging.inbox import inbox
from messaging.messages import Author, Direction, IncomingFile, Status
from messaging.outbox import Entry, entry_of_row, of_message, outbox
from messaging.timers import Timer
from storage.database import Database

# What a message says of itself that answers a question, or says that it cannot; bot.questions reads it.
ANSWERING = frozenset({"entries", "suggested", "missed"})


@dataclass(slots=True)
class Work:
    """What one transaction writes. ``apply`` gathers, ``flush`` writes; both only with the conversations locked."""

    database: Database
    renderer: Renderer
    capabilities: Mapping[str, Capabilities]
    holder: str
    now: datetime
    opened: dict[int, Opened] = field(default_factory=dict)
    new_entries: list[Entry] = field(default_factory=list)
    # Entries written before that this process is still to send in the same conversations.
    held: Sequence[Entry] = ()
    # By other process, the conversations in which it was given something to send.
    given_away: Mapping[str, Collection[int]] = field(default_factory=dict)
    queue_changed: bool = False
    arrivals: set[tuple[int, str]] = field(default_factory=set)
    policy: Policy = field(default_factory=Policy)
    staff: Mapping[int, Colleague] = field(default_factory=dict)
    _given: set[int] = field(default_factory=set)
    _records: list[Row] = field(default_factory=list)
    _feedback: list[Row] = field(default_factory=list)
    _messages: list[Row] = field(default_factory=list)
    _versions: list[Row] = field(default_factory=list)
    _changed_messages: list[Row] = field(default_factory=list)
    _attachments: list[Row] = field(default_factory=list)
    _inbox: list[Row] = field(default_factory=list)
    _outbox: list[Row] = field(default_factory=list)
    # What the FAQ made of the questions, for the figures.
    verdicts: list[str] = field(default_factory=list)
    _sayings: list[Saying] = field(default_factory=list)
    _timers: dict[tuple[int, str], Timer | None] = field(default_factory=dict)
    _later: list[Callable[[AsyncConnection], Awaitable[None]]] = field(default_factory=list)

    def arrived(self, conversation: Opened, key: str, now: datetime) -> None:
        """Remember that this event was handled."""
        self.arrivals.add((conversation.id, key))
        self._inbox.append({"conversation_id": conversation.id, "key": key, "received_at": now})

    def store_incoming(
        self,
        conversation: Opened,
        external_id: str,
        text: str,
        sent_at: datetime,
        files: Sequence[tuple[IncomingFile, str]],
        data: Mapping[str, Any],
        now: datetime,
    ) -> int:
        """Keep what a player wrote; each file comes with the state that it begins in. Returns its number."""
        number = conversation.next_number()
        self._messages.append(
            message_row(
                conversation,
                number,
                direction=Direction.INCOMING,
                author=Author.PLAYER,
                external_id=external_id,
                text=text,
                data={**data, **({"files": len(files)} if files else {})},
                status=Status.RECEIVED,
                sent_at=sent_at,
                ticket_number=conversation.open_ticket_number,
            )
        )
        self._attachments += incoming_attachments(conversation, number, files, now)
        conversation.question = number
        conversation.last_incoming_at, conversation.last_incoming_id = sent_at, external_id
        conversation.last_incoming_number = number
        if conversation.open_ticket_number is None:
            conversation.unanswered_since = conversation.unanswered_since or sent_at
        return number

    def change_message(
        self, conversation: Opened, number: int, old_text: str | None, changes: Row, now: datetime
    ) -> None:
        """Change a stored message; its earlier text is kept as a version."""
        revision = conversation.next_number()
        self._changed_messages.append(
            {"of_conversation": conversation.id, "of_number": number, "revision": revision, **changes}
        )
        if old_text is not None:
            self._versions.append(
                {
                    "conversation_id": conversation.id,
                    "number": number,
                    "revision": revision,
                    "text": old_text,
                    "replaced_at": now,
                }
            )

    def apply(self, conversation: Opened, effects: Sequence[Effect], now: datetime) -> Decline | None:
        """Gather these effects and what follows from them by the clock. A Decline is returned and changes nothing."""
        if conversation.happening is not None:
            situation = replace(conversation.situation(now, self.policy), staff=self.staff)
            effects = in_time(situation, conversation.happening, tuple(effects))
        for effect in effects:
            match effect:
                case Decline():
                    return effect
                case Say():
                    self._say(conversation, effect, now)
                case WriteNote():
                    self._note(conversation, effect, now)
                case OpenTicket():
                    self._open_ticket(conversation, effect, now)
                case ChangeTicket():
                    self._change_ticket(conversation, effect)
                case Remember(memory):
                    conversation.memory = memory
                case SetLanguage(language, chosen):
                    conversation.language, conversation.language_chosen = language, chosen
                case SetTimer(kind, due_at, data):
                    timer = self._timers[conversation.id, kind] = Timer(conversation.id, kind, due_at, data)
                    conversation.put_off(timer)
                case CancelTimer(kind):
                    self._timers[conversation.id, kind] = None
                    conversation.pending.pop(kind, None)
                case ChangePlayer(changes):
                    conversation.player_changes |= changes
                    known = {name: value for name, value in changes.items() if name in PlayerFacts.__slots__}
                    conversation.player = replace(conversation.player, **known)
                case _:
                    self._apply_to_rows(conversation, effect, now)
        return None

    def _apply_to_rows(self, conversation: Opened, effect: Effect, now: datetime) -> None:
        """The effects that only write rows, and change nothing that a later decision of the batch looks at."""
        match effect:
            case StripButtons(number):
                self._later.append(partial(strip_buttons, self, conversation, number, now))
            case EditMessage():
                self._later.append(partial(edit_message, self, conversation, effect, now))
            case DeleteMessage():
                self._later.append(partial(delete_message, self, conversation, effect, now))
            case MarkMessage():
                self._later.append(partial(mark_message, self, conversation, effect, now))
            case Elsewhere(conversation_id, there):
                self.apply(self.opened[conversation_id], there, now)
            case SendAgain(number):
                self._later.append(partial(send_again, self, conversation, number, now))
            case Leave(number):
                self._later.append(partial(leave, self, conversation, number))
            case Record():
                self._records.append(record_row(conversation, effect, now))
            case KeepFeedback():
                self._feedback.append(feedback_row(conversation, effect, now))
            case _:
                raise TypeError(f"nobody applies {effect!r}")

    @property
    def recorded(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The kind of each record, and what it tells."""
        return [(row["kind"], row["data"]) for row in self._records]

    async def flush(self, connection: AsyncConnection) -> None:
        """Write everything. Tickets go first, so that places in the queue are counted as they will stand."""
        self.queue_changed |= await write_tickets(connection, self.opened.values())
        for saying in self._sayings:
            await self._render(connection, saying)
        for later in self._later:
            await later(connection)
        await self._insert(connection, messages, self._messages)
        await self._insert(connection, message_versions, self._versions)
        await self._insert(connection, attachments, self._attachments)
        await self._insert(connection, inbox, self._inbox)
        await self._insert(connection, ticket_events, self._records)
        await self._insert(connection, feedback, self._feedback)
        await self._hold(connection)
        await self._insert(connection, outbox, self._outbox)
        await write_changed_messages(connection, self._changed_messages)
        await timer_store.set_all(self.database, connection, [each for each in self._timers.values() if each])
        await timer_store.cancel_all(connection, [key for key, each in self._timers.items() if each is None])
        await write_conversations(connection, self.opened.values())
        await write_players(connection, self.opened.values())
        await write_given(connection, self._given, self.now)
        self.new_entries = [entry_of_row(row) for row in self._outbox if row["held_by"] == self.holder]
        self.given_away = given_away(self._outbox, self.holder)

    def _say(self, conversation: Opened, say: Say, now: datetime) -> None:
        number = conversation.next_number()
        conversation.unanswered_since = None
        if say.author is Author.AGENT:
            conversation.last_reply_number = number
        if say.offers:
            conversation.memory = conversation.memory.with_choice(number, say.offers)
        if say.data.keys() & ANSWERING and conversation.question is not None:
            say = replace(say, data={**say.data, "question": conversation.question})
        ticket = conversation.open_ticket_number
        language, via = conversation.language, conversation.reply_via
        self._sayings.append(Saying(conversation, say, number, now, language, via, ticket))

    def _note(self, conversation: Opened, note: WriteNote, now: datetime) -> None:
        number = conversation.next_number()
        self._messages.append(note_row(conversation, number, note, now))
        self._attachments += stored_attachments(conversation, number, note.files)

    def _open_ticket(self, conversation: Opened, ticket: OpenTicket, now: datetime) -> None:
        number, earlier = conversation.next_number(), follows(conversation.situation(now, self.policy))
        conversation.ticket = ticket_facts(conversation, number, ticket, now, earlier)
        conversation.ticket_is_new = True
        conversation.ticket_changes = {**ticket_row(conversation, number, ticket, now), "follows": earlier}
        # What the player just wrote belongs to the ticket that it opened.
        for row in reversed(self._messages):
            if row["conversation_id"] == conversation.id:
                row["ticket_number"] = number
                break

    def _change_ticket(self, conversation: Opened, change: ChangeTicket) -> None:
        before = conversation.ticket
        assert before is not None
        conversation.ticket_changes |= {**change.changes, "revision": conversation.next_number()}
        known = {name: value for name, value in change.changes.items() if name in TicketFacts.__slots__}
        if "agent_id" in change.changes:
            known["holder"] = change.holder
        conversation.ticket = replace(before, **known)
        self.staff, given_to = after_change(self.staff, before, conversation.ticket)
        if given_to is not None:
            self._given.add(given_to)

    async def _render(self, connection: AsyncConnection, saying: Saying) -> None:
        conversation, say = saying.conversation, saying.say
        row, sends = await render(self, connection, saying)
        self._messages.append(row)
        self._attachments += stored_attachments(conversation, saying.number, say.files)
        for payload in sends:
            self.enqueue(conversation, saying.number, say.author, payload, saying.now)

    async def words(
        self, connection: AsyncConnection, conversation: Opened, parts: Sequence[Part], now: datetime
    ) -> str:
        """These parts as Markdown in the conversation's language."""
        ahead = await ahead_of(connection, conversation, parts)
        reader = await reader_of(self, connection, conversation, parts)
        return words(self, conversation, parts, conversation.language, now, ahead, reader)

    def enqueue(self, conversation: Opened, message_number: int, author: Author, payload: Row, now: datetime) -> None:
        """One more thing to send in the conversation's lane."""
        self._outbox.append(outbox_row(conversation, message_number, author, payload, self.holder, now))

    async def find_incoming(self, connection: AsyncConnection, conversation: Opened, external_id: str) -> Row | None:
        """What the player wrote under this id of the network, of this batch or stored before."""
        for pending in self._messages:
            if pending["conversation_id"] == conversation.id and pending["external_id"] == external_id:
                return pending
        # From the newest on, since hardly anybody touches an old one: an index of its own would cost every message.
        found = await connection.execute(
            sa.select(messages)
            .where(
                messages.c.conversation_id == conversation.id,
                messages.c.external_id == external_id,
                messages.c.direction == Direction.INCOMING,
            )
            .order_by(messages.c.number.desc())
            .limit(1)
        )
        row = found.first()
        return None if row is None else dict(row._mapping)

    async def label_of(self, connection: AsyncConnection, conversation: Opened, action: str) -> str:
        """What stands on the button of this action, as far as its message still tells."""
        verb, _, rest = action.partition(":")
        if verb == "language":
            return self.renderer.texts.name_of(rest)
        if verb in ("human", "topics") and not rest:
            return self.renderer.texts.fill(f"button_{verb}", conversation.language)
        number = number_in(rest.partition(":")[0])
        row = await self.find_message(connection, conversation, number) if number is not None else None
        buttons = row["data"].get("buttons", ()) if row is not None else ()
        return next((each["label"] for each in buttons if each.get("action") == action), "")

    async def find_message(self, connection: AsyncConnection, conversation: Opened, number: int) -> Row | None:
        """The message of this number, of this batch or stored before, as this batch leaves it."""
        row = next((each for each in self._messages if _is_of(each, conversation, number)), None)
        if row is None:
            found = await connection.execute(
                sa.select(messages).where(messages.c.conversation_id == conversation.id, messages.c.number == number)
            )
            stored = found.one_or_none()
            row = dict(stored._mapping) if stored is not None else None
        for change in self._changed_messages if row is not None else ():
            if (change["of_conversation"], change["of_number"]) == (conversation.id, number):
                row = {**(row or {}), **change}
        return row

    async def entries_of(self, connection: AsyncConnection, conversation: Opened, number: int) -> list[Row]:
        """Everything in the outbox of this message, of this batch or stored before, in the order of sending."""
        stored = [dict(row._mapping) for row in await of_message(connection, conversation.id, number)]
        return stored + [
            row for row in self._outbox if (row["conversation_id"], row["message_number"]) == (conversation.id, number)
        ]

    def limits(self, conversation: Opened) -> Capabilities:
        """What the conversation's network takes; for a channel that is off now, what every network takes."""
        return self.capabilities.get(conversation.channel, ANY_NETWORK)

    async def _hold(self, connection: AsyncConnection) -> None:
        """Give what is to be sent to the process that sends in that conversation: two at once would lose the order."""
        if self._outbox:
            # SQLite's one process knows all that it holds, and sends for every channel.
            alone = self.database.is_sqlite
            await share_out(connection, self._outbox, self.holder, {} if alone else self.capabilities)
            if not alone:
                self.held = await held_in(connection, self.holder, {row["conversation_id"] for row in self._outbox})

    async def _insert(self, connection: AsyncConnection, table: sa.Table, rows: list[Row]) -> None:
        if rows:
            await connection.execute(sa.insert(table), rows)


def _is_of(row: Row, conversation: Opened, number: int) -> bool:
    return bool(row["conversation_id"] == conversation.id and row["number"] == number)
