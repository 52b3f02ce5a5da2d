"""What players asked and what became of it, read from the conversations: for ``faq unanswered`` and ``faq saved``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from faq.missed import Answered, Missed, Reason
from handoff.tickets import TicketState, tickets
from messaging.conversations import conversations, messages
from messaging.messages import Author, Direction
from storage.database import Database

LOOK_BACK = timedelta(days=90)
# Far more than the FAQ keeps of what went to people.
NEWEST = 1000
# In the statement itself, so that the planner sees that a partial index holds.
RESOLVED: sa.ColumnElement[str] = sa.literal_column(f"'{TicketState.RESOLVED}'")
_AT_ONCE = 20


@dataclass(slots=True)
class _Question:
    """A question and what happened to it, as far as the conversation was read."""

    number: int
    text: str
    at: datetime
    reason: Reason | None = None
    offered: tuple[str, ...] = ()
    answered_by: str | None = None
    settled_by: str | None = None
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class _Opened:
    """A ticket, as far as it tells what became of a question."""

    number: int
    reason: str
    question: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that was asked: what an entry answered, and what the FAQ failed at."""

    answered: list[Answered] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)


async def read_questions(database: Database, now: datetime) -> Asked:
    """What was asked within the last LOOK_BACK, in the order of the conversations."""
    since = now - LOOK_BACK
    asked = Asked()
    after = 0
    while True:
        async with database.reading() as connection:
            page = await _conversations(connection, since, after)
        await _read(database, page, since, asked)
        if len(page) < _AT_ONCE:
            return asked
        after = page[-1]


async def read_newest(database: Database, now: datetime) -> Asked:
    """What was asked in the NEWEST conversations and in those of the NEWEST tickets, however much was said before."""
    since = now - LOOK_BACK
    asked = Asked()
    async with database.reading() as connection:
        id_ = conversations.c.id
        # Every id is: said so that the planner reads them from the end.
        newest = sa.select(id_).where(id_ > 0).order_by(id_.desc()).limit(NEWEST)
        ids = sorted({*await _with_tickets(connection, since), *await connection.scalars(newest)})
    for begin in range(0, len(ids), _AT_ONCE):
        await _read(database, ids[begin : begin + _AT_ONCE], since, asked)
    return asked


async def _read(database: Database, page: Sequence[int], since: datetime, asked: Asked) -> None:
    """Add what was asked in these few conversations; a server that reads many goes on answering meanwhile."""
    async with database.reading() as connection:
        said, opened = await _said(connection, page, since), await _opened(connection, page, since)
    for conversation_id, rows in groupby(said, key=lambda row: row.conversation_id):
        lines = list(rows)
        _gather(asked, lines, _follow(lines, opened.get(conversation_id, ())))
        await asyncio.sleep(0)


async def _with_tickets(connection: AsyncConnection, since: datetime) -> set[int]:
    """Conversations whose tickets are open or were resolved last, NEWEST of each at most."""
    id_ = tickets.c.conversation_id
    still_open = sa.select(id_).where(tickets.c.state != RESOLVED).order_by(id_.desc()).limit(NEWEST)
    resolved = sa.select(id_).where(tickets.c.resolved_at >= since).order_by(tickets.c.resolved_at.desc()).limit(NEWEST)
    return {*(await connection.scalars(still_open)), *(await connection.scalars(resolved))}


async def _conversations(connection: AsyncConnection, since: datetime, after: int) -> Sequence[int]:
    """The next few conversations in which a player wrote."""
    query = (
        sa.select(conversations.c.id)
        .where(conversations.c.id > after, conversations.c.last_incoming_at >= since)
        .order_by(conversations.c.id)
        .limit(_AT_ONCE)
    )
    return (await connection.execute(query)).scalars().all()


async def _said(connection: AsyncConnection, page: Sequence[int], since: datetime) -> Sequence[sa.Row[Any]]:
    query = (
        sa.select(messages, conversations.c.player_id, conversations.c.language)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(messages.c.conversation_id.in_(page), messages.c.sent_at >= since)
        .where(messages.c.direction != Direction.NOTE)
        .order_by(messages.c.conversation_id, messages.c.number)
    )
    return (await connection.execute(query)).all()


async def _opened(connection: AsyncConnection, page: Sequence[int], since: datetime) -> Mapping[int, list[_Opened]]:
    query = sa.select(tickets.c.conversation_id, tickets.c.number, tickets.c.reason, tickets.c.question).where(
        tickets.c.conversation_id.in_(page), tickets.c.opened_at >= since
    )
    by_conversation: dict[int, list[_Opened]] = {}
    for ticket in (await connection.execute(query)).all():
        known = _Opened(ticket.number, ticket.reason, ticket.question)
        by_conversation.setdefault(ticket.conversation_id, []).append(known)
    return by_conversation


def _follow(lines: Sequence[sa.Row[Any]], opened: Iterable[_Opened]) -> list[_Question]:
    """Every question of one conversation with its fate."""
    questions: dict[int, _Question] = {}
    by_answer: dict[int, _Question] = {}
    for line in lines:
        if line.direction == Direction.INCOMING:
            pressed = line.data.get("pressed")
            if pressed is None:
                questions[line.number] = _Question(line.number, line.text, line.sent_at)
            else:
                _press(pressed, by_answer)
            continue
        question = questions.get(line.data.get("question", -1))
        if question is not None:
            by_answer[line.number] = question
            _reply(question, line.data)
    for ticket in opened:
        _ticket(questions.values(), ticket)
    return list(questions.values())


def _reply(question: _Question, data: dict[str, Any]) -> None:
    if "entries" in data:
        question.answered_by = data["entries"][0]
        question.offered = tuple(data["entries"])
    elif "suggested" in data:
        question.reason, question.offered = Reason.LOW_CONFIDENCE, tuple(data["suggested"])
    else:
        question.reason = Reason.NO_MATCH


def _press(pressed: str, by_answer: dict[int, _Question]) -> None:
    verb, _, rest = pressed.partition(":")
    number, _, place = rest.partition(":")
    question = by_answer.get(int(number)) if number.isdecimal() else None
    if question is None:
        return
    if verb in ("wrong", "none"):
        question.reason, question.answered_by = Reason.NOT_WHAT_I_MEANT, None
    elif verb == "pick" and place.isdecimal() and int(place) < len(question.offered):
        question.settled_by = question.offered[int(place)]


def _ticket(questions: Iterable[_Question], ticket: _Opened) -> None:
    """The ticket that a question led to: the last one with its words before it."""
    asked = [each for each in questions if each.number < ticket.number and each.text == ticket.question]
    if not asked:
        return
    question = asked[-1]
    question.ticket = ticket.number
    if ticket.reason == "asked" and question.answered_by is not None:
        question.reason, question.answered_by = Reason.HANDED_OVER, None
    elif ticket.reason == "unanswered" and question.reason is None:
        question.reason, question.answered_by = Reason.NO_MATCH, None


def _gather(asked: Asked, lines: Sequence[sa.Row[Any]], questions: Iterable[_Question]) -> None:
    player, language = str(lines[0].player_id), lines[0].language
    for question in questions:
        if question.reason is not None and question.text:
            asked.missed.append(
                Missed(
                    question.text,
                    question.at,
                    player,
                    question.reason,
                    language,
                    question.offered,
                    question.settled_by,
                    next(_agents_words(lines, question.ticket), None),
                    question.ticket is not None,
                )
            )
        elif question.answered_by is not None:
            asked.answered.append(Answered(question.text, question.at, player, question.answered_by))


def _agents_words(lines: Iterable[sa.Row[Any]], ticket: int | None) -> Iterator[str]:
    for line in lines:
        if line.author == Author.AGENT and line.text and ticket is not None and line.ticket_number == ticket:
            yield line.text
