"""Staying with Discord: lost connections, events that cannot be read, absences, and what stops the bot for good."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import discord
import pytest

from channels.base import Health
from channels.errors import Misconfigured, Refused
from messaging.messages import ChatLost, MessageReceived
from tests.protocol.discord_program import Program
from tests.protocol.discord_server import DiscordServer


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server


async def test_a_wrong_token_names_its_key(server: DiscordServer) -> None:
    with pytest.raises(Misconfigured) as wrong:
        async with Program(server, token="nobody.knows.me").running():
            pass
    assert "channels.discord.token" in wrong.value.hint


async def test_a_token_that_stops_being_valid_is_told(server: DiscordServer) -> None:
    async def until_it_gives_up() -> None:
        async with Program(server).running() as program:
            await server.gateway.close(4004)
            await program.ended()

    with pytest.raises(Misconfigured):
        await until_it_gives_up()


async def test_an_intent_that_is_not_granted_tells_where_to_switch_it_on() -> None:
    async with DiscordServer(granted=discord.Intents.default()) as server:
        with pytest.raises(Misconfigured) as missing:
            async with Program(server).running():
                pass
        assert "Message Content Intent" in missing.value.hint


async def test_a_dropped_connection_resumes_without_loss(server: DiscordServer) -> None:
    async with Program(server).running() as program:
        ann = server.user("Ann")
        for number in range(3):
            server.gateway.drop()
            ann.writes_dm(f"during {number}")
            await server.until(lambda number=number: server.gateway.resumed == number + 1)
        await program.hears(3)
        assert program.texts_heard == ["during 0", "during 1", "during 2"]
        assert server.gateway.identified == 1
        assert program.ends == []


async def test_a_session_that_discord_forgot_is_made_up_for_by_reading_the_history(server: DiscordServer) -> None:
    ann = server.user("Ann")
    async with Program(server, identify_pause=0.0).running() as program:
        ann.writes_dm("before")
        await program.hears(1)
        server.gateway.forget_sessions()
        server.gateway.drop()
        ann.writes_dm("between the sessions")
        await server.connected(times=2)
        ann.writes_dm("after")
        await program.hears(3)
        assert program.texts_heard == ["before", "between the sessions", "after"]


async def test_an_event_that_cannot_be_read_ends_nothing_and_loses_no_words(server: DiscordServer) -> None:
    async with Program(server).running() as program:
        ann = server.user("Ann")
        author = {"id": str(ann.id), "username": "Ann"}
        odd = {"id": "7", "channel_id": str(ann.dm_channel), "author": author, "content": "odd"}
        odd |= {"attachments": [{}]}
        server.gateway.send_event("MESSAGE_CREATE", odd)
        server.gateway.send_event("MESSAGE_CREATE", {"id": "no number"})
        server.gateway.send_event("GUILD_CREATE", {"nothing": "here"})
        ann.writes_dm("still there?")
        await program.hears(2)
        assert program.texts_heard == ["odd", "still there?"]
        assert server.gateway.identified == 1
        assert program.ends == []


async def test_a_resume_that_is_never_answered_leads_to_a_new_session(server: DiscordServer) -> None:
    ann = server.user("Ann")
    async with Program(server, resume_within=0.2).running() as program:
        server.gateway.answers_resume = False
        server.gateway.drop()
        await server.connected(times=2)
        ann.writes_dm("hello again")
        await program.hears(1)
        assert [type(end) for end in program.ends] == [ConnectionError]


async def test_a_gateway_that_closes_for_good_is_started_again(server: DiscordServer) -> None:
    ann = server.user("Ann")
    async with Program(server).running() as program:
        ann.writes_dm("one")
        await program.hears(1)
        await server.gateway.close(4012)
        ann.writes_dm("two")
        await program.hears(2)
        assert program.texts_heard == ["one", "two"]
        assert len(program.ends) == 1


async def test_after_an_absence_every_known_chat_is_read_oldest_first(server: DiscordServer) -> None:
    ann, bob, cat = (server.user(name) for name in ("Ann", "Bob", "Cat"))
    program = Program(server)
    async with program.running():
        for player in (ann, bob):
            player.writes_dm(f"{player.id} before")
        (panel,) = server.messages(server.support.id)
        use = cat.clicks(panel)
        await server.until(lambda: use.texts)
        (thread,) = server.threads(server.support.id)
        cat.writes(thread.id, "cat before")
        await program.hears(3)
    program = program.restarted()
    for number in range(250):
        ann.writes_dm(f"ann {number}")
    bob.writes_dm("bob missed")
    cat.writes(thread.id, "cat missed")
    server.world.advance_clock(120)
    async with program.running():
        ann.writes_dm("ann live")
        await program.hears(3 + 250 + 1 + 1 + 1)
    of_ann = [event for event in program.events if event.chat == str(ann.dm_channel)]
    assert [event.text for event in of_ann[1:]] == [*(f"ann {number}" for number in range(250)), "ann live"]
    missed = [event for event in program.events if isinstance(event, MessageReceived) and event.late]
    assert len(missed) == 252
    assert not of_ann[-1].late
    assert [event.text for event in program.events if event.chat == str(thread.id)] == ["cat before", "cat missed"]


async def test_a_short_absence_is_not_called_late(server: DiscordServer) -> None:
    ann = server.user("Ann")
    program = Program(server)
    async with program.running():
        ann.writes_dm("before")
        await program.hears(1)
    program = program.restarted()
    ann.writes_dm("a moment later")
    async with program.running():
        *_, event = await program.hears(2)
    assert (event.text, event.late) == ("a moment later", False)


async def test_a_thread_of_which_nothing_is_stored_is_read_too(server: DiscordServer) -> None:
    ann = server.user("Ann")
    async with Program(server).running():
        (panel,) = server.messages(server.support.id)
        use = ann.clicks(panel)
        await server.until(lambda: use.texts)
    (thread,) = server.threads(server.support.id)
    ann.writes(thread.id, "written while the bot was away")
    async with Program(server).running() as program:
        (event,) = await program.hears(1)
        assert (event.chat, event.text) == (str(thread.id), "written while the bot was away")


async def test_a_chat_without_a_stored_id_is_read_from_its_time_on(server: DiscordServer) -> None:
    ann = server.user("Ann")
    program = Program(server)
    program.knows(str(ann.dm_channel), None, server.world.clock.now() - timedelta(seconds=5))
    ann.writes_dm("here")
    async with program.running():
        (event,) = await program.hears(1)
        assert event.text == "here"


async def test_a_chat_that_is_gone_is_told_and_stops_nothing(server: DiscordServer) -> None:
    ann = server.user("Ann")
    program = Program(server)
    gone = server.world.snowflake()
    program.knows(str(gone), str(gone), server.world.clock.now())
    program.knows(str(ann.dm_channel), str(gone), server.world.clock.now())
    ann.writes_dm("here")
    async with program.running():
        events = await program.hears(2)
    assert {type(event) for event in events} == {ChatLost, MessageReceived}


async def test_a_history_that_cannot_be_read_at_first_is_read_later(server: DiscordServer) -> None:
    ann = server.user("Ann")
    program = Program(server)
    async with program.running():
        ann.writes_dm("before")
        await program.hears(1)
    program = program.restarted()
    ann.writes_dm("missed")
    server.fault(method="GET", path="*/messages", status=503, times=2)
    async with program.running():
        ann.writes_dm("live")
        await program.hears(3, within=10)
    assert program.texts_heard == ["before", "missed", "live"]


async def test_what_is_in_hand_is_committed_when_it_stops(server: DiscordServer) -> None:
    ann = server.user("Ann")
    program = Program(server)
    async with program.running():
        program.failures = 1
        ann.writes_dm("in hand")
        await program.until(lambda: program.failures == 0)
    assert program.texts_heard == ["in hand"]


async def test_a_support_channel_that_is_not_there_stops_nothing_else(server: DiscordServer) -> None:
    async with Program(server, panel_channel=server.world.snowflake()).running() as program:
        ann = server.user("Ann")
        ann.writes_dm("hello")
        await program.hears(1)
        ann.closes_dms()
        with pytest.raises(Refused) as refused:
            await program.say(ann.dm_channel)
        assert refused.value.chat_lost


async def test_a_thread_of_an_unknown_player_keeps_its_order(server: DiscordServer) -> None:
    ann = server.user("Ann")
    ann.closes_dms()
    async with Program(server).running() as program:
        await program.say(ann.dm_channel)
    (thread,) = server.threads(server.support.id)
    async with Program(server).running() as program:
        # Asking Discord for the player's DM channel takes its time at the first message, not at the second.
        server.fault(method="POST", path="/users/@me/channels", delay=0.1)
        ann.writes(thread.id, "first")
        ann.writes(thread.id, "second")
        await program.hears(2)
        assert program.texts_heard == ["first", "second"]


async def test_a_catch_up_that_fails_is_started_again(server: DiscordServer) -> None:
    ann = server.user("Ann")
    program = Program(server)
    program.knows(str(ann.dm_channel), None, server.world.clock.now() - timedelta(seconds=5))
    program.unlisted = 1
    ann.writes_dm("missed")
    async with program.running():
        await program.hears(1)
    assert program.texts_heard == ["missed"]
    assert len(program.ends) == 1


async def test_hundreds_of_known_chats_are_read_side_by_side(server: DiscordServer) -> None:
    program = Program(server)
    players = [server.user(f"Player {number}") for number in range(200)]
    for player in players:
        program.knows(str(player.dm_channel), None, server.world.clock.now() - timedelta(seconds=5))
        player.writes_dm("missed")
    async with program.running():
        players[7].writes_dm("live")
        await program.hears(201, within=20)
    of_seven = [event.text for event in program.events if event.chat == str(players[7].dm_channel)]
    assert of_seven == ["missed", "live"]


# ------------------------------------------------------------ doctor


async def test_doctor_finds_everything_in_order(server: DiscordServer) -> None:
    checks = await Program(server).channel.check()
    assert {check.health for check in checks} == {Health.GOOD}
    assert any("Message Content" in check.message for check in checks)


async def test_doctor_names_a_wrong_token(server: DiscordServer) -> None:
    (check,) = await Program(server, token="nobody.knows.me").channel.check()
    assert check.health is Health.BAD
    assert "channels.discord.token" in check.remedy


async def test_doctor_names_missing_permissions_and_intents() -> None:
    async with DiscordServer(granted=discord.Intents.default()) as server:
        server.deny_bot(server.support, "create_private_threads", "manage_threads")
        checks = await Program(server).channel.check()
        bad = [check for check in checks if check.health is Health.BAD]
        assert any("Message Content" in check.message for check in bad)
        assert any("Create Private Threads" in check.remedy for check in bad)
        assert any("Manage Threads" in check.remedy for check in checks if check.health is Health.WARNING)


async def test_doctor_names_a_channel_that_is_not_there(server: DiscordServer) -> None:
    checks = await Program(server, panel_channel=server.world.snowflake()).channel.check()
    assert any("panel_channel" in check.remedy for check in checks if check.health is Health.BAD)


async def test_doctor_says_when_discord_is_out_of_reach(server: DiscordServer) -> None:
    await server.stop()
    (check,) = await Program(server).channel.check()
    assert check.health is Health.BAD
