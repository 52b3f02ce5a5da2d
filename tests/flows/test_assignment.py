"""Tickets find agents: claimed by many at once, given by a lead, given by the queue itself (H9); tiers (U4, G15)."""

from __future__ import annotations

import asyncio
from collections import Counter

import sqlalchemy as sa

from bot.sender import SendRules
from handoff import presence, tickets
from handoff.acts import Assign, Claim, Done, Escalate, SetTier, Transfer
from handoff.agents import Presence, agents
from handoff.tickets import TicketState
from tests.flows.house import Agent, House
from tests.flows.test_handoff import asked


async def are(house: House, *people: Agent, said: Presence = Presence.ONLINE, **columns: object) -> None:
    async with house.app.database.transaction() as connection:
        for each in people:
            await presence.set(connection, each.id, said, house.clock())
            if columns:
                await connection.execute(sa.update(agents).where(agents.c.id == each.id).values(columns))


async def test_fifty_agents_claim_at_once_and_no_ticket_is_in_two_hands(cottage: House) -> None:
    crowd = [await cottage.agent(f"agent{number}", f"Desk {number}") for number in range(50)]
    queue = [(await asked(cottage, f"Player {number}"))[1] for number in range(20)]
    tries = [(agent, queue[(number + turn) % 20]) for number, agent in enumerate(crowd) for turn in range(4)]
    outcomes = await asyncio.gather(*(agent.does(Claim, ticket) for agent, ticket in tries))
    won = [(agent.id, ticket.key) for (agent, ticket), came in zip(tries, outcomes, strict=True) if came == Done()]
    assert Counter(key for _, key in won) == dict.fromkeys((ticket.key for ticket in queue), 1)
    for agent_id, key in won:
        assert (await cottage.ticket(key)).agent_id == agent_id


async def test_the_queue_gives_in_its_order_to_who_is_there_and_has_room(quiet_cottage: House) -> None:
    """H9."""
    quiet_cottage.with_(queue={"assignment": "automatic"})
    await quiet_cottage.begin()
    mira, noor = await quiet_cottage.agent(), await quiet_cottage.agent("noor", "Noor")
    ann, first = await asked(quiet_cottage)
    _, second = await asked(quiet_cottage, "Ben")
    _, third = await asked(quiet_cottage, "Cem")
    await quiet_cottage.app.assigning.look()
    assert len(await quiet_cottage.waiting()) == 3, "nobody is there"
    await are(quiet_cottage, mira, noor, capacity=1)
    await quiet_cottage.app.assigning.look()
    await ann.reads("from the support team")
    holders = {(await quiet_cottage.ticket(each.key)).agent_id for each in (first, second)}
    assert holders == {mira.id, noor.id}
    assert [each.key for each in await quiet_cottage.waiting()] == [third.key]


async def test_two_processes_do_not_fill_the_same_last_place(database_url: str, quiet_cottage: House) -> None:
    """H9: the agent's row is locked while they are given a ticket. (SQLite has one process: there one gives twice.)"""
    await quiet_cottage.begin()
    mira = await quiet_cottage.agent()
    queue = [(await asked(quiet_cottage, f"Player {number}"))[1] for number in range(6)]
    await are(quiet_cottage, mira, capacity=2)
    houses = [quiet_cottage]
    if not quiet_cottage.app.database.is_sqlite:
        houses.append(House(quiet_cottage.settings, rules=SendRules(first_pause=0.02)))
        await houses[1].begin()
    machine = Agent(quiet_cottage, 0, "")
    acts = [machine.act(Assign, each, to_agent=mira.id) for each in queue]
    try:
        performed = [houses[number % len(houses)].app.perform(act) for number, act in enumerate(acts)]
        outcomes = await asyncio.gather(*performed)
    finally:
        for other in houses[1:]:
            await other.end()
    assert sum(each == Done() for each in outcomes) == 2
    async with quiet_cottage.app.database.reading() as connection:
        assert (await tickets.staff(connection))[mira.id].assigned == 2


async def test_a_lead_gives_to_anybody_who_is_there_also_beyond_what_they_take(cottage: House) -> None:
    mira, noor, lead = await cottage.agent(), await cottage.agent("noor", "Noor"), await cottage.agent("lea", "Lea")
    await cottage.promote(lead)
    _, ticket = await asked(cottage)
    assert (await mira.does(Assign, ticket, to_agent=noor.id)).code == "lead_only"
    assert (await lead.does(Assign, ticket, to_agent=noor.id)).reason == "Noor is offline now."
    assert (await lead.does(Assign, ticket, to_agent=999)).code == "nobody"
    await are(cottage, noor, capacity=1)
    assert await lead.does(Assign, ticket, to_agent=noor.id) == Done()
    _, more = await asked(cottage, "Ben")
    assert await lead.does(Assign, more, to_agent=noor.id) == Done()
    assert (await cottage.ticket(more.key)).agent_id == noor.id
    assert (await lead.does(Assign, more, to_agent=noor.id)).code == "taken"


async def test_what_waits_for_one_agent_is_kept_for_them_for_a_while(cottage: House) -> None:
    mira, noor, kim = await cottage.agent(), await cottage.agent("noor", "Noor"), await cottage.agent("kim", "Kim")
    _, ticket = await asked(cottage)
    await mira.does(Claim, ticket)
    await mira.does(Transfer, ticket, to_agent=noor.id, brief="knows the game")
    declined = await kim.does(Claim, ticket)
    assert declined.code == "wanted"
    assert "waits for Noor" in declined.reason
    cottage.clock.advance(minutes=11)
    assert await kim.does(Claim, ticket) == Done()


async def test_what_waits_for_a_lead_is_not_for_agents(cottage: House) -> None:
    """H6."""
    mira, noor, lead = await cottage.agent(), await cottage.agent("noor", "Noor"), await cottage.agent("lea", "Lea")
    await cottage.promote(lead)
    _, ticket = await asked(cottage)
    await mira.does(Claim, ticket)
    await mira.does(Escalate, ticket, reason="asks for a refund")
    assert (await noor.does(Claim, ticket)).reason == "This ticket waits for a lead."
    assert await lead.does(Claim, ticket) == Done()


async def test_a_tier_moves_the_ticket_where_it_belongs(cottage: House) -> None:
    """U4, G15: minutes are worth minutes; whoever waited longer than that still comes first."""
    mira, lead = await cottage.agent(), await cottage.agent("lea", "Lea")
    await cottage.promote(lead)
    _, long_ago = await asked(cottage, "Ann")
    cottage.clock.advance(minutes=6)
    _, first = await asked(cottage, "Ben")
    cottage.clock.advance(minutes=1)
    cem, second = await asked(cottage, "Cem")
    assert (await mira.does(SetTier, second, tier="vip")).code == "lead_only"
    assert (await lead.does(SetTier, second, tier="gold")).reason == "There is no tier 'gold': choose standard, vip."
    assert await lead.does(SetTier, second, tier="vip") == Done()
    assert [each.key for each in await cottage.waiting()] == [long_ago.key, second.key, first.key]
    assert (await cottage.ticket(second.key)).tier == "vip"
    # The next ticket of theirs begins with it.
    await mira.does(Claim, second)
    async with cottage.app.database.transaction() as connection:
        await connection.execute(
            sa.update(tickets.tickets)
            .where(tickets.tickets.c.conversation_id == second.key.conversation_id)
            .values(state=TicketState.RESOLVED, resolved_at=cottage.clock())
        )
    cottage.clock.advance(hours=30)
    await cem.writes("human")
    await cem.reads("people before you")
    fresh = next(each for each in await cottage.waiting() if each.key.conversation_id == second.key.conversation_id)
    assert fresh.tier == "vip"
    assert (fresh.waiting_since - fresh.queue_at).total_seconds() == 300
