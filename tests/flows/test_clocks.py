"""Clocks of service through the whole program (T1-T4): started, paused, warned of once, whatever restarts or edits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.settings import Settings
from channels.memory.player import MemoryPlayer
from handoff.acts import Claim, Classify, Close, Declined, Done, Release, Reopen, Reply
from handoff.agents import Role
from handoff.sla_settings import ClassSettings
from handoff.tickets import Ticket, TicketState, tickets
from messaging.timers import timers
from tests.flows.house import Agent, Clock, House
from tests.flows.timing import PATIENT, passes, recorded, replanned, rings, told, warnings

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@pytest.fixture
async def house(quiet_cottage: House) -> House:
    quiet_cottage.with_(queue=PATIENT)
    await quiet_cottage.begin()
    return quiet_cottage


async def asked(house: House) -> tuple[MemoryPlayer, Ticket]:
    ann = house.channel.player("Ann", language="en")
    await ann.writes("human")
    await ann.reads()
    return ann, (await house.waiting())[-1]


async def taken(house: House) -> tuple[Agent, MemoryPlayer, Ticket]:
    mira = await house.agent()
    ann, ticket = await asked(house)
    assert await mira.does(Claim, ticket) == Done()
    return mira, ann, ticket


async def test_routine_warns_at_50_80_and_100_once_each_and_names_the_right_people(house: House) -> None:
    """T1: five minutes of service time to the first human reply."""
    mira, ann, ticket = await taken(house)
    assert (await house.ticket(ticket.key)).due_at == ticket.opened_at + 5 * MINUTE
    await passes(house, minutes=2)
    assert await warnings(house, ticket) == []
    await passes(house, seconds=31)
    assert await warnings(house, ticket) == [("first_reply", 50)]
    assert "sla" not in told(house)
    assert told(house, Role.AGENT, mira)["sla:agent"].startswith("warning: 1 ticket is near the limit: Ann (")
    assert "sla:agent" not in told(house, Role.AGENT)
    await passes(house, seconds=91)
    assert await warnings(house, ticket) == [("first_reply", 50), ("first_reply", 80)]
    assert f"Ann ({ticket.key}, Mira): the first reply is due in 1 minute" in told(house)["sla"]
    assert "sla" not in told(house, Role.ADMIN)
    await passes(house, minutes=3)
    assert await warnings(house, ticket) == [("first_reply", 50), ("first_reply", 80), ("first_reply", 100)]
    assert told(house, Role.ADMIN)["sla"].startswith("error: 1 ticket is late")
    assert "the first reply was due 2 minutes ago" in told(house)["sla"]
    await passes(house, hours=9)
    assert len(await warnings(house, ticket)) == 3
    await mira.does(Reply, ticket, text="Here I am, sorry")
    await ann.reads("Here I am")
    await rings(house)
    assert told(house) == {} == told(house, Role.AGENT, mira)


async def test_a_ticket_that_nobody_has_is_told_to_all_agents(house: House) -> None:
    _, ticket = await asked(house)
    await passes(house, minutes=3)
    assert await warnings(house, ticket) == [("first_reply", 50)]
    assert f"Ann ({ticket.key}): the first reply is due" in told(house, Role.AGENT)["sla:waiting"]


async def test_the_clock_stands_still_while_the_player_owes_the_next_word(house: House) -> None:
    mira, ann, ticket = await taken(house)
    await passes(house, minutes=1)
    await mira.does(Reply, ticket, text="Which server is it?")
    await passes(house, hours=30)
    assert await warnings(house, ticket) == []
    assert (await house.ticket(ticket.key)).due_at is None
    await ann.writes("the third one")
    await ann.writes("and it still happens")
    now = await house.ticket(ticket.key)
    assert now.due_at is not None
    assert abs(now.due_at - house.clock() - 5 * MINUTE) < timedelta(seconds=20)
    await passes(house, minutes=3)
    assert await warnings(house, ticket) == [("next_reply", 50)]


async def test_a_complaint_has_48_hours_by_the_wall_also_while_the_player_owes_and_over_the_close(house: House) -> None:
    """T4."""
    mira, _, ticket = await taken(house)
    assert await mira.does(Classify, ticket, ticket_class="complaint") == Done()
    await mira.does(Reply, ticket, text="I am sorry to hear that. What happened?")
    await passes(house, hours=25)
    assert await warnings(house, ticket) == [("resolution", 50)]
    kept = await house.ticket(ticket.key)
    assert kept.due_at == ticket.opened_at + 48 * HOUR
    await house.end()
    await house.begin()
    await passes(house, hours=14)
    assert await warnings(house, ticket) == [("resolution", 50), ("resolution", 80)]
    await mira.does(Close, ticket, category="account", unconfirmed="went away")
    await passes(house, hours=40)
    assert len(await warnings(house, ticket)) == 2
    assert (await house.ticket(ticket.key)).due_at is None
    await mira.does(Reopen, ticket)
    assert len(await warnings(house, ticket)) == 2
    await passes(house, hours=10)
    assert ("resolution", 100) in await warnings(house, ticket)


async def test_each_warning_comes_once_whatever_restarts_in_between(house: House) -> None:
    _, _, ticket = await taken(house)
    for _ in range(8):
        await passes(house, seconds=50)
        await house.crash()
        await house.begin()
        await rings(house)
    assert await warnings(house, ticket) == [("first_reply", 50), ("first_reply", 80), ("first_reply", 100)]


async def test_out_of_hours_no_time_passes(quiet_cottage: House) -> None:
    """T8: what is asked two minutes before the close is due three minutes after the opening."""
    house = quiet_cottage
    house.with_(queue=PATIENT, hours=dict.fromkeys(DAYS, ("09:00-17:00",)))
    house.clock = Clock(datetime(2027, 3, 2, 16, 58, tzinfo=UTC))
    await house.begin()
    _, ticket = await asked(house)
    await passes(house, hours=12)
    assert await warnings(house, ticket) == []
    assert (await house.ticket(ticket.key)).due_at == datetime(2027, 3, 3, 9, 5, tzinfo=UTC) - 2 * MINUTE + (
        ticket.opened_at - datetime(2027, 3, 2, 16, 58, tzinfo=UTC)
    )


async def test_a_calendar_edited_meanwhile_moves_alarms_both_ways_and_repeats_no_warning(
    quiet_cottage: House, settings: Settings
) -> None:
    """T8: after a restart the alarm rings by the new calendar: sooner, or later where it rings too early."""
    house = quiet_cottage
    always = {day: getattr(settings.hours, day) for day in DAYS}
    house.with_(queue=PATIENT, hours=dict.fromkeys(DAYS, ("09:00-12:00",)))
    house.clock = Clock(datetime(2027, 3, 2, 11, 57, tzinfo=UTC))
    await house.begin()
    _, ticket = await asked(house)
    await passes(house, minutes=2.6)
    assert await warnings(house, ticket) == [("first_reply", 50)]
    await house.end()
    # Open around the clock: what was due tomorrow is due in minutes.
    house.with_(hours=always)
    await house.begin()
    await replanned(house)
    assert (await house.ticket(ticket.key)).due_at == ticket.opened_at + 5 * MINUTE
    await passes(house, minutes=1.5)
    assert await warnings(house, ticket) == [("first_reply", 50), ("first_reply", 80)]
    await house.end()
    # Closed again before it is due: the alarm rings too early, says nothing, and is set again.
    house.with_(hours=dict.fromkeys(DAYS, ("09:00-12:00",)))
    await house.begin()
    await passes(house, minutes=10)
    assert len(await warnings(house, ticket)) == 2
    await passes(house, hours=21)
    assert await warnings(house, ticket) == [("first_reply", 50), ("first_reply", 80), ("first_reply", 100)]


async def test_a_class_edited_meanwhile_counts_for_what_is_still_running(house: House) -> None:
    _, _, ticket = await taken(house)
    await passes(house, minutes=2.6)
    await house.end()
    sla = house.settings.sla
    house.settings = replace(
        house.settings, sla=replace(sla, classes={**sla.classes, "routine": ClassSettings(first_reply="20 minutes")})
    )
    await house.begin()
    await replanned(house)
    assert abs((await house.ticket(ticket.key)).due_at - ticket.opened_at - 20 * MINUTE) < timedelta(seconds=5)
    await passes(house, minutes=9)
    assert await warnings(house, ticket) == [("first_reply", 50)]
    await passes(house, minutes=9)
    assert await warnings(house, ticket) == [("first_reply", 50), ("first_reply", 80), ("first_reply", 100)]


async def test_an_alarm_that_was_lost_is_found_again(house: House) -> None:
    _, ticket = await asked(house)
    async with house.app.database.transaction() as connection:
        await connection.execute(sa.delete(timers))
    await house.app.replanning.sweep()
    await passes(house, minutes=3)
    assert await warnings(house, ticket) == [("first_reply", 50)]


async def test_a_ticket_from_before_there_were_clocks_gets_them(house: House) -> None:
    """An upgraded database: nothing but the ticket's own times."""
    mira, ann, ticket = await taken(house)
    await mira.does(Reply, ticket, text="Which server?")
    await ann.writes("the third")
    async with house.app.database.transaction() as connection:
        await connection.execute(sa.delete(timers))
        await connection.execute(sa.update(tickets).values(clocks={}, due_at=None))
    await replanned(house)
    upgraded = await house.ticket(ticket.key)
    assert (upgraded.clocks["replied"], upgraded.clocks["next_reply"]["stopped_at"]) == (True, None)
    await passes(house, minutes=3)
    assert await warnings(house, ticket) == [("next_reply", 50)]


async def test_a_class_that_is_not_set_is_refused_with_those_that_are(house: House) -> None:
    mira, _, ticket = await taken(house)
    refused = await mira.does(Classify, ticket, ticket_class="urgent")
    assert isinstance(refused, Declined)
    assert (refused.code, "routine, special, major_bug, complaint" in refused.reason) == ("no_class", True)
    assert await mira.does(Classify, ticket, ticket_class="major_bug", topic="login") == Done()
    now = await house.ticket(ticket.key)
    assert (now.ticket_class, now.topic) == ("major_bug", "login")
    assert (await recorded(house, ticket, "classified"))[0]["from"]["ticket_class"] == "routine"


async def test_who_only_looks_has_answered_but_the_resolution_runs_on(house: House) -> None:
    """``looking``: the next word is still ours."""
    mira, _, ticket = await taken(house)
    await mira.does(Classify, ticket, ticket_class="major_bug")
    await mira.does(Reply, ticket, text="Let me look", looking=True)
    clocks = (await house.ticket(ticket.key)).clocks
    assert clocks["looking"]
    assert clocks["first_reply"]["stopped_at"] is not None
    assert clocks["resolution"]["running_since"] is not None
    await mira.does(Reply, ticket, text="Could you send a picture?")
    assert (await house.ticket(ticket.key)).clocks["resolution"]["running_since"] is None


async def test_a_ticket_given_back_keeps_its_clock(house: House) -> None:
    """Changing hands is no way to gain time."""
    mira, _, ticket = await taken(house)
    before = await house.ticket(ticket.key)
    await passes(house, minutes=1)
    await mira.does(Release, ticket)
    after = await house.ticket(ticket.key)
    assert (after.state, after.clocks, after.due_at) == (TicketState.WAITING, before.clocks, before.due_at)


async def test_figures_of_the_clocks(house: House) -> None:
    _, _, _ = await taken(house)
    await passes(house, minutes=6)
    figures = house.app.metrics.render().decode()
    assert 'innkeeper_sla_warnings_total{duty="first_reply",percent="100"} 1.0' in figures
    assert 'innkeeper_sla_tickets{state="missed"} 1.0' in figures
