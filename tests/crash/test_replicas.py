"""Several replicas over one PostgreSQL, of which one at a time dies, stands still, or starts anew."""

from __future__ import annotations

import pytest

from tests.crash.matrix import Matrix

SEED = 411


@pytest.mark.crash
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_replicas_lose_and_double_nothing(made: Matrix, mode: str) -> None:
    outcome = await made.world("postgresql", mode, 6, SEED, replicas=True)
    assert not outcome.report.problems, "\n".join(outcome.report.problems)
    assert outcome.report.incoming > 20
    assert outcome.report.outgoing > 20
