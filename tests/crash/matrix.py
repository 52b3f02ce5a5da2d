"""The matrix: worlds on both engines, by polling and by webhook, and what came of them as a table."""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import asyncpg

from tests.crash.processes import launcher
from tests.crash.world import Outcome, Plan, World, write_faq
from tests.postgresql import postgresql

KILLS_A_WORLD = 50
ROWS = (("sqlite", "polling"), ("postgresql", "polling"))


async def run(
    kills: int,
    seed: int,
    told: Callable[[], None],
    *,
    rows: Sequence[tuple[str, str]] = ROWS,
    fault: str | None = None,
    only: tuple[str, ...] = (),
) -> list[Outcome]:
    """``kills`` kills spread over the rows (engine, mode), in worlds of at most KILLS_A_WORLD.

    Where a world breaks a promise, its folder (settings, log, SQLite database) is kept and named.
    """
    outcomes: list[Outcome] = []
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="innkeeper-crash-") as shared, postgresql(durable=False) as server:
        faq = write_faq(Path(shared))
        async with launcher() as started:
            for number, (engine, mode) in enumerate(rows):
                left = kills // len(rows) + (number < kills % len(rows))
                while left > 0:
                    share = min(left, KILLS_A_WORLD)
                    left -= share
                    folder = Path(tempfile.mkdtemp(prefix="innkeeper-world-"))
                    database = await _database(engine, folder, server)
                    plan = Plan(engine, database, mode, share, chance.getrandbits(32), fault, only)
                    outcome = await World(plan, started, folder, faq, told).run()
                    outcomes.append(outcome)
                    if outcome.report.problems and fault is None:
                        outcome.report.problems.append(f"its log is in {folder}")
                    else:
                        shutil.rmtree(folder)
    return outcomes


async def _database(engine: str, folder: Path, server: str) -> str:
    if engine == "sqlite":
        return f"sqlite:///{folder / 'innkeeper.db'}"
    name = f"crash_{uuid.uuid4().hex}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    address, question, options = server.partition("?")
    return f"{address.rpartition('/')[0]}/{name}{question}{options}"


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
