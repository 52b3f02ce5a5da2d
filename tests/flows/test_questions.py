"""What players asked in vain is known from the conversations (F4): the admin's ``faq unanswered`` reads it."""

from __future__ import annotations

from bot.questions import read_newest, read_questions
from faq.missed import Reason
from handoff.acts import Claim, Close, Reply
from tests.flows.house import House


async def test_every_way_to_fail_is_known_with_what_settled_it(house: House) -> None:
    mira = await house.agent()
    ann = house.channel.player("Ann", language="en")
    await ann.writes("zqxv wvut plmk")
    await ann.reads("do not have an answer")
    await ann.writes("human")
    (ticket,) = await house.waiting()
    await mira.does(Claim, ticket)
    await mira.does(Reply, ticket, text="Press the third rune.")

    ben = house.channel.player("Ben", language="en")
    await ben.writes("how do i get my account back")
    await ben.reads()
    await ben.presses("Not what I meant")

    cem = house.channel.player("Cem", language="en")
    await cem.writes("how do i get my account back")
    await cem.reads()
    await cem.presses("Talk to a human")

    dan = house.channel.player("Dan", language="en")
    await dan.writes("how do i get my account back")
    await dan.reads()
    await dan.presses("That solved it")

    asked = await read_questions(house.app.database, house.clock())
    missed = {each.text + each.player: each for each in asked.missed}
    reasons = sorted((each.text, each.reason) for each in missed.values())
    assert reasons == [
        ("how do i get my account back", Reason.HANDED_OVER),
        ("how do i get my account back", Reason.NOT_WHAT_I_MEANT),
        ("zqxv wvut plmk", Reason.NO_MATCH),
    ]
    (unknown,) = (each for each in asked.missed if each.reason is Reason.NO_MATCH)
    assert unknown.reply == "Press the third rune."
    assert [(each.text, each.entry_id) for each in asked.answered] == [
        ("how do i get my account back", "account-recover")
    ]


async def test_a_choice_that_was_picked_settles_the_question(house: House) -> None:
    ann = house.channel.player("Ann", language="en")
    for words in ("account help", "about my account", "account", "problem with account", "something about login"):
        await ann.writes(words)
        offer = await ann.reads()
        picks = [button for button in offer.buttons if button.action and button.action.startswith("pick:")]
        if picks:
            break
    assert picks, "none of these words brings a choice: choose others"
    await ann.acts(picks[0].action or "")
    asked = await read_questions(house.app.database, house.clock())
    (settled,) = (each for each in asked.missed if each.settled_by)
    assert (settled.text, settled.reason) == (words, Reason.LOW_CONFIDENCE)
    assert settled.settled_by == settled.offered[0]


async def test_what_people_got_is_read_without_all_that_was_said(house: House) -> None:
    """A server reads it beside its work: the newest conversations, and those of the newest tickets."""
    for name, words in (("Ann", "zqxv wvut plmk"), ("Ben", "plmk zqxv wvut"), ("Cem", "wvut plmk zqxv")):
        player = house.channel.player(name, language="en")
        await player.writes(words)
        await player.reads("do not have an answer")
        if name != "Ann":
            await player.writes("human")
    mira = await house.agent()
    ticket = (await house.waiting())[0]
    await mira.does(Claim, ticket)
    await mira.does(Reply, ticket, text="Press the third rune.")
    await mira.does(Close, ticket, category="other")
    missed = (await read_newest(house.app.database, house.clock())).missed
    assert sorted(each.text for each in missed if each.went_to_people) == ["plmk zqxv wvut", "wvut plmk zqxv"]
    # What nobody had to answer is among the newest conversations.
    assert len(missed) == 3
    asked = await read_questions(house.app.database, house.clock())
    assert len(asked.missed) == 3
