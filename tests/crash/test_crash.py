"""The short crash matrix: real processes, killed at named steps and at random moments, on both engines."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.crash.matrix import ROWS, Matrix, Row, summary, table

KILLS = 28
SEED = 20271
# Each engine and each way to receive; make sweeps goes through all of them together.
SHORT = (("sqlite", "polling"), ("postgresql", "webhook"), ("sqlite", "all"), ("postgresql", "all"))


@pytest.mark.crash
@pytest.mark.timeout(300)
@pytest.mark.parametrize("rows", [SHORT, pytest.param(ROWS, marks=pytest.mark.sweep)], ids=["short", "every row"])
async def test_no_message_is_lost_or_doubled_by_kills_at_any_step(made: Matrix, rows: Sequence[Row]) -> None:
    outcomes = await made.run(KILLS, SEED, lambda: None, rows)
    problems = [problem for each in outcomes for problem in each.report.problems]
    assert not problems, "\n".join([*problems, table(outcomes), summary(outcomes, SEED)])
    assert sum(each.kills.total() for each in outcomes) == KILLS
    assert all(each.report.incoming and each.report.outgoing for each in outcomes)


@pytest.mark.crash
@pytest.mark.parametrize("engine", [pytest.param("sqlite", marks=pytest.mark.sweep), "postgresql"])
async def test_what_players_see_is_in_committed_order_where_a_fifth_of_all_sends_fails(
    made: Matrix, engine: str
) -> None:
    outcome = await made.world(engine, "polling", 1, SEED, only=("random",), trouble=0.2, life=6.0)
    assert not outcome.report.problems, "\n".join(outcome.report.problems)
    assert outcome.report.outgoing > 20
