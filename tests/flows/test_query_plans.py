"""However much there is, no question that is asked while people wait reads a whole table that grows.

Every statement that the program makes while players and agents talk is caught, and the engine is asked how it would
answer it where the tables are filled. PostgreSQL is asked for the plan that it makes without knowing the values, which
is what a statement that is repeated may get.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.schema import metadata
from handoff import agents
from handoff.acts import Close, Note, Reply
from handoff.console import history
from handoff.console.board import Board
from handoff.console.card import CardMaker
from handoff.tickets import TicketKey
from messaging import conversations, undelivered
from storage.database import Database
from storage.migrations import migrate
from tests.flows.filled import SMALL, fill_much
from tests.flows.house import House
from tests.flows.talking import talking

ROWS = 20_000
# "same" is what storage.database.among calls the table in which it looks for keys.
GROWING = frozenset(metadata.tables) - SMALL | {"same"}
# Small however much there is, or left after the first few rows of an order that it keeps.
READ_WHOLE = frozenset({"ix_tickets_resolved_at"})
SHORT_LIST = 20


@pytest.fixture
async def town(quiet_cottage: House) -> House:
    """A program with a busy month behind it."""
    database = Database.open(quiet_cottage.settings.database.url)
    await migrate(database)
    await fill_much(database, ROWS, quiet_cottage.channel.name)
    await database.close()
    await quiet_cottage.begin()
    return quiet_cottage


@contextmanager
def caught() -> Iterator[dict[str, tuple[str, Any]]]:
    """Statements that any database is asked within the block, each kind once, with the longest of its short lists.

    A list of two may be answered in another way than a list of one; for a long one it is right to read a small table.
    """
    found: dict[str, tuple[str, Any]] = {}

    def asked(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if re.match(r"\s*(SELECT|UPDATE|DELETE|WITH)\b", statement):
            kind, given = _kind(statement), values[0] if many and values else values
            if kind not in found or _worth(given) > _worth(found[kind][1]):
                found[kind] = statement, given

    sa.event.listen(sa.Engine, "before_cursor_execute", asked)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", asked)


def _worth(values: Any) -> int:
    return len(values) if len(values) <= SHORT_LIST else -len(values)


def _kind(statement: str) -> str:
    """The statement with lists of any length alike."""
    value = r"(\$\d+(::\w+)?|\?)"
    return re.sub(rf"{value}(, {value})*", "?", re.sub(rf"(\({value}(, {value})*\)(, )?)+", "(?)", statement))


async def test_every_statement_of_a_busy_day_keeps_to_indexes(town: House) -> None:
    with caught() as statements:
        await _a_day(town)
    assert len(statements) > 40
    offending = []
    database = town.app.database
    async with database.reading() as connection:
        for statement, values in statements.values():
            scans = await (_sqlite_scans if database.is_sqlite else _postgresql_scans)(connection, statement, values)
            if scans:
                offending.append(f"{scans}: {' '.join(statement.split())}")
    assert offending == [], "\n".join(offending)


async def test_a_scan_would_be_seen(cottage: House) -> None:
    """That the test above looks."""
    database = cottage.app.database
    async with database.reading() as connection:
        for table in sorted(GROWING - {"same"}):
            explain = _sqlite_scans if database.is_sqlite else _postgresql_scans
            assert await explain(connection, f"SELECT * FROM {table}", ()) != [], table


async def _a_day(house: House) -> None:
    """Everything that goes on while people write and answer, and what the program does by itself meanwhile."""
    app, clockwork = house.app, house.app.clockwork
    ben = house.channel.player("Ben", language="en")
    # Two who write at once: much is asked for lists.
    cem = house.channel.player("Cem", language="en")
    for _ in range(2):
        await house.channel.deliver([each.message("where do i get lamp oil") for each in (ben, cem)])
        await ben.reads("Ask the miller")
        await house.quiet()
    written = await ben.writes("how do i beat the goblin")
    await ben.reads("silver lamp")
    await ben.edits(written, "how do i beat the goblin king")
    await ben.writes(files=[("a.png", "image/png", b"\x89PNG\r\n\x1a\n")])
    mira, ann, ticket = await talking(house)
    await ann.writes("are you there")
    await mira.does(Note, ticket, text="waits long")
    await mira.does(Reply, ticket, text="here I am")
    await ann.reads("here I am")
    await house.quiet()
    await _the_console_looks(house, ticket.key, mira.id)
    await mira.does(Close, ticket, category="other")
    await clockwork.beat()
    await clockwork.fire_timers()
    await clockwork.bring_back()
    await clockwork.return_tickets()
    await clockwork.measure()
    await clockwork.prune()
    await app.fetcher.fetch_due()
    await app.lookout.look()
    await app.traffic.keep()


async def _the_console_looks(house: House, key: TicketKey, agent_id: int) -> None:
    database = house.app.database
    await Board(database, monotonic, 0.0).frame()
    async with database.reading() as connection:
        await history.page(connection, key.conversation_id)
        await history.page(connection, key.conversation_id, before=5)
        await history.changes(connection, key.conversation_id, 2)
        await history.ticket(connection, key)
        looking = await agents.find(connection, agent_id)
        assert looking is not None
        assert await CardMaker().read(connection, key, looking) is not None
        await undelivered.undelivered(connection)
        await conversations.find(connection, house.channel.name, "filled 7")
        # As a web page catches up, which sees no notes.
        await conversations.changes(connection, key.conversation_id, 2, with_notes=False)


async def _sqlite_scans(connection: AsyncConnection, statement: str, values: Any) -> list[str]:
    plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    found = []
    for row in plan:
        scan = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", row.detail)
        if scan and scan[1] in GROWING and not _is_short(scan[2]):
            found.append(row.detail)
        # A channel's conversations, players or messages to send are as many as there are.
        if re.search(r" \(channel=\?\)$", row.detail):
            found.append(row.detail)
    return found


async def _postgresql_scans(connection: AsyncConnection, statement: str, _values: Any) -> list[str]:
    """By the plan for any values (PREPARE does not look at them)."""
    await connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
    await connection.exec_driver_sql(f"PREPARE asked AS {statement}")
    count = max((int(each) for each in re.findall(r"\$(\d+)", statement)), default=0)
    arguments = f"({', '.join(['NULL'] * count)})" if count else ""
    rows = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) EXECUTE asked{arguments}")
    plan = rows.scalar_one()
    await connection.exec_driver_sql("DEALLOCATE asked")
    return list(_scans_in((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))


def _scans_in(node: Mapping[str, Any], above: str = "") -> Iterator[str]:
    kind, table, index = node["Node Type"], node.get("Relation Name"), node.get("Index Name")
    if kind == "Seq Scan" and table in GROWING:
        yield f"{kind} on {table}"
    first_only = above == "Limit" and "Filter" not in node
    by_index = kind.startswith(("Index", "Bitmap Index"))
    if by_index and "Index Cond" not in node and not first_only and not _is_short(index):
        yield f"{kind} of all of {index}"
    for inner in node.get("Plans", ()):
        yield from _scans_in(inner, kind)


def _is_short(index: str | None) -> bool:
    """Whether reading all of this index is little: it holds a few rows, or is left after a few."""
    partial = {
        str(each.name)
        for table in metadata.tables.values()
        for each in table.indexes
        if each.dialect_options["sqlite"]["where"] is not None
    }
    return index in partial | READ_WHOLE
