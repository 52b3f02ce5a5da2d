"""Typing signs between players and agents, on networks that have one."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.typing_signs import EVERY, TypingSigns
from channels.errors import TryLater
from channels.memory.adapter import CAPABILITIES, MemoryChannel
from handoff.tickets import Ticket
from tests.flows.house import House


async def asked(house: House, channel: MemoryChannel | None = None) -> tuple[str, Ticket]:
    player = (channel or house.channel).player("Ann", language="en")
    await player.writes("human")
    await player.reads()
    return player.chat, (await house.waiting())[-1]


async def test_an_agent_s_typing_is_shown_on_the_player_s_network(cottage: House) -> None:
    chat, ticket = await asked(cottage)
    for _ in range(3):
        cottage.app.live.tell(f"typing:{ticket.key.conversation_id}")
    await cottage.channel.until(lambda: bool(cottage.channel.typing_shown))
    assert cottage.channel.typing_shown == [chat]


async def test_one_chat_is_shown_a_sign_every_few_seconds_and_another_is_not_delayed_by_it(cottage: House) -> None:
    ann, first = await asked(cottage)
    ben, second = await asked(cottage)
    seconds = 100.0
    signs = TypingSigns(cottage.app.database, cottage.app.channels, cottage.app.live, lambda: seconds)
    cottage.channel.typing_shown.clear()
    running = asyncio.create_task(signs.run())
    await asyncio.sleep(0)
    tell = cottage.app.live.tell
    # The program's own signs hear it too, once for each chat.
    tell(f"typing:{first.key.conversation_id}")
    tell(f"typing:{second.key.conversation_id}")
    await cottage.channel.until(lambda: sorted(cottage.channel.typing_shown) == sorted([ann, ann, ben, ben]))
    seconds += EVERY - 0.1
    tell(f"typing:{first.key.conversation_id}")
    seconds += 0.2
    tell(f"typing:{first.key.conversation_id}")
    await cottage.channel.until(lambda: cottage.channel.typing_shown.count(ann) == 3)
    running.cancel()
    await asyncio.wait([running])
    assert len(cottage.channel.typing_shown) == 5


class Silent(MemoryChannel):
    """A network that is away when a sign is to be shown."""

    async def typing(self, chat: str) -> None:
        await super().typing(chat)
        raise TryLater("not connected")


async def test_players_who_pull_are_left_to_their_channel_and_a_failing_network_harms_nobody(
    quiet_cottage: House,
) -> None:
    pulling = MemoryChannel("pulling", capabilities=replace(CAPABILITIES, pulls=True))
    silent = Silent("silent")
    quiet_cottage.others = [pulling, silent]
    await quiet_cottage.begin()
    live = quiet_cottage.app.live
    player = pulling.player("Pia", language="en")
    await player.writes("human")
    (first,) = await quiet_cottage.waiting()
    _, second = await asked(quiet_cottage, silent)
    chat, third = await asked(quiet_cottage)
    live.tell("typing:99999999")
    for ticket in (first, second, third):
        live.tell(f"typing:{ticket.key.conversation_id}")
    await quiet_cottage.channel.until(lambda: quiet_cottage.channel.typing_shown == [chat])
    await silent.until(lambda: len(silent.typing_shown) == 1)
    assert pulling.typing_shown == []
