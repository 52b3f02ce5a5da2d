"""One channel that cannot work, or breaks, is that channel's trouble alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from channels.base import Surroundings
from channels.errors import Misconfigured
from channels.memory.adapter import MemoryChannel
from tests.flows.house import House


class Failing(MemoryChannel):
    """A network that raises these, one at each start, before it works."""

    def __init__(self, name: str, *errors: Exception) -> None:
        super().__init__(name)
        self.errors = list(errors)
        self.starts = 0

    async def run(self, surroundings: Surroundings, ready: Callable[[], None]) -> None:
        self.starts += 1
        if self.errors:
            raise self.errors.pop(0)
        await super().run(surroundings, ready)


async def test_a_wrong_token_is_told_and_the_others_go_on(quiet_cottage: House) -> None:
    wrong = Failing("wrong", Misconfigured("the token is not accepted", "Ask @BotFather for a new one."))
    broken = Failing("broken", RuntimeError("the gateway said something odd"))
    quiet_cottage.others = [wrong, broken]
    async with asyncio.timeout(10):
        await quiet_cottage.begin()  # returns once it is known of every channel how it stands
    supervisor = quiet_cottage.app.supervisor
    assert supervisor.up == {"memory", "broken"}
    assert supervisor.misconfigured["wrong"].hint == "Ask @BotFather for a new one."
    # The wrong one is not tried again and again, the broken one was.
    assert (wrong.starts, broken.starts) == (1, 2)
    for channel in (quiet_cottage.channel, broken):
        ann = channel.player("Ann", language="en")
        await ann.writes("how do i beat the goblin")
        await ann.reads("silver lamp")
