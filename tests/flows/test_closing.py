"""Closing: with a category (P7), not while the player still asks (W13), a complaint after W14; what follows a close."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.memory.player import MemoryPlayer
from handoff import records
from handoff.acts import (
    Claim,
    Classify,
    Close,
    ConfirmUnderstood,
    Declined,
    Done,
    Mute,
    Outcome,
    Reply,
    Unmute,
    WriteMemo,
)
from handoff.console import views
from handoff.tickets import Ticket, TicketState
from messaging.players import players
from tests.flows.house import Agent, House
from tests.flows.talking import talking, texts

YES, NO = "Yes, that is right", "No, not quite"


def code(outcome: Outcome) -> str:
    return outcome.code if isinstance(outcome, Declined) else "done"


async def kinds(house: House, ticket: Ticket) -> list[str]:
    async with house.app.database.reading() as connection:
        found = await records.of_ticket(connection, ticket.key.conversation_id, ticket.key.number)
    return [each.kind for each in found]


async def answered(house: House) -> tuple[Agent, MemoryPlayer, Ticket]:
    mira, ann, ticket = await talking(house)
    await mira.does(Reply, ticket, text="It is in the bank")
    await ann.reads("in the bank")
    return mira, ann, ticket


async def test_closing_needs_a_category_of_the_owners_and_keeps_it(quiet_cottage: House) -> None:
    """P7."""
    quiet_cottage.with_(handoff={"category_required": True, "categories": ("payment", "other")})
    await quiet_cottage.begin()
    mira, _ann, ticket = await answered(quiet_cottage)
    outcome = await mira.does(Close, ticket)
    assert isinstance(outcome, Declined)
    assert (outcome.code, outcome.details) == ("category", {"categories": ["payment", "other"]})
    assert code(await mira.does(Close, ticket, category="gossip")) == "no_category"
    assert await mira.does(Close, ticket, category="payment") == Done()
    closed = await quiet_cottage.ticket(ticket.key)
    assert (closed.state, closed.category) == (TicketState.RESOLVED, "payment")
    assert "closed" in await kinds(quiet_cottage, ticket)


async def test_the_topic_is_the_category_where_it_is_one_so_that_one_press_suffices(quiet_cottage: House) -> None:
    """P7, F7."""
    quiet_cottage.with_(handoff={"category_required": True, "categories": ("payment", "other")})
    await quiet_cottage.begin()
    mira, _ann, ticket = await answered(quiet_cottage)
    await mira.does(Classify, ticket, topic="payment")
    assert await mira.does(Close, ticket) == Done()
    assert (await quiet_cottage.ticket(ticket.key)).category == "payment"


async def test_nothing_is_closed_while_the_player_is_still_asking(cottage: House) -> None:
    """W13."""
    mira, ann, ticket = await answered(cottage)
    await ann.writes("and where is the bank?")
    outcome = await mira.does(Close, ticket)
    assert isinstance(outcome, Declined)
    assert (outcome.code, outcome.details["text"]) == ("still_asking", "and where is the bank?")
    assert (await cottage.ticket(ticket.key)).state is TicketState.ASSIGNED
    assert await mira.does(Close, ticket, unconfirmed="answered by telephone") == Done()
    assert (await cottage.ticket(ticket.key)).confirmation["unconfirmed"] == "answered by telephone"


@pytest.mark.parametrize("thanks", ["thank you so much!", "thanks", "Thank you, bye"])
async def test_thanks_are_no_question(cottage: House, thanks: str) -> None:
    """W13."""
    mira, ann, ticket = await answered(cottage)
    await ann.writes(thanks)
    assert await mira.does(Close, ticket) == Done()


async def test_a_complaint_is_closed_after_the_player_said_that_it_was_understood(cottage: House) -> None:
    """W14."""
    mira, ann, ticket = await talking(cottage)
    await mira.does(Classify, ticket, ticket_class="complaint")
    await mira.does(Reply, ticket, text="I see")
    await ann.reads("I see")
    assert code(await mira.does(Close, ticket)) == "unconfirmed"
    assert code(await mira.does(ConfirmUnderstood, ticket, text=" ")) == "empty"
    assert await mira.does(ConfirmUnderstood, ticket, text="Your sword was gone for two days.") == Done()
    asked = await ann.reads("Your sword was gone for two days")
    assert [each.label for each in asked.buttons] == [YES, NO]
    # The question alone is no answer.
    assert code(await mira.does(Close, ticket)) == "unconfirmed"
    await ann.presses(YES)
    await ann.reads("glad that I understood")
    confirmation = views.opened(await cottage.ticket(ticket.key))["confirmation"]
    assert (confirmation["answer"], confirmation["summary"]) == ("yes", "Your sword was gone for two days.")
    assert await mira.does(Close, ticket) == Done()
    assert {"asked_to_confirm", "confirmed", "closed"} <= set(await kinds(cottage, ticket))


async def test_who_was_not_understood_is_asked_again(cottage: House) -> None:
    """W14."""
    mira, ann, ticket = await talking(cottage)
    await mira.does(Classify, ticket, ticket_class="complaint")
    await mira.does(ConfirmUnderstood, ticket, text="Your shield was gone.")
    await ann.reads("shield")
    await ann.presses(NO)
    await ann.reads("what I got wrong")
    await mira.does(Reply, ticket, text="I see")
    assert code(await mira.does(Close, ticket)) == "unconfirmed"
    await mira.does(ConfirmUnderstood, ticket, text="Your sword was gone.")
    await ann.reads("sword")
    await ann.presses(YES)
    assert await mira.does(Close, ticket) == Done()


async def test_an_answer_in_the_players_own_words_is_kept(cottage: House) -> None:
    """W14."""
    mira, ann, ticket = await talking(cottage)
    await mira.does(Classify, ticket, ticket_class="complaint")
    await mira.does(ConfirmUnderstood, ticket, text="Your sword was gone.")
    await ann.reads("sword")
    await ann.writes("yes, exactly that")
    assert (await cottage.ticket(ticket.key)).confirmation["words"] == "yes, exactly that"
    # The words ask for an answer as all others do (W13).
    assert code(await mira.does(Close, ticket)) == "still_asking"
    await mira.does(Reply, ticket, text="Thank you, it is settled")
    assert await mira.does(Close, ticket) == Done()


async def test_the_guard_reads_what_the_player_is_asked_to_confirm(cottage: House) -> None:
    """G1, W14."""
    mira, _ann, ticket = await talking(cottage)
    assert code(await mira.does(ConfirmUnderstood, ticket, text="Ask bob.stone@mail.example.org.")) == "guard"


async def test_a_complaint_is_closed_without_the_players_word_for_a_reason_that_is_kept(cottage: House) -> None:
    """W14."""
    mira, ann, ticket = await talking(cottage)
    await mira.does(Classify, ticket, ticket_class="complaint")
    assert await mira.does(Close, ticket, unconfirmed="They left the game") == Done()
    await ann.reads("closed this request")
    assert (await cottage.ticket(ticket.key)).confirmation == {"unconfirmed": "They left the game"}


async def test_a_new_request_soon_after_a_close_is_its_follow_up_and_a_late_one_is_not(quiet_cottage: House) -> None:
    """K9."""
    quiet_cottage.with_(handoff={"reopen_within": timedelta(hours=1), "follows_within": timedelta(days=2)})
    await quiet_cottage.begin()
    mira, ann, first = await talking(quiet_cottage)
    await mira.does(Close, first, unconfirmed="test")
    await ann.reads("closed this request")
    quiet_cottage.clock.advance(hours=5)
    await ann.writes("human")
    await ann.reads("You are next")
    (second,) = await quiet_cottage.waiting()
    assert (second.key != first.key, second.follows) == (True, str(first.key))
    assert views.opened(second)["follows"] == str(first.key)
    await mira.does(Claim, second)
    await mira.does(Close, second, unconfirmed="test")
    quiet_cottage.clock.advance(days=3)
    await ann.writes("human")
    (third,) = await quiet_cottage.waiting()
    assert third.follows == ""


async def test_what_staff_should_remember_of_a_player_is_kept_and_recorded(cottage: House) -> None:
    """P10."""
    mira, ann, ticket = await talking(cottage)
    assert await mira.does(WriteMemo, ticket, text=" Plays on two servers ") == Done()
    async with cottage.app.database.reading() as connection:
        row = (await connection.execute(players.select())).one()
    assert row.memo == "Plays on two servers"
    assert "memo" in await kinds(cottage, ticket)
    assert not texts(ann, "two servers")


async def test_only_leads_mute_a_player_and_the_evidence_is_kept(cottage: House) -> None:
    """G16."""
    mira, ann, ticket = await talking(cottage)
    omar = await cottage.agent("omar", "Omar")
    await cottage.promote(omar)
    await ann.writes("something nobody should say")
    assert code(await mira.does(Mute, ticket, minutes=60, reason="abuse")) == "leads"
    assert code(await omar.does(Mute, ticket, minutes=0, reason="abuse")) == "minutes"
    assert code(await omar.does(Mute, ticket, minutes=60 * 24 * 365, reason="abuse")) == "minutes"
    assert code(await omar.does(Mute, ticket, minutes=60)) == "reason"
    assert code(await omar.does(Unmute, ticket)) == "not_muted"
    assert await omar.does(Mute, ticket, minutes=60, reason="abuse") == Done()
    async with cottage.app.database.reading() as connection:
        row = (await connection.execute(players.select())).one()
        (event,) = [
            each
            for each in await records.of_ticket(connection, ticket.key.conversation_id, ticket.key.number)
            if each.kind == "muted"
        ]
    assert row.muted_until is not None
    assert (event.agent_id, event.data["reason"], event.data["words"]) == (
        omar.id,
        "abuse",
        "something nobody should say",
    )
    assert code(await mira.does(Unmute, ticket)) == "leads"
    assert await omar.does(Unmute, ticket) == Done()
    async with cottage.app.database.reading() as connection:
        assert (await connection.execute(players.select())).one().muted_until is None
