"""``make bench-replicas``: the same crowd before 1, 2 and 4 equal processes over one PostgreSQL.

Telegram's calls go to them in turn, as a balancer would send them, and web chats are open on all. Every message must be
answered exactly once.

Where everything shares two cores with the load itself, more processes cannot do more. So it is measured twice: with all
the CPU that there is, and with each process stopped for most of the time, as if each were on a small machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import asyncpg  # type: ignore[import-untyped]
import numpy as np
import psutil

from tests.bench.pages import Page
from tests.bench.telegram_load import TEXTS, Control, Fake, fake_server, process
from tests.bench.throughput import innkeeper
from tests.postgresql import postgresql

ROOT = Path(__file__).parents[2]
COUNTS = (1, 2, 4)
FIRST_PORT = 8940
PARTS = ("replicas", "PostgreSQL", "the load")
PAUSE = 1.0
# A reply too many would come a moment after the last one that was awaited.
AFTERWARDS = 1.0
# In which a process runs for its share, in its turn, and stands still for the rest. Long enough for a whole batch.
PERIOD = 0.4


@dataclass(frozen=True, slots=True)
class Size:
    """``share`` of the time for which each process may run."""

    chats: int
    messages: int
    pages: int
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One run. ``cpu`` are seconds that each of PARTS took for a thousand messages; waits are seconds."""

    replicas: int
    written: int
    answered: int
    extra: int
    seconds: float
    p50: float
    p99: float
    web_p99: float
    cpu: Mapping[str, float]
    transactions: float

    @property
    def per_second(self) -> float:
        return self.answered / self.seconds

    @property
    def is_exact(self) -> bool:
        return self.answered == self.written and self.extra == 0


@dataclass(frozen=True, slots=True)
class Town:
    """Replicas that serve, with the fake server that calls them."""

    fake: Fake
    control: Control
    addresses: Sequence[str]
    database: str
    processes: Mapping[str, Sequence[psutil.Process]]

    def cpu(self) -> dict[str, float]:
        """Seconds of CPU that each part took so far, what ended meanwhile included."""
        return {part: sum(map(_seconds_of, members)) for part, members in self.processes.items()}


def _seconds_of(process: psutil.Process) -> float:
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


@asynccontextmanager
async def town(replicas: int, database: str) -> AsyncIterator[Town]:
    """Start so many, the first alone, since it makes the tables."""
    async with AsyncExitStack() as stack:
        fake = await stack.enter_async_context(fake_server())
        bots, addresses = [], []
        for number in range(replicas):
            port = FIRST_PORT + number
            command = stack.enter_context(innkeeper(database, semantic=False, port=port, mode="webhook", pages=True))
            bots.append(await stack.enter_async_context(process(command, fake.environment, quiet=True)))
            addresses.append(f"http://127.0.0.1:{port}")
            await _until_up(fake.http, bots[-1], addresses[-1])
        control = fake.control(*bots)
        await control("balance", addresses=[f"{each}/telegram/webhook" for each in addresses])
        parts = (
            [psutil.Process(each.pid) for each in bots],
            [await _postmaster(database)],
            [psutil.Process(fake.process_id), psutil.Process()],
        )
        yield Town(fake, control, addresses, database, dict(zip(PARTS, parts, strict=True)))


async def _until_up(http: aiohttp.ClientSession, bot: asyncio.subprocess.Process, address: str) -> None:
    """Until this replica has told Telegram where to call."""
    async with asyncio.timeout(120):
        while bot.returncode is None:
            try:
                async with http.get(f"{address}/metrics") as answer:
                    if 'innkeeper_channel_up{channel="telegram"} 1.0' in await answer.text():
                        return
            except aiohttp.ClientError:
                pass
            # A port tells nobody that it begins to listen.
            await asyncio.sleep(0.1)
    raise RuntimeError(f"the bot ended with {bot.returncode}")


@asynccontextmanager
async def _asking(database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database)
    try:
        yield connection
    finally:
        await connection.close()


async def _postmaster(database: str) -> psutil.Process:
    async with _asking(database) as connection:
        parent = psutil.Process(await connection.fetchval("SELECT pg_backend_pid()")).parent()
    assert parent is not None
    return parent


async def _transactions(database: str) -> int:
    # Each process tells its figures once a second.
    await asyncio.sleep(1.5)
    async with _asking(database) as connection:
        query = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        return int(await connection.fetchval(query))


@contextmanager
def held_back(processes: Sequence[psutil.Process], share: float) -> Iterator[None]:
    """Let each of these run for this share of the time only."""
    ended = threading.Event()
    holders = [
        threading.Thread(target=_hold_back, args=(each.pid, share, turn / len(processes), ended))
        for turn, each in enumerate(processes)
    ]
    for each in holders if share < 1 else ():
        each.start()
    try:
        yield
    finally:
        ended.set()
        for each in holders if share < 1 else ():
            each.join()


def _hold_back(process_id: int, share: float, turn: float, ended: threading.Event) -> None:
    ended.wait(PERIOD * turn)
    with suppress(ProcessLookupError):
        while not ended.wait(PERIOD * share):
            os.kill(process_id, signal.SIGSTOP)
            ended.wait(PERIOD * (1 - share))
            os.kill(process_id, signal.SIGCONT)


async def measure(replicas: int, database: str, size: Size) -> Measured:
    """Warm up, let the crowd write, and count."""
    async with town(replicas, database) as there:
        await there.control("load", chats=100, messages=400, texts=TEXTS)
        await there.control("load_report", within=60)
        pages = [Page(there.addresses[n % replicas], TEXTS, PAUSE) for n in range(size.pages)]
        transactions, cpu, began = await _transactions(database), there.cpu(), time.perf_counter()
        enough, opened = asyncio.Event(), asyncio.Semaphore(20)
        with held_back(there.processes["replicas"], size.share):
            async with asyncio.TaskGroup() as visits:
                for each in pages:
                    visits.create_task(each.visit(there.fake.http, opened, enough))
                await there.control("load", chats=size.chats, messages=size.messages, texts=TEXTS)
                await there.control("load_report", within=300)
                seconds, after = time.perf_counter() - began, there.cpu()
                enough.set()
        await asyncio.sleep(AFTERWARDS)
        report = await there.control("load_report", within=1)
        committed = await _transactions(database) - transactions
    from_web = [wait for each in pages for wait in each.waits]
    answered = int(str(report["answered"])) + len(from_web)
    return Measured(
        replicas,
        int(str(report["messages"])) + sum(each.written for each in pages),
        answered,
        int(str(report["extra"])) + sum(each.extra for each in pages),
        seconds,
        float(str(report["p50"])),
        float(str(report["p99"])),
        float(np.quantile(from_web, 0.99)) if from_web else float("nan"),
        {part: (after[part] - cpu[part]) / answered * 1000 for part in PARTS},
        committed / answered,
    )


def table(results: Sequence[Measured]) -> str:
    """As docs/growth.md has it; the ratio is to the first."""
    lines = [
        "| processes | answered once | a second | ratio | p50, ms | p99, ms | web p99, ms "
        "| CPU s a 1,000: processes | PostgreSQL | the load | cores busy | transactions a message |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for each in results:
        spent = " | ".join(f"{each.cpu[part]:.2f}" for part in PARTS)
        busy = sum(each.cpu.values()) * each.per_second / 1000
        lines.append(
            f"| {each.replicas} | {each.answered:,} of {each.written:,} | {each.per_second:.0f} "
            f"| {each.per_second / results[0].per_second:.2f} | {each.p50 * 1000:.0f} | {each.p99 * 1000:.0f} "
            f"| {each.web_p99 * 1000:.0f} | {spent} | {busy:.2f} | {each.transactions:.2f} |"
        )
    return "\n".join(lines)


def limit(result: Measured, cores: int) -> str:
    """What a run with all the CPU that there is ends at."""
    total = sum(result.cpu.values())
    return (
        f"{cores} cores carry processes, PostgreSQL and the load together: {total:.2f} s of CPU for 1,000 messages, "
        f"{result.cpu['the load'] / total:.0%} of it the load's own, so at most {cores / total * 1000:.0f} a second "
        f"here, however many processes. A core of its own carries {1000 / result.cpu['replicas']:.0f} a second for a "
        f"process, {1000 / result.cpu['PostgreSQL']:.0f} for PostgreSQL."
    )


def plot(runs: Mapping[str, Sequence[Measured]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.5))
    for name, results in runs.items():
        counts = [each.replicas for each in results]
        axes.plot(counts, [each.per_second / results[0].per_second for each in results], marker="o", label=name)
    axes.plot(COUNTS, COUNTS, color="grey", lw=0.5, ls=":", label="each as much as the first")
    axes.set(xlabel="processes", ylabel="messages a second, against one", xticks=COUNTS, ylim=(0, None))
    axes.legend()
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=100, bbox_inches="tight")


async def _row(replicas: int, size: Size) -> Measured:
    with postgresql(durable=True) as database:
        return await measure(replicas, database, size)


def main() -> None:
    parser = argparse.ArgumentParser(description="1, 2 and 4 equal processes over one PostgreSQL.")
    parser.add_argument("--chats", type=int, default=400, help="players who each wait for an answer, then write again")
    parser.add_argument("--messages", type=int, default=6000)
    parser.add_argument("--pages", type=int, default=20, help="web chats that ask about once a second")
    parser.add_argument("--share", type=float, default=0.15, help="of a core for each process, in the second table")
    parser.add_argument("--plot", type=Path, default=ROOT / "artifacts" / "replicas.png")
    chosen = parser.parse_args()
    cores = os.cpu_count() or 1
    kinds = {
        f"with {cores} cores for everything": Size(chosen.chats, chosen.messages, chosen.pages),
        f"with {chosen.share:.0%} of a core each": Size(chosen.chats, chosen.messages // 3, chosen.pages, chosen.share),
    }
    runs = {}
    for name, size in kinds.items():
        runs[name] = [asyncio.run(_row(replicas, size)) for replicas in COUNTS]
        print(f"{name[0].upper()}{name[1:]}:\n\n{table(runs[name])}\n", flush=True)
    print(limit(next(iter(runs.values()))[0], cores))
    plot(runs, chosen.plot)
    wrong = [each for results in runs.values() for each in results if not each.is_exact]
    if wrong:
        sys.exit("\n".join(f"{each.replicas}: {each.answered} of {each.written}, {each.extra} extra" for each in wrong))


if __name__ == "__main__":
    main()
