"""What players write on Discord, as events; real discord.py against the fake Discord."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import discord
import pytest

from messaging.messages import ChatLost, CommandUsed, MessageDeleted, MessageEdited, MessageReceived
from tests.protocol.discord_program import Program
from tests.protocol.discord_server import DiscordServer


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server


@pytest.fixture
async def program(server: DiscordServer) -> AsyncIterator[Program]:
    async with Program(server).running() as program:
        yield program


async def test_a_direct_message_becomes_an_event_of_its_chat(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    written = ann.writes_dm("how do i get my account back")
    (event,) = await program.hears(1)
    assert isinstance(event, MessageReceived)
    assert (event.channel, event.chat, event.external_id) == ("discord", str(ann.dm_channel), str(written.id))
    assert (event.person.external_id, event.person.name, event.text) == (str(ann.id), "Ann", written.content)
    assert not event.late
    assert event.reply_via is None


async def test_messages_of_one_player_keep_their_order(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    for number in range(200):
        ann.writes_dm(str(number))
    await program.hears(200)
    assert program.texts_heard == [str(number) for number in range(200)]


async def test_files_are_named_and_can_be_fetched_even_when_their_link_expired(
    server: DiscordServer, program: Program
) -> None:
    ann = server.user("Ann")
    written = ann.writes_dm("look", files=[("a.png", b"\x89PNG one"), ("b.txt", b"two")])
    (event,) = await program.hears(1)
    assert [(file.name, file.content_type, file.size) for file in event.files] == [
        ("a.png", "image/png", 8),
        ("b.txt", "text/plain", 3),
    ]
    assert await program.channel.fetch(event.files[0].remote, 1000) == b"\x89PNG one"
    with pytest.raises(Exception, match="more than 2 bytes"):
        await program.channel.fetch(event.files[1].remote, 2)
    renewed = server.world.cdn.renew(written, 1)
    assert await program.channel.fetch(event.files[1].remote, 1000) == b"two"
    server.world.cdn.expire(renewed)
    with pytest.raises(Exception, match="no longer has"):
        await program.channel.fetch(event.files[1].remote, 1000)


async def test_edits_and_deletions(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    written = ann.writes_dm("teh question")
    ann.edits(written, "the question")
    ann.deletes(written)
    _, edited, deleted = await program.hears(3)
    assert isinstance(edited, MessageEdited)
    assert (edited.text, edited.external_id, edited.chat) == ("the question", str(written.id), str(ann.dm_channel))
    assert isinstance(deleted, MessageDeleted)
    assert (deleted.external_id, deleted.chat) == (str(written.id), str(ann.dm_channel))


async def test_a_link_preview_is_no_edit(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    written = ann.writes_dm("see https://example.com")
    server.gateway.preview_link(written)
    ann.writes_dm("next")
    assert [type(event) for event in await program.hears(2)] == [MessageReceived, MessageReceived]


async def test_a_mention_in_a_guild_is_answered_in_private_and_marked_as_seen(
    server: DiscordServer, program: Program
) -> None:
    ann = server.user("Ann")
    asked = ann.mentions_bot(server.lobby.id, "where is the shop?")
    (event,) = await program.hears(1)
    assert (event.text, event.chat) == ("where is the shop?", str(ann.dm_channel))
    await server.until(lambda: asked.reactions)
    ann.edits(asked, f"<@{server.world.bot_user.id}> where is the bank?")
    ann.deletes(asked)
    _, edited, deleted = await program.hears(3)
    assert (edited.text, edited.chat) == ("where is the bank?", str(ann.dm_channel))
    assert deleted.chat == str(ann.dm_channel)


async def test_what_does_not_name_the_bot_is_nobodys_business(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    ann.writes(server.lobby.id, "hi all")
    ann.writes_dm("hi bot")
    await program.hears(1)
    assert program.texts_heard == ["hi bot"]


async def test_names_stand_for_mentions_and_custom_emoji(server: DiscordServer, program: Program) -> None:
    ann, bob = server.user("Ann"), server.user("Bob")
    ann.writes_dm(f"<@{bob.id}> stole it <:angry:123456789> @everyone")
    (event,) = await program.hears(1)
    assert event.text == "@Bob stole it :angry: @everyone"


@pytest.mark.parametrize(
    ("typed", "name", "argument"),
    [("/human", "human", ""), ("!status", "status", ""), ("/language  vi ", "language", "vi"), ("/HELP", "help", "")],
)
async def test_a_typed_command_is_a_command(
    server: DiscordServer, program: Program, typed: str, name: str, argument: str
) -> None:
    server.user("Ann").writes_dm(typed)
    (event,) = await program.hears(1)
    assert isinstance(event, CommandUsed)
    assert (event.name, event.argument) == (name, argument)


async def test_words_after_a_slash_that_are_no_command_stay_words(server: DiscordServer, program: Program) -> None:
    server.user("Ann").writes_dm("/humanity is doomed")
    (event,) = await program.hears(1)
    assert isinstance(event, MessageReceived)


async def test_stickers_polls_and_forwarded_messages(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    original = ann.writes_dm("the original")
    await program.hears(1)
    ann.sends_sticker("wave")
    ann.forwards(original)
    _, sticker, forwarded = await program.hears(3)
    assert (sticker.unsupported, sticker.text) == ("sticker", "")
    assert forwarded.forwarded
    assert forwarded.text == "the original"


async def test_the_panel_opens_a_thread_that_is_the_players_conversation(
    server: DiscordServer, program: Program
) -> None:
    ann, bob = server.user("Ann"), server.user("Bob")
    (panel,) = server.messages(server.support.id)
    use = ann.clicks(panel, label="Get help")
    await server.until(lambda: use.texts)
    (thread,) = server.threads(server.support.id)
    assert use.texts == [f"<#{thread.id}>"]
    assert ann.id in thread.thread_members
    assert thread.name.startswith("Ann")
    ann.writes(thread.id, "my sword is gone")
    (event,) = await program.hears(1)
    assert (event.chat, event.text) == (str(thread.id), "my sword is gone")
    # Staff who look in are not the player.
    server.world.add_thread_member(thread.id, bob.id)
    bob.writes(thread.id, "I will look into it")
    ann.writes(thread.id, "thanks")
    await program.hears(2)
    assert program.texts_heard == ["my sword is gone", "thanks"]
    again = ann.clicks(panel)
    await server.until(lambda: again.texts)
    assert again.texts == use.texts
    assert len(server.threads(server.support.id)) == 1


async def test_pressing_twice_at_once_opens_one_thread(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    (panel,) = server.messages(server.support.id)
    uses = [ann.clicks(panel), ann.clicks(panel)]
    await server.until(lambda: all(use.texts for use in uses))
    assert len(server.threads(server.support.id)) == 1


async def test_an_archived_thread_of_before_is_opened_again(server: DiscordServer) -> None:
    ann = server.user("Ann")
    async with Program(server).running():
        (panel,) = server.messages(server.support.id)
        first = ann.clicks(panel)
        await server.until(lambda: first.texts)
    (thread,) = server.threads(server.support.id)
    server.world.edit_channel(thread.id, {}, thread_metadata={"archived": True})
    async with Program(server).running():
        again = ann.clicks(panel)
        await server.until(lambda: again.texts)
    assert again.texts == first.texts
    assert not server.world.is_archived(thread)


async def test_a_renamed_thread_is_still_known_after_a_restart(server: DiscordServer) -> None:
    ann = server.user("Ann")
    async with Program(server).running():
        (panel,) = server.messages(server.support.id)
        use = ann.clicks(panel)
        await server.until(lambda: use.texts)
    (thread,) = server.threads(server.support.id)
    server.world.edit_channel(thread.id, {"name": "refunds"})
    async with Program(server).running() as program:
        ann.writes(thread.id, "still me")
        (event,) = await program.hears(1)
        assert event.chat == str(thread.id)


async def test_a_player_who_writes_in_an_archived_thread_is_heard(server: DiscordServer) -> None:
    ann = server.user("Ann")
    async with Program(server).running():
        (panel,) = server.messages(server.support.id)
        use = ann.clicks(panel)
        await server.until(lambda: use.texts)
    (thread,) = server.threads(server.support.id)
    server.world.edit_channel(thread.id, {}, thread_metadata={"archived": True})
    async with Program(server).running() as program:
        ann.writes(thread.id, "one more thing")
        (event,) = await program.hears(1)
        assert event.chat == str(thread.id)


async def test_a_deleted_thread_is_a_lost_chat(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    (panel,) = server.messages(server.support.id)
    use = ann.clicks(panel)
    await server.until(lambda: use.texts)
    (thread,) = server.threads(server.support.id)
    server.world.delete_channel(thread.id)
    (event,) = await program.hears(1)
    assert isinstance(event, ChatLost)
    assert event.chat == str(thread.id)
    again = ann.clicks(panel)
    await server.until(lambda: again.texts)
    assert again.texts != use.texts


async def test_the_panel_is_put_up_once_and_kept_as_the_texts_say(server: DiscordServer) -> None:
    async with Program(server).running():
        (panel,) = server.messages(server.support.id)
    assert panel.content == "## Help\nPress the **button**."
    server.world.edit_message(server.support.id, panel.id, {"content": "an older text"})
    async with Program(server).running():
        (same,) = server.messages(server.support.id)
    assert same.id == panel.id
    assert same.content == "## Help\nPress the **button**."


async def test_without_a_panel_no_privileged_intent_is_needed() -> None:
    granted = discord.Intents.default()
    async with DiscordServer(granted=granted) as server, Program(server, panel_channel=None).running() as program:
        ann = server.user("Ann")
        ann.writes_dm("a direct message")
        ann.mentions_bot(server.lobby.id, "a mention")
        await program.hears(2)
        assert sorted(program.texts_heard) == ["a direct message", "a mention"]
        assert server.messages(server.support.id) == []


async def test_what_cannot_be_committed_is_brought_again(server: DiscordServer, program: Program) -> None:
    program.failures = 1
    server.user("Ann").writes_dm("do not lose me")
    await program.hears(1)
    assert program.texts_heard == ["do not lose me"]


async def test_a_bots_words_are_not_a_players(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    await program.say(ann.dm_channel, "I am the bot")
    ann.writes_dm("and I am Ann")
    await program.hears(1)
    await asyncio.sleep(0)
    assert program.texts_heard == ["and I am Ann"]
