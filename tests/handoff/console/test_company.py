"""Two agents on one ticket see each other; presence is said, and kept by an open console."""

from __future__ import annotations

import sqlalchemy as sa

from handoff.agents import Presence, agents
from handoff.tickets import TicketState
from tests.handoff.console.world import World


async def presence_of(world: World, agent_id: int) -> str:
    async with world.database.reading() as connection:
        return str(await connection.scalar(sa.select(agents.c.presence).where(agents.c.id == agent_id)))


async def test_who_else_looks_at_a_ticket_and_writes_on_it_is_told(world: World) -> None:
    key = await world.ticket()
    await world.sign_in("mira")
    async with world.socket() as mira:
        await mira.say(type="watch", ticket=str(key), revision=0)
        await mira.hear("ticket")
        tom = await world.sign_in("tom")
        async with world.socket() as toms:
            await toms.say(type="watch", ticket=str(key), revision=0)
            assert [each["name"] for each in (await toms.hear("company"))["others"]] == ["Mira"]
            came = await mira.hear("company")
            assert came == {
                "type": "company",
                "ticket": str(key),
                "others": [{"id": tom.id, "name": "Tom", "typing": False}],
            }
            await toms.say(type="typing", box="note")
            assert (await mira.hear("company"))["others"] == [{"id": tom.id, "name": "Tom", "typing": True}]
            await toms.say(type="unwatch")
            assert (await mira.hear("company"))["others"] == []


async def test_a_note_being_written_is_no_sign_of_writing_to_the_player(world: World) -> None:
    mira = await world.sign_in()
    key = await world.ticket(state=TicketState.ASSIGNED, agent_id=mira.id, claimed_at=world.clock())
    heard: list[str] = []
    async with world.socket() as ears:
        await ears.say(type="watch", ticket=str(key), revision=0)
        await ears.hear("ticket")
        with world.live.listen("typing:", heard.append):
            await ears.say(type="typing", box="note")
            await ears.say(type="typing", box="reply")
            await ears.say(type="watch", ticket=str(key), revision=0)
            await ears.hear("ticket")
    assert heard == [f"typing:{key.conversation_id}"]


async def test_an_open_console_makes_its_agent_online(world: World) -> None:
    mira = await world.sign_in()
    assert await presence_of(world, mira.id) == Presence.OFFLINE
    async with world.socket() as ears:
        lists = await ears.hear("lists")
        while lists["colleagues"][0]["presence"] != Presence.ONLINE:
            lists = await ears.hear("lists")
    assert await presence_of(world, mira.id) == Presence.ONLINE


async def test_t13_an_agent_says_that_they_are_away_and_everybody_sees_it(world: World) -> None:
    mira = await world.sign_in()
    async with world.socket() as ears:
        await ears.hear("lists")
        response = await world.post("/console/presence", {"presence": "away"})
        assert (response.status, await response.json()) == (200, {"presence": "away"})
        lists = await ears.hear("lists")
        while lists["colleagues"][0]["presence"] != Presence.AWAY:
            lists = await ears.hear("lists")
    # The open page alone does not bring them back: they said it themselves.
    assert await presence_of(world, mira.id) == Presence.AWAY


async def test_a_presence_that_there_is_not_is_refused(world: World) -> None:
    await world.sign_in()
    response = await world.post("/console/presence", {"presence": "asleep"})
    assert response.status == 400
    foreign = await world.post("/console/presence", {"presence": "away"}, origin="https://elsewhere.example")
    assert foreign.status == 403
