"""One player's flood is that player's alone: others are answered as if it were not there."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

from bot.intake import MOST_AT_ONCE
from channels.base import Pace
from channels.memory.adapter import MemoryChannel
from handoff.acts import Claim, Reply
from messaging.messages import ButtonPressed, IncomingFile
from tests.flows.house import House

MANY = 1000
ALLOWED = 20


def batches(house: House) -> float:
    found = house.app.metrics.registry.get_sample_value("innkeeper_batch_seconds_count")
    assert found is not None
    return found


async def test_a_thousand_messages_of_one_player_delay_nobody_and_are_all_kept(quiet_cottage: House) -> None:
    # Each chat takes one message a second: what the flood brings about would need a quarter of an hour.
    quiet_cottage.channel = MemoryChannel(chat_pace=Pace(per_second=1.0, burst=1))
    await quiet_cottage.begin()
    ann = quiet_cottage.channel.player("Ann", language="en")
    others = [quiet_cottage.channel.player(f"Ben {number}", language="en") for number in range(10)]
    before = batches(quiet_cottage)
    flood = [asyncio.create_task(ann.writes(f"where do i get lamp oil {number}")) for number in range(MANY)]
    await asyncio.sleep(0)
    writes = [asyncio.create_task(each.writes("how do i beat the goblin")) for each in others]
    await asyncio.gather(*writes)
    for each in others:
        await each.reads("silver lamp")
    # In the order they came, hundreds at a time: whoever comes behind waits for a handful of commits.
    assert batches(quiet_cottage) - before <= math.ceil((MANY + len(others)) / MOST_AT_ONCE) + 1
    await asyncio.gather(*flood)
    assert await quiet_cottage.written(ann.chat) == [f"where do i get lamp oil {number}" for number in range(MANY)]
    # The lane still works on the flood's first answers; it was told to slow down once, and no more than that is owed.
    assert len(ann.messages) < ALLOWED
    said = [each.text for each in await quiet_cottage.said(ann.chat) if each.author == "bot"]
    assert len(said) == ALLOWED + 1
    assert said[-1] == quiet_cottage.app.texts.fill("slow_down", "en")


async def test_a_flood_in_one_delivery_is_bounded_too(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    await cottage.channel.deliver([ann.message(f"goblin {number}") for number in range(MANY)])
    await ann.reads("a lot at once")
    await cottage.quiet()
    assert len(ann.messages) == ALLOWED + 1
    assert len(await cottage.written(ann.chat)) == MANY
    # A minute later they are heard again.
    cottage.clock.advance(minutes=2)
    await ann.writes("where do i get lamp oil")
    await ann.reads("miller")


async def test_commands_presses_and_refused_files_are_part_of_a_flood(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    huge = IncomingFile("film.mp4", "video/mp4", size=10**12, remote="x")
    for number in range(ALLOWED):
        await ann.uses("help")
        await cottage.channel.deliver(
            [ButtonPressed("memory", ann.chat, f"press{number}", ann.person, cottage.clock(), "solved:1")]
        )
        await cottage.channel.deliver([replace(ann.message(), files=(huge,))])
    await ann.reads("a lot at once")
    await cottage.quiet()
    assert len(ann.messages) == ALLOWED + 1


async def test_who_asks_for_people_in_a_flood_gets_them_once(cottage: House) -> None:
    """F2: at any time."""
    ann = cottage.channel.player("Ann", language="en")
    await cottage.channel.deliver([ann.message(f"goblin {number}") for number in range(50)])
    await cottage.channel.deliver([ann.message("human") for _ in range(50)])
    await ann.reads("You are next")
    await cottage.quiet()
    assert len(await cottage.waiting()) == 1
    assert len(ann.messages) == ALLOWED + 2


async def test_people_see_every_word_of_a_flood_and_can_answer_into_it(cottage: House) -> None:
    mira = await cottage.agent()
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("human")
    await ann.reads("You are next")
    (ticket,) = await cottage.waiting()
    await mira.does(Claim, ticket)
    await cottage.channel.deliver([ann.message(f"and {number}") for number in range(200)])
    await mira.does(Reply, ticket, text="one after the other, please")
    await ann.reads("one after the other")
    texts = await cottage.written(ann.chat)
    assert texts[1:] == [f"and {number}" for number in range(200)]
    assert len(await cottage.waiting()) == 0
