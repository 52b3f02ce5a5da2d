"""``make soak``: players write at a steady rate for a long time, on each database; is memory flat, are replies in time?

The program is a process of its own, on the fake Bot API server. Every sample is kept, so that the plot shows what a
table cannot: ``artifacts/soak.png``. ``--find`` looks for the highest rate that is worth ten minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from tests.bench.telegram_load import TEXTS, started
from tests.bench.throughput import innkeeper
from tests.postgresql import postgresql

ROOT = Path(__file__).parents[2]
P99_LIMIT_MS = 500.0
# Of memory from the first third to the last: what fills once (caches, pools) is filled by then.
GROWTH_LIMIT = 0.05
SLICES = 30
# --find: how long each rate is tried, and by how much the next one is higher.
TRIED_FOR = 45.0
STEP = 200.0
# Answers that end so long after the last question had fallen behind.
LAG_LIMIT = 2.0

# The command that serves on a database of its own, which is new each time.
Serving = Callable[[], AbstractContextManager[Sequence[str]]]


@dataclass(slots=True)
class Soak:
    """One run at ``rate``. ``memory`` are (seconds, megabytes); ``slices`` the end, p50 and p99 (ms) of each slice."""

    name: str
    rate: float
    memory: list[tuple[float, float]] = field(default_factory=list)
    slices: list[tuple[float, float, float]] = field(default_factory=list)
    written: int = 0
    answered: int = 0
    extra: int = 0
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        return float(np.quantile(self.waits, share)) * 1000 if self.waits else float("nan")

    @property
    def lag(self) -> float:
        """For how many seconds answers went on after the last question."""
        return self.seconds - self.written / self.rate

    @property
    def is_carried(self) -> bool:
        """Whether everything is answered once and in time; a short run says nothing of memory."""
        in_time = self.quantile(0.99) <= P99_LIMIT_MS and self.lag <= LAG_LIMIT
        return in_time and self.answered == self.written and not self.extra

    @property
    def growth(self) -> float:
        """How much more memory the last third of the time has than the one in the middle."""
        megabytes = [each for _, each in self.memory]
        third = max(1, len(megabytes) // 3)
        middle, last = np.median(megabytes[third : 2 * third] or megabytes), np.median(megabytes[-third:])
        return float(last / middle - 1)

    @property
    def faults(self) -> list[str]:
        found = []
        if self.answered < self.written:
            found.append(f"{self.written - self.answered} messages without a reply")
        if self.extra:
            found.append(f"{self.extra} replies too many")
        if self.quantile(0.99) > P99_LIMIT_MS:
            found.append(f"p99 over {P99_LIMIT_MS:.0f} ms")
        if self.growth > GROWTH_LIMIT:
            found.append(f"memory grew by {self.growth:.0%}")
        return found


async def soak(name: str, command: Sequence[str], rate: float, seconds: float, chats: int) -> Soak:
    """Let ``chats`` players write ``rate`` messages a second in all, and look at the program every second."""
    result = Soak(name, rate)
    async with started(command) as (control, process_id):
        await control("load", chats=min(chats, 50), messages=50, texts=TEXTS)
        await control("load_report", within=60)
        watching = asyncio.create_task(_watch(psutil.Process(process_id), result))
        await control("load", chats=chats, messages=round(rate * seconds), texts=TEXTS, mode="steady", rate=rate)
        report = await control("load_report", within=seconds + 30)
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    result.written, result.answered = int(str(report["messages"])), int(str(report["answered"]))
    result.extra, result.seconds = int(str(report["extra"])), float(str(report["seconds"]))
    pairs = report["moments"]
    assert isinstance(pairs, list)
    result.waits = [float(wait) for _, wait in pairs]
    for numbers in np.array_split(np.array(pairs, dtype=float), SLICES) if pairs else []:
        if len(numbers):
            p50, p99 = np.quantile(numbers[:, 1], (0.5, 0.99)) * 1000
            result.slices.append((float(numbers[-1, 0]), float(p50), float(p99)))
    return result


async def _watch(process: psutil.Process, result: Soak) -> None:
    """Memory of the program and its children, once a second."""
    clock = asyncio.get_running_loop().time
    began = clock()
    while True:
        with contextlib.suppress(psutil.NoSuchProcess):
            total = sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))
            result.memory.append((clock() - began, total / 1e6))
        await asyncio.sleep(1.0)


def table(results: Sequence[Soak]) -> str:
    lines = [f"{'':12}{'answered':>16}{'a second':>10}{'p50 ms':>8}{'p99 ms':>8}{'MB':>7}{'growth':>8}  verdict"]
    for each in results:
        rate = each.answered / max(each.seconds, 1e-9)
        peak = max((megabytes for _, megabytes in each.memory), default=0.0)
        lines.append(
            f"{each.name:12}{f'{each.answered}/{each.written}':>16}{rate:>10.0f}{each.quantile(0.5):>8.0f}"
            f"{each.quantile(0.99):>8.0f}{peak:>7.0f}{each.growth:>8.1%}  {', '.join(each.faults) or 'flat'}"
        )
    return "\n".join(lines)


async def find(name: str, serving: Serving, begin: float, seconds: float) -> list[Soak]:
    """Try one rate after the other until one is not carried, then the one between."""

    async def tried_at(rate: float) -> Soak:
        # Nobody writes more than once in ten seconds: what one player writes in a breath is one question.
        with serving() as command:
            return await soak(name, command, rate, seconds, round(rate * min(seconds, 10.0)))

    tried: list[Soak] = []
    while not tried or tried[-1].is_carried:
        tried.append(await tried_at(begin + STEP * len(tried)))
        print(found_table(tried[-1:]).splitlines()[-1], file=sys.stderr, flush=True)
    tried.insert(-1, await tried_at(tried[-1].rate - STEP / 2))
    return tried


def found_table(tried: Sequence[Soak]) -> str:
    """As docs/growth.md has it."""
    lines = [
        "| | asked a second | answered a second | p50, ms | p99, ms | behind, s | |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    lines += [
        f"| {each.name} | {each.rate:.0f} | {each.answered / max(each.seconds, 1e-9):.0f} | {each.quantile(0.5):.0f} "
        f"| {each.quantile(0.99):.0f} | {max(each.lag, 0.0):.1f} | {'carried' if each.is_carried else 'too much'} |"
        for each in tried
    ]
    return "\n".join(lines)


def plot(results: Sequence[Soak], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(9, 6))
    for each in results:
        (line,) = above.plot(*zip(*each.memory, strict=True), label=each.name)
        below.plot(
            [at for at, _, _ in each.slices], [p99 for *_, p99 in each.slices], color=line.get_color(), label="p99"
        )
        below.plot(
            [at for at, _, _ in each.slices],
            [p50 for _, p50, _ in each.slices],
            color=line.get_color(),
            ls=":",
            label="p50",
        )
    above.set(ylabel="memory, MB", ylim=(0, None))
    below.set(ylabel="update to reply, ms", xlabel="seconds", ylim=(0, None))
    above.legend()
    below.axhline(P99_LIMIT_MS, color="grey", lw=0.5)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=100)


@contextmanager
def _on_sqlite() -> Iterator[Sequence[str]]:
    with innkeeper("sqlite:///{folder}/soak.db", semantic=False, port=8981) as command:
        yield command


@contextmanager
def _on_postgresql() -> Iterator[Sequence[str]]:
    with postgresql(durable=True) as url, innkeeper(url, semantic=False, port=8982) as command:
        yield command


async def _run(arguments: argparse.Namespace) -> list[Soak]:
    seconds = arguments.seconds or (TRIED_FOR if arguments.find else 600.0)
    how = (arguments.rate, seconds, arguments.chats)

    async def run(name: str, serving: Serving) -> list[Soak]:
        if arguments.find:
            return await find(name, serving, *how[:2])
        with serving() as command:
            return [await soak(name, command, *how)]

    results: list[Soak] = []
    if arguments.only != "postgresql":
        results += await run("SQLite", _on_sqlite)
    if arguments.only != "sqlite":
        results += await run("PostgreSQL", _on_postgresql)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description="A steady load for a long time.")
    parser.add_argument("--rate", type=float, default=200.0, help="messages a second")
    parser.add_argument("--seconds", type=float, help=f"600; {TRIED_FOR:.0f} at each rate of --find")
    parser.add_argument("--chats", type=int, default=2000)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--find", action="store_true", help="the highest rate that is carried, from --rate on")
    parser.add_argument("--plot", type=Path, default=ROOT / "artifacts" / "soak.png")
    arguments = parser.parse_args()
    results = asyncio.run(_run(arguments))
    if arguments.find:
        print(found_table(results))
        return
    print(table(results))
    plot(results, arguments.plot)
    if any(each.faults for each in results):
        sys.exit("not as it should be")


if __name__ == "__main__":
    main()
