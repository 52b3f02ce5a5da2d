"""Several replicas over one PostgreSQL, of which one at a time dies, stands still, or starts anew; or it goes away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from tests.crash.matrix import Matrix
from tests.crash.replicas import COUNT, Replicas, StandingStill
from tests.crash.world import Outcome
from tests.postgresql import Server, own_server

SEED = 411
ALONE = ("database stopped", "database died")


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    """A server that nobody else uses: it goes away."""
    with own_server(durable=True) as server:
        yield server


def check(outcome: Outcome) -> None:
    assert not outcome.report.problems, "\n".join(outcome.report.problems)
    assert outcome.report.incoming > 20
    assert outcome.report.outgoing > 20


@pytest.mark.crash
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("mode", "deeds"), [("polling", 4), pytest.param("webhook", 12, marks=pytest.mark.sweep)])
async def test_replicas_lose_and_double_nothing(made: Matrix, mode: str, deeds: int) -> None:
    check(await made.world("postgresql", mode, deeds, SEED, kind=Replicas))


@pytest.mark.crash
@pytest.mark.timeout(300)
async def test_replicas_come_back_by_themselves_after_their_database(made: Matrix, own: Server) -> None:
    """It is stopped and started, and it dies and recovers, while they serve."""
    alone = replace(made, postgresql=own.url)
    check(await alone.world("postgresql", "polling", 2, SEED, kind=partial(Replicas, server=own), only=ALONE))


@pytest.mark.crash
@pytest.mark.sweep
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_whatever_happens_to_replicas_and_their_database(made: Matrix, own: Server, mode: str) -> None:
    alone = replace(made, postgresql=own.url)
    check(await alone.world("postgresql", mode, 18, SEED, kind=partial(Replicas, server=own)))


@pytest.mark.crash
@pytest.mark.sweep
@pytest.mark.timeout(600)
async def test_a_replica_that_stands_still_for_a_minute_harms_nobody(made: Matrix) -> None:
    """With the program's own patience; each replica once, so also the one that receives, whose place another takes.

    (By webhook it is the balancer's business to call another.)
    """
    check(await made.world("postgresql", "polling", COUNT, SEED, kind=StandingStill, only=("paused",)))
