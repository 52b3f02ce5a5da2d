"""``make crash``: ``KILLS`` violent ends (1,000 unless told otherwise) from ``SEED``, on both engines."""

from __future__ import annotations

import asyncio
import os
import sys

from tests.crash.matrix import Bar, matrix, summary, table
from tests.postgresql import postgresql


def main() -> None:
    """Run, show the table and one line, and fail on any loss or double."""
    kills, seed = int(os.environ.get("KILLS", "1000")), int(os.environ.get("SEED", "1"))
    bar = Bar(kills)
    with postgresql(durable=False) as server, matrix(server) as made:
        outcomes = asyncio.run(made.run(kills, seed, bar.step))
    bar.end()
    print(table(outcomes))
    problems = [
        f"{each.plan.engine}, {each.plan.mode}, seed {each.plan.seed}: {problem}"
        for each in outcomes
        for problem in each.report.problems
    ]
    for problem in problems[:50]:
        print(problem)
    print(summary(outcomes, seed))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
