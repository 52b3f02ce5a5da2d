"""The queue with 10,000 open tickets and many closed ones: claim, list and next ticket, on both databases.

``python -m tests.bench.queue``; ends with 1 where a 99th percentile is not below the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.config import load_settings
from bot.settings import DatabaseSettings, Settings
from handoff import line
from handoff.acts import Assign, Claim, Done
from handoff.agents import Presence, Role, agents
from handoff.console.board import Board
from handoff.tickets import TicketState, tickets
from messaging.conversations import conversations
from messaging.players import players
from storage.database import Database, Moment
from tests.flows.house import Agent, House
from tests.game import GOBLIN_AND_LAMP
from tests.postgresql import postgresql

ROOT = Path(__file__).parents[2]
LIMIT_MS = 50.0
AGENTS = 50
ASSIGNED, SNOOZED, OPEN = 500, 200, 10_000
CLOSED = 40_000
LANGUAGES = ("en", "vi", "zh-Hans", "zh-Hant", "ja")


@dataclass(frozen=True, slots=True)
class Measured:
    """One kind of work on one database, in milliseconds."""

    database: str
    what: str
    times: Sequence[float]

    def percentile(self, share: float) -> float:
        """The smallest time that so many of them do not pass."""
        return sorted(self.times)[math.ceil(share * len(self.times)) - 1]


def _settings(folder: Path, url: str) -> Settings:
    (folder / "entries").mkdir(exist_ok=True)
    (folder / "entries" / "game.yaml").write_text(GOBLIN_AND_LAMP, encoding="utf-8")
    shipped = load_settings(ROOT / "config.yaml", environment={})
    return replace(
        shipped,
        database=DatabaseSettings(url),
        service=replace(shipped.service, languages=("en",)),
        faq=replace(shipped.faq, folder=folder / "entries", cache=folder / "cache", semantic=False),
    )


async def _fill(database: Database, now: datetime) -> None:
    """Staff, and a ticket in each of many conversations, of a channel that is not there: nothing is sent."""
    numbers = range(1, OPEN + CLOSED + 1)
    async with database.transaction() as connection:
        await _insert(connection, agents, [_agent(number, now) for number in range(1, AGENTS + 1)])
        await _insert(connection, players, [_row(players, now, id=each, name=f"Player {each}") for each in numbers])
        await _insert(
            connection,
            conversations,
            [
                _row(
                    conversations, now, id=each, channel="elsewhere", chat=str(each), player_id=each, counter=9,
                    language="en", last_incoming_at=now,
                )
                for each in numbers
            ],
        )  # fmt: skip
        await _insert(connection, tickets, [_ticket(each, now) for each in numbers])
    async with database.transaction() as connection:
        await connection.execute(sa.text("ANALYZE"))


async def _insert(connection: Any, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    for begin in range(0, len(rows), 2000):
        await connection.execute(sa.insert(table), rows[begin : begin + 2000])


def _row(table: sa.Table, now: datetime, **values: Any) -> dict[str, Any]:
    """A row that has everything that may not be null."""
    needed = [each for each in table.columns if not each.nullable and each.default is None]
    return {each.name: _plain(each, now) for each in needed if each.name not in values} | values


def _plain(column: sa.Column[Any], now: datetime) -> Any:
    match column.type:
        case Moment():
            return now
        case sa.JSON():
            return {}
        case sa.Boolean():
            return False
        case sa.Integer():
            return 0
        case _:
            return ""


def _agent(number: int, now: datetime) -> dict[str, Any]:
    return _row(
        agents, now, id=number, name=f"agent{number}", desk_name=f"Desk {number}", role=Role.AGENT, languages=[],
        capacity=10, presence=Presence.ONLINE, presence_since=now, last_seen_at=now,
    )  # fmt: skip


def _ticket(number: int, now: datetime) -> dict[str, Any]:
    at = now - timedelta(seconds=number)
    state, agent_id = TicketState.RESOLVED, number % AGENTS + 1
    if number <= ASSIGNED:
        state = TicketState.ASSIGNED
    elif number <= ASSIGNED + SNOOZED:
        state = TicketState.SNOOZED
    elif number <= OPEN:
        state = TicketState.WAITING
    taken = state is not TicketState.WAITING
    return _row(
        tickets, at, conversation_id=number, number=1, state=state, reason="asked", ticket_class="routine",
        language=LANGUAGES[number % len(LANGUAGES)], question="where is my lantern? " * 8, offered=[], queue_at=at,
        agent_id=agent_id if taken else None, claimed_at=at if taken else None,
        resolved_at=at if state is TicketState.RESOLVED else None,
    )  # fmt: skip


async def _timed(times: int, act: Callable[[], Awaitable[None]]) -> list[float]:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await act()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


async def measure(name: str, url: str, times: int) -> list[Measured]:
    """Each kind of work in turn, one after the other, as one agent feels it."""
    with tempfile.TemporaryDirectory(prefix="innkeeper-queue-") as folder:
        house = House(_settings(Path(folder), url))
        await house.begin()
        try:
            database = house.app.database
            await _fill(database, datetime.now(UTC))
            return [Measured(name, what, await work) for what, work in _works(house, database, times)]
        finally:
            await house.end()


def _works(house: House, database: Database, times: int) -> list[tuple[str, Awaitable[list[float]]]]:
    desk, queue_itself = Agent(house, 1, "Desk 1"), Agent(house, 0, "")
    board = Board(database, time.monotonic, pace=0.0)

    async def next_in_line() -> line.Queued:
        async with database.reading() as connection:
            (first,) = await line.waiting(connection, None, 1)
        return first

    async def claim() -> None:
        first = await next_in_line()
        assert await desk.does(Claim, first) == Done()  # type: ignore[arg-type]

    async def give() -> None:
        first = await next_in_line()
        assert await queue_itself.does(Assign, first, to_agent=2) == Done()  # type: ignore[arg-type]

    async def list_all() -> None:
        await board.frame()

    async def room_for_all() -> None:
        async with database.transaction() as connection:
            await connection.execute(sa.update(agents).values(capacity=100_000))

    async def after_room() -> list[float]:
        await room_for_all()
        return await _timed(times, give)

    return [("claim", _timed(times, claim)), ("list", _timed(times, list_all)), ("next ticket", after_room())]


def table(results: Sequence[Measured]) -> str:
    lines = [f"{OPEN} open tickets, {CLOSED} closed, {AGENTS} agents; milliseconds", ""]
    lines.append(f"{'database':<12} {'work':<12} {'p50':>7} {'p99':>7} {'worst':>7}   limit {LIMIT_MS:g}")
    for each in results:
        mark = "ok" if each.percentile(0.99) < LIMIT_MS else "TOO SLOW"
        p50, p99, worst = each.percentile(0.5), each.percentile(0.99), max(each.times)
        lines.append(f"{each.database:<12} {each.what:<12} {p50:>7.1f} {p99:>7.1f} {worst:>7.1f}   {mark}")
    return "\n".join(lines)


async def _both(times: int) -> list[Measured]:
    with tempfile.TemporaryDirectory(prefix="innkeeper-queue-db-") as folder:
        results = await measure("SQLite", f"sqlite:///{folder}/bench.db", times)
    with postgresql(durable=True) as url:
        return results + await measure("PostgreSQL", url, times)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=300, help="how often each kind of work is done")
    results = asyncio.run(_both(parser.parse_args().times))
    print(table(results))
    return 0 if all(each.percentile(0.99) < LIMIT_MS for each in results) else 1


if __name__ == "__main__":
    sys.exit(main())
