"""A quick restart takes the gateway's session up again: what no history tells arrives too, and once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from channels.discord.progress import Position
from messaging.messages import Button, ButtonPressed, ChannelEvent, MessageDeleted, MessageEdited, MessageReceived
from tests.protocol.discord_program import Program
from tests.protocol.discord_server import DiscordServer

ENDLESSLY = 10**9


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server


async def kept(program: Program) -> Position:
    """The position, once there is one."""
    await program.until(lambda: program.kept)
    position = Position.parse(program.kept)
    assert position is not None
    return position


def texts(events: list[ChannelEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, MessageReceived)]


def histories_read(server: DiscordServer, channel: int) -> int:
    return len(server.requests("GET", f"/channels/{channel}/messages"))


async def test_what_people_did_during_a_quick_restart_arrives_once(server: DiscordServer) -> None:
    ann, ben, stranger = (server.user(name) for name in ("Ann", "Ben", "Stranger"))
    program = Program(server)
    async with program.running():
        changed, gone = ann.writes_dm("before"), ben.writes_dm("to be taken back")
        await program.hears(2)
        await program.say(ann.dm_channel, "Here is how.", buttons=(Button("That solved it", "solved:7"),))
    program = program.restarted(quickly=True)
    ann.edits(changed, "as it is meant")
    ben.deletes(gone)
    pressed = ann.clicks(ann.dms[-1], label="That solved it")
    used = ann.slash("ask", channel=server.lobby.id, question="Where is my sword?")
    stranger.writes_dm("my first words")
    named = ben.mentions_bot(server.lobby.id, "are you there?")
    async with program.running():
        await program.hears(8)
        await server.until(lambda: pressed.acknowledged and used.acknowledged and named.reactions)
        ann.writes_dm("live")
        await program.hears(9)
    kinds = {kind: sum(isinstance(event, kind) for event in program.events[2:]) for kind in (
        MessageEdited, MessageDeleted, ButtonPressed, MessageReceived
    )}  # fmt: skip
    assert kinds == {MessageEdited: 1, MessageDeleted: 1, ButtonPressed: 1, MessageReceived: 4}
    assert set(texts(program.events[2:])) == {"Where is my sword?", "my first words", "are you there?", "live"}
    assert (server.gateway.resumed, server.gateway.identified) == (1, 2)
    # All of it was told, so no history had to be read.
    assert histories_read(server, ann.dm_channel) == 0


async def test_a_session_that_discord_forgot_leads_to_the_histories(server: DiscordServer) -> None:
    ann = server.user("Ann")
    program = Program(server)
    async with program.running():
        ann.writes_dm("before")
        await program.hears(1)
    program = program.restarted(quickly=True)
    server.gateway.forget_sessions()
    ann.writes_dm("missed")
    async with program.running():
        ann.writes_dm("live")
        await program.hears(3)
        assert program.texts_heard == ["before", "missed", "live"]
        assert program.ends == []
    assert server.gateway.resumed == 0
    assert histories_read(server, ann.dm_channel) > 0


@pytest.mark.parametrize(
    "position",
    [
        "no position",
        "{}",
        '{"gateway": null, "session": 1, "sequence": []}',
        str(Position("ws://127.0.0.1:9/", "session-1", 1)),
    ],
)
async def test_a_position_that_leads_nowhere_leads_to_the_histories(server: DiscordServer, position: str) -> None:
    ann = server.user("Ann")
    program = Program(server)
    async with program.running():
        ann.writes_dm("before")
        await program.hears(1)
    program = program.restarted()
    program.kept = position
    ann.writes_dm("missed")
    async with program.running():
        await program.hears(2)
        assert program.texts_heard == ["before", "missed"]
        assert program.ends == []


async def test_a_discord_that_never_answers_is_not_waited_for(server: DiscordServer) -> None:
    ann = server.user("Ann")
    program = Program(server, missed_within=0.1)
    async with program.running():
        ann.writes_dm("before")
        await program.hears(1)
    program = program.restarted(quickly=True)
    server.gateway.answers_resume = False
    ann.writes_dm("missed")
    async with program.running():
        await program.hears(2)
    assert program.texts_heard == ["before", "missed"]


async def test_no_position_is_kept_beyond_what_is_not_committed(server: DiscordServer) -> None:
    """What came first may be committed last: here Discord is asked for its chat, and does not answer."""
    ann, ben = server.user("Ann"), server.user("Ben")
    program = Program(server, finish_within=0.1)
    async with program.running():
        await kept(program)
        server.fault(method="POST", path="/users/@me/channels", times=None, status=503)
        used = ann.slash("ask", channel=server.lobby.id, question="Where is my sword?")
        ben.writes_dm("quickly committed")
        await program.hears(1)
        server.rest.faults.clear()
        server.fault(method="POST", path="/users/@me/channels", times=None, delay=60)
    assert program.texts_heard == ["quickly committed"]
    assert not used.acknowledged
    server.rest.faults.clear()
    program = program.restarted(quickly=True)
    async with program.running():
        await program.hears(2)
    assert program.texts_heard == ["quickly committed", "Where is my sword?"]


async def test_what_could_not_be_committed_comes_again_after_a_restart(server: DiscordServer) -> None:
    """First words, which no history of a known chat tells."""
    program = Program(server, finish_within=0.1)
    async with program.running():
        await kept(program)
        program.failures = ENDLESSLY
        server.user("Ann").writes_dm("my first words")
        await program.until(lambda: program.failures < ENDLESSLY)
    assert program.events == []
    program = program.restarted(quickly=True)
    async with program.running():
        await program.hears(1)
    assert program.texts_heard == ["my first words"]


async def test_no_position_is_kept_before_the_histories_are_read(server: DiscordServer) -> None:
    """Otherwise the next start would take up a session that was never told of them."""
    ann, ben = server.user("Ann"), server.user("Ben")
    program = Program(server)
    async with program.running():
        ann.writes_dm("before")
        await program.hears(1)
    program = program.restarted()
    ann.writes_dm("missed")
    server.fault(method="GET", path=f"/channels/{ann.dm_channel}/messages", times=None, status=503)
    before = program.kept
    async with program.running():
        ben.writes_dm("committed")
        await program.hears(2)
        assert program.kept == before
    assert program.kept == before
    server.rest.faults.clear()
    program = program.restarted(quickly=True)
    async with program.running():
        await program.hears(3)
    assert program.texts_heard == ["before", "committed", "missed"]


async def test_what_was_missed_comes_before_what_is_said_since(server: DiscordServer) -> None:
    """Also in a chat of which nothing is stored, and whose history nobody reads."""
    stranger = server.user("Stranger")
    program = Program(server, ready_timeout=0.3)
    async with program.running():
        await kept(program)
    program = program.restarted(quickly=True)
    stranger.writes_dm("first")

    async def speak_as_soon_as_it_is_there() -> None:
        await server.connected(times=2)
        stranger.writes_dm("second")

    async with asyncio.TaskGroup() as group:
        group.create_task(speak_as_soon_as_it_is_there())
        async with program.running():
            await program.hears(2)
    assert program.texts_heard == ["first", "second"]


async def test_what_was_missed_for_long_is_late(server: DiscordServer) -> None:
    ann = server.user("Ann")
    program = Program(server)
    async with program.running():
        ann.writes_dm("before")
        await program.hears(1)
    program = program.restarted(quickly=True)
    ann.writes_dm("missed")
    server.world.advance_clock(120)
    async with program.running():
        ann.writes_dm("live")
        await program.hears(3)
    assert server.gateway.resumed == 1
    assert [(event.text, event.late) for event in program.events if isinstance(event, MessageReceived)] == [
        ("before", False),
        ("missed", True),
        ("live", False),
    ]


async def test_what_was_missed_in_a_thread_that_was_put_away_since_arrives(server: DiscordServer) -> None:
    """Discord shows a new session no archived thread, so that it is asked whose it is."""
    ann = server.user("Ann")
    program = Program(server)
    async with program.running():
        await kept(program)
        ann.clicks(server.messages(server.support.id)[0])
        (thread,) = await server.until(lambda: server.threads(server.support.id))
        await server.until(lambda: server.messages(thread.id))
        ann.writes(thread.id, "before")
        await program.hears(1)
    program = program.restarted(quickly=True)
    ann.writes(thread.id, "missed")
    server.user("Somebody").writes(server.lobby.id, "not for us")
    server.world.edit_channel(thread.id, {}, thread_metadata={"archived": True})
    async with program.running():
        await program.hears(2)
    assert program.texts_heard == ["before", "missed"]
    assert server.gateway.resumed == 1


async def test_a_thread_opened_while_nobody_was_there_leads_its_player_in(server: DiscordServer) -> None:
    """A press at the panel says nothing that is kept: the thread is what remains of it."""
    program = Program(server)
    async with program.running():
        await kept(program)
    program = program.restarted(quickly=True)
    (panel,) = server.messages(server.support.id)
    pressed = server.user("Ann").clicks(panel)
    server.fault(method="POST", path="/interactions/*", status=404, code=10062)
    async with program.running():
        (thread,) = await server.until(lambda: server.threads(server.support.id))
        await server.until(lambda: server.messages(thread.id))
    assert not pressed.acknowledged
