"""Faults planted into the real program: each must turn the checker red."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.crash.matrix import Matrix

SEED = 20271
# How the chats of these networks are named.
DISCORD, WEB = r"\d{17,20}", "[0-9a-f]{64}"
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
PLANTED_ELSEWHERE = {
    "nonce_lost": (("send:after", "send:reached"), rf"chat {DISCORD}: .* arrived once more than it was sent"),
    "taken_too_early": (("commit:before",), rf"chat {WEB}: .* is stored 0 times"),
    "position_too_early": (("commit:before",), rf"chat {DISCORD}: .* is stored 0 times"),
    "history_unread": (("commit:before", "random"), rf"chat {DISCORD}: .* is stored 0 times"),
}


# Three kinds always run; what they share with the others is seen by them.
ALWAYS = ("confirm_before_commit", "mark_before_send", "dedupe_off")


@pytest.mark.crash
@pytest.mark.parametrize(
    "fault", [pytest.param(each, marks=() if each in ALWAYS else pytest.mark.sweep) for each in PLANTED]
)
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
async def test_the_checker_sees_each_planted_fault_of_discord_and_the_web(made: Matrix) -> None:
    async def problems(fault: str) -> list[str]:
        steps, words = PLANTED_ELSEWHERE[fault]
        seen: list[str] = []
        # Worlds in which Discord remembers nonces, so that nothing but the fault can be seen.
        for seed in (SEED + 1, SEED + 2):
            outcome = await made.world("sqlite", "all", 2, seed, fault=fault, only=steps)
            seen += outcome.report.problems
            if any(re.search(words, problem) for problem in seen):
                return []
        return [f"the checker saw nothing of {fault}: {seen}"]

    found = await asyncio.gather(*map(problems, PLANTED_ELSEWHERE))
    assert found == [[]] * len(PLANTED_ELSEWHERE)
