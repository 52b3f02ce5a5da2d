"""Promises and holds through the whole program (T5, T15, T16, W7, W11, W15), silence (G12), nobody unanswered (T17)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from channels.markdown import plain
from channels.memory.player import MemoryPlayer
from handoff.acts import Claim, Close, Declined, Done, DropPromise, Hold, KeepPromise, Note, Reply, Unhold
from handoff.agents import Role
from handoff.tickets import Ticket, TicketState
from messaging.conversations import conversations, messages
from messaging.messages import Direction
from messaging.players import players
from messaging.timers import timers
from tests.flows.house import Agent, Clock, House
from tests.flows.timing import PATIENT, passes, recorded, rings, told

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
async def house(quiet_cottage: House) -> House:
    quiet_cottage.with_(queue=PATIENT)
    quiet_cottage.clock = Clock(datetime(2027, 3, 2, 12, tzinfo=UTC))
    await quiet_cottage.begin()
    return quiet_cottage


async def taken(house: House) -> tuple[Agent, MemoryPlayer, Ticket]:
    mira = await house.agent()
    ann = house.channel.player("Ann", language="en")
    await ann.writes("human")
    await ann.reads("You are next")
    (ticket,) = await house.waiting()
    assert await mira.does(Claim, ticket) == Done()
    await ann.reads("I am Mira")
    return mira, ann, ticket


async def heard(house: House, ann: MemoryPlayer, fragment: str) -> int:
    """How often the player was told this."""
    await house.quiet()
    return sum(fragment in plain(each.text) for each in ann.messages)


async def test_a_promise_is_told_in_the_players_own_time_and_kept_by_the_next_reply(house: House) -> None:
    """W15, T5."""
    mira, ann, ticket = await taken(house)
    async with house.app.database.transaction() as connection:
        await connection.execute(sa.update(players).values(time_zone="Asia/Ho_Chi_Minh"))
    due = house.clock() + HOUR
    assert await mira.does(Reply, ticket, text="I am asking the developers.", promise=due) == Done()
    said = plain((await ann.reads("developers")).text)
    assert "You will hear from us by" in said
    assert due.astimezone().tzinfo is not None
    assert f"{(due + 7 * HOUR):%-I:%M}" in said
    kept = await house.ticket(ticket.key)
    assert (kept.promise_due_at, kept.clocks["looking"]) == (due, True)
    await mira.does(Reply, ticket, text="Still waiting for them", looking=True)
    assert (await house.ticket(ticket.key)).promise_due_at == due
    await passes(house, minutes=46)
    assert "our word is due in 1" in told(house)["promises"]
    assert told(house, Role.AGENT, mira)["promises:agent"].startswith("warning: 1 promise to players is due soon")
    await mira.does(Reply, ticket, text="It is mended now.")
    assert (await house.ticket(ticket.key)).promise_due_at is None
    assert [each["in_time"] for each in await recorded(house, ticket, "promise_kept")] == [True]
    await passes(house, hours=3)
    assert await heard(house, ann, "we promised to write to you") == 0
    assert told(house) == {}
    assert 'innkeeper_promises_total{outcome="kept"} 1.0' in house.app.metrics.render().decode()


async def test_a_reply_that_names_the_time_itself_is_left_as_it_is(house: House) -> None:
    mira, ann, ticket = await taken(house)
    due = (house.clock() + 6 * HOUR).replace(minute=0, second=0, microsecond=0)
    await mira.does(Reply, ticket, text="Let us look at it again at 6 pm, please.", promise=due)
    assert plain((await ann.reads("6 pm")).text) == "Let us look at it again at 6 pm, please."
    assert (await house.ticket(ticket.key)).promise_due_at == due


async def test_a_missed_promise_is_said_once_and_stays_owed_also_after_a_restart(house: House) -> None:
    """T16, W2."""
    mira, ann, ticket = await taken(house)
    await mira.does(Reply, ticket, text="A moment please.", promise=house.clock() + HOUR)
    await house.end()
    await house.begin()
    await passes(house, minutes=46)
    await passes(house, minutes=16)
    assert "we have not done so yet" in plain((await ann.reads("I am sorry")).text)
    await house.crash()
    await house.begin()
    await passes(house, hours=5)
    assert await heard(house, ann, "we have not done so yet") == 1
    assert len(await recorded(house, ticket, "promise_warning")) == 1
    assert len(await recorded(house, ticket, "promise_missed")) == 1
    assert told(house)["promises"].startswith("error: 1 promise to players was missed")
    assert told(house, Role.AGENT, mira)["promises:agent"].startswith("error:")
    await mira.does(Reply, ticket, text="Here it is at last.")
    assert [each["in_time"] for each in await recorded(house, ticket, "promise_kept")] == [False]
    await rings(house)
    assert "promises" not in told(house)


async def test_closing_with_an_open_promise_is_refused_until_it_is_kept_or_dropped(house: House) -> None:
    mira, ann, ticket = await taken(house)
    await mira.does(Reply, ticket, text="A moment please.", promise=house.clock() + HOUR)
    closing = {"category": "account", "unconfirmed": "went away"}
    refused = await mira.does(Close, ticket, **closing)
    assert isinstance(refused, Declined)
    assert refused.code == "promise_open"
    assert (await house.ticket(ticket.key)).state is TicketState.ASSIGNED
    assert (await mira.does(DropPromise, ticket, promise=1)).code == "reason"
    assert (await mira.does(DropPromise, ticket, promise=2, reason="x")).code == "no_promise"
    assert await mira.does(DropPromise, ticket, promise=1, reason="solved by the patch") == Done()
    assert (await mira.does(KeepPromise, ticket, promise=1)).code == "no_promise"
    assert await mira.does(Close, ticket, **closing) == Done()
    await ann.reads("closed this request")


async def test_a_promise_of_the_past_or_too_far_away_is_refused(house: House) -> None:
    """T5: three days at most."""
    mira, ann, ticket = await taken(house)
    before = len(ann.messages)
    past = await mira.does(Reply, ticket, text="I will ask.", promise=house.clock() - MINUTE)
    far = await mira.does(Reply, ticket, text="I will ask.", promise=house.clock() + timedelta(days=4))
    assert (past.code, far.code) == ("promise_past", "promise_far")
    assert "3 days" in far.reason
    await house.quiet()
    assert len(ann.messages) == before


async def test_on_hold_the_player_is_thanked_at_widening_intervals_and_the_agent_reminded(house: House) -> None:
    """T15, T16: after 1 minute, 3 more, 9 more; then no more."""
    mira, ann, ticket = await taken(house)
    await mira.does(Reply, ticket, text="Which server?")
    await ann.writes("the third")
    assert await mira.does(Hold, ticket) == Done()
    await ann.reads("One moment, please. Mira is looking into it")
    assert (await mira.does(Hold, ticket)).code == "held"
    thanked = []
    for minutes in (0.9, 0.2, 2, 1.1, 8, 1.1, 60):
        await passes(house, minutes=minutes)
        thanked.append(await heard(house, ann, "Thank you for waiting. Mira is still looking"))
        if minutes == 0.2:
            assert "is on hold since 12:" in told(house, Role.AGENT, mira)["hold:agent"]
            hints = [each.remedy for each in house.app.lookout.notices() if each.key == "hold:agent"]
            assert "promise a time" in hints[0]
        if minutes == 1.1:
            await mira.does(Note, ticket, text="asking the developers")
    assert thanked == [0, 1, 1, 2, 2, 3, 3]
    assert [each["given"] for each in await recorded(house, ticket, "hold_reminder")] == [1, 2, 3]


async def test_the_first_word_after_a_hold_is_that_the_agent_is_back(house: House) -> None:
    """W7, W11."""
    mira, ann, ticket = await taken(house)
    await mira.does(Hold, ticket)
    await passes(house, minutes=2)
    await mira.does(Reply, ticket, text="I found it.")
    await mira.does(Reply, ticket, text="Please restart the game.")
    await house.quiet()
    last = [plain(each.text) for each in ann.messages][-3:]
    assert last[0].startswith("Thank you for your patience")
    assert last[1:] == ["I found it.", "Please restart the game."]
    assert (await house.ticket(ticket.key)).held_since is None
    await passes(house, minutes=20)
    assert await heard(house, ann, "Thank you for waiting") == 1
    assert (await mira.does(Unhold, ticket)).code == "not_held"
    await mira.does(Hold, ticket)
    assert await mira.does(Unhold, ticket) == Done()
    assert await heard(house, ann, "Thank you for your patience") == 2


async def test_a_hold_ends_with_the_ticket(house: House) -> None:
    mira, ann, ticket = await taken(house)
    await mira.does(Hold, ticket)
    await mira.does(Close, ticket, category="account", unconfirmed="went away")
    await passes(house, minutes=10)
    assert await heard(house, ann, "Thank you for waiting. Mira") == 0
    assert (await house.ticket(ticket.key)).held_since is None


async def test_a_silent_agent_is_reminded_then_the_lead_then_the_ticket_goes_back(house: House) -> None:
    """G12."""
    mira, ann, ticket = await taken(house)
    await passes(house, minutes=5)
    assert "waits for your word since 12:0" in told(house, Role.AGENT, mira)["silence:agent"]
    assert "silence" not in told(house)
    await mira.does(Note, ticket, text="this is a hard one")
    await rings(house)
    assert "silence:agent" not in told(house, Role.AGENT, mira)
    await passes(house, minutes=5)
    await passes(house, minutes=6)
    assert "waits for Mira's word since" in told(house)["silence"]
    await passes(house, minutes=20)
    back = await house.ticket(ticket.key)
    assert (back.state, back.agent_id, back.waiting_since) == (TicketState.WAITING, None, ticket.waiting_since)
    await ann.reads("your place is kept")
    notes = [each.text for each in await house.said(ann.chat) if each.direction is Direction.NOTE]
    assert any("did nothing for the player for 30 minutes" in note for note in notes)
    assert [each["step"] for each in await recorded(house, ticket, "agent_silent")] == [0, 0, 1, 2]
    assert "silence" not in told(house)


async def test_silence_is_right_while_the_player_owes_or_a_promise_stands(house: House) -> None:
    mira, ann, ticket = await taken(house)
    await mira.does(Reply, ticket, text="Which server?")
    await passes(house, hours=5)
    assert (await house.ticket(ticket.key)).agent_id == mira.id
    await ann.writes("the third")
    await mira.does(Reply, ticket, text="I will ask.", promise=house.clock() + 2 * HOUR)
    await passes(house, minutes=100)
    assert (await house.ticket(ticket.key)).agent_id == mira.id
    await passes(house, minutes=21)
    for _ in range(3):
        await passes(house, minutes=11)
    assert (await house.ticket(ticket.key)).state is TicketState.WAITING


async def test_the_last_words_on_a_look_up_are_ours(house: House) -> None:
    """``looking`` is no way out of G12."""
    mira, _, ticket = await taken(house)
    await mira.does(Reply, ticket, text="Let me look", looking=True)
    for _ in range(3):
        await passes(house, minutes=11)
    assert (await house.ticket(ticket.key)).state is TicketState.WAITING


async def unanswered(house: House) -> float:
    await house.app.lookout.look()
    figure = next(
        line
        for line in house.app.metrics.render().decode().splitlines()
        if line.startswith("innkeeper_players_unanswered ")
    )
    return float(figure.split()[1])


async def by_hand(house: House) -> int:
    """Counted from nothing but the messages: whose last word is a player's, and in no open ticket."""
    async with house.app.database.reading() as connection:
        rows = await connection.execute(
            sa.select(messages.c.conversation_id, messages.c.direction, messages.c.ticket_number)
            .where(messages.c.direction != Direction.NOTE)
            .order_by(messages.c.conversation_id, messages.c.number)
        )
        last = {row.conversation_id: row for row in rows}
    return sum(row.direction == Direction.INCOMING and row.ticket_number is None for row in last.values())


async def test_nobody_is_without_an_answer_in_an_ordinary_day(house: House) -> None:
    """T17: the counter reads zero, whatever players do."""
    mira, ann, ticket = await taken(house)
    ben = house.channel.player("Ben", language="en")
    await ben.writes("how do i kill the goblin")
    await ben.writes("zqxv wvut plmk")
    await ben.uses("status")
    await mira.does(Reply, ticket, text="Hello Ann")
    await ann.writes("thank you")
    await mira.does(Close, ticket, category="account", unconfirmed="went away")
    cem = house.channel.player("Cem", language="en")
    album = [cem.message("how do i kill the goblin", album="a"), cem.message("", album="a")]
    for part in album:
        await house.channel.deliver([part])
    dan = house.channel.player("Dan", language="en")
    for _ in range(30):
        await dan.writes("how do i kill the goblin")
    for _ in range(4):
        await passes(house, minutes=4)
    assert await unanswered(house) == 0
    assert "unanswered" not in told(house)


async def test_a_player_without_an_answer_is_counted_and_told_until_they_have_one(quiet_cottage: House) -> None:
    """T17: the alarm that was to answer them is lost, and their words are in nobody's queue."""
    house = quiet_cottage
    house.clock = Clock(datetime(2027, 3, 2, 12, tzinfo=UTC))
    house.with_(queue=PATIENT, faq={"patience": timedelta(minutes=1)})
    await house.begin()
    ann = house.channel.player("Ann", language="en")
    await ann.writes("zqxv wvut plmk")
    async with house.app.database.transaction() as connection:
        await connection.execute(sa.delete(timers))
    assert await by_hand(house) == 1
    assert await unanswered(house) == 0
    await passes(house, minutes=6)
    assert await unanswered(house) == 1
    assert "1 player wrote to us and has no answer, the first since 12:0" in told(house)["unanswered"]
    assert "Ann (memory)" in told(house)["unanswered"]
    assert "unanswered" not in told(house, Role.AGENT)
    await house.end()
    await house.begin()
    assert await unanswered(house) == 1
    await ann.writes("how do i kill the goblin")
    await ann.reads()
    assert (await unanswered(house), await by_hand(house)) == (0, 0)
    assert told(house) == {}


async def test_a_ticket_that_its_player_never_heard_of_counts_too(house: House) -> None:
    """T17: opened, and nothing said."""
    ann = house.channel.player("Ann", language="en")
    await ann.writes("how do i kill the goblin")
    async with house.app.database.transaction() as connection:
        await connection.execute(sa.update(conversations).values(unanswered_since=house.clock() - HOUR))
    assert await unanswered(house) == 1


async def test_a_ticket_that_nobody_takes_is_told_to_leads(house: House) -> None:
    """T6."""
    ann = house.channel.player("Ann", language="en")
    await ann.writes("human")
    await passes(house, hours=11)
    assert "unreached" not in told(house)
    await passes(house, hours=1.1)
    assert "1 player waited over 12 hours, and nobody has reached them: Ann (" in told(house)["unreached"]
    assert "unreached" not in told(house, Role.AGENT)
    assert "innkeeper_players_unreached 1.0" in house.app.metrics.render().decode()
