"""A real process on the fake Telegram server: what one chat suffers or does delays no other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.crash.checker import read
from tests.crash.matrix import Matrix
from tests.crash.town import Town
from tests.crash.world import Plan, World
from tests.protocol.telegram_server import FakeUser, too_many_requests

OTHERS = 8
ALLOWED = 1.0
FLOOD = 10_000 / 60
FLOOD_SECONDS = 5.0

pytestmark = pytest.mark.crash


def a_world(made: Matrix, folder: Path) -> World:
    plan = Plan("sqlite", f"sqlite:///{folder / 'innkeeper.db'}", "polling", 0, 1, messages_per_minute=20)
    return World(plan, made.launcher, folder, made.faq, lambda: None)


async def slowest_answer(town: Town, players: Sequence[FakeUser]) -> float:
    """Seconds until the last of these players, who write at the same moment, has an answer."""

    async def waits(player: FakeUser) -> float:
        begun = time.perf_counter()
        player.writes("where do i get lamp oil")
        await town.server.next_sent(player, within=20)
        return time.perf_counter() - begun

    return max(await asyncio.gather(*(waits(player) for player in players)))


async def test_a_blocked_lane_delays_no_other(made: Matrix, tmp_path: Path) -> None:
    world = a_world(made, tmp_path)
    async with world.serving():
        town = world.town
        others = [town.server.user(f"Player {number}") for number in range(OTHERS)]
        hung, limited, cut = (town.server.user(name) for name in ("Hung", "Limited", "Cut"))
        await slowest_answer(town, others)
        alone = await slowest_answer(town, others)
        town.server.fault("hang", "sendMessage", chat_id=hung.id, times=100)
        town.server.fault("error", "sendMessage", chat_id=limited.id, times=100, error=too_many_requests(30))
        town.server.fault("drop", "sendMessage", chat_id=cut.id, times=100)
        for player in (hung, limited, cut):
            player.writes("how do i beat the goblin")
        beside = [await slowest_answer(town, others) for _ in range(3)]
        assert not [sent for player in (hung, limited, cut) for sent in town.server.sent(player)]
    assert max(beside) < alone + ALLOWED


async def test_a_flood_of_one_player_delays_no_other_and_is_kept_whole(made: Matrix, tmp_path: Path) -> None:
    world = a_world(made, tmp_path)
    async with world.serving():
        town = world.town
        others = [town.server.user(f"Player {number}") for number in range(OTHERS)]
        await slowest_answer(town, others)
        alone = await slowest_answer(town, others)
        flooder = town.server.user("Flooder")
        written, beside = 0, []

        async def flood() -> int:
            number, begun = 0, time.perf_counter()
            while (passed := time.perf_counter() - begun) < FLOOD_SECONDS:
                while number < passed * FLOOD:
                    number += 1
                    flooder.writes(f"how do i beat the goblin {number}")
                await asyncio.sleep(0.02)
            return number

        flooding = asyncio.create_task(flood())
        while not flooding.done():
            beside.append(await slowest_answer(town, others))
            # The others stay below what is a flood.
            await asyncio.sleep(0.4)
        written = await flooding
        await town.server.wait_polling(20)
        stored = await read(world.plan.database)
    assert max(beside) < alone + ALLOWED
    of_flooder = [row for row in stored.messages if row["chat"] == str(flooder.id)]
    assert sum(row["direction"] == "incoming" for row in of_flooder) == written
    # Twenty a minute are answered, the next is asked to slow down, and the rest is only kept.
    assert 0 < sum(row["chat"] == str(flooder.id) for row in stored.outbox) <= 25
