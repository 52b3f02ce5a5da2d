"""What goes out to Discord, and what becomes of it when the network or Discord misbehaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from channels.errors import OutcomeHidden, Refused, TryLater
from messaging.messages import OutgoingFile
from tests.protocol.discord_program import Program
from tests.protocol.discord_server import DiscordServer, Player

PICTURE = OutgoingFile("map.png", "image/png", b"\x89PNG map")


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server


@pytest.fixture
async def program(server: DiscordServer) -> AsyncIterator[Program]:
    async with Program(server).running() as program:
        yield program


@pytest.fixture
def ann(server: DiscordServer) -> Player:
    return server.user("Ann")


async def test_text_is_rendered_and_nobody_is_pinged(server: DiscordServer, program: Program, ann: Player) -> None:
    sent = await program.say(ann.dm_channel, f"**Hello** <@{ann.id}> @everyone, see [this](https://example.com)")
    (message,) = ann.dms
    assert str(message.id) == sent.external_id
    assert message.content == f"**Hello** \\<@{ann.id}> @everyone, see [this](https://example.com)"
    assert not message.mention_everyone
    assert message.ping_user_ids == []
    (request,) = server.requests("POST", f"/channels/{ann.dm_channel}/messages")
    assert request.json["allowed_mentions"]["parse"] == []


async def test_a_file_with_words_and_a_file_alone(server: DiscordServer, program: Program, ann: Player) -> None:
    await program.say(ann.dm_channel, "The map:", file=PICTURE)
    await program.say(ann.dm_channel, "", file=PICTURE)
    assert ann.dms_from_bot == ["The map:", ""]
    for message in ann.dms:
        (attachment,) = message.attachments
        assert attachment["filename"] == "map.png"
        assert server.world.cdn.get(attachment["url"]) == PICTURE.content


async def test_what_is_sent_while_the_connection_is_made_waits_for_it(server: DiscordServer, ann: Player) -> None:
    """A start is no failed attempt: a chat whose program died several times would wait longer after each."""
    program = Program(server)
    saying = asyncio.create_task(program.say(ann.dm_channel, "left from before"))
    await asyncio.sleep(0)
    async with program.running():
        await saying
    assert ann.dms_from_bot == ["left from before"]


async def test_what_is_sent_without_a_connection_is_tried_later(server: DiscordServer, ann: Player) -> None:
    with pytest.raises(TryLater):
        await Program(server, connected_within=0.0).say(ann.dm_channel)


async def test_the_longest_text_goes_out_whole(program: Program, ann: Player) -> None:
    limit = program.channel.capabilities.max_text
    for text in ("x" * limit, "*_" * (limit // 2), "字" * limit, "👩‍👩‍👧" * (limit // 5)):
        await program.say(ann.dm_channel, text)
    assert len(ann.dms_from_bot) == 4


async def test_an_edit_changes_words_and_buttons(program: Program, ann: Player) -> None:
    sent = await program.say(ann.dm_channel, "You are third.")
    again = await program.say(ann.dm_channel, "You are second.", edits=sent.external_id)
    assert again.external_id == sent.external_id
    assert ann.dms_from_bot == ["You are second."]


async def test_an_edit_of_a_message_that_is_gone_is_refused(
    server: DiscordServer, program: Program, ann: Player
) -> None:
    sent = await program.say(ann.dm_channel, "soon gone")
    server.world.delete_message(ann.dm_channel, int(sent.external_id))
    with pytest.raises(Refused) as refused:
        await program.say(ann.dm_channel, "too late", edits=sent.external_id)
    assert not refused.value.chat_lost


@pytest.mark.parametrize(("drop", "after_first"), [("before", 0), ("after", 1)])
async def test_a_resend_after_a_hidden_outcome_makes_one_message(
    server: DiscordServer, program: Program, ann: Player, drop: str, after_first: int
) -> None:
    outgoing = program.outgoing(ann.dm_channel, "exactly once")
    server.fault(method="POST", path="*/messages", drop=drop)
    with pytest.raises(OutcomeHidden):
        await program.channel.send(outgoing)
    assert len(ann.dms_from_bot) == after_first
    sent = await program.channel.send(outgoing)
    assert ann.dms_from_bot == ["exactly once"]
    assert sent.external_id == str(ann.dms[0].id)


async def test_a_resend_long_after_a_hidden_outcome_finds_the_message(
    server: DiscordServer, program: Program, ann: Player
) -> None:
    outgoing = program.outgoing(ann.dm_channel, "exactly once, even now")
    server.fault(method="POST", path="*/messages", drop="after")
    with pytest.raises(OutcomeHidden):
        await program.channel.send(outgoing)
    await program.say(ann.dm_channel, "something else")
    server.world.advance_clock(600)
    async with Program(server).running() as other_process:
        sent = await other_process.channel.send(outgoing)
    assert ann.dms_from_bot == ["exactly once, even now", "something else"]
    assert sent.external_id == str(ann.dms[0].id)


async def test_a_message_is_found_behind_whatever_the_player_wrote_since(
    server: DiscordServer, program: Program, ann: Player
) -> None:
    outgoing = program.outgoing(ann.dm_channel, "exactly once")
    for number in range(150):
        ann.writes_dm(f"hello {number}")
    server.fault(method="POST", path="*/messages", drop="after")
    with pytest.raises(OutcomeHidden):
        await program.channel.send(outgoing)
    server.world.advance_clock(600)
    await program.channel.send(outgoing)
    assert ann.dms_from_bot == ["exactly once"]


async def test_the_same_words_said_before_are_not_taken_for_what_is_sent_long_after(
    server: DiscordServer, program: Program, ann: Player
) -> None:
    """Who asks twice while Discord is away is answered twice."""
    again = program.outgoing(ann.dm_channel, "Use the lamp.")
    program.sent[str(ann.dm_channel)] = (await program.say(ann.dm_channel, "Use the lamp.")).external_id
    server.world.advance_clock(600)
    sent = await program.channel.send(again)
    assert ann.dms_from_bot == ["Use the lamp.", "Use the lamp."]
    assert sent.external_id == str(ann.dms[1].id)
    # And what was made after it is found.
    assert await program.channel.send(again) == sent


async def test_what_is_old_and_was_never_sent_goes_out(server: DiscordServer, program: Program, ann: Player) -> None:
    outgoing = program.outgoing(ann.dm_channel, "", file=PICTURE)
    await program.say(ann.dm_channel, "", file=OutgoingFile("other.png", "image/png", b"another picture"))
    server.world.advance_clock(600)
    await program.channel.send(outgoing)
    await program.channel.send(outgoing)
    assert [message.attachments[0]["filename"] for message in ann.dms] == ["other.png", "map.png"]


async def test_an_answer_that_never_comes_is_a_hidden_outcome(server: DiscordServer, ann: Player) -> None:
    held = asyncio.Event()
    # Without a support channel nothing but this one message is posted.
    async with Program(server, answer_within=0.5, panel_channel=None).running() as program:
        fault = server.fault(method="POST", path=f"*/{ann.dm_channel}/messages", hold=held)
        with pytest.raises(OutcomeHidden):
            await program.say(ann.dm_channel)
        assert fault.taken == 1
        held.set()


async def test_a_private_answer_with_a_hidden_outcome_is_not_doubled(
    server: DiscordServer, program: Program, ann: Player
) -> None:
    use = ann.slash("ask", channel=server.lobby.id, question="Sword?")
    (event,) = await program.hears(1)
    outgoing = program.outgoing(event.chat, "In the bank.", reply_via=event.reply_via)
    server.fault(method="POST", path="/webhooks/*", drop="after")
    with pytest.raises(OutcomeHidden):
        await program.channel.send(outgoing)
    server.world.advance_clock(15)
    await program.channel.send(outgoing)
    assert use.texts == ["In the bank."]


async def test_a_rate_limit_delays_its_own_chat_only(server: DiscordServer, program: Program, ann: Player) -> None:
    bob = server.user("Bob")
    server.fault(method="POST", path=f"*/{ann.dm_channel}/messages", status=429, retry_after=1.0)
    waiting = asyncio.create_task(program.say(ann.dm_channel, "patience"))
    await server.until(lambda: not server.rest.faults.waiting)
    await program.say(bob.dm_channel, "at once")
    assert not waiting.done()
    await waiting
    assert ann.dms_from_bot == ["patience"]


async def test_a_rate_limit_that_is_too_long_is_handed_back(
    server: DiscordServer, program: Program, ann: Player
) -> None:
    server.fault(method="POST", path="*/messages", status=429, retry_after=40.0)
    with pytest.raises(TryLater) as later:
        await program.say(ann.dm_channel)
    assert later.value.after == 40.0


async def test_503_may_be_tried_again(server: DiscordServer, program: Program, ann: Player) -> None:
    server.fault(method="POST", path="*/messages", status=503)
    with pytest.raises(TryLater):
        await program.say(ann.dm_channel)
    assert ann.dms_from_bot == []


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_passing_server_error_is_tried_again_at_once(
    server: DiscordServer, program: Program, ann: Player, status: int
) -> None:
    server.fault(method="POST", path="*/messages", status=status)
    await program.say(ann.dm_channel, "through")
    assert ann.dms_from_bot == ["through"]


async def test_a_message_that_discord_will_never_take_is_refused(program: Program, ann: Player) -> None:
    with pytest.raises(Refused) as refused:
        await program.say(ann.dm_channel, "x" * 2500)
    assert not refused.value.chat_lost
    with pytest.raises(Refused, match="too large"):
        await program.say(ann.dm_channel, file=OutgoingFile("big.bin", "application/octet-stream", b"x" * (11 * 2**20)))


async def test_a_channel_that_is_gone_is_lost(server: DiscordServer, program: Program) -> None:
    with pytest.raises(Refused) as refused:
        await program.say(server.world.snowflake())
    assert refused.value.chat_lost


async def test_closed_dms_go_on_in_a_private_thread_as_the_same_chat(
    server: DiscordServer, program: Program, ann: Player
) -> None:
    ann.closes_dms()
    sent = await program.say(ann.dm_channel, "Psst")
    (thread,) = server.threads(server.support.id)
    assert ann.id in thread.thread_members
    assert [message.content for message in server.messages(thread.id)] == [f"<@{ann.id}>\nHello there!", "Psst"]
    await program.say(ann.dm_channel, "Psst!", edits=sent.external_id)
    await program.channel.typing(str(ann.dm_channel))
    assert server.requests("POST", f"/channels/{thread.id}/typing")
    assert server.messages(thread.id)[-1].content == "Psst!"
    # What is said there, or asked in public, belongs to the same chat.
    written = ann.writes(thread.id, "I hear you")
    await program.hears(1)
    ann.deletes(written)
    await program.hears(2)
    ann.mentions_bot(server.lobby.id, "are you there?")
    assert {event.chat for event in await program.hears(3)} == {str(ann.dm_channel)}
    # Once the player writes a direct message, they are answered there again.
    ann.opens_dms()
    ann.writes_dm("here I am")
    await program.hears(4)
    await program.say(ann.dm_channel, "Welcome")
    assert ann.dms_from_bot == ["Welcome"]


async def test_a_thread_in_place_of_dms_is_found_again_after_a_restart(server: DiscordServer) -> None:
    ann = server.user("Ann")
    ann.closes_dms()
    program = Program(server)
    async with program.running():
        ann.mentions_bot(server.lobby.id, "help me")
        (event,) = await program.hears(1)
        sent = await program.say(event.chat, "Gladly")
    (thread,) = server.threads(server.support.id)
    ann.writes(thread.id, "missed")
    program = program.restarted()
    async with program.running():
        ann.writes(thread.id, "live")
        events = await program.hears(3)
        assert [(each.chat, each.text) for each in events[1:]] == [(event.chat, "missed"), (event.chat, "live")]
        await program.say(event.chat, "Gladly!", edits=sent.external_id)
        await program.say(event.chat, "Done")
    assert len(server.threads(server.support.id)) == 1
    assert [message.content for message in server.messages(thread.id)][1:] == ["Gladly!", "missed", "live", "Done"]


async def test_a_thread_in_place_of_dms_that_was_deleted_is_made_anew(
    server: DiscordServer, program: Program, ann: Player
) -> None:
    ann.closes_dms()
    await program.say(ann.dm_channel, "one")
    (thread,) = server.threads(server.support.id)
    server.world.delete_channel(thread.id)
    await program.say(ann.dm_channel, "two")
    (other,) = server.threads(server.support.id)
    assert server.messages(other.id)[-1].content == "two"
    assert program.events == []


async def test_closed_dms_without_a_support_channel_are_told_where_the_player_asked(server: DiscordServer) -> None:
    async with Program(server, panel_channel=None).running() as program:
        ann = server.user("Ann")
        ann.closes_dms()
        asked = ann.mentions_bot(server.lobby.id, "help me")
        (event,) = await program.hears(1)
        for _ in range(2):
            with pytest.raises(Refused) as refused:
                await program.say(event.chat, "Gladly")
            assert refused.value.chat_lost
        answers = [message for message in server.messages(server.lobby.id) if message.author_id != ann.id]
        assert [message.content for message in answers] == ["Please open your direct messages."]
        assert answers[0].reference is not None
        assert answers[0].reference["message_id"] == str(asked.id)


async def test_an_archived_thread_is_opened_to_write_or_edit_in_it(
    server: DiscordServer, program: Program, ann: Player
) -> None:
    (panel,) = server.messages(server.support.id)
    use = ann.clicks(panel)
    await server.until(lambda: use.texts)
    (thread,) = server.threads(server.support.id)
    sent = await program.say(thread.id, "one")
    for locked in (False, True):
        server.world.edit_channel(thread.id, {}, thread_metadata={"archived": True, "locked": locked})
        await program.say(thread.id, f"locked {locked}")
        server.world.edit_channel(thread.id, {}, thread_metadata={"archived": True, "locked": locked})
        await program.say(thread.id, "edited", edits=sent.external_id)


async def test_a_deleted_thread_is_a_lost_chat(server: DiscordServer, program: Program, ann: Player) -> None:
    (panel,) = server.messages(server.support.id)
    use = ann.clicks(panel)
    await server.until(lambda: use.texts)
    (thread,) = server.threads(server.support.id)
    server.world.delete_channel(thread.id)
    with pytest.raises(Refused) as refused:
        await program.say(thread.id)
    assert refused.value.chat_lost


async def test_the_typing_sign(server: DiscordServer, program: Program, ann: Player) -> None:
    await program.channel.typing(str(ann.dm_channel))
    assert server.requests("POST", f"/channels/{ann.dm_channel}/typing")


async def test_nothing_is_sent_while_not_connected(server: DiscordServer, ann: Player) -> None:
    program = Program(server)
    with pytest.raises(TryLater):
        await program.say(ann.dm_channel)
