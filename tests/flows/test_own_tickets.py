"""Players and their own requests: they see them, add to them, take them back, and are called back when they like."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.markdown import plain
from channels.memory.player import MemoryPlayer
from handoff import records
from handoff.acts import Claim, Close, Reply
from handoff.tickets import Ticket, TicketState
from tests.flows.house import House


async def waiting(house: House, name: str = "Ann") -> tuple[MemoryPlayer, Ticket]:
    player = house.channel.player(name, language="en")
    await player.writes("zqxv wvut is gone")
    await player.reads("do not have an answer")
    await player.writes("human")
    await player.reads("Hello")
    return player, (await house.waiting())[-1]


async def recorded(house: House, ticket: Ticket) -> list[str]:
    async with house.app.database.reading() as connection:
        found = await records.of_ticket(connection, ticket.key.conversation_id, ticket.key.number)
    return [each.kind for each in found]


async def test_status_lists_the_requests_with_number_state_and_place(cottage: House) -> None:
    """U10."""
    mira = await cottage.agent()
    await waiting(cottage, "Ben")
    ann, first = await waiting(cottage)
    await mira.does(Claim, first)
    await mira.does(Reply, first, text="It is in your bag.")
    await mira.does(Close, first)
    await ann.reads("closed this request")
    cottage.clock.advance(hours=30)
    await ann.writes("human")
    await ann.reads("Hello")
    second = (await cottage.waiting())[-1]
    await ann.uses("status")
    told = plain((await ann.reads("Your request is waiting")).text)
    assert "There is 1 person before you" in told
    assert f"{second.key} · waiting since" in told
    assert f"{first.key} · closed" in told
    assert "zqxv wvut is gone" in told


async def test_who_has_no_request_hears_so(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    await ann.uses("status")
    assert "no request" in (await ann.reads()).text
    await ann.uses("close")
    await ann.reads("no request")


async def test_a_waiting_player_may_add_to_it(cottage: House) -> None:
    ann, ticket = await waiting(cottage)
    await ann.writes("and my shield")
    await ann.reads("added that")
    assert [each.ticket_number for each in await cottage.said(ann.chat)][-2:] == [ticket.key.number] * 2


@pytest.mark.parametrize("way", ["button", "command", "words"])
async def test_a_request_can_be_taken_back(cottage: House, way: str) -> None:
    ann, ticket = await waiting(cottage)
    if way == "button":
        await ann.presses("Take it back")
    elif way == "command":
        await ann.uses("close")
    else:
        await ann.writes("Never mind, thanks!")
    await ann.reads("taken your request back")
    found = await cottage.ticket(ticket.key)
    assert (found.state, found.category) == (TicketState.RESOLVED, "taken_back")
    assert "taken_back" in await recorded(cottage, ticket)
    # Nobody apologises for a wait that is over (W2), and nothing is asked about it (U1).
    cottage.clock.advance(hours=2)
    await cottage.app.clockwork.fire_timers()
    await cottage.quiet()
    assert "taken your request back" in ann.messages[-1].text


async def test_an_old_button_takes_nothing_newer_back(cottage: House) -> None:
    ann, ticket = await waiting(cottage)
    await ann.presses("Take it back")
    await ann.reads("taken your request back")
    cottage.clock.advance(hours=30)
    await ann.writes("human")
    await ann.reads("Hello")
    await ann.acts(f"takeback:{ticket.key.number}")
    await ann.reads("earlier message")
    assert len(await cottage.waiting()) == 1


async def test_words_that_only_sound_like_it_are_added(cottage: House) -> None:
    ann, ticket = await waiting(cottage)
    await ann.writes("never mind the sword, it is the shield that matters")
    await ann.reads("added that")
    assert (await cottage.ticket(ticket.key)).state is TicketState.WAITING


async def test_a_player_is_called_back_at_the_time_they_chose(cottage: House) -> None:
    """W16: put aside until then, and then before everybody else."""
    ann, ticket = await waiting(cottage)
    await ann.presses("Call me back later")
    choose = await ann.reads("When shall we get back")
    assert 2 <= len(choose.buttons) <= 4
    await ann.presses(choose.buttons[0].label)
    await ann.reads("We get back to you here")
    found = await cottage.ticket(ticket.key)
    assert found.state is TicketState.SNOOZED
    assert found.call_back_at is not None
    assert timedelta(minutes=59) <= found.call_back_at - cottage.clock() <= timedelta(minutes=91)
    ben, _ = await waiting(cottage, "Ben")
    before = len(ann.messages)
    cottage.clock.advance(minutes=50)
    await cottage.app.clockwork.fire_timers()
    await cottage.quiet()
    # Nobody who chose a time is told that they still wait.
    assert len(ann.messages) == before
    cottage.clock.advance(minutes=45)
    await cottage.app.clockwork.fire_timers()
    told = await ann.reads("wanted to hear from us at this time")
    assert "You are next" in told.text
    assert (await cottage.waiting())[0].key == ticket.key
    assert {"call_back_asked", "call_back_due"} <= set(await recorded(cottage, ticket))
    assert ben.messages


@pytest.mark.parametrize("ending", ["end", "crash"])
async def test_a_call_back_outlives_a_restart_and_comes_once(cottage: House, ending: str) -> None:
    ann, ticket = await waiting(cottage)
    await ann.presses("Call me back later")
    choose = await ann.reads("When shall we get back")
    await ann.presses(choose.buttons[0].label)
    await ann.reads("We get back to you here")
    await cottage.quiet()
    await (cottage.end() if ending == "end" else cottage.crash())
    await cottage.begin()
    cottage.clock.advance(hours=2)
    for _ in range(2):
        await cottage.app.clockwork.fire_timers()
        await cottage.quiet()
    assert sum("wanted to hear from us" in each.text for each in ann.messages) == 1
    assert (await cottage.ticket(ticket.key)).state is TicketState.WAITING


async def test_words_before_the_call_are_kept_and_a_plea_brings_the_place_back(cottage: House) -> None:
    """F2: nobody is held to a time that they chose."""
    ann, ticket = await waiting(cottage)
    await ann.presses("Call me back later")
    choose = await ann.reads("When shall we get back")
    await ann.presses(choose.buttons[0].label)
    await ann.reads("We get back to you here")
    await ann.writes("and my shield")
    await ann.reads("added that")
    assert (await cottage.ticket(ticket.key)).state is TicketState.SNOOZED
    await ann.writes("human")
    await ann.reads("your place is kept")
    assert [each.key for each in await cottage.waiting()] == [ticket.key]
    cottage.clock.advance(hours=3)
    await cottage.app.clockwork.fire_timers()
    await cottage.quiet()
    assert not any("wanted to hear from us" in each.text for each in ann.messages)


async def test_times_are_the_players_own_and_within_opening_hours(quiet_cottage: House) -> None:
    """T8: nobody is promised a call while we are closed."""
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    quiet_cottage.with_(hours=dict.fromkeys(days, ("09:00-10:30",)))
    await quiet_cottage.begin()
    ann, ticket = await waiting(quiet_cottage)
    await ann.presses("Call me back later")
    choose = await ann.reads("When shall we get back")
    for button in choose.buttons:
        seconds = int((button.action or "").rpartition(":")[2])
        at = quiet_cottage.clock().fromtimestamp(seconds, quiet_cottage.clock().tzinfo)
        assert (9, 0) <= (at.hour, at.minute) < (10, 30)
    assert choose.buttons
    # What comes back is checked: only a time that we could have offered counts.
    for forged in ("0", "99999999999999999", str(int(quiet_cottage.clock().timestamp()) - 10)):
        await ann.acts(f"callback:{ticket.key.number}:{forged}")
        await ann.reads("earlier message")


async def test_with_an_agent_there_is_nothing_to_call_back_for(cottage: House) -> None:
    mira = await cottage.agent()
    ann, ticket = await waiting(cottage)
    await mira.does(Claim, ticket)
    await ann.reads("I am Mira")
    await ann.presses("Call me back later")
    await ann.reads("Your request is with Mira")
    # But they may still take it back.
    await ann.presses("Take it back")
    await ann.reads("taken your request back")
    assert (await cottage.ticket(ticket.key)).state is TicketState.RESOLVED
