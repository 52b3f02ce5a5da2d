"""Agents who are not there: a word to the player, tickets back in the queue, the lead told (T13, T14)."""

from __future__ import annotations

from collections.abc import Sequence

from handoff import absences, agents, presence, records
from handoff.acts import Claim, Reply, Snooze
from handoff.agents import Presence
from handoff.tickets import Ticket, TicketState
from messaging.messages import Direction
from tests.flows.house import Agent, House
from tests.flows.test_handoff import asked


async def says(house: House, agent: Agent, said: Presence) -> None:
    async with house.app.database.transaction() as connection:
        await presence.set(connection, agent.id, said, house.clock())


async def seen(house: House, agent: Agent) -> None:
    async with house.app.database.transaction() as connection:
        await presence.seen(connection, agent.id, house.clock())


async def stands(house: House, agent: Agent) -> Presence:
    async with house.app.database.reading() as connection:
        found = await agents.find(connection, agent.id)
    assert found is not None
    return found.presence


async def notes(house: House, chat: str) -> list[str]:
    return [each.text for each in await house.said(chat) if each.direction is Direction.NOTE]


async def times_told(house: House, chat: str, words: str) -> int:
    return sum(words in each.text for each in await house.said(chat))


async def recorded(house: House, ticket: Ticket) -> Sequence[str]:
    async with house.app.database.reading() as connection:
        found = await records.of_ticket(connection, ticket.key.conversation_id, ticket.key.number)
    return [each.kind for each in found]


async def test_away_tells_the_player_once_and_after_ten_minutes_the_ticket_goes_back(cottage: House) -> None:
    """T13, also across a restart."""
    mira = await cottage.agent()
    ann, ticket = await asked(cottage)
    _, second = await asked(cottage, "Ben")
    await mira.does(Claim, ticket)
    await says(cottage, mira, Presence.AWAY)
    await cottage.app.clockwork.return_tickets()
    await ann.reads("Mira had to step away")
    await cottage.end()
    await cottage.begin()
    cottage.clock.advance(minutes=9)
    await cottage.app.clockwork.return_tickets()
    assert (await cottage.ticket(ticket.key)).state is TicketState.ASSIGNED
    cottage.clock.advance(minutes=2)
    await cottage.app.clockwork.return_tickets()
    await ann.reads("Mira cannot go on with your request")
    assert [each.key for each in await cottage.waiting()] == [ticket.key, second.key]
    assert await times_told(cottage, ann.chat, "step away") == 1
    assert await notes(cottage, ann.chat) == ["Mira was away for too long: back in the queue, at its old place."]
    assert {"told_away", "agent_gone"} <= set(await recorded(cottage, ticket))
    await cottage.app.lookout.look()
    told = [each.text for each in cottage.app.lookout.notices()]
    assert "Mira was away for too long: 1 ticket went back to the queue." in told


async def test_who_is_back_in_time_keeps_the_ticket(cottage: House) -> None:
    mira = await cottage.agent()
    _, ticket = await asked(cottage)
    await mira.does(Claim, ticket)
    await says(cottage, mira, Presence.AWAY)
    await cottage.app.clockwork.return_tickets()
    cottage.clock.advance(minutes=8)
    await says(cottage, mira, Presence.ONLINE)
    cottage.clock.advance(minutes=4)
    await cottage.app.clockwork.return_tickets()
    assert (await cottage.ticket(ticket.key)).agent_id == mira.id


async def test_silence_makes_offline_and_an_act_makes_online_again(cottage: House) -> None:
    mira = await cottage.agent()
    assert await stands(cottage, mira) is Presence.OFFLINE
    ann, ticket = await asked(cottage)
    await mira.does(Claim, ticket)
    assert await stands(cottage, mira) is Presence.ONLINE
    cottage.clock.advance(minutes=4)
    await seen(cottage, mira)
    cottage.clock.advance(minutes=4)
    await cottage.app.clockwork.return_tickets()
    assert await stands(cottage, mira) is Presence.ONLINE
    cottage.clock.advance(minutes=2)
    await cottage.app.clockwork.return_tickets()
    assert await stands(cottage, mira) is Presence.OFFLINE
    assert (await cottage.ticket(ticket.key)).state is TicketState.WAITING
    await ann.reads("your place is kept")
    await seen(cottage, mira)
    assert await stands(cottage, mira) is Presence.ONLINE


async def test_who_says_offline_stays_so_with_an_open_console_until_they_take_a_ticket(cottage: House) -> None:
    mira = await cottage.agent()
    await says(cottage, mira, Presence.OFFLINE)
    cottage.clock.advance(minutes=1)
    await seen(cottage, mira)
    assert await stands(cottage, mira) is Presence.OFFLINE
    _, ticket = await asked(cottage)
    await mira.does(Claim, ticket)
    assert await stands(cottage, mira) is Presence.ONLINE
    await cottage.app.clockwork.return_tickets()
    assert (await cottage.ticket(ticket.key)).agent_id == mira.id


async def test_an_absence_over_half_an_hour_is_recorded_with_its_end(cottage: House) -> None:
    """T14."""
    mira = await cottage.agent()
    await says(cottage, mira, Presence.AWAY)
    left = cottage.clock()
    cottage.clock.advance(minutes=29)
    await seen(cottage, mira)
    await cottage.app.clockwork.return_tickets()
    async with cottage.app.database.reading() as connection:
        assert await absences.since(connection, left) == []
    cottage.clock.advance(minutes=2)
    await seen(cottage, mira)
    for _ in range(2):
        await cottage.app.clockwork.return_tickets()
    cottage.clock.advance(minutes=10)
    await says(cottage, mira, Presence.ONLINE)
    async with cottage.app.database.reading() as connection:
        (absence,) = await absences.since(connection, left)
    assert absence.agent_id == mira.id
    assert absence.ended_at is not None
    assert 40 <= (absence.ended_at - absence.began_at).total_seconds() / 60 <= 42


async def test_what_an_agent_who_is_shut_out_put_aside_comes_back_without_a_word(cottage: House) -> None:
    mira = await cottage.agent()
    ann, ticket = await asked(cottage)
    await mira.does(Claim, ticket)
    await mira.does(Reply, ticket, text="I will ask")
    await ann.reads("I will ask")
    await mira.does(Snooze, ticket)
    before = len(ann.messages)
    async with cottage.app.database.transaction() as connection:
        await agents.disable(connection, "mira", cottage.clock())
    await cottage.app.clockwork.return_tickets()
    assert (await cottage.ticket(ticket.key)).state is TicketState.WAITING
    await cottage.quiet()
    assert len(ann.messages) == before
