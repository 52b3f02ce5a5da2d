"""What a message costs the database, measured, and what that comes to for many, calculated.

``python -m tests.bench.growth`` runs the whole program over the memory channel on both databases, counts statements,
commits, bytes and fsyncs, and prints the tables of docs/growth.md. ``--model`` calculates alone, from figures given.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from bot.config import load_settings
from bot.settings import DatabaseSettings, Settings
from storage.database import Database, parse_url
from tests.flows.house import House
from tests.game import GOBLIN_AND_LAMP
from tests.postgresql import postgresql

ROOT = Path(__file__).parents[2]
QUESTIONS = ("how do i beat the goblin", "where do i get lamp oil")
TOGETHER = 100


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one question that the FAQ answers, from its arrival to the mark that its answer was sent."""

    name: str
    statements: float
    commits: float
    fsyncs: float
    log_bytes: float
    stored_bytes: float
    seconds: float


@dataclass(slots=True)
class Counted:
    statements: int = 0
    commits: int = 0


@contextmanager
def counted() -> Iterator[Counted]:
    """Statements and commits of any database within the block; what only reads commits nothing."""
    counts = Counted()
    wrote: set[int] = set()

    def executed(connection: Any, _c: Any, statement: str, _v: Any, _x: Any, _m: bool) -> None:
        counts.statements += 1
        if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            wrote.add(id(connection))

    def committed(connection: Any) -> None:
        counts.commits += id(connection) in wrote
        wrote.discard(id(connection))

    sa.event.listen(sa.Engine, "after_cursor_execute", executed)
    sa.event.listen(sa.Engine, "commit", committed)
    try:
        yield counts
    finally:
        sa.event.remove(sa.Engine, "after_cursor_execute", executed)
        sa.event.remove(sa.Engine, "commit", committed)


async def written(database: Database) -> tuple[int, int | None, int]:
    """Bytes of the log so far, fsyncs of it so far (None: not told), bytes of the database."""
    if database.is_sqlite:
        async with database.reading() as connection:
            pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
            size = (await connection.exec_driver_sql("PRAGMA page_size")).scalar_one()
        path = Path(f"{parse_url(str(database._writing.url)).database}-wal")
        return path.stat().st_size, None, pages * size  # noqa: ASYNC240 - a look at a file's size
    await asyncio.sleep(1.5)  # each process tells its figures once a second
    async with database.reading() as connection:
        log = await connection.scalar(sa.text("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"))
        size = await connection.scalar(sa.text("SELECT pg_database_size(current_database())"))
        newer = (await connection.scalar(sa.text("SHOW server_version_num")) or "0") >= "180000"
        told = "sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'" if newer else "wal_sync FROM pg_stat_wal"
        fsyncs = await connection.scalar(sa.text(f"SELECT {told}"))
    return int(log or 0), int(fsyncs or 0), int(size or 0)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[House]:
    house = House(settings)
    await house.begin()
    try:
        yield house
    finally:
        await house.end()


async def sent(house: House) -> None:
    """Wait until everything is sent and marked."""
    async with asyncio.timeout(60):
        while house.app.sender.lanes_at_work:  # noqa: ASYNC110 - lanes end by themselves and tell nobody
            await asyncio.sleep(0.001)


async def measure(name: str, settings: Settings, messages: int) -> list[Cost]:
    """One at a time, and TOGETHER players at once."""
    async with running(settings) as house:
        database = house.app.database
        if database.is_sqlite:
            async with database.transaction() as connection:
                # So that the log grows on, and its length tells what was written to it.
                await connection.exec_driver_sql("PRAGMA wal_autocheckpoint = 0")
        players = [house.channel.player(f"Player {number}", language="en") for number in range(TOGETHER)]
        await asyncio.gather(*(player.writes(QUESTIONS[0]) for player in players))
        await sent(house)
        costs = []
        for together in (1, TOGETHER):
            before, began = await written(database), time.perf_counter()
            with counted() as counts:
                for number in range(messages // together):
                    text = QUESTIONS[number % 2]
                    await asyncio.gather(*(player.writes(text) for player in players[:together]))
                    await sent(house)
            seconds = time.perf_counter() - began
            after = await written(database)
            share = 1 / (messages // together * together)
            # SQLite syncs its log once with each commit (synchronous=FULL).
            fsyncs = counts.commits if before[1] is None or after[1] is None else after[1] - before[1]
            costs.append(
                Cost(
                    f"{name}, {'one at a time' if together == 1 else f'{together} at once'}",
                    counts.statements * share,
                    counts.commits * share,
                    fsyncs * share,
                    (after[0] - before[0]) * share,
                    (after[2] - before[2]) * share,
                    seconds * share,
                )
            )
        return costs


def table(costs: Sequence[Cost]) -> str:
    lines = ["| | statements | commits | fsyncs | log, KB | stored, KB | ms |", "|---|--:|--:|--:|--:|--:|--:|"]
    lines += [
        f"| {each.name} | {each.statements:.1f} | {each.commits:.2f} | {each.fsyncs:.2f} | {each.log_bytes / 1000:.1f} "
        f"| {each.stored_bytes / 1000:.1f} | {each.seconds * 1000:.1f} |"
        for each in costs
    ]
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is not measured here, named so that it can be replaced by what you know of your machines."""

    peak: float = 5.0  # the busiest minute, as a multiple of the day's mean
    players_skew: float = 1.2  # sigma of the lognormal of how much each player writes
    process_share: float = 0.6  # how busy one process may be at the peak
    fsyncs: float = 2000.0  # a second, of one PostgreSQL on an NVMe disk
    log: float = 40e6  # bytes a second, the same, with a replica that follows
    statements: float = 20_000.0  # a second, the same, on 16 cores
    keep_days: int = 365


@dataclass(frozen=True, slots=True)
class Plan:
    """What a number of messages a day needs."""

    per_day: int
    at_peak: float
    processes: int
    databases: int
    batch: float
    p99_ms: float
    fullest: float
    stored_tb: float


def plan(per_day: int, alone: Cost, together: Cost, assumed: Assumed, chance: np.random.Generator) -> Plan:
    """The fewest processes and databases that carry the peak minute, found by simulating it."""
    at_peak = per_day / 86_400 * assumed.peak
    fixed = max(alone.seconds - together.seconds, 0.0)
    processes = max(1, int(np.ceil(at_peak * together.seconds / assumed.process_share)))
    while True:
        batch, p99 = simulate_minute(at_peak / processes, fixed, together.seconds, chance)
        if p99 < 0.5:
            break
        processes = int(np.ceil(processes * 1.2)) + 1
    # A batch shares its commits and statements among its messages, as it was measured to.
    shared = min(1.0, max(0.0, (batch - 1) / (TOGETHER - 1)))
    databases, fullest = 1, 1.0
    while True:
        load = at_peak * fullest / databases
        needs = (
            load * _between(alone.fsyncs, together.fsyncs, shared) / assumed.fsyncs,
            load * _between(alone.log_bytes, together.log_bytes, shared) / assumed.log,
            load * _between(alone.statements, together.statements, shared) / assumed.statements,
        )
        if max(needs) <= 1:
            break
        databases += 1
        fullest = fullest_shard(databases, assumed.players_skew, chance)
    stored = per_day * assumed.keep_days * max(alone.stored_bytes, together.stored_bytes)
    return Plan(per_day, at_peak, processes, databases, batch, p99 * 1000, fullest, stored / 1e12)


def _between(alone: float, together: float, shared: float) -> float:
    return alone + (together - alone) * shared


def simulate_minute(rate: float, fixed: float, each: float, chance: np.random.Generator) -> tuple[float, float]:
    """One process for a minute: what arrives while a batch is handled makes up the next, of up to 200.

    Returns the mean batch and the 99th percentile of seconds from arrival to commit.
    """
    arrivals = np.sort(chance.uniform(0, 60, chance.poisson(rate * 60)))
    if not len(arrivals):
        return 1.0, fixed + each
    free, begun, waits, batches = 0.0, 0, [], 0
    while begun < len(arrivals):
        start = max(free, arrivals[begun])
        end = min(begun + 200, int(np.searchsorted(arrivals, start, side="right")))
        free = start + fixed + each * (end - begun)
        waits.append(free - arrivals[begun:end])
        begun, batches = end, batches + 1
    return len(arrivals) / batches, float(np.quantile(np.concatenate(waits), 0.99))


def fullest_shard(shards: int, skew: float, chance: np.random.Generator, players: int = 200_000) -> float:
    """How much more than its share the fullest shard gets, where conversations are spread by a hash of their id."""
    load = np.bincount(
        chance.integers(0, shards, players), weights=chance.lognormal(0, skew, players), minlength=shards
    )
    return float(load.max() / load.mean())


def plans_table(plans: Sequence[Plan]) -> str:
    lines = [
        "| a day | at peak, a second | processes | batch | p99, ms | PostgreSQL | fullest shard | a year, TB |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {each.per_day:,} | {each.at_peak:,.0f} | {each.processes} | {each.batch:.1f} | {each.p99_ms:.0f} "
        f"| {each.databases} | {each.fullest:.2f} × | {each.stored_tb:.2f} |"
        for each in plans
    ]
    return "\n".join(lines)


def _settings(url: str, folder: Path) -> Settings:
    (folder / "entries").mkdir(exist_ok=True)
    (folder / "entries" / "game.yaml").write_text(GOBLIN_AND_LAMP, encoding="utf-8")
    shipped = load_settings(ROOT / "config.yaml", environment={})
    return replace(
        shipped,
        service=replace(shipped.service, languages=("en",)),
        database=DatabaseSettings(url),
        faq=replace(shipped.faq, folder=folder / "entries", cache=folder / "cache", semantic=False, answer_above=0.5),
        handoff=replace(shipped.handoff, messages_per_minute=1_000_000),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="What a message costs the database.")
    parser.add_argument("--messages", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="innkeeper-growth-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'growth.db'}"
        costs = asyncio.run(measure("SQLite", _settings(url, folder), arguments.messages))
        with postgresql(durable=True) as url:
            costs += asyncio.run(measure("PostgreSQL", _settings(url, folder), arguments.messages))
    print(table(costs), end="\n\n")
    chance = np.random.default_rng(7)
    sizes = (100_000, 1_000_000, 10_000_000, 100_000_000)
    print(plans_table([plan(size, costs[2], costs[3], Assumed(), chance) for size in sizes]))


if __name__ == "__main__":
    sys.exit(main())
