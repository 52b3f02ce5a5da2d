"""Reading what agents send before it is decided on: by the guard's rules, off the event loop."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.decisions.override import Guardable, Guarded
from faq.entry import Entry, Faq
from handoff import agents
from handoff.agents import Role
from handoff.guard.draft import Draft
from handoff.guard.guard import Guard
from handoff.guard.rules import Embargo, Rules
from messaging.conversations import conversations, messages
from messaging.messages import Direction
from storage.database import Database

MOST_READ = 500
"""So many of the player's latest messages are looked through for what they told us of themselves."""
SHORTEST_SENTENCE = 20
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")


class Knows(Protocol):
    """The FAQ, whose entries may be under embargo."""

    @property
    def faq(self) -> Faq: ...


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a reply goes, and whether its writer leads."""

    language: str
    is_lead: bool


class Guarding:
    """Checks replies against the owner's rules and what the FAQ holds back; with ``rules`` None all pass."""

    def __init__(self, database: Database, rules: Rules | None, knows: Knows) -> None:
        self._database = database
        self._rules = rules
        self._knows = knows
        self._guard: Guard | None = None
        self._version = ""

    async def read(self, reply: Guardable, now: datetime) -> Guarded:
        """What is to be mended in this reply. Raises DatabaseUnreachable where that cannot be found out."""
        text = reply.text.strip()
        if self._rules is None or not text:
            return Guarded()
        guard = await asyncio.to_thread(self._current, self._rules)
        async with self._database.reading() as connection:
            place = await _place(connection, reply)
        draft = Draft(text, place.language, now)
        findings = await asyncio.to_thread(guard.check, draft)
        if findings:
            # Only now, for most replies find nothing: what the player told us themselves may be said to them.
            async with self._database.reading() as connection:
                written = await _written_by_player(connection, reply.ticket.conversation_id)
            known = await asyncio.to_thread(guard.data_in, written, place.language)
            findings = await asyncio.to_thread(guard.check, Draft(text, place.language, now, known=known))
        return Guarded(text, findings, place.is_lead)

    def _current(self, rules: Rules) -> Guard:
        """The guard with what the FAQ holds back that is served now."""
        faq = self._knows.faq
        if self._guard is None or self._version != faq.version:
            self._guard, self._version = Guard(rules, [*embargoes(faq)]), faq.version
        return self._guard


def embargoes(faq: Faq) -> Iterator[Embargo]:
    """What entries under embargo say, which agents may not say before the time either: titles and answers."""
    for entry in faq.entries.values():
        words = sorted(_words_of(entry)) if entry.embargo is not None else []
        if words:
            yield Embargo.of(words, entry.embargo)


def _words_of(entry: Entry) -> set[str]:
    sentences = (
        sentence.strip()
        for answer in (*entry.answers.values(), *entry.channel_answers.values())
        for sentence in _SENTENCE_ENDS.split(answer)
    )
    # A star stands for other words in the guard's phrases; in an answer it is Markdown.
    words = {*entry.title.values(), *(each for each in sentences if len(each) >= SHORTEST_SENTENCE)}
    return {plain for each in words if (plain := each.replace("*", "").strip())}


async def _place(connection: AsyncConnection, reply: Guardable) -> _Place:
    language = await connection.scalar(
        sa.select(conversations.c.language).where(conversations.c.id == reply.ticket.conversation_id)
    )
    agent = await agents.find(connection, reply.agent_id)
    return _Place(language or "", agent is not None and agent.role in (Role.LEAD, Role.ADMIN))


async def _written_by_player(connection: AsyncConnection, conversation_id: int) -> list[str]:
    rows = await connection.scalars(
        sa.select(messages.c.text)
        .where(messages.c.conversation_id == conversation_id, messages.c.direction == Direction.INCOMING)
        .order_by(messages.c.number.desc())
        .limit(MOST_READ)
    )
    return list(rows)
