"""Several replicas over one PostgreSQL, of which one at a time dies, stands still, or starts anew."""

from __future__ import annotations

import pytest

from tests.crash.matrix import Matrix

SEED = 411


@pytest.mark.crash
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("mode", "deeds"), [("polling", 4), pytest.param("webhook", 12, marks=pytest.mark.sweep)])
async def test_replicas_lose_and_double_nothing(made: Matrix, mode: str, deeds: int) -> None:
    outcome = await made.world("postgresql", mode, deeds, SEED, replicas=True)
    assert not outcome.report.problems, "\n".join(outcome.report.problems)
    assert outcome.report.incoming > 20
    assert outcome.report.outgoing > 20
