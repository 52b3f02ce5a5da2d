"""/feedback, /bug and /suggest (F8), /privacy, and the way out of what is sent unasked (G17)."""

from __future__ import annotations

import sqlalchemy as sa

from handoff.feedback import feedback
from messaging.players import players
from tests.flows.house import House


async def kept(house: House) -> list[tuple[str, str, str]]:
    async with house.app.database.reading() as connection:
        rows = await connection.execute(sa.select(feedback).order_by(feedback.c.created_at, feedback.c.number))
        return [(row.kind, row.severity, row.text) for row in rows]


async def test_a_bug_is_kept_with_how_bad_it_is(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    await ann.uses("bug", "the goblin is blue")
    assert len((await ann.reads("How bad is it")).buttons) == 3
    await ann.presses("It is annoying")
    await ann.reads("noted")
    assert await kept(cottage) == [("bug", "annoying", "the goblin is blue")]
    await ann.presses("It is annoying")
    await ann.reads("earlier message")
    assert len(await kept(cottage)) == 1


async def test_without_words_they_are_asked_for_and_awaited(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    await ann.uses("suggest")
    await ann.reads("What would make the game better")
    # What was asked for is taken as it is, though the FAQ knows an answer.
    await ann.writes("how do i beat the goblin should be a song")
    await ann.reads("Thank you for the idea")
    await ann.writes("how do i beat the goblin")
    await ann.reads("silver lamp")
    await ann.uses("feedback", "you are quick")
    await ann.reads("Thank you for telling us")
    assert await kept(cottage) == [
        ("suggestion", "", "how do i beat the goblin should be a song"),
        ("feedback", "", "you are quick"),
    ]


async def test_what_was_asked_for_can_be_cancelled_and_is_not_awaited_for_ever(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    await ann.uses("feedback")
    await ann.reads("I am listening")
    await ann.presses("Cancel")
    await ann.reads("nothing was noted")
    await ann.uses("feedback")
    cottage.clock.advance(minutes=11)
    await ann.writes("how do i beat the goblin")
    await ann.reads("silver lamp")
    assert await kept(cottage) == []


async def test_who_asks_for_a_human_instead_gets_one(cottage: House) -> None:
    """F2."""
    ann = cottage.channel.player("Ann", language="en")
    await ann.uses("bug")
    await ann.writes("human")
    await ann.reads("You are next")
    assert await kept(cottage) == []


async def test_a_bug_whose_button_nobody_presses_is_kept_all_the_same(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    await ann.uses("bug", "the goblin is blue")
    await ann.reads("How bad is it")
    await cottage.quiet()
    await cottage.crash()
    await cottage.begin()
    cottage.clock.advance(minutes=11)
    await cottage.app.clockwork.fire_timers()
    assert await kept(cottage) == [("bug", "", "the goblin is blue")]
    # A second one does not push the first aside.
    await ann.uses("bug", "and green")
    await ann.uses("bug", "and red")
    await ann.reads("How bad is it")
    cottage.clock.advance(minutes=11)
    await cottage.app.clockwork.fire_timers()
    assert sorted(text for _, _, text in await kept(cottage)) == ["and green", "and red", "the goblin is blue"]


async def test_privacy_tells_what_is_kept_and_how_to_have_it_erased(cottage: House) -> None:
    """A7: erasing is people's work; the wish reaches them."""
    ann = cottage.channel.player("Ann", language="en")
    await ann.uses("privacy")
    told = await ann.reads("keeps of you")
    assert "Passwords and card numbers are hidden" in told.text
    await ann.presses("A copy, or erase it")
    await ann.reads("You are next")
    (ticket,) = await cottage.waiting()
    assert (ticket.reason, ticket.question) == ("erasure", "/privacy")


async def test_who_wants_nothing_unasked_says_so_with_one_press_and_may_change_their_mind(cottage: House) -> None:
    """G17."""
    ann = cottage.channel.player("Ann", language="en")

    async def opted_out() -> bool:
        async with cottage.app.database.reading() as connection:
            return bool(await connection.scalar(sa.select(players.c.opted_out)))

    await ann.uses("privacy")
    await ann.reads("keeps of you")
    await ann.presses("Send me nothing unasked")
    await ann.reads("no surveys")
    assert await opted_out()
    await ann.uses("privacy")
    await ann.reads("keeps of you")
    await ann.presses("You may ask me again")
    await ann.reads("Now and then")
    assert not await opted_out()
