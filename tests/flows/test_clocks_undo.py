"""A reply that can still be taken back has not been said: clocks, promises and holds follow what goes out (T1, W15)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.memory.player import MemoryPlayer
from handoff.acts import Claim, Close, Done, Hold, Reply, Undo
from handoff.tickets import Ticket
from tests.flows.house import Agent, House
from tests.flows.timing import PATIENT, passes, recorded, warnings

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def house(quiet_cottage: House) -> House:
    quiet_cottage.with_(queue=PATIENT, handoff={"undo": timedelta(seconds=30)})
    await quiet_cottage.begin()
    return quiet_cottage


async def taken(house: House) -> tuple[Agent, MemoryPlayer, Ticket]:
    mira = await house.agent()
    ann = house.channel.player("Ann", language="en")
    await ann.writes("human")
    await ann.reads()
    (ticket,) = await house.waiting()
    assert await mira.does(Claim, ticket) == Done()
    await ann.reads("I am Mira")
    return mira, ann, ticket


async def test_a_reply_taken_back_stops_no_clock_and_promises_nothing(house: House) -> None:
    mira, ann, ticket = await taken(house)
    reply = mira.act(Reply, ticket, text="I will ask.", promise=house.clock() + timedelta(hours=1))
    assert await house.app.perform(reply) == Done()
    assert await mira.does(Undo, ticket, reply=reply.act_id) == Done()
    await passes(house, minutes=3)
    now = await house.ticket(ticket.key)
    assert (now.promise_due_at, now.clocks["replied"]) == (None, False)
    assert await warnings(house, ticket) == [("first_reply", 50)]
    assert not any("ask" in each.text for each in ann.messages[2:])


async def test_a_reply_stops_the_clock_when_it_goes_out(house: House) -> None:
    mira, ann, ticket = await taken(house)
    await mira.does(Hold, ticket)
    await ann.reads("One moment")
    await mira.does(Reply, ticket, text="I will ask.", promise=house.clock() + timedelta(hours=1))
    before = await house.ticket(ticket.key)
    assert (before.clocks["replied"], before.held_since is not None) == (False, True)
    await house.crash()
    await house.begin()
    await passes(house, seconds=31)
    await ann.reads("I am back with you")
    assert "You will hear from us by" in (await ann.reads("I will ask")).text
    after = await house.ticket(ticket.key)
    assert (after.clocks["replied"], after.held_since) == (True, None)
    assert after.promise_due_at is not None
    assert len(await recorded(house, ticket, "promise_made")) == 1


async def test_a_close_hears_of_the_promise_that_its_own_reply_just_made(house: House) -> None:
    """The reply is said before the close is decided; then the promise stands in its way."""
    mira, ann, ticket = await taken(house)
    await mira.does(Reply, ticket, text="I will ask.", promise=house.clock() + timedelta(hours=1))
    refused = await mira.does(Close, ticket, category="account", unconfirmed="in a hurry")
    assert refused.code == "promise_open"
    await ann.reads("I will ask")
