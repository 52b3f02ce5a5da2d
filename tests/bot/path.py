"""The one path without networks: a pipeline over a database, with a FAQ and opening hours that do as they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.applying import Applying
from bot.guarding import Guarding
from bot.human_words import HumanWords
from bot.loading import Loading
from bot.metrics import Metrics
from bot.pipeline import Committed, Pipeline
from bot.preparing import Preparing
from bot.rendering import Renderer
from bot.rules import FileRules
from bot.situation import Policy
from bot.texts import SHIPPED, Texts, load_texts
from channels.base import Capabilities
from channels.markdown import escape_markdown
from faq.entry import Entry, Faq, Handoff, Phrasing, Place
from faq.match import Answer, Candidate, Match, Question
from faq.match import Handoff as HandOver
from handoff.tickets import tickets
from messaging.conversations import conversations, messages
from messaging.messages import Direction, MessageReceived, Person
from storage.database import Database

NOWHERE = Place("nowhere.yaml", 1, 1)


@cache
def english() -> Texts:
    return load_texts(Path(SHIPPED), ("en",), escape_markdown, {"service": "Inn"})


def entry(entry_id: str, *, handoff: Handoff = Handoff.OFFER) -> Entry:
    words = {"en": entry_id.title()}
    return Entry(entry_id, "topic", NOWHERE, words, (Phrasing(entry_id, "en", NOWHERE),), words, handoff=handoff)


@dataclass
class ToldFaq:
    """A FAQ that knows a question if it is an entry's id, and breaks at ``breaks_at``."""

    entries: Mapping[str, Entry]
    breaks_at: str = "\x00"

    @property
    def faq(self) -> Faq:
        return Faq("version", self.entries, {}, ("en",))

    async def match(self, questions: Sequence[Question], now: datetime) -> list[Match]:
        return [self._match(each.text) for each in questions]

    def _match(self, text: str) -> Match:
        if self.breaks_at in text:
            raise ZeroDivisionError(f"a defect of the matcher at {text!r}")
        if text in self.entries:
            return Match((Candidate(text, 0.99),), Answer((text,)), None, "version")
        return Match((), HandOver(), None, "version")


@dataclass
class ToldHours:
    """Always open, or broken."""

    broken: bool = False

    def is_open(self, at: datetime) -> bool:
        if self.broken:
            raise RuntimeError("a defect of the calendar")
        return True

    def opens_next(self, at: datetime) -> datetime | None:
        return None


@dataclass
class OnePath:
    """One pipeline and what it committed."""

    database: Database
    knows: ToldFaq = field(default_factory=lambda: ToldFaq({"goblin": entry("goblin")}))
    hours: ToldHours = field(default_factory=ToldHours)
    policy: Policy = field(default_factory=Policy)
    now: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)
    commits: list[Committed] = field(default_factory=list)
    numbers: count[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        texts = english()
        self.pipeline = Pipeline(
            self.database,
            Preparing(
                self.knows,
                HumanWords(texts.languages["en"].human_words),
                Guarding(self.database, None, self.knows),
            ),
            Loading(self.database, ("en",)),
            Applying(self.policy, FileRules(1000, frozenset(), "1 kB", "none")),
            lambda: Renderer(texts, self.knows.faq, self.hours, ZoneInfo("UTC")),
            {"memory": Capabilities(4000, 1000, 1000, can_edit=True)},
            "holder",
            lambda: self.now,
            Metrics(),
            self._committed,
        )

    async def _committed(self, commit: Committed) -> None:
        self.commits.append(commit)

    def wrote(self, who: str, text: str, *, ago: timedelta = timedelta()) -> MessageReceived:
        person = Person(f"player-{who}", who, language_hint="en")
        return MessageReceived("memory", who, str(next(self.numbers)), person, self.now - ago, text)

    async def stored(self, who: str) -> list[str]:
        """What this player wrote, as it is kept."""
        return [row.text for row in await self._of(who, Direction.INCOMING)]

    async def answers(self, who: str) -> list[str]:
        """The first line of everything that is said to them."""
        return [row.text.splitlines()[0] for row in await self._of(who, Direction.OUTGOING)]

    async def _of(self, who: str, direction: Direction) -> Sequence[sa.Row[tuple[object, ...]]]:
        query = (
            sa.select(messages)
            .join(conversations)
            .where(conversations.c.chat == who, messages.c.direction == direction)
            .order_by(messages.c.number)
        )
        async with self.database.reading() as connection:
            return (await connection.execute(query)).all()

    async def tickets(self) -> dict[str, tuple[str, str]]:
        """The state and the reason of each player's newest ticket."""
        query = sa.select(conversations.c.chat, tickets).join(tickets).order_by(tickets.c.number)
        async with self.database.reading() as connection:
            return {row.chat: (row.state, row.reason) for row in await connection.execute(query)}
