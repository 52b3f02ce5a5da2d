"""A month's data, as the program itself leaves it: talks that it really had, repeated over a month for many players.

The program runs over the memory channel and has a few talks: questions that the FAQ answers, a correction, a file,
tickets that people close, tickets that wait. Every row that each left is a pattern. The month is these patterns in the
order of time, each in a player's conversation behind what was there before, moved in time and number.
"""

from __future__ import annotations

import json
import random
import re
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import sqlalchemy as sa

from bot.schema import metadata
from bot.settings import Settings
from channels.memory.adapter import MemoryChannel
from channels.memory.player import MemoryPlayer
from handoff.acts import Claim, Close, Note, Reply
from handoff.agents import agents
from handoff.tickets import Ticket
from messaging.conversations import conversations, messages
from messaging.files import blobs
from messaging.outbox import counts
from messaging.players import identities, players
from storage.database import EPOCH, MICROSECOND, Database, Moment, parse_url
from storage.migrations import migrate
from tests.bench.telegram_load import TEXTS
from tests.flows.house import Agent, House

SEED = 7
MONTH = timedelta(days=29, hours=20)
# What is open was opened within these.
OPEN_FOR = timedelta(hours=6)
MESSAGES_A_PLAYER = 20
STAFF = 20
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(20_000)
# The ids that Telegram's players get from the fake server begin here.
FIRST_CHAT = 1001
# Facts that name a number of the same conversation.
_NUMBERS = re.compile(r'"(question|edits|entry)": (\d+)')
_SHIFTED = frozenset({"number", "revision", "message_number", "ticket_number"})

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pattern:
    """What one talk left. ``span`` is how far it counted, ``weight`` how often it happens among a thousand."""

    name: str
    rows: Mapping[str, Sequence[Row]]
    span: int
    began: datetime
    weight: float

    @property
    def messages(self) -> int:
        return len(self.rows[messages.name])


@dataclass(frozen=True, slots=True)
class Talk:
    """A pattern at its place: behind number ``offset`` of a conversation, moved by ``later``."""

    name: str
    conversation_id: int
    pattern: Pattern
    offset: int
    later: timedelta


# -- what really happened


async def record(settings: Settings) -> tuple[list[Pattern], list[Row]]:
    """Let the program have every kind of talk once; the staff's rows too."""
    house = House(settings, channel=MemoryChannel("telegram"))
    await house.begin()
    try:
        staff = [await house.agent(f"agent{n}", f"Desk {n}") for n in range(1, STAFF + 1)]
        kinds: dict[str, tuple[float, Callable[[MemoryPlayer], Awaitable[None]]]] = {
            **{f"answered {n}": (225, _answered(n)) for n in range(len(TEXTS))},
            "corrected": (15, _corrected),
            "with a file": (10, _with_a_file),
            **{f"resolved {n}": (25, _resolved(house, staff[n])) for n in range(3)},
            # So many of a month's talks are open at its end as a desk has in a day, and not as there are in a month.
            "waiting": (0.9, _waiting),
            "assigned": (0.9, _assigned(house, staff[3])),
        }
        found = []
        for name, (weight, talk) in kinds.items():
            player = house.channel.player("Player", language="en")
            began = house.clock()
            await talk(player)
            await _settled(house)
            found.append(await _pattern(house.app.database, name, player.chat, began, weight))
        async with house.app.database.reading() as connection:
            people = [dict(row._mapping) for row in await connection.execute(sa.select(agents))]
        return found, people
    finally:
        await house.end()


def _answered(begin: int) -> Callable[[MemoryPlayer], Awaitable[None]]:
    async def talk(player: MemoryPlayer) -> None:
        for number in range(3):
            await player.writes(TEXTS[(begin + number) % len(TEXTS)])

    return talk


async def _corrected(player: MemoryPlayer) -> None:
    written = await player.writes("where is my ordr")
    await player.edits(written, TEXTS[2])


async def _with_a_file(player: MemoryPlayer) -> None:
    await player.writes(TEXTS[3], files=[("crash.png", "image/png", PICTURE)])


async def _waiting(player: MemoryPlayer) -> None:
    await player.writes(TEXTS[2])
    await player.writes("human")


def _assigned(house: House, agent: Agent) -> Callable[[MemoryPlayer], Awaitable[None]]:
    async def talk(player: MemoryPlayer) -> None:
        await _waiting(player)
        ticket = await _newest(house)
        await agent.does(Claim, ticket)
        await agent.does(Reply, ticket, text="I am looking at your order now.")

    return talk


def _resolved(house: House, agent: Agent) -> Callable[[MemoryPlayer], Awaitable[None]]:
    async def talk(player: MemoryPlayer) -> None:
        await _waiting(player)
        ticket = await _newest(house)
        await agent.does(Claim, ticket)
        await agent.does(Reply, ticket, text="Which order is it, please?")
        await player.writes("the one of yesterday evening, two lanterns and the oil for them")
        await agent.does(Note, ticket, text="Paid twice, the shop gave one back.")
        await agent.does(Reply, ticket, text="Found it: the second payment is on its way back to you.")
        await player.writes("thank you very much")
        await agent.does(Close, ticket, category="other")

    return talk


async def _newest(house: House) -> Ticket:
    return max(await house.waiting(), key=lambda each: each.opened_at)


async def _settled(house: House) -> None:
    """Until everything is sent, fetched and marked."""
    while True:
        await house.app.fetcher.fetch_due()
        await house.quiet()
        async with house.app.database.reading() as connection:
            if not any((await counts(connection)).values()):
                return


async def _pattern(database: Database, name: str, chat: str, began: datetime, weight: float) -> Pattern:
    rows: dict[str, list[Row]] = {}
    async with database.reading() as connection:

        async def read(table: sa.Table, condition: sa.ColumnElement[bool]) -> list[Row]:
            return [dict(row._mapping) for row in await connection.execute(sa.select(table).where(condition))]

        (talk,) = await read(conversations, conversations.c.chat == chat)
        for table in metadata.sorted_tables:
            if "conversation_id" in table.c:
                rows[table.name] = await read(table, table.c.conversation_id == talk["id"])
        rows[conversations.name] = [talk]
        rows[players.name] = await read(players, players.c.id == talk["player_id"])
        rows[identities.name] = await read(identities, identities.c.player_id == talk["player_id"])
    is_open = any(each["state"] != "resolved" for each in rows["tickets"])
    if not is_open:
        # What was to happen later did, long ago.
        rows["timers"] = []
    return Pattern(name, rows, talk["counter"], began, weight)


# -- a month of it


def plan(patterns: Sequence[Pattern], count: int, loaded: int, now: datetime) -> tuple[list[Talk], int]:
    """Talks with ``count`` messages in all, in the order of time, and how many players had them.

    The first ``loaded`` chats, which will write again, had no ticket: nobody's request is to be taken up again.
    """
    chance = random.Random(SEED)
    people = max(count // MESSAGES_A_PLAYER, loaded)
    closed = [each for each in patterns if each.name not in ("waiting", "assigned")]
    opened = [each for each in patterns if each not in closed]
    drawn, total = [], 0
    while total < count:
        (pattern,) = chance.choices(closed, [each.weight for each in closed])
        drawn.append(pattern)
        total += pattern.messages
    still_open = round(len(drawn) * sum(each.weight for each in opened) / 1000)
    begin, talks, counters = now - MONTH, [], [0] * people

    def add(pattern: Pattern, person: int, at: datetime) -> None:
        if chat_of(person, people) < FIRST_CHAT + loaded and pattern.rows["tickets"]:
            pattern = patterns[0]
        talks.append(Talk(f"t{len(talks)}", person + 1, pattern, counters[person], at - pattern.began))
        counters[person] += pattern.span

    length = (MONTH - OPEN_FOR) / len(drawn)
    for number, pattern in enumerate(drawn):
        # Everybody once, in any order; then whoever comes.
        add(pattern, number if number < people else chance.randrange(people), begin + number * length)
    # Those who wait are the last in the month, and none of those who write again.
    waiting = chance.sample(
        [each for each in range(people) if chat_of(each, people) >= FIRST_CHAT + loaded], still_open
    )
    for number, person in enumerate(waiting):
        add(opened[number % len(opened)], person, now - OPEN_FOR * (1 - number / still_open))
    return talks, people


def chat_of(person: int, people: int) -> int:
    """Chats in another order than the conversations, so that those who write again are everywhere in the tables."""
    return FIRST_CHAT + person * 7919 % people


@dataclass(frozen=True, slots=True)
class Month:
    """The talks as rows of one engine."""

    talks: Sequence[Talk]
    people: int
    staff: Sequence[Row]
    sqlite: bool

    def rows_of(self, table: sa.Table) -> Iterator[tuple[Any, ...]]:
        """Every row of a table, in the order of its columns."""
        if table is agents:
            return (self._plain(table, row) for row in self.staff)
        if table in (players, identities, conversations):
            return self._people(table)
        if table is blobs:
            return self._files()
        return self._happened(table) if "conversation_id" in table.c else iter(())

    def _happened(self, table: sa.Table) -> Iterator[tuple[Any, ...]]:
        makers = {id(each): [self._maker(table, row) for row in each.rows[table.name]] for each in self._patterns()}
        for talk in self.talks:
            for make in makers[id(talk.pattern)]:
                yield make(talk)

    def _patterns(self) -> Iterable[Pattern]:
        return {id(each.pattern): each.pattern for each in self.talks}.values()

    def _maker(self, table: sa.Table, row: Row) -> Callable[[Talk], tuple[Any, ...]]:
        """What turns a pattern's row into a talk's."""
        base = list(self._plain(table, row))
        columns = list(enumerate(table.c))
        owner = [n for n, each in columns if each.name == "conversation_id"]
        numbers = [n for n, each in columns if each.name in _SHIFTED and base[n] is not None]
        moments = [n for n, each in columns if isinstance(each.type, Moment) and base[n] is not None]
        # An id of the network, or a file's name: another for each talk.
        named = [n for n, each in columns if each.name in ("external_id", "key", "sha256") and base[n] is not None]
        facts = [n for n, each in columns if isinstance(each.type, sa.JSON) and _NUMBERS.search(str(base[n]))]
        chat = [n for n, each in columns if each.name == "chat"]

        def make(talk: Talk) -> tuple[Any, ...]:
            values = base.copy()
            later = talk.later // MICROSECOND if self.sqlite else talk.later
            for n in owner:
                values[n] = talk.conversation_id
            for n in numbers:
                values[n] += talk.offset
            for n in moments:
                values[n] += later
            for n in named:
                values[n] = f"{values[n]}-{talk.name}"
            for n in facts:
                values[n] = _NUMBERS.sub(lambda found: f'"{found[1]}": {int(found[2]) + talk.offset}', values[n])
            for n in chat:
                values[n] = str(chat_of(talk.conversation_id - 1, self.people))
            return tuple(values)

        return make

    def _people(self, table: sa.Table) -> Iterator[tuple[Any, ...]]:
        last = {talk.conversation_id: talk for talk in self.talks}
        for number in range(1, self.people + 1):
            talk, chat = last[number], str(chat_of(number - 1, self.people))
            row = dict(talk.pattern.rows[table.name][0])
            if table is conversations:
                row |= {"id": number, "player_id": number, "chat": chat, "counter": talk.offset + talk.pattern.span}
                for name in ("last_incoming_number", "last_reply_number"):
                    row[name] = row[name] and row[name] + talk.offset
                row |= {
                    each.name: row[each.name] and row[each.name] + talk.later
                    for each in table.c
                    if isinstance(each.type, Moment)
                }
            else:
                row |= {"id": number} if table is players else {"external_id": chat, "player_id": number}
            yield self._plain(table, row)

    def _files(self) -> Iterator[tuple[Any, ...]]:
        kept = [column.name for column in blobs.c]
        for talk in self.talks:
            for file in talk.pattern.rows["attachments"]:
                moment = talk.pattern.began + talk.later
                row = {
                    "sha256": f"{file['sha256']}-{talk.name}",
                    "content_type": "image/png",
                    "size": len(PICTURE),
                    "content": PICTURE,
                    "created_at": moment,
                }
                yield self._plain(blobs, {name: row[name] for name in kept})

    def _plain(self, table: sa.Table, row: Row) -> tuple[Any, ...]:
        """As the engine's own driver takes it."""
        return tuple(self._value(column, row[column.name]) for column in table.c)

    def _value(self, column: sa.Column[Any], value: Any) -> Any:
        if value is None:
            return None
        if isinstance(column.type, sa.JSON):
            return json.dumps(value, ensure_ascii=False)
        if isinstance(column.type, Moment) and self.sqlite:
            return (value - EPOCH) // MICROSECOND
        return value


async def fill(url: str, patterns: Sequence[Pattern], staff: Sequence[Row], count: int, loaded: int) -> int:
    """Make the tables and write a month with ``count`` messages; how many there are."""
    database = Database.open(url)
    try:
        await migrate(database)
        talks, people = plan(patterns, count, loaded, datetime.now(UTC))
        month = Month(talks, people, staff, database.is_sqlite)
        await (_into_sqlite if database.is_sqlite else _into_postgresql)(url, month)
        async with database.transaction() as connection:
            for table in metadata.sorted_tables:
                await database.count_on(connection, table)
            return await connection.scalar(sa.select(sa.func.count()).select_from(messages)) or 0
    finally:
        await database.close()


async def _into_sqlite(url: str, month: Month) -> None:
    # Nothing else runs yet: it may block.
    connection = sqlite3.connect(str(parse_url(url).database), isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    for table in metadata.sorted_tables:
        columns = ", ".join(each.name for each in table.c)
        marks = ", ".join("?" * len(table.c))
        connection.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", month.rows_of(table))
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


async def _into_postgresql(url: str, month: Month) -> None:
    connection = await asyncpg.connect(url)
    try:
        for table in metadata.sorted_tables:
            columns = [each.name for each in table.c]
            await connection.copy_records_to_table(table.name, records=month.rows_of(table), columns=columns)
        # As its own cleaning would have done by now.
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
