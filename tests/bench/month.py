"""``make bench-month``: the program on an empty database beside the same program on a month's million messages.

Both run at the same time and take the load in turns, so that whatever else the machine does meets both. The rate on the
month may be at most a tenth lower. Then the console's lists and cards are timed on the month.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import numpy as np
import psutil
import sqlalchemy as sa

from bot.config import load_settings
from handoff import agents, line, tickets
from handoff.console import history
from handoff.console.board import Board
from handoff.console.card import CardMaker
from storage.database import Database, parse_url
from storage.migrations import migrate
from tests.bench.month_data import Pattern, Row, fill, record
from tests.bench.telegram_load import TEXTS, Control, started
from tests.bench.throughput import innkeeper
from tests.postgresql import postgresql

ROOT = Path(__file__).parents[2]
FALL_LIMIT = 0.10
FIRST_PORT = 8930
STEADY_RATE = 50.0
TIMES = 50
LEARNING_BEGINS_WITHIN = 5.0


@dataclass(frozen=True, slots=True)
class Size:
    messages: int
    chats: int
    rounds: int
    load: int
    seconds: float


@dataclass(slots=True)
class Side:
    """The program on one database: how it began, and what each of its turns came to."""

    name: str
    ready: float
    stored: int
    bytes: int
    control: Control
    process: psutil.Process
    rates: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    cpu: float = 0.0
    answered: int = 0
    faults: list[str] = field(default_factory=list)

    async def learned(self) -> None:
        """Return when the program learns nothing any more, which it does in processes of their own."""
        async with asyncio.timeout(120):
            while self.process.children():  # noqa: ASYNC110 - another process tells nobody
                await asyncio.sleep(0.2)

    async def turn(self, size: Size) -> None:
        """Everybody writes, waits for the answer and writes again."""
        before = self._spent()
        report = await self._load(size, messages=size.load, mode="dialogue")
        self.cpu += self._spent() - before
        self.answered += int(str(report["answered"]))
        self.rates.append(float(str(report["per_second"])))

    async def steady(self, size: Size) -> None:
        """So many write each second as the machine carries easily: how long is each answer on its way?"""
        report = await self._load(size, messages=round(STEADY_RATE * size.seconds), mode="steady")
        pairs = report["moments"]
        assert isinstance(pairs, list)
        self.waits += [float(wait) for _, wait in pairs]

    async def _load(self, size: Size, *, messages: int, mode: str) -> dict[str, object]:
        chats = min(size.chats, messages)
        await self.control("load", chats=chats, messages=messages, texts=TEXTS, mode=mode, rate=STEADY_RATE, again=True)
        report = await self.control("load_report", within=60)
        if report["answered"] != report["messages"] or report["extra"]:
            self.faults.append(f"{self.name}: {report['answered']} of {report['messages']}, {report['extra']} extra")
        return report

    def _spent(self) -> float:
        times = self.process.cpu_times()
        return times.user + times.system

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    def wait(self, share: float) -> float:
        return float(np.quantile(self.waits, share)) * 1000

    @property
    def megabytes(self) -> float:
        return float(self.process.memory_info().rss) / 1e6


@dataclass(frozen=True, slots=True)
class Looked:
    """How long one look of the console takes on the month, in milliseconds."""

    what: str
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Result:
    engine: str
    empty: Side
    month: Side
    peaks: tuple[float, float]
    looks: Sequence[Looked]
    fill_seconds: float

    @property
    def fall(self) -> float:
        """By how much the month is slower: the median of the rounds, each against its neighbour."""
        pairs = zip(self.empty.rates, self.month.rates, strict=True)
        return 1 - statistics.median(full / bare for bare, full in pairs)

    @property
    def faults(self) -> list[str]:
        slow = [f"{self.engine}: the rate falls by {self.fall:.1%}"] if self.fall >= FALL_LIMIT else []
        return [*slow, *self.empty.faults, *self.month.faults]


async def measure(engine: str, urls: Sequence[str], size: Size, recorded: tuple[list[Pattern], list[Row]]) -> Result:
    """Fill the second of these databases, then let both take turns."""
    began = time.perf_counter()
    stored = await fill(urls[1], *recorded, size.messages, size.chats)
    seconds = time.perf_counter() - began
    async with _serving("empty", urls[0], 0, 0) as empty, _serving("a month", urls[1], stored, 1) as month:
        for side in (empty, month):
            await side.control("load", chats=size.chats, messages=size.chats, texts=TEXTS)
            await side.control("load_report", within=120)
        # Now everybody is known to both. What is read and learned once, at the start, is to be done too.
        await asyncio.sleep(LEARNING_BEGINS_WITHIN)
        for side in (empty, month):
            await side.learned()
        for number in range(size.rounds):
            for side in (empty, month) if number % 2 else (month, empty):
                await side.turn(size)
        for side in (empty, month, month, empty):
            await side.steady(size)
        peaks = (empty.megabytes, month.megabytes)
        looks = await look(urls[1])
    return Result(engine, empty, month, peaks, looks, seconds)


@asynccontextmanager
async def _serving(name: str, url: str, stored: int, number: int) -> AsyncIterator[Side]:
    with innkeeper(url, semantic=False, port=FIRST_PORT + number) as command:
        size, began = await _bytes_of(url), time.perf_counter()
        async with started(command) as (control, process_id):
            yield Side(name, time.perf_counter() - began, stored, size, control, psutil.Process(process_id))


async def _bytes_of(url: str) -> int:
    """On disk; an empty database has its tables."""
    database = Database.open(url)
    try:
        await migrate(database)
        if database.is_sqlite:
            return Path(str(parse_url(url).database)).stat().st_size  # noqa: ASYNC240 - a look at a file's size
        async with database.reading() as connection:
            return await connection.scalar(sa.text("SELECT pg_database_size(current_database())")) or 0
    finally:
        await database.close()


async def look(url: str) -> list[Looked]:
    """What an agent's console reads, one after the other, while the program idles."""
    database = Database.open(url)
    board, cards = Board(database, time.monotonic, pace=0.0), CardMaker()
    try:
        async with database.reading() as connection:
            staff = (await agents.everyone(connection))[0]
            shown = await tickets.resolved(connection, TIMES)
        turns = iter(shown * 2)

        async def lists() -> None:
            await board.frame()

        async def next_ticket() -> None:
            async with database.reading() as connection:
                assert await line.waiting(connection, None, 1)

        async def card() -> None:
            async with database.reading() as connection:
                assert await cards.read(connection, next(turns).key, staff) is not None

        async def page() -> None:
            async with database.reading() as connection:
                await history.page(connection, next(turns).key.conversation_id)

        works = {"queue and lists": lists, "next ticket": next_ticket, "player card": card, "conversation": page}
        return [await _looked(what, act) for what, act in works.items()]
    finally:
        await database.close()


async def _looked(what: str, act: Callable[[], Awaitable[None]]) -> Looked:
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        await act()
        times.append((time.perf_counter() - began) * 1000)
    return Looked(what, float(np.quantile(times, 0.5)), float(np.quantile(times, 0.99)))


def table(results: Sequence[Result]) -> str:
    """As docs/growth.md has it."""
    lines = [
        "| | messages | on disk, MB | ready, s | a second | fall | CPU ms a message | p50, ms | p99, ms | memory, MB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for each in results:
        for side, memory in zip((each.empty, each.month), each.peaks, strict=True):
            fall = f"{each.fall:.1%}" if side is each.month else ""
            lines.append(
                f"| {each.engine}, {side.name} | {side.stored:,} | {side.bytes / 1e6:.0f} | {side.ready:.1f} "
                f"| {side.rate:.0f} | {fall} | {side.cpu / side.answered * 1000:.2f} "
                f"| {side.wait(0.5):.0f} | {side.wait(0.99):.0f} | {memory:.0f} |"
            )
    return "\n".join(lines)


def looks_table(results: Sequence[Result]) -> str:
    whats = [each.what for each in results[0].looks]
    lines = [f"| p50 / p99, ms | {' | '.join(whats)} |", "|---|" + "--:|" * len(whats)]
    for each in results:
        times = " | ".join(f"{one.p50:.1f} / {one.p99:.1f}" for one in each.looks)
        lines.append(f"| {each.engine} | {times} |")
    return "\n".join(lines)


def plot(results: Sequence[Result], path: Path) -> None:
    """Every round of both, since a median hides how far they lie apart."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(results), sharey=True, squeeze=False, figsize=(4 * len(results), 3))
    for place, each in zip(axes[0], results, strict=True):
        for side in (each.empty, each.month):
            place.plot(range(1, len(side.rates) + 1), side.rates, marker="o", label=side.name)
        place.set(title=each.engine, xlabel="round", ylabel="messages a second", ylim=(0, None))
        place.label_outer()
        place.legend()
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=100, bbox_inches="tight")


@contextmanager
def _databases(engine: str, folder: Path) -> Iterator[tuple[str, str]]:
    if engine == "SQLite":
        yield f"sqlite:///{folder / 'empty.db'}", f"sqlite:///{folder / 'month.db'}"
        return
    with postgresql(durable=True) as url:
        asyncio.run(_create(url, "month"))
        yield url, parse_url(url).set(drivername="postgresql", database="month").render_as_string(hide_password=False)


async def _create(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()


def _recorded(folder: Path) -> tuple[list[Pattern], list[Row]]:
    environment = {"TELEGRAM_TOKEN": "1:none", "TELEGRAM_API_URL": "http://127.0.0.1:1"}
    with innkeeper(f"sqlite:///{folder}/talks.db", semantic=False, port=FIRST_PORT) as command:
        return asyncio.run(record(load_settings(Path(command[-1]), environment=environment)))


def main() -> None:
    parser = argparse.ArgumentParser(description="An empty database beside a month's.")
    parser.add_argument("--messages", type=int, default=1_000_000, help="in the month")
    parser.add_argument("--chats", type=int, default=300, help="players who write")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--load", type=int, default=2100, help="messages a round")
    parser.add_argument("--seconds", type=float, default=6.0, help="of steady writing, twice on each")
    parser.add_argument("--only", choices=["SQLite", "PostgreSQL"])
    parser.add_argument("--plot", type=Path, default=ROOT / "artifacts" / "month.png")
    chosen = parser.parse_args()
    size = Size(chosen.messages, chosen.chats, chosen.rounds, chosen.load, chosen.seconds)
    results = []
    with tempfile.TemporaryDirectory(prefix="innkeeper-month-") as name:
        recorded = _recorded(Path(name))
        for engine in ("SQLite", "PostgreSQL"):
            if chosen.only in (None, engine):
                with _databases(engine, Path(name)) as urls:
                    results.append(asyncio.run(measure(engine, urls, size, recorded)))
                print(f"{engine}: filled in {results[-1].fill_seconds:.0f} s", file=sys.stderr)
    print(f"{table(results)}\n\n{looks_table(results)}")
    plot(results, chosen.plot)
    if faults := [fault for each in results for fault in each.faults]:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
