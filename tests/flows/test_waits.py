"""What players hear of their wait (U10): the place, an estimate from real tickets, or honestly that nobody can tell."""

from __future__ import annotations

from handoff import presence
from handoff.acts import Claim, Close, Done
from handoff.agents import Presence
from tests.flows.house import Agent, House
from tests.flows.test_handoff import asked


async def handled(house: House, agent: Agent, name: str, minutes: float) -> None:
    _, ticket = await asked(house, name)
    await agent.does(Claim, ticket)
    house.clock.advance(minutes=minutes)
    assert await agent.does(Close, ticket, category="other", unconfirmed="told in the game") == Done()


async def test_the_wait_is_told_once_enough_is_known(quiet_cottage: House) -> None:
    quiet_cottage.with_(queue={"estimate_from": 2})
    await quiet_cottage.begin()
    await quiet_cottage.app.clockwork.measure()
    ann = quiet_cottage.channel.player("Ann", language="en")
    await ann.writes("human")
    await ann.reads("None of our people is at their desk this very moment")
    mira = await quiet_cottage.agent()
    (ticket,) = await quiet_cottage.waiting()
    await mira.does(Claim, ticket)
    await mira.does(Close, ticket, category="other", unconfirmed="told in the game")
    await quiet_cottage.app.clockwork.measure()
    ben = quiet_cottage.channel.player("Ben", language="en")
    await ben.writes("human")
    await ben.reads("I cannot say honestly how long it will take")
    await mira.does(Claim, (await quiet_cottage.waiting())[0])
    for name in ("Cem", "Dan", "Eve"):
        await handled(quiet_cottage, mira, name, 8)
    async with quiet_cottage.app.database.transaction() as connection:
        await presence.set(connection, mira.id, Presence.ONLINE, quiet_cottage.clock())
    await quiet_cottage.app.clockwork.measure()
    fay = quiet_cottage.channel.player("Fay", language="en")
    await fay.writes("human")
    await fay.reads("At the moment it takes about 1 minute")
