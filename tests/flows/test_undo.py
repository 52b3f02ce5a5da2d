"""A reply can be taken back for a few seconds; it is said once, in its order, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from handoff import records
from handoff.acts import Close, Correct, Declined, Done, Note, Outcome, Release, Reply, StoredFile, Undo
from handoff.console import history
from handoff.tickets import Ticket, TicketState
from messaging import files
from tests.flows.house import Agent, House
from tests.flows.talking import talking, texts


@pytest.fixture
async def slow(quiet_cottage: House) -> House:
    """Replies go out after half a minute, which passes when a test says so."""
    quiet_cottage.with_(handoff={"undo": timedelta(seconds=30)})
    await quiet_cottage.begin()
    return quiet_cottage


def code(outcome: Outcome) -> str:
    return outcome.code if isinstance(outcome, Declined) else "done"


async def pending(house: House, ticket: Ticket) -> list[dict[str, object]]:
    async with house.app.database.reading() as connection:
        found = await history.ticket(connection, ticket.key)
    assert found is not None
    waiting: list[dict[str, object]] = found["pending"]
    return waiting


async def replies(mira: Agent, ticket: Ticket, text: str, **details: object) -> str:
    act = mira.act(Reply, ticket, text=text, **details)
    assert await mira.house.app.perform(act) == Done()
    return act.act_id


async def test_a_reply_waits_is_seen_at_the_desk_and_then_goes_out_once(slow: House) -> None:
    mira, ann, ticket = await talking(slow)
    reply = await replies(mira, ticket, "It is in the bank")
    (waiting,) = await pending(slow, ticket)
    assert (waiting["reply"], waiting["text"], waiting["agent_id"]) == (reply, "It is in the bank", mira.id)
    assert texts(ann, "bank") == []
    before = await slow.ticket(ticket.key)
    assert before.first_reply_at is None
    slow.clock.advance(seconds=31)
    await ann.reads("in the bank")
    await slow.quiet()
    assert (await pending(slow, ticket), texts(ann, "bank")) == ([], ["It is in the bank"])
    assert (await slow.ticket(ticket.key)).first_reply_at is not None


async def test_a_reply_that_was_taken_back_never_goes_out(slow: House) -> None:
    mira, ann, ticket = await talking(slow)
    reply = await replies(mira, ticket, "It is in the bank")
    assert await mira.does(Undo, ticket, reply=reply) == Done()
    assert await pending(slow, ticket) == []
    slow.clock.advance(seconds=31)
    await replies(mira, ticket, "It is in the shop")
    slow.clock.advance(seconds=31)
    await ann.reads("in the shop")
    assert texts(ann, "bank") == []
    assert code(await mira.does(Undo, ticket, reply=reply)) == "too_late"
    async with slow.app.database.reading() as connection:
        kinds = [each.kind for each in await records.of_ticket(connection, *_key(ticket))]
    assert "undone" in kinds


async def test_what_has_gone_out_cannot_be_taken_back(slow: House) -> None:
    mira, ann, ticket = await talking(slow)
    reply = await replies(mira, ticket, "It is in the bank")
    slow.clock.advance(seconds=31)
    await ann.reads("in the bank")
    assert code(await mira.does(Undo, ticket, reply=reply)) == "too_late"


async def test_only_its_writer_or_a_lead_takes_a_reply_back(slow: House) -> None:
    mira, _ann, ticket = await talking(slow)
    omar = await slow.agent("omar", "Omar")
    reply = await replies(mira, ticket, "It is in the bank")
    assert code(await omar.does(Undo, ticket, reply=reply)) == "not_yours"
    await slow.promote(omar)
    assert await omar.does(Undo, ticket, reply=reply) == Done()


async def test_a_reply_under_way_survives_a_kill_with_its_files_and_is_said_once(slow: House) -> None:
    mira, ann, ticket = await talking(slow)
    async with slow.app.database.transaction() as connection:
        sha256 = await files.store(slow.app.database, connection, b"a map", "image/png", slow.clock())
    await replies(mira, ticket, "The map of the bank", files=(StoredFile(sha256, "map.png", "image/png", 5),))
    await replies(mira, ticket, "And the way to the bank")
    await slow.crash()
    await slow.begin()
    assert texts(ann, "bank") == []
    slow.clock.advance(seconds=31)
    await ann.reads("the way to")
    await slow.crash()
    await slow.begin()
    await slow.quiet()
    assert texts(ann, "bank") == ["The map of the bank", "And the way to the bank"]
    assert next(each for each in ann.messages if "map" in each.text).file is not None


@pytest.mark.parametrize("kind", [Close, Release])
async def test_what_was_to_be_said_is_said_before_the_ticket_leaves_the_agents_hands(
    slow: House, kind: type[Close | Release]
) -> None:
    mira, ann, ticket = await talking(slow)
    await replies(mira, ticket, "first word")
    await replies(mira, ticket, "second word")
    assert await mira.does(kind, ticket) == Done()
    last = await ann.reads("closed this request" if kind is Close else "with our team already")
    said = [each.text for each in ann.messages]
    assert said.index("first word") < said.index("second word") < said.index(last.text)
    slow.clock.advance(seconds=31)
    await asyncio.sleep(0)
    await slow.quiet()
    assert sorted(texts(ann, "first word") + texts(ann, "second word")) == ["first word", "second word"]
    # They belong to the ticket that they were written on, and count for it.
    kept = [each for each in await slow.said(ann.chat) if each.text in ("first word", "second word")]
    assert [each.ticket_number for each in kept] == [ticket.key.number] * 2
    assert (await slow.ticket(ticket.key)).first_reply_at is not None


async def test_a_close_that_is_declined_leaves_the_ticket_and_an_answer_that_waits_is_an_answer(slow: House) -> None:
    """W13."""
    mira, ann, ticket = await talking(slow)
    assert code(await mira.does(Close, ticket)) == "still_asking"
    await replies(mira, ticket, "Here is your answer")
    assert await mira.does(Close, ticket) == Done()
    assert (await slow.ticket(ticket.key)).state is TicketState.RESOLVED
    await ann.reads("closed this request")


async def test_a_correction_comes_after_what_waits(slow: House) -> None:
    """W6."""
    mira, ann, ticket = await talking(slow)
    await replies(mira, ticket, "wrong word")
    slow.clock.advance(seconds=31)
    await ann.reads("wrong word")
    await slow.quiet()
    wrong = next(each for each in await slow.said(ann.chat) if each.text == "wrong word")
    await replies(mira, ticket, "more words")
    await mira.does(Correct, ticket, message=wrong.number, text="right word")
    await ann.reads("more words")
    await ann.reads("there was a mistake")
    assert texts(ann, "word") == ["right word", "more words"]


async def test_a_note_does_not_hurry_a_reply(slow: House) -> None:
    mira, ann, ticket = await talking(slow)
    await replies(mira, ticket, "It is in the bank")
    await mira.does(Note, ticket, text="I hope")
    await slow.quiet()
    assert (len(await pending(slow, ticket)), texts(ann, "bank")) == (1, [])


async def test_the_guard_and_a_stale_send_are_told_at_once(slow: House) -> None:
    """G1 and a reply to what the player had not yet written."""
    mira, ann, ticket = await talking(slow)
    assert code(await mira.does(Reply, ticket, text="Ask bob.stone@mail.example.org")) == "guard"
    await ann.writes("wait, it was the other sword")
    seen = [each for each in await slow.said(ann.chat) if each.direction == "incoming"]
    outcome = await mira.does(Reply, ticket, text="In the bank", seen=seen[0].number)
    assert isinstance(outcome, Declined)
    assert (outcome.code, outcome.details["text"]) == ("newer", "wait, it was the other sword")
    assert outcome.details["number"] == seen[-1].number
    assert "the other sword" in outcome.reason
    assert await pending(slow, ticket) == []
    assert await mira.does(Reply, ticket, text="In the bank", seen=seen[-1].number) == Done()
    assert len(await pending(slow, ticket)) == 1


async def test_timers_are_met_when_they_fall_due_and_not_at_the_next_look(slow: House) -> None:
    """Five seconds are five seconds: the next look is planned for when the next alarm rings."""
    mira, ann, ticket = await talking(slow)
    await replies(mira, ticket, "a word")
    look = slow.app.clockwork.pause_after_timers
    assert await look(10.0) == 10.0
    slow.clock.advance(seconds=25)
    assert await look(10.0) <= 5.0
    slow.clock.advance(seconds=6)
    await look(10.0)
    await ann.reads("a word")


def _key(ticket: Ticket) -> tuple[int, int]:
    return ticket.key.conversation_id, ticket.key.number
