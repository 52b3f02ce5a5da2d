"""After the close: one question that a tap answers (U1), and a return visit after a complaint (T18)."""

from __future__ import annotations

from typing import Any

import pytest

from channels.memory.player import MemoryPlayer
from handoff.acts import Claim, Classify, Close, Done, Reply
from handoff.tickets import Ticket, TicketState
from tests.flows.house import Agent, House

QUESTION = "How did we do"


async def closed(
    house: House, *, complaint: bool = False, ann: MemoryPlayer | None = None
) -> tuple[Agent, MemoryPlayer, Ticket]:
    """Somebody whose request was closed just now."""
    mira = await house.agent()
    ann = ann or house.channel.player("Ann", language="en")
    await ann.writes("human")
    await ann.reads("You are next")
    (ticket,) = await house.waiting()
    await mira.does(Claim, ticket)
    if complaint:
        assert await mira.does(Classify, ticket, ticket_class="complaint") == Done()
    await mira.does(Reply, ticket, text="It is in your bag.")
    assert await mira.does(Close, ticket, unconfirmed="they were happy on the phone" if complaint else "") == Done()
    await ann.reads("closed this request")
    return mira, ann, ticket


async def survey_of(house: House, ticket: Ticket) -> dict[str, Any]:
    survey = dict((await house.ticket(ticket.key)).survey)
    survey.pop("rated_at", None)
    return survey


async def fire(house: House, **later: float) -> None:
    house.clock.advance(**later)
    await house.app.clockwork.fire_timers()
    await house.quiet()


async def test_one_tap_tells_how_we_did_and_another_changes_it(cottage: House) -> None:
    _, ann, ticket = await closed(cottage)
    asked = await ann.reads(QUESTION)
    assert len(asked.buttons) == 5
    await ann.presses("2 · Poor")
    await ann.reads("helps us to do better")
    await ann.presses("4 · Good")
    await ann.reads("helps us to do better")
    assert await survey_of(cottage, ticket) == {"score": 4}
    # A rating is no new question: nothing is taken up again.
    assert (await cottage.ticket(ticket.key)).state is TicketState.RESOLVED


async def test_words_after_the_tap_belong_to_it_and_open_nothing(cottage: House) -> None:
    _, ann, ticket = await closed(cottage)
    await ann.reads(QUESTION)
    await ann.presses("5 · Very good")
    await ann.writes("Mira zqxv was lovely wvut")
    thanks = await ann.reads("put that with your rating")
    assert await survey_of(cottage, ticket) == {"score": 5, "words": "Mira zqxv was lovely wvut"}
    assert await cottage.waiting() == []
    # Whoever meant that it is not over has one press to say so.
    assert [button.label for button in thanks.buttons] == ["It is not solved yet"]
    await ann.presses("It is not solved yet")
    assert "sorry that it is not solved yet" in (await ann.reads("open again")).text
    assert [(each.key, each.reopened) for each in await cottage.waiting()] == [(ticket.key, 1)]


async def test_a_question_after_the_tap_is_answered_and_is_no_opinion(cottage: House) -> None:
    _, ann, ticket = await closed(cottage)
    await ann.reads(QUESTION)
    await ann.presses("5 · Very good")
    await ann.writes("how do i beat the goblin")
    await ann.reads("silver lamp")
    assert await survey_of(cottage, ticket) == {"score": 5}


async def test_who_asks_for_a_human_after_the_tap_gets_one(cottage: House) -> None:
    """F2."""
    _, ann, _ = await closed(cottage)
    await ann.reads(QUESTION)
    await ann.presses("1 · Very poor")
    await ann.writes("human")
    await ann.reads("You are next")


async def test_words_long_after_the_tap_go_on_with_the_request(cottage: House) -> None:
    _, ann, ticket = await closed(cottage)
    await ann.reads(QUESTION)
    await ann.presses("3 · All right")
    cottage.clock.advance(minutes=11)
    await ann.writes("zqxv wvut plmk")
    await ann.reads("picked up your earlier request")
    assert await survey_of(cottage, ticket) == {"score": 3}


async def test_without_a_tap_the_next_words_go_on_with_the_request(cottage: House) -> None:
    _, ann, ticket = await closed(cottage)
    await ann.reads(QUESTION)
    await ann.writes("zqxv wvut plmk")
    await ann.reads("picked up your earlier request")
    assert await survey_of(cottage, ticket) == {}


async def test_the_question_is_over_after_a_time(cottage: House) -> None:
    _, ann, ticket = await closed(cottage)
    await ann.reads(QUESTION)
    cottage.clock.advance(days=8)
    await ann.presses("5 · Very good")
    await ann.reads("earlier message")
    assert await survey_of(cottage, ticket) == {}


@pytest.mark.parametrize("forged", ["rate:1:9", "rate:999:5", "rate::", "still:999", "well:999"])
async def test_what_no_button_of_ours_says_changes_nothing(cottage: House, forged: str) -> None:
    _, ann, ticket = await closed(cottage)
    await ann.acts(forged)
    await ann.reads("earlier message")
    assert await survey_of(cottage, ticket) == {}
    assert (await cottage.ticket(ticket.key)).state is TicketState.RESOLVED


async def test_who_wants_nothing_unasked_is_not_asked(cottage: House) -> None:
    """G17: neither for an opinion nor visited."""
    ann = cottage.channel.player("Ann", language="en")
    await ann.acts("optout:yes")
    await ann.reads("no surveys")
    await closed(cottage, complaint=True, ann=ann)
    before = len(ann.messages)
    await fire(cottage, days=4)
    assert not any(QUESTION in each.text or "Hello again" in each.text for each in ann.messages)
    assert len(ann.messages) == before


async def test_no_more_is_sent_unasked_than_the_owner_allows(quiet_cottage: House) -> None:
    """G17: a cap for each day."""
    quiet_cottage.with_(care={"unasked_per_day": 1})
    await quiet_cottage.begin()
    mira, ann, ticket = await closed(quiet_cottage)
    await ann.reads(QUESTION)
    await ann.writes("zqxv wvut plmk")
    await ann.reads("picked up")
    await mira.does(Claim, ticket)
    await mira.does(Reply, ticket, text="Look again.")
    assert await mira.does(Close, ticket) == Done()
    await ann.reads("closed this request")
    await quiet_cottage.quiet()
    assert sum(QUESTION in each.text for each in ann.messages) == 1


async def test_nobody_is_asked_where_the_owner_wants_no_opinions(quiet_cottage: House) -> None:
    quiet_cottage.with_(care={"survey_expires": quiet_cottage.settings.care.survey_expires * 0})
    await quiet_cottage.begin()
    _, ann, _ = await closed(quiet_cottage)
    await quiet_cottage.quiet()
    assert not any(QUESTION in each.text for each in ann.messages)


async def test_after_a_complaint_we_ask_whether_all_is_well(cottage: House) -> None:
    """T18: within seven days, once."""
    _, ann, ticket = await closed(cottage, complaint=True)
    await fire(cottage, days=2)
    assert not any("Hello again" in each.text for each in ann.messages)
    await fire(cottage, days=1, minutes=1)
    await ann.reads("Hello again")
    await ann.presses("All is well")
    await ann.reads("glad to hear")
    await fire(cottage, days=10)
    assert sum("Hello again" in each.text for each in ann.messages) == 1
    assert (await cottage.ticket(ticket.key)).state is TicketState.RESOLVED


async def test_where_it_is_not_well_the_complaint_goes_on_with_an_apology(cottage: House) -> None:
    """T18."""
    _, ann, ticket = await closed(cottage, complaint=True)
    await fire(cottage, days=3, minutes=1)
    await ann.reads("Hello again")
    await ann.presses("It is not solved yet")
    told = await ann.reads("sorry that it is not solved yet")
    assert "You are next" in told.text
    (again,) = await cottage.waiting()
    assert (again.key, again.reopened, again.ticket_class) == (ticket.key, 1, "complaint")


async def test_a_complaint_that_is_open_again_is_not_visited(cottage: House) -> None:
    _, ann, _ = await closed(cottage, complaint=True)
    await ann.writes("zqxv wvut plmk")
    await ann.reads("picked up")
    await fire(cottage, days=4)
    assert not any("Hello again" in each.text for each in ann.messages)


@pytest.mark.parametrize("ending", ["end", "crash"])
async def test_the_visit_outlives_a_restart_and_comes_once(cottage: House, ending: str) -> None:
    _, ann, _ = await closed(cottage, complaint=True)
    await ann.reads(QUESTION)
    await cottage.quiet()
    await (cottage.end() if ending == "end" else cottage.crash())
    await cottage.begin()
    for _ in range(2):
        await fire(cottage, days=4)
    assert sum("Hello again" in each.text for each in ann.messages) == 1


async def test_other_requests_are_not_visited(cottage: House) -> None:
    _, ann, _ = await closed(cottage)
    await fire(cottage, days=4)
    assert not any("Hello again" in each.text for each in ann.messages)
