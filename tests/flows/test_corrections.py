"""W6: what was said by mistake is changed or taken back where the network can, else said anew; once, and kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from channels.errors import OutcomeHidden, Refused, TryLater
from channels.memory.adapter import CAPABILITIES, MemoryChannel
from channels.memory.network import Fault
from channels.memory.player import MemoryPlayer
from handoff import records
from handoff.acts import Close, Correct, Declined, Done, Reply, StoredFile
from handoff.tickets import Ticket
from messaging import files
from messaging.conversations import Message, message_versions
from messaging.messages import Author, Direction
from messaging.outbox import EntryState, outbox
from tests.flows.house import Agent, House
from tests.flows.talking import talking, texts

WRONG, RIGHT = "Your refund of 50 is on its way", "Your refund of 5 is on its way"
APOLOGY = "there was a mistake"


async def replied(house: House, text: str = WRONG) -> tuple[Agent, MemoryPlayer, Ticket, Message]:
    mira, ann, ticket = await talking(house)
    assert await mira.does(Reply, ticket, text=text) == Done()
    await ann.reads(text[-20:])
    await house.quiet()
    message = next(each for each in reversed(await house.said(ann.chat)) if each.author is Author.AGENT)
    return mira, ann, ticket, message


async def stored(house: House, player: MemoryPlayer, number: int) -> Message:
    return next(each for each in await house.said(player.chat) if each.number == number)


async def versions(house: House, message: Message) -> list[str]:
    async with house.app.database.reading() as connection:
        rows = await connection.scalars(
            sa.select(message_versions.c.text)
            .where(
                message_versions.c.conversation_id == message.conversation_id,
                message_versions.c.number == message.number,
            )
            .order_by(message_versions.c.revision)
        )
        return list(rows)


async def test_a_reply_is_changed_in_place_with_an_apology_and_both_versions_are_kept(cottage: House) -> None:
    """W6."""
    mira, ann, ticket, wrong = await replied(cottage)
    assert await mira.does(Correct, ticket, message=wrong.number, text=RIGHT) == Done()
    await ann.reads(APOLOGY)
    await cottage.quiet()
    assert texts(ann, "refund") == [RIGHT]
    message = await stored(cottage, ann, wrong.number)
    assert (message.text, message.edited_at is not None, message.revision > wrong.revision) == (RIGHT, True, True)
    assert await versions(cottage, wrong) == [WRONG]
    assert message.data["correction"]["state"] == "made"
    async with cottage.app.database.reading() as connection:
        (event,) = [
            each
            for each in await records.of_ticket(connection, ticket.key.conversation_id, ticket.key.number)
            if each.kind == "corrected"
        ]
    assert (event.agent_id, event.data["message"], event.data["deleted"]) == (mira.id, wrong.number, False)


async def test_a_reply_is_taken_back_with_an_apology(cottage: House) -> None:
    """W6."""
    mira, ann, ticket, wrong = await replied(cottage)
    assert await mira.does(Correct, ticket, message=wrong.number) == Done()
    await ann.reads("taken it back")
    assert texts(ann, "refund") == []
    message = await stored(cottage, ann, wrong.number)
    assert (message.text, message.deleted_at is not None) == ("", True)
    assert await versions(cottage, wrong) == [WRONG]


async def test_the_apology_is_said_once_for_a_message(cottage: House) -> None:
    """W6."""
    mira, ann, ticket, wrong = await replied(cottage)
    await mira.does(Correct, ticket, message=wrong.number, text=RIGHT)
    await ann.reads(APOLOGY)
    await cottage.quiet()
    await mira.does(Correct, ticket, message=wrong.number, text="Your refund of 7 is on its way")
    await cottage.channel.until(lambda: texts(ann, "refund of 7") != [])
    await cottage.quiet()
    assert len(texts(ann, APOLOGY)) == 1
    assert await versions(cottage, wrong) == [WRONG, RIGHT]


@pytest.mark.parametrize(
    ("text", "told", "left"), [(RIGHT, "my last message was a mistake", 2), ("", "sent to you by mistake", 1)]
)
async def test_what_the_network_will_not_change_is_said_anew(cottage: House, text: str, told: str, left: int) -> None:
    """W6: Telegram's 48 hours, a private answer of Discord that is stale."""
    mira, ann, ticket, wrong = await replied(cottage)
    cottage.channel.fail(Fault(Refused("message can't be edited")))
    await mira.does(Correct, ticket, message=wrong.number, text=text)
    said = await ann.reads(told)
    await cottage.quiet()
    assert len(texts(ann, "refund")) == left
    assert text in said.text
    assert texts(ann, APOLOGY) == []
    assert (await stored(cottage, ann, wrong.number)).data["correction"]["state"] == "said"
    async with cottage.app.database.reading() as connection:
        states = set(await connection.scalars(sa.select(outbox.c.state)))
    # It was dealt with: nobody is told that a message could not be delivered.
    assert states == {EntryState.SENT, EntryState.LEFT}


@pytest.mark.parametrize("can_edit", [True, False])
async def test_a_network_that_can_neither_edit_nor_delete_hears_it_at_once(
    quiet_cottage: House, can_edit: bool
) -> None:
    """W6."""
    quiet_cottage.channel = MemoryChannel(capabilities=replace(CAPABILITIES, can_edit=can_edit, can_delete=False))
    await quiet_cottage.begin()
    mira, ann, ticket, wrong = await replied(quiet_cottage)
    if can_edit:
        await mira.does(Correct, ticket, message=wrong.number)
        await ann.reads("sent to you by mistake")
        assert texts(ann, "refund") == [WRONG]
        return
    await mira.does(Correct, ticket, message=wrong.number, text=RIGHT)
    assert RIGHT in (await ann.reads("my last message was a mistake")).text
    # The record stays as the player's chat is: the first words, and then the others.
    assert (await stored(quiet_cottage, ann, wrong.number)).text == WRONG


async def test_an_edit_is_repeated_until_it_is_known_that_it_was_made(cottage: House) -> None:
    """W6: an edit cannot double, and its apology is said once."""
    mira, ann, ticket, wrong = await replied(cottage)
    cottage.channel.fail(
        Fault(OutcomeHidden("cut"), takes_effect=True), Fault(TryLater("503")), Fault(OutcomeHidden("cut"))
    )
    await mira.does(Correct, ticket, message=wrong.number, text=RIGHT)
    await ann.reads(APOLOGY)
    await cottage.quiet()
    assert (texts(ann, "refund"), len(texts(ann, APOLOGY))) == ([RIGHT], 1)


@pytest.mark.parametrize(("before", "after"), [(2, 3), (3, 1), (1, 3), (3, 3)])
async def test_a_message_of_several_parts_is_changed_part_by_part(
    quiet_cottage: House, before: int, after: int
) -> None:
    """W6."""
    quiet_cottage.channel = MemoryChannel(capabilities=replace(CAPABILITIES, max_text=400))
    await quiet_cottage.begin()
    mira, ann, ticket = await talking(quiet_cottage)

    def parts(count: int, word: str) -> str:
        return "\n\n".join(f"{word} {number} " + "x" * 300 for number in range(count))

    await mira.does(Reply, ticket, text=parts(before, "old"))
    await ann.reads(f"old {before - 1}")
    await quiet_cottage.quiet()
    wrong = (await quiet_cottage.said(ann.chat))[-1]
    await mira.does(Correct, ticket, message=wrong.number, text=parts(after, "new"))
    await ann.reads(APOLOGY)
    await quiet_cottage.quiet()
    assert [text[:5] for text in texts(ann, "xxx")] == [f"new {number}" for number in range(after)]
    # And once more: what the first correction added or took away is known.
    await mira.does(Correct, ticket, message=wrong.number, text=parts(before, "now"))
    await quiet_cottage.channel.until(lambda: len(texts(ann, "now")) == before)
    await quiet_cottage.quiet()
    assert [text[:5] for text in texts(ann, "xxx")] == [f"now {number}" for number in range(before)]


async def test_the_caption_of_a_file_is_changed_and_the_file_stays(cottage: House) -> None:
    """W6."""
    mira, ann, ticket = await talking(cottage)
    async with cottage.app.database.transaction() as connection:
        sha256 = await files.store(cottage.app.database, connection, b"a map", "image/png", cottage.clock())
    await mira.does(Reply, ticket, text=WRONG, files=(StoredFile(sha256, "map.png", "image/png", 5),))
    await ann.reads(WRONG)
    await cottage.quiet()
    wrong = (await cottage.said(ann.chat))[-1]
    await mira.does(Correct, ticket, message=wrong.number, text=RIGHT)
    await ann.reads(APOLOGY)
    (shown,) = [each for each in ann.messages if "refund" in each.text]
    assert (shown.text, shown.file is not None) == (RIGHT, True)


async def test_only_its_writer_or_a_lead_corrects_a_message_of_the_ticket(cottage: House) -> None:
    mira, ann, ticket, wrong = await replied(cottage)
    omar = await cottage.agent("omar", "Omar")

    async def code(agent: Agent, **details: object) -> str:
        outcome = await agent.does(Correct, ticket, **details)
        return outcome.code if isinstance(outcome, Declined) else "done"

    said = await cottage.said(ann.chat)
    greeting = next(each for each in said if "I am Mira" in each.text)
    asked = next(each for each in said if each.direction is Direction.INCOMING)
    assert await code(omar, message=wrong.number, text=RIGHT) == "not_yours"
    assert await code(mira, message=greeting.number, text=RIGHT) == "not_a_reply"
    assert await code(mira, message=asked.number, text=RIGHT) == "not_a_reply"
    assert await code(mira, message=999, text=RIGHT) == "not_a_reply"
    assert await code(mira, message=wrong.number, text=WRONG) == "same"
    await cottage.promote(omar)
    assert await code(omar, message=wrong.number, text="") == "done"
    await ann.reads("taken it back")
    assert await code(mira, message=wrong.number, text=RIGHT) == "taken_back"


async def test_the_guard_reads_a_correction_as_it_reads_a_reply(cottage: House) -> None:
    """G1: from any desk, and in whatever way words reach a player."""
    mira, ann, ticket, wrong = await replied(cottage)
    outcome = await mira.does(Correct, ticket, message=wrong.number, text="Write to bob.stone@mail.example.org")
    assert isinstance(outcome, Declined)
    assert (outcome.code, bool(outcome.findings)) == ("guard", True)
    assert (await stored(cottage, ann, wrong.number)).text == WRONG


async def test_a_mistake_is_mended_after_the_close_too(cottage: House) -> None:
    """W6."""
    mira, ann, ticket, wrong = await replied(cottage)
    await mira.does(Close, ticket)
    await ann.reads("closed this request")
    assert await mira.does(Correct, ticket, message=wrong.number, text=RIGHT) == Done()
    await ann.reads(APOLOGY)
    assert texts(ann, "refund") == [RIGHT]


async def test_a_correction_that_a_crash_broke_off_is_made_and_told_once(cottage: House) -> None:
    """W6, across a restart."""
    mira, ann, ticket, wrong = await replied(cottage)
    with cottage.channel.holding(ann.chat):
        await mira.does(Correct, ticket, message=wrong.number, text=RIGHT)
        await cottage.channel.until(lambda: cottage.channel.attempts[-1].edits is not None)
        await cottage.crash()
    # Where several processes may live, one that is silent for so long is gone.
    cottage.clock.advance(minutes=1)
    await cottage.begin()
    await ann.reads(APOLOGY)
    await cottage.quiet()
    assert (texts(ann, "refund"), len(texts(ann, APOLOGY))) == ([RIGHT], 1)
