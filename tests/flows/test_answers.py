"""The FAQ answers, asks back, or says kindly that it cannot (F1, F2, F5)."""

from __future__ import annotations

import pytest

from messaging.messages import Direction
from tests.flows.house import House


async def test_a_question_with_a_typo_is_answered_at_once_with_three_buttons(house: House) -> None:
    ann = house.channel.player("Ann", language="en")
    await ann.writes("how do i get my acount back")
    answer = await ann.reads()
    assert "account" in answer.text
    labels = [button.label for button in answer.buttons if button.action]
    assert labels == ["That solved it", "Not what I meant", "Talk to a human"]
    assert await house.waiting() == []


async def test_every_answer_records_the_faq_version(house: House) -> None:
    ann = house.channel.player("Ann")
    await ann.writes("how do i get my account back")
    await ann.reads()
    answers = [each for each in await house.said(ann.chat) if each.direction is Direction.OUTGOING]
    assert answers[0].data["faq_version"] == house.app.knowledge.faq.version
    assert answers[0].data["entries"] == ["account-recover"]


async def test_what_the_faq_lacks_is_said_kindly_and_a_human_offered(house: House) -> None:
    ann = house.channel.player("Ann", language="en")
    await ann.writes("zqxv wvut plmk")
    reply = await ann.reads()
    assert reply.text == house.app.texts.fill("not_understood", "en")
    assert [button.label for button in reply.buttons] == ["Talk to a human", "Browse topics"]
    assert await house.waiting() == []


async def test_the_second_miss_in_a_row_brings_a_human_without_asking(house: House) -> None:
    ann = house.channel.player("Ann", language="en")
    await ann.writes("zqxv wvut plmk")
    await ann.reads()
    await ann.writes("plmk zqxv wvut rrtz")
    await ann.reads("brought your question")
    (ticket,) = await house.waiting()
    assert (ticket.reason, ticket.question) == ("unanswered", "plmk zqxv wvut rrtz")


@pytest.mark.parametrize(
    "word",
    ["human", "Agent!", "人工", "转人工", "轉人工", "真人", "nhân viên", "nhan vien", "オペレーター"],
)
async def test_a_human_word_reaches_one_at_any_time(house: House, word: str) -> None:
    """F2: even with an answer at hand."""
    ann = house.channel.player("Ann")
    await ann.writes("how do i get my account back")
    await ann.reads()
    await ann.writes(word)
    await ann.reads()
    (ticket,) = await house.waiting()
    assert ticket.question == "how do i get my account back"
    assert ticket.offered[0].entry_id == "account-recover"


async def test_that_solved_it_thanks_and_takes_the_buttons_away(house: House) -> None:
    ann = house.channel.player("Ann", language="en")
    await ann.writes("how do i get my account back")
    answer = await ann.reads()
    (solved,) = (button.action for button in answer.buttons if button.label == "That solved it")
    await ann.presses("That solved it")
    await ann.reads("glad that helped")
    await house.channel.until(lambda: all(button.url for button in answer.buttons))
    await ann.acts(solved or "")
    await ann.reads("earlier message")


async def test_not_what_i_meant_offers_a_human_and_the_button_brings_one(house: House) -> None:
    ann = house.channel.player("Ann", language="en")
    await ann.writes("how do i get my account back")
    await ann.reads()
    await ann.presses("Not what I meant")
    await ann.reads("missed the point")
    await ann.presses("Talk to a human")
    await ann.reads("You are next")
    (ticket,) = await house.waiting()
    assert ticket.reason == "asked"


async def test_a_command_works_and_an_unknown_one_is_a_question(house: House) -> None:
    ann = house.channel.player("Ann", language="en")
    await ann.uses("start")
    await ann.reads("Lanterns of Orrowen")
    await ann.uses("help")
    await ann.reads("/status")
    await ann.uses("status")
    await ann.reads("no request")
    await ann.uses("account", "how do i get it back")
    await ann.reads()
    assert (await house.written(ann.chat))[-1] == "/account how do i get it back"


async def test_language_follows_the_words_then_the_network_and_language_changes_it(house: House) -> None:
    ann = house.channel.player("Ann", language="vi-VN")
    await ann.uses("status")
    await ann.reads(house.app.texts.fill("status_none", "vi"))
    await ann.writes("我的账号找不回来了怎么办")
    await ann.uses("status")
    await ann.reads(house.app.texts.fill("status_none", "zh-Hans"))
    await ann.uses("language")
    await ann.reads(house.app.texts.fill("language_choose", "zh-Hans"))
    await ann.presses("日本語")
    await ann.reads(house.app.texts.fill("language_set", "ja", {"language": "日本語"}))
    await ann.writes("how do i get my account back")
    await ann.reads()
    await ann.uses("status")
    await ann.reads(house.app.texts.fill("status_none", "ja"))
    await ann.uses("language", "klingon")
    await ann.reads("Tiếng Việt")


async def test_an_answer_missing_in_the_players_language_comes_in_another_and_says_so(house: House) -> None:
    entry = next(
        each for each in house.app.knowledge.faq.entries.values() if "vi" not in each.answers and "en" in each.answers
    )
    ann = house.channel.player("Ann", language="en")
    await ann.uses("language", "vi")
    await ann.writes(entry.phrasings[0].text)
    reply = await ann.reads("English")
    assert entry.answers["en"].splitlines()[0] in reply.text
