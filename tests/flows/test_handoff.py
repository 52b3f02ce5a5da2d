"""A human takes over, answers, and hands the conversation back (W1, W2, W5, W9, W11, U10)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from channels.markdown import plain
from handoff import agents
from handoff.acts import Claim, Close, Declined, Done, Note, Release, Reopen, Reply, StoredFile
from handoff.tickets import Ticket, TicketState
from messaging import files
from messaging.messages import Direction
from tests.flows.house import House


async def asked(house: House, name: str = "Ann") -> tuple[object, Ticket]:
    """Somebody who asked for a human, and their ticket."""
    player = house.channel.player(name, language="en")
    await player.writes("human")
    await player.reads()
    return player, (await house.waiting())[-1]


async def test_the_whole_conversation_as_both_sides_see_it(house: House) -> None:
    mira = await house.agent()
    ann = house.channel.player("Ann", language="en")
    await ann.writes("my lantern sword vanished after zqxv")
    await ann.reads()
    await ann.writes("human")
    place = await ann.reads("You are next")
    assert place.text.startswith("Hello Ann,")
    (ticket,) = await house.waiting()
    assert ticket.question == "my lantern sword vanished after zqxv"

    assert await mira.does(Claim, ticket) == Done()
    greeting = await ann.reads("I am Mira")
    assert "Ann" in greeting.text
    assert await mira.does(Reply, ticket, text="Let me **look**") == Done()
    assert (await ann.reads("look")).author == "agent"

    seen = len(ann.messages)
    await ann.writes("how do i get my account back")
    assert await mira.does(Note, ticket, text="knows the answer, is upset") == Done()
    assert await mira.does(Close, ticket, unconfirmed="settled by telephone") == Done()
    await ann.reads("Mira has closed this request")
    # While a human has the ticket the bot is silent, and a note is never sent.
    assert len(ann.messages) == seen + 1
    assert [each.text for each in await house.said(ann.chat) if each.direction is Direction.NOTE] == [
        "knows the answer, is upset"
    ]
    await ann.writes("how do i get my account back")
    assert (await ann.reads("account")).buttons


async def test_the_place_in_the_queue_is_told(house: House) -> None:
    for name in ("Ann", "Ben", "Cem"):
        await asked(house, name)
    dan = house.channel.player("Dan", language="en")
    await dan.writes("human")
    await dan.reads("There are 3 people before you")
    await dan.writes("human")
    await dan.reads("There are 3 people before you")
    await dan.uses("status")
    await dan.reads("There are 3 people before you")
    assert len(await house.waiting()) == 4


async def test_fifty_claims_at_once_one_wins(house: House) -> None:
    crowd = [await house.agent(f"agent{number}", f"Desk {number}") for number in range(50)]
    _, ticket = await asked(house)
    outcomes = await asyncio.gather(*(agent.does(Claim, ticket) for agent in crowd))
    winners = [agent for agent, outcome in zip(crowd, outcomes, strict=True) if outcome == Done()]
    assert len(winners) == 1
    refused = {outcome.reason for outcome in outcomes if isinstance(outcome, Declined)}
    assert refused == {f"{winners[0].desk_name} took it first."}
    assert (await house.ticket(ticket.key)).agent_id == winners[0].id


async def test_an_act_repeated_after_a_lost_answer_does_nothing_twice(house: House) -> None:
    mira = await house.agent()
    ann, ticket = await asked(house)
    await mira.does(Claim, ticket)
    reply = mira.act(Reply, ticket, text="once")
    for _ in range(3):
        assert await house.app.perform(reply) == Done()
    await ann.reads("once")
    assert sum(each.text == "once" for each in await house.said(ann.chat)) == 1


async def test_only_who_took_the_ticket_may_answer_and_close_it(house: House) -> None:
    mira, noor = await house.agent(), await house.agent("noor", "Noor")
    _, ticket = await asked(house)
    assert (await mira.does(Reply, ticket, text="hi")) == Declined("not_taken", "Take the ticket first.")
    await mira.does(Claim, ticket)
    assert (await noor.does(Reply, ticket, text="hi")) == Declined("not_yours", "Mira has this ticket.")
    assert (await noor.does(Close, ticket)).code == "not_yours"
    assert (await mira.does(Reply, ticket, text="  ")).code == "empty"
    assert (await noor.does(Note, ticket, text="I know this player")) == Done()


async def test_a_ticket_given_back_keeps_its_old_place(house: House) -> None:
    mira = await house.agent()
    _, first = await asked(house, "Ann")
    _, second = await asked(house, "Ben")
    await mira.does(Claim, first)
    assert [each.key for each in await house.waiting()] == [second.key]
    await mira.does(Release, first)
    assert [each.key for each in await house.waiting()] == [first.key, second.key]


async def test_the_tickets_of_an_agent_who_is_shut_out_go_back_to_the_queue(house: House) -> None:
    mira = await house.agent()
    ann, ticket = await asked(house)
    await mira.does(Claim, ticket)
    async with house.app.database.transaction() as connection:
        await agents.disable(connection, "mira", house.clock())
    await house.app.clockwork.return_tickets()
    assert [each.key for each in await house.waiting()] == [ticket.key]
    await ann.reads("your place is kept")


async def test_who_writes_again_soon_after_the_close_continues_the_same_request(house: House) -> None:
    mira = await house.agent()
    ann, ticket = await asked(house)
    await mira.does(Claim, ticket)
    await mira.does(Close, ticket, unconfirmed="settled by telephone")
    await ann.reads("closed this request")
    await ann.writes("zqxv still wvut broken")
    await ann.reads("picked up your earlier request")
    (again,) = await house.waiting()
    assert (again.key, again.reopened) == (ticket.key, 1)


async def test_who_writes_again_much_later_starts_anew(house: House) -> None:
    mira = await house.agent()
    ann, ticket = await asked(house)
    await mira.does(Claim, ticket)
    await mira.does(Close, ticket, unconfirmed="settled by telephone")
    house.clock.advance(hours=25)
    await ann.writes("zqxv wvut plmk")
    await ann.reads("do not have an answer")
    assert await house.waiting() == []
    await ann.writes("human")
    await ann.reads("You are next")
    (fresh,) = await house.waiting()
    assert fresh.key != ticket.key


async def test_an_agent_reopens_a_closed_ticket(house: House) -> None:
    mira = await house.agent()
    _, ticket = await asked(house)
    await mira.does(Claim, ticket)
    await mira.does(Close, ticket, unconfirmed="settled by telephone")
    assert await mira.does(Reopen, ticket) == Done()
    assert (await house.ticket(ticket.key)).state is TicketState.ASSIGNED
    assert (await mira.does(Reopen, ticket)).code == "open"


async def test_a_long_wait_is_apologised_for_at_widening_intervals_and_at_most_three_times(house: House) -> None:
    """W2."""
    ann, _ = await asked(house)
    heard = []
    for minutes in (4, 2, 10, 6, 40, 10, 200, 2000):
        house.clock.advance(minutes=minutes)
        before = len(ann.messages)
        await house.app.clockwork.fire_timers()
        await house.quiet()
        heard.append(len(ann.messages) - before)
    # 5 minutes after the start, 15 after that, 45 after that; then no more.
    assert heard == [0, 1, 0, 1, 0, 1, 0, 0]
    assert all("sorry that you are still waiting" in each.text for each in ann.messages[1:])


async def test_who_waited_long_is_thanked_for_it_and_hears_no_more_apologies(house: House) -> None:
    """W11."""
    mira = await house.agent()
    ann, ticket = await asked(house)
    house.clock.advance(minutes=6)
    await house.app.clockwork.fire_timers()
    await ann.reads("still waiting")
    await mira.does(Claim, ticket)
    assert "Thank you very much for waiting" in (await ann.reads("I am Mira")).text
    house.clock.advance(hours=9)
    await house.app.clockwork.fire_timers()
    assert not any("still waiting" in each.text for each in ann.messages[2:])


async def test_out_of_hours_the_player_hears_when_we_open_next(quiet_house: House) -> None:
    quiet_house.with_(hours=dict.fromkeys(("monday", "tuesday", "wednesday", "thursday"), ()))
    quiet_house.with_(hours=dict.fromkeys(("friday", "saturday", "sunday"), ("09:00-10:00",)))
    await quiet_house.begin()
    now = quiet_house.clock()
    wednesday = now + timedelta(days=(2 - now.weekday()) % 7)
    quiet_house.clock.advance(seconds=(wednesday - now).total_seconds())
    ann = quiet_house.channel.player("Ann", language="en")
    await ann.writes("human")
    told = await ann.reads("We open next")
    assert "Fri" in plain(told.text)
    assert "9:00" in plain(told.text)
    (ticket,) = await quiet_house.waiting()
    assert ticket.state is TicketState.WAITING


async def test_a_picture_from_the_agent_reaches_the_player(house: House) -> None:
    mira = await house.agent()
    ann, ticket = await asked(house)
    await mira.does(Claim, ticket)
    async with house.app.database.transaction() as connection:
        sha256 = await files.store(house.app.database, connection, b"\x89PNG", "image/png", house.clock())
    picture = StoredFile(sha256, "map.png", "image/png", 4)
    await mira.does(Reply, ticket, text="Look here", files=(picture, picture))
    first = await ann.reads("Look here")
    assert first.file is not None
    assert (first.file.name, first.file.content) == ("map.png", b"\x89PNG")
    second = await ann.reads()
    assert (second.text, second.file is not None) == ("", True)


async def test_a_restart_in_the_middle_loses_and_doubles_nothing(house: House) -> None:
    mira = await house.agent()
    ann, ticket = await asked(house)
    await mira.does(Claim, ticket)
    await house.end()
    await house.begin()
    await mira.does(Reply, ticket, text="still here")
    await ann.reads("still here")
    texts = [each.text for each in ann.messages]
    assert len(texts) == len(set(texts))
    house.clock.advance(hours=1)
    await house.app.clockwork.fire_timers()
    assert [each.text for each in ann.messages] == texts
