"""The matrix: worlds on both engines, by polling and by webhook, and what came of them as a table."""

from __future__ import annotations

import asyncio
import random
import shutil
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from tests.crash.processes import Launcher, launcher
from tests.crash.world import Outcome, Plan, World, write_faq

Row = tuple[str, str]
KILLS_A_WORLD = 50
ROWS = tuple((engine, mode) for mode in ("polling", "webhook", "all") for engine in ("sqlite", "postgresql"))
AT_ONCE = 2


@dataclass(frozen=True)
class Matrix:
    """Where worlds are made: one launcher, one FAQ that is learned once, one PostgreSQL where there is need of it."""

    launcher: Launcher
    faq: Path
    postgresql: str | None

    async def run(self, kills: int, seed: int, told: Callable[[], None], rows: Sequence[Row] = ROWS) -> list[Outcome]:
        """``kills`` kills spread over the rows (engine, mode), in worlds of at most KILLS_A_WORLD, two at a time."""
        chance = random.Random(seed)
        free = asyncio.Semaphore(AT_ONCE)

        async def world(row: Row, share: int, number: int) -> Outcome:
            async with free:
                return await self.world(*row, share, number, told=told)

        # The whole is decided before it begins, so that a seed means the same however quick the worlds are.
        shares = [
            (row, min(KILLS_A_WORLD, left), chance.getrandbits(32))
            for number, row in enumerate(rows)
            for left in range(kills // len(rows) + (number < kills % len(rows)), 0, -KILLS_A_WORLD)
        ]
        return list(await asyncio.gather(*(world(*each) for each in shares)))

    async def world(
        self,
        engine: str,
        mode: str,
        kills: int,
        seed: int,
        *,
        told: Callable[[], None] = lambda: None,
        kind: Callable[..., World] = World,
        **more: Any,
    ) -> Outcome:
        """One world (``more`` as in Plan), of one process or of another ``kind``.

        Where it breaks a promise, its folder (settings, log, SQLite database) is kept and named.
        """
        folder = Path(tempfile.mkdtemp(prefix="innkeeper-world-"))
        plan = Plan(engine, await self._database(engine, folder), mode, kills, seed, **more)
        outcome = await kind(plan, self.launcher, folder, self.faq, told).run()
        if outcome.report.problems and plan.fault is None:
            outcome.report.problems.insert(0, f"its log is in {folder}")
        else:
            shutil.rmtree(folder)
        return outcome

    async def _database(self, engine: str, folder: Path) -> str:
        if engine == "sqlite":
            return f"sqlite:///{folder / 'innkeeper.db'}"
        assert self.postgresql is not None
        name = f"crash_{uuid.uuid4().hex}"
        connection = await asyncpg.connect(self.postgresql)
        try:
            await connection.execute(f'CREATE DATABASE "{name}"')
        finally:
            await connection.close()
        address, question, options = self.postgresql.partition("?")
        return f"{address.rpartition('/')[0]}/{name}{question}{options}"


@contextmanager
def matrix(server: str | None) -> Iterator[Matrix]:
    """A matrix on this PostgreSQL server."""
    with tempfile.TemporaryDirectory(prefix="innkeeper-crash-") as folder, launcher() as started:
        yield Matrix(started, write_faq(Path(folder)), server)


def table(outcomes: Sequence[Outcome]) -> str:
    """A row for each engine, mode and step."""
    kills: Counter[tuple[str, str, str]] = Counter()
    for each in outcomes:
        for step, count in each.kills.items():
            kills[each.plan.engine, each.plan.mode, step] += count
    lines = [f"{'database':<12}{'received by':<13}{'killed at':<18}{'kills':>6}"]
    lines += [f"{engine:<12}{mode:<13}{step:<18}{count:>6}" for (engine, mode, step), count in sorted(kills.items())]
    lines += [
        "",
        f"{'database':<12}{'received by':<13}{'kills':>6}{'in':>7}{'out':>7}{'repeated':>9}"
        f"{'unknown, agent':>15}{'unknown, bot':>13}{'silent':>7}{'broken':>7}",
    ]
    for engine, mode in dict.fromkeys((each.plan.engine, each.plan.mode) for each in outcomes):
        these = [each for each in outcomes if (each.plan.engine, each.plan.mode) == (engine, mode)]
        reports = [each.report for each in these]
        lines.append(
            f"{engine:<12}{mode:<13}{sum(each.kills.total() for each in these):>6}"
            f"{sum(each.incoming for each in reports):>7}{sum(each.outgoing for each in reports):>7}"
            f"{sum(each.repeated for each in reports):>9}{sum(each.unknown_agent for each in reports):>15}"
            f"{sum(each.unknown_bot for each in reports):>13}{sum(each.silent_bot for each in reports):>7}"
            f"{sum(len(each.problems) for each in reports):>7}"
        )
    return "\n".join(lines)


def summary(outcomes: Sequence[Outcome], seed: int) -> str:
    """The whole run in one line."""
    kills = sum(each.kills.total() for each in outcomes)
    by_clock = sum(each.by_clock for each in outcomes)
    reports = [each.report for each in outcomes]
    problems = sum(len(each.problems) for each in reports)
    return (
        f"{'BROKEN' if problems else 'OK'}: {kills} kills (seed {seed}; {by_clock} by the clock), "
        f"{sum(each.incoming for each in reports)} messages in, {sum(each.outgoing for each in reports)} out, "
        f"{sum(each.repeated for each in reports)} repeated after a hidden outcome, "
        f"{sum(each.unknown_agent for each in reports)} of agents shown as unknown, {problems} promises broken"
    )


class Bar:
    """How far it is, on a terminal's line or as a line now and then."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._began = time.monotonic()

    def step(self) -> None:
        self._done += 1
        if not sys.stderr.isatty() and self._done % 25 and self._done != self._total:
            return
        filled = 40 * self._done // max(self._total, 1)
        left = (time.monotonic() - self._began) / self._done * (self._total - self._done)
        words = f"[{'#' * filled}{'.' * (40 - filled)}] {self._done}/{self._total} kills, {left:.0f} s left "
        print(f"\r{words}" if sys.stderr.isatty() else words, end="" if sys.stderr.isatty() else "\n", file=sys.stderr)

    def end(self) -> None:
        if sys.stderr.isatty():
            print(file=sys.stderr)
