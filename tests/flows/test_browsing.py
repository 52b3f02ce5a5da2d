"""The FAQ can be browsed by topic (F1)."""

from __future__ import annotations

from channels.memory.player import MemoryPlayer
from tests.flows.house import House


async def listed(player: MemoryPlayer, heading: str, verb: str) -> list[str]:
    """The labels of a list that comes a few at a time, walked to its end."""
    shown = (await player.reads(heading)).buttons
    labels = [button.label for button in shown if (button.action or "").startswith(f"{verb}:")]
    while shown[-1].label == "More":
        await player.acts(shown[-1].action or "")
        shown = (await player.reads()).buttons
        labels += [button.label for button in shown if (button.action or "").startswith(f"{verb}:")]
    return labels


async def test_from_the_topics_to_an_answer_by_buttons_alone(house: House) -> None:
    faq = house.app.knowledge.faq
    ann = house.channel.player("Ann", language="en")
    await ann.uses("topics")
    topics = await listed(ann, "What is it about?", "topic")
    assert topics == [topic.title["en"] for topic in faq.topics.values() if topic.entry_ids]
    await ann.presses(faq.topics["account"].title["en"])
    entries = await listed(ann, "which of these helps you", "pick")
    assert entries == [faq.entries[each].title["en"] for each in faq.topics["account"].entry_ids]
    await ann.presses("Get my account back")
    answer = await ann.reads("recovery page")
    assert "That solved it" in [button.label for button in answer.buttons]


async def test_a_topic_that_is_gone_is_answered_kindly(house: House) -> None:
    ann = house.channel.player("Ann", language="en")
    await ann.acts("topic:99:0")
    gone = await ann.reads("earlier message")
    assert [button.label for button in gone.buttons] == ["Browse topics"]
    await ann.acts("topics")
    await ann.reads("What is it about?")


async def test_what_the_faq_lacks_comes_with_the_way_to_its_topics(house: House) -> None:
    ann = house.channel.player("Ann", language="vi")
    await ann.writes("zqxv wvut plmk")
    reply = await ann.reads()
    assert [button.label for button in reply.buttons] == ["Gặp nhân viên", "Xem theo chủ đề"]
