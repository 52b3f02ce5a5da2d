"""Two agents on one ticket see each other; presence is said, and kept by an open console."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from handoff.agents import Agent, Presence, agents
from handoff.console.company import TOLD_AGAIN, TYPING_SHOWN, Company
from handoff.tickets import TicketKey, TicketState
from messaging.live import Live
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


class Processes:
    """Two processes over one database, as the bridge joins them: what one tells, the other hears."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.lives = Live(), Live()
        self.here, self.there = (Company(live, now) for live in self.lives)
        self.join()

    def join(self) -> None:
        self.lives[0].forward, self.lives[1].forward = self.lives[1].hear, self.lives[0].hear

    def part(self) -> None:
        for live in self.lives:
            live.forward = None


def names(company: Company, key: TicketKey, agent: Agent) -> list[tuple[str, bool]]:
    return [(each["name"], each["typing"]) for each in company.others(key, agent.id)]


async def test_colleagues_at_other_machines_see_each_other_too(world: World) -> None:
    key = await world.ticket()
    mira, tom = await world.sign_in("mira"), await world.sign_in("tom")
    both = Processes(world.clock)
    with both.here.look(key, mira), both.lives[0].watch(Company.topic(key)) as stirred:
        with both.there.look(key, tom):
            # Whoever comes later asks who is there, and is answered.
            assert (names(both.here, key, mira), names(both.there, key, tom)) == ([("Tom", False)], [("Mira", False)])
            stirred.clear()
            both.there.typing(key, tom)
            assert stirred.is_set()
            assert names(both.here, key, mira) == [("Tom", True)]
            world.clock.advance(seconds=TYPING_SHOWN.total_seconds() + 1)
            assert names(both.here, key, mira) == [("Tom", False)]
        assert names(both.here, key, mira) == []


async def test_who_was_at_a_machine_that_died_is_forgotten(world: World) -> None:
    key = await world.ticket()
    mira, tom = await world.sign_in("mira"), await world.sign_in("tom")
    both = Processes(world.clock)
    with both.here.look(key, mira), both.there.look(key, tom):
        for _ in range(6):
            world.clock.advance(seconds=TOLD_AGAIN.total_seconds())
            both.there.tell_again(key)
        assert names(both.here, key, mira) == [("Tom", False)]
        both.part()
        for _ in range(4):
            world.clock.advance(seconds=TOLD_AGAIN.total_seconds())
        assert names(both.here, key, mira) == []
        both.join()
        both.there.tell_again(key)
        assert names(both.here, key, mira) == [("Tom", False)]


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
