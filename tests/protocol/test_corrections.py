"""Messages of ours that are changed or taken away (W6), by the real SDKs, and what becomes of those that cannot be."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest

from channels.errors import Refused, TryLater
from messaging.messages import MessageReceived, OutgoingFile
from tests.protocol.discord_program import Program
from tests.protocol.discord_server import DiscordServer
from tests.protocol.telegram_kit import polling, say
from tests.protocol.telegram_server import bad_request

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")


async def test_telegram_takes_a_message_or_a_file_away_and_again_is_fine() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        words = await kit.channel.send(say(ann, "wrong"))
        picture = await kit.channel.send(say(ann, "the map", file=OutgoingFile("map.png", "image/png", PNG)))
        for sent in (words, picture, words):
            assert await kit.channel.send(say(ann, "", edits=sent.external_id, deletes=True)) == sent
        assert kit.server.sent(ann) == []


async def test_telegram_refuses_to_delete_after_two_days_and_the_chat_is_not_lost() -> None:
    ahead = [0.0]
    async with polling(clock=lambda: time.time() + ahead[0]) as kit:
        ann = kit.server.user("Ann")
        sent = await kit.channel.send(say(ann, "wrong"))
        ahead[0] = 49 * 3600
        with pytest.raises(Refused) as refused:
            await kit.channel.send(say(ann, "", edits=sent.external_id, deletes=True))
        assert not refused.value.chat_lost
        assert len(kit.server.sent(ann)) == 1


async def test_telegram_refuses_what_it_does_not_let_be_edited() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        sent = await kit.channel.send(say(ann, "wrong"))
        kit.server.fault("error", "editMessageText", error=bad_request("message can't be edited"))
        with pytest.raises(Refused) as refused:
            await kit.channel.send(say(ann, "right", edits=sent.external_id))
        assert not refused.value.chat_lost


async def test_a_deletion_by_telegram_of_hidden_outcome_is_simply_tried_again() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        sent = await kit.channel.send(say(ann, "wrong"))
        kit.server.fault("drop", "deleteMessage", after_effect=True)
        with pytest.raises(TryLater):
            await kit.channel.send(say(ann, "", edits=sent.external_id, deletes=True))
        await kit.channel.send(say(ann, "", edits=sent.external_id, deletes=True))
        assert kit.server.sent(ann) == []


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server


@pytest.fixture
async def program(server: DiscordServer) -> AsyncIterator[Program]:
    async with Program(server).running() as program:
        yield program


async def test_discord_takes_a_message_away_and_again_is_fine(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    sent = await program.say(ann.dm_channel, "wrong")
    for _ in range(2):
        assert await program.say(ann.dm_channel, "", edits=sent.external_id, deletes=True) == sent
    assert ann.dms_from_bot == []


async def test_discord_takes_a_message_away_in_an_archived_thread(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    (panel,) = server.messages(server.support.id)
    use = ann.clicks(panel)
    await server.until(lambda: use.texts)
    (thread,) = server.threads(server.support.id)
    sent = await program.say(thread.id, "wrong")
    server.world.edit_channel(thread.id, {}, thread_metadata={"archived": True})
    await program.say(thread.id, "", edits=sent.external_id, deletes=True)
    assert "wrong" not in [message.content for message in server.messages(thread.id)]


async def test_a_private_answer_of_discord_is_taken_away_while_it_lives(
    server: DiscordServer, program: Program
) -> None:
    ann = server.user("Ann")
    use = ann.slash("ask", channel=server.lobby.id, question="Sword?")
    (asked,) = await program.hears(1)
    assert isinstance(asked, MessageReceived)
    first = await program.say(asked.chat, "Bank.", reply_via=asked.reply_via)
    second = await program.say(asked.chat, "Or the shop.", reply_via=asked.reply_via)
    await program.say(asked.chat, "", edits=second.external_id, deletes=True)
    await server.until(lambda: use.texts == ["Bank."])
    server.world.advance_clock(16 * 60)
    with pytest.raises(Refused, match="can no longer be changed"):
        await program.say(asked.chat, "", edits=first.external_id, deletes=True)
