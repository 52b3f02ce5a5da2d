"""What tests of sending share: somebody who talks with an agent, and what became of what was said."""

from __future__ import annotations

import asyncio

from channels.memory.player import MemoryPlayer
from handoff.acts import Claim
from handoff.tickets import Ticket
from messaging.conversations import Message
from messaging.messages import Status
from tests.flows.house import Agent, House


async def talking(house: House) -> tuple[Agent, MemoryPlayer, Ticket]:
    """An agent who has a player's ticket; everything said so far has arrived."""
    mira = await house.agent()
    ann = house.channel.player("Ann", language="en")
    await ann.writes("human")
    await ann.reads("You are next")
    (ticket,) = await house.waiting()
    await mira.does(Claim, ticket)
    await ann.reads("I am Mira")
    await house.quiet()
    return mira, ann, ticket


async def newest(house: House, player: MemoryPlayer) -> Message:
    return (await house.said(player.chat))[-1]


async def until(house: House, player: MemoryPlayer, status: Status) -> Message:
    """The newest message, once it has this status."""
    async with asyncio.timeout(5):
        while (message := await newest(house, player)).status is not status:  # noqa: ASYNC110 - a mark tells nobody
            await asyncio.sleep(0.01)
    return message


def texts(player: MemoryPlayer, fragment: str) -> list[str]:
    return [each.text for each in player.messages if fragment in each.text]
