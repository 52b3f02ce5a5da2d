"""The short crash matrix: real processes, killed at named steps and at random moments, on both engines."""

from __future__ import annotations

import pytest

from tests.crash.matrix import Matrix, summary, table

KILLS = 30
SEED = 20271


@pytest.mark.crash
@pytest.mark.timeout(300)
async def test_no_message_is_lost_or_doubled_by_kills_at_any_step(made: Matrix) -> None:
    outcomes = await made.run(KILLS, SEED, lambda: None)
    problems = [problem for each in outcomes for problem in each.report.problems]
    assert not problems, "\n".join([*problems, table(outcomes), summary(outcomes, SEED)])
    assert sum(each.kills.total() for each in outcomes) == KILLS
    assert all(each.report.incoming and each.report.outgoing for each in outcomes)


PLANTED = {
    # The fault, and where the processes die; then how one of the broken promises reads.
    "confirm_before_commit": (("commit:before",), "is stored 0 times"),
    "mark_before_send": (("send:before",), "is marked as sent and did not arrive"),
    "leftovers_forgotten": (("commit:after",), "is left in the outbox"),
    "lease_ignored": (("send:after", "random"), "arrived once more than it was sent"),
    "dedupe_off": (("commit:after",), "is stored 2 times"),
    "agent_repeated": (("agent:sent",), "reached the player 2 times"),
    "order_lost": (("commit:after",), "arrived out of its order"),
}
PLANTED_ON_DISCORD = {
    "nonce_lost": (("send:after", "send:reached"), "arrived once more than it was sent"),
    "history_unread": (("commit:before", "random"), "is stored 0 times"),
}


@pytest.mark.crash
@pytest.mark.parametrize("fault", PLANTED)
async def test_the_checker_sees_a_planted_fault(made: Matrix, fault: str) -> None:
    steps, words = PLANTED[fault]
    seen: list[str] = []
    for seed in range(SEED, SEED + 3):
        # A kill may miss the moment that the fault needs; it does not miss it for three worlds.
        outcome = await made.world("sqlite", "polling", 3, seed, fault=fault, only=steps)
        seen += outcome.report.problems
        if any(words in problem for problem in seen):
            return
    pytest.fail(f"the checker saw nothing of {fault}: {seen}")


@pytest.mark.crash
@pytest.mark.parametrize("fault", PLANTED_ON_DISCORD)
async def test_the_checker_sees_a_planted_fault_of_discord(made: Matrix, fault: str) -> None:
    steps, words = PLANTED_ON_DISCORD[fault]
    seen: list[str] = []
    # Worlds in which Discord remembers nonces, so that nothing but the fault can be seen.
    for seed in (SEED + 1, SEED + 2):
        outcome = await made.world("sqlite", "discord", 2, seed, fault=fault, only=steps)
        seen += outcome.report.problems
        if any(words in problem for problem in seen):
            return
    pytest.fail(f"the checker saw nothing of {fault}: {seen}")


@pytest.mark.crash
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_what_players_see_is_in_committed_order_where_a_fifth_of_all_sends_fails(
    made: Matrix, engine: str
) -> None:
    outcome = await made.world(engine, "polling", 1, SEED, only=("random",), trouble=0.2, life=6.0)
    assert not outcome.report.problems, "\n".join(outcome.report.problems)
    assert outcome.report.outgoing > 20
