"""Tickets put aside: until a time or the player's word, back to their agent or to their old place; never forgotten."""

from __future__ import annotations

from datetime import timedelta

from handoff import presence
from handoff.acts import Claim, Close, Done, Reply, Snooze, Wake
from handoff.agents import Presence
from handoff.tickets import TicketState
from tests.flows.house import House
from tests.flows.test_handoff import asked


async def test_until_a_time_and_back_to_the_same_agent(cottage: House) -> None:
    mira = await cottage.agent()
    ann, ticket = await asked(cottage)
    await mira.does(Claim, ticket)
    await ann.reads("I am Mira")
    said = len(ann.messages)
    assert (await mira.does(Snooze, ticket, until=cottage.clock() - timedelta(minutes=1))).code == "past"
    until = cottage.clock() + timedelta(minutes=3)
    assert await mira.does(Snooze, ticket, until=until) == Done()
    await cottage.app.clockwork.fire_timers()
    assert (await cottage.ticket(ticket.key)).state is TicketState.SNOOZED
    await cottage.end()
    await cottage.begin()
    cottage.clock.advance(minutes=4)
    await cottage.app.clockwork.fire_timers()
    woken = await cottage.ticket(ticket.key)
    assert (woken.state, woken.agent_id, woken.snoozed_until) == (TicketState.ASSIGNED, mira.id, None)
    await cottage.quiet()
    assert len(ann.messages) == said, "the player is not told of it"


async def test_to_its_old_place_where_the_agent_is_gone(cottage: House) -> None:
    mira = await cottage.agent()
    _, ticket = await asked(cottage)
    _, second = await asked(cottage, "Ben")
    await mira.does(Claim, ticket)
    await mira.does(Snooze, ticket, until=cottage.clock() + timedelta(minutes=3))
    async with cottage.app.database.transaction() as connection:
        await presence.set(connection, mira.id, Presence.OFFLINE, cottage.clock())
    await cottage.app.clockwork.return_tickets()
    assert (await cottage.ticket(ticket.key)).state is TicketState.SNOOZED
    cottage.clock.advance(minutes=4)
    await cottage.app.clockwork.fire_timers()
    assert [each.key for each in await cottage.waiting()] == [ticket.key, second.key]


async def test_the_players_word_wakes_it(cottage: House) -> None:
    mira = await cottage.agent()
    ann, ticket = await asked(cottage)
    await mira.does(Claim, ticket)
    await mira.does(Reply, ticket, text="Please send me a picture")
    await mira.does(Snooze, ticket)
    cottage.clock.advance(minutes=2)
    assert (await cottage.ticket(ticket.key)).state is TicketState.SNOOZED
    await ann.writes("here it is")
    woken = await cottage.ticket(ticket.key)
    assert (woken.state, woken.agent_id) == (TicketState.ASSIGNED, mira.id)


async def test_who_may_wake_it(cottage: House) -> None:
    mira, noor, lead = await cottage.agent(), await cottage.agent("noor", "Noor"), await cottage.agent("lea", "Lea")
    await cottage.promote(lead)
    _, ticket = await asked(cottage)
    assert (await mira.does(Wake, ticket)).code == "not_taken"
    await mira.does(Claim, ticket)
    assert (await mira.does(Wake, ticket)).code == "awake"
    for who, outcome in ((noor, "not_yours"), (lead, None), (mira, None)):
        await mira.does(Snooze, ticket)
        came = await who.does(Wake, ticket)
        assert (came == Done()) if outcome is None else (came.code == outcome)
        await mira.does(Wake, ticket)
    assert (await cottage.ticket(ticket.key)).agent_id == mira.id


async def test_an_alarm_of_what_was_closed_meanwhile_does_nothing(cottage: House) -> None:
    mira = await cottage.agent()
    _, ticket = await asked(cottage)
    await mira.does(Claim, ticket)
    await mira.does(Snooze, ticket, until=cottage.clock() + timedelta(minutes=1))
    assert await mira.does(Close, ticket, category="other", unconfirmed="told in the game") == Done()
    cottage.clock.advance(minutes=2)
    await cottage.app.clockwork.fire_timers()
    assert (await cottage.ticket(ticket.key)).state is TicketState.RESOLVED
