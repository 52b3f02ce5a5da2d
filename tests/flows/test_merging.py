"""Two open tickets of one player on two networks are put together: one goes on, nothing is lost, nobody waits twice."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa

from channels.memory.adapter import MemoryChannel
from channels.memory.player import MemoryPlayer
from handoff import records, tickets
from handoff.acts import Claim, Close, Declined, Done, Merge, Outcome, Reply
from handoff.console import views
from handoff.tickets import Ticket, TicketState
from messaging.conversations import Message, conversations, find, latest
from messaging.messages import Direction
from tests.flows.house import Agent, House
from tests.flows.talking import talking


def code(outcome: Outcome) -> str:
    return outcome.code if isinstance(outcome, Declined) else "done"


async def writing_twice(house: House) -> tuple[Agent, MemoryPlayer, Ticket, MemoryPlayer, Ticket]:
    """Ann writes on two networks; Mira has the first ticket, the second waits."""
    elsewhere = MemoryChannel("telegram")
    house.others.append(elsewhere)
    await house.begin()
    mira, ann, first = await talking(house)
    again = elsewhere.player("Ann", language="en")
    await again.writes("human")
    await again.reads("You are next")
    (second,) = await house.waiting()
    async with house.app.database.transaction() as connection:
        await connection.execute(sa.update(conversations).values(player_id=first.player_id))
    return mira, ann, first, again, await house.ticket(second.key)


async def notes(house: House, channel: str, chat: str) -> list[Message]:
    async with house.app.database.reading() as connection:
        conversation_id = await find(connection, channel, chat)
        assert conversation_id is not None
        found = await latest(connection, conversation_id, limit=100, with_notes=True)
    return [each for each in found if each.direction is Direction.NOTE]


async def test_one_ticket_goes_on_and_the_player_is_told_where(quiet_cottage: House) -> None:
    mira, ann, first, again, second = await writing_twice(quiet_cottage)
    await mira.does(Reply, first, text="Let me look")
    assert await mira.does(Merge, first, into=str(second.key)) == Done()
    assert "We go on there" in (await ann.reads("You also wrote to us on Telegram")).text
    closed, going_on = await quiet_cottage.ticket(first.key), await quiet_cottage.ticket(second.key)
    assert (closed.state, closed.merged_into) == (TicketState.RESOLVED, str(second.key))
    assert views.opened(closed)["merged_into"] == str(second.key)
    assert going_on.state is TicketState.WAITING
    # The earlier place in the queue counts.
    assert going_on.queue_at == first.queue_at
    (here,) = await notes(quiet_cottage, "memory", ann.chat)
    (there,) = await notes(quiet_cottage, "telegram", again.chat)
    assert str(second.key) in here.text
    assert str(first.key) in there.text
    async with quiet_cottage.app.database.reading() as connection:
        kinds = [
            each.kind for each in await records.of_ticket(connection, second.key.conversation_id, second.key.number)
        ]
    assert "merged_from" in kinds
    # And what goes on can be taken and answered as ever.
    assert await mira.does(Claim, second) == Done()
    await mira.does(Reply, second, text="Found it")
    await again.reads("Found it")


async def test_only_an_open_ticket_of_the_same_player_takes_another_in(quiet_cottage: House) -> None:
    mira, ann, first, _again, second = await writing_twice(quiet_cottage)
    ben = quiet_cottage.channel.player("Ben", language="en")
    await ben.writes("human")
    await ben.reads("1 person before you")
    (bens,) = [each for each in await quiet_cottage.waiting() if each.key != second.key]
    assert code(await mira.does(Merge, first, into=str(bens.key))) == "not_theirs"
    assert code(await mira.does(Merge, first, into=str(first.key))) == "not_theirs"
    for nonsense in ("", "x-y", "999-1", f"{second.key.conversation_id}-999"):
        assert code(await mira.does(Merge, first, into=nonsense)) == "not_open"
    assert code(await mira.does(Merge, second, into=str(first.key))) == "not_taken"
    await mira.does(Claim, second)
    await mira.does(Close, second, unconfirmed="test")
    assert code(await mira.does(Merge, first, into=str(second.key))) == "not_open"
    assert (await quiet_cottage.ticket(first.key)).state is TicketState.ASSIGNED
    assert not any("You also wrote" in each.text for each in ann.messages)


async def test_merging_both_ways_at_once_leaves_one_open(quiet_cottage: House) -> None:
    """Both conversations are locked in one order: neither waits for the other for ever, and one merge wins."""
    mira, _ann, first, _again, second = await writing_twice(quiet_cottage)
    await mira.does(Claim, second)
    outcomes = await asyncio.gather(
        mira.does(Merge, first, into=str(second.key)), mira.does(Merge, second, into=str(first.key))
    )
    assert sorted(map(code, outcomes)) == ["done", "not_open"]
    async with quiet_cottage.app.database.reading() as connection:
        states = list(await connection.scalars(sa.select(tickets.tickets.c.state)))
    assert sorted(states) == ["assigned", "resolved"]
