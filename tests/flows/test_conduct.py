"""Rudeness (G16): an apology first, then a warning, the lead, a while of silence; never a quarrel."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from channels.memory.player import MemoryPlayer
from handoff import records
from handoff.acts import Claim, Done, Reply
from handoff.records import TicketEvent
from messaging.players import players
from tests.flows.house import House

RUDE = "you are a stupid idiot bot"


async def evidence(house: House) -> list[TicketEvent]:
    async with house.app.database.reading() as connection:
        found = await records.of_kind(connection, "rude", house.clock() - timedelta(days=2))
    return found[::-1]


async def insulted(house: House, times: int) -> MemoryPlayer:
    ann = house.channel.player("Ann", language="en")
    for number in range(times):
        await ann.writes(f"{RUDE} {number}")
        await ann.reads()
    return ann


async def test_an_apology_comes_first_then_a_warning_the_lead_and_silence(cottage: House) -> None:
    """G16 in its order, each once; the evidence is kept."""
    ann = await insulted(cottage, 4)
    steps = ["sorry that this is so upsetting", "stay polite", "told the lead", "stop answering now"]
    assert len(ann.messages) == 4
    for step, message in zip(steps, ann.messages, strict=True):
        assert step in message.text
    kept = await evidence(cottage)
    assert [each.data["step"] for each in kept] == ["apology", "warning", "lead", "mute"]
    assert kept[0].data["words"] == f"{RUDE} 0"
    assert kept[0].data["insult"] in RUDE
    async with cottage.app.database.reading() as connection:
        until = await connection.scalar(sa.select(players.c.muted_until))
    assert until is not None
    assert timedelta(minutes=55) < until - cottage.clock() <= timedelta(hours=1)


async def test_the_lead_is_told(cottage: House) -> None:
    """G16: as a notice at the desk, with the words."""
    await insulted(cottage, 2)
    await cottage.app.lookout.look()
    assert not any(each.key == "rude" for each in cottage.app.lookout.notices())
    ann = cottage.channel.player("Ben", language="en")
    for number in range(3):
        await ann.writes(f"{RUDE} {number}")
        await ann.reads()
    await cottage.app.lookout.look()
    (told,) = [each for each in cottage.app.lookout.notices() if each.key == "rude"]
    assert f"{RUDE} 2" in told.text
    assert "1 player" in told.text


async def test_the_apology_offers_a_human_who_gets_the_whole_story(cottage: House) -> None:
    """G8, F2."""
    ann = await insulted(cottage, 1)
    assert [button.label for button in ann.messages[0].buttons] == ["Talk to a human"]
    await ann.presses("Talk to a human")
    await ann.reads("You are next")


async def test_who_waits_is_offered_the_lead(cottage: House) -> None:
    """G8."""
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("human")
    await ann.reads("You are next")
    await ann.writes(RUDE)
    await ann.reads("sorry that this is so upsetting")
    await ann.presses("Ask for the lead")
    await ann.reads("has been asked to look after")
    (ticket,) = await cottage.waiting()
    assert ticket.level == "lead"
    assert [each.ticket_number for each in await evidence(cottage)] == [ticket.key.number]


async def test_a_muted_player_hears_one_word_and_everything_is_kept(cottage: House) -> None:
    """G16, F2: who asks for a human hears until when, as who else would tell them."""
    ann = await insulted(cottage, 4)
    for _ in range(3):
        await ann.writes("how do i beat the goblin")
    await ann.reads("not answering at the moment")
    await ann.acts("topics")
    await ann.uses("status")
    await cottage.quiet()
    assert len(ann.messages) == 5
    await ann.writes("human")
    await ann.reads("not answering at the moment")
    assert await cottage.waiting() == []
    assert (await cottage.written(ann.chat))[-1] == "human"
    cottage.clock.advance(minutes=61)
    await ann.writes("how do i beat the goblin")
    await ann.reads("silver lamp")


async def test_people_still_reach_a_muted_player_and_read_them(cottage: House) -> None:
    mira = await cottage.agent()
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("human")
    await ann.reads("You are next")
    (ticket,) = await cottage.waiting()
    assert await mira.does(Claim, ticket) == Done()
    await ann.reads("I am Mira")
    for number in range(4):
        await ann.writes(f"{RUDE} {number}")
        await ann.reads()
    await ann.writes("still here")
    assert await mira.does(Reply, ticket, text="I am here now") == Done()
    await ann.reads("I am here now")
    assert (await cottage.written(ann.chat))[-1] == "still here"


async def test_a_question_that_the_faq_answers_is_answered_whatever_words_stand_in_it(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    for _ in range(6):
        await ann.writes("how do i beat the goblin you idiot")
        await ann.reads("silver lamp")
    assert await evidence(cottage) == []


async def test_what_the_faq_says_to_insults_as_small_talk_is_no_answer_to_a_question(house: House) -> None:
    """The sample FAQ has a friendly word for them: the owner is told all the same."""
    ann = house.channel.player("Ann", language="en")
    await ann.writes("you are a stupid bot")
    await ann.reads("sorry that this is so upsetting")
    assert len(await evidence(house)) == 1


async def test_who_asks_for_a_human_rudely_gets_one(cottage: House) -> None:
    """F2."""
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("human please")
    await ann.reads("You are next")


async def test_what_is_said_of_the_game_is_no_insult(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("zqxv the stupid wvut dragon ate plmk")
    await ann.reads("do not have an answer")
    assert await evidence(cottage) == []


async def test_after_a_quiet_day_it_begins_anew(cottage: House) -> None:
    ann = await insulted(cottage, 2)
    cottage.clock.advance(hours=25)
    await ann.writes(RUDE)
    await ann.reads("sorry that this is so upsetting")


async def test_the_owner_may_leave_it_all_to_people(quiet_cottage: House) -> None:
    quiet_cottage.with_(conduct={"mute_at": 0})
    await quiet_cottage.begin()
    ann = quiet_cottage.channel.player("Ann", language="en")
    await ann.writes(RUDE)
    told = await ann.reads()
    assert "upsetting" not in told.text
    assert await evidence(quiet_cottage) == []
