"""The memory channel behaves as a network does, with and without faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.base import Capabilities, Channel, LastSeen, Surroundings
from channels.errors import FileGone, OutcomeHidden, Refused, TryLater
from channels.memory import Fault, MemoryChannel
from messaging.messages import Author, Button, ButtonPressed, ChannelEvent, CommandUsed, MessageReceived, Outgoing


class Program:
    """A program that keeps the events it is given, unless told to fail."""

    def __init__(self) -> None:
        self.events: list[ChannelEvent] = []
        self.fails = False
        self.time = datetime(2026, 3, 1, 12, tzinfo=UTC)

    async def sink(self, events: Sequence[ChannelEvent]) -> None:
        if self.fails:
            raise ConnectionError("the database is gone")
        self.events += events

    async def _nobody(self) -> AsyncIterator[LastSeen]:
        never: tuple[LastSeen, ...] = ()
        for each in never:
            yield each

    @asynccontextmanager
    async def running(self, channel: Channel) -> AsyncIterator[None]:
        ready = asyncio.Event()
        surroundings = Surroundings(self.sink, lambda key, _: key, ("en",), self._nobody, lambda: self.time)
        task = asyncio.create_task(channel.run(surroundings, ready.set))
        await asyncio.wait_for(ready.wait(), 5)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


HELLO = Outgoing(chat="chat1", key="1", text="Hello", author=Author.BOT, buttons=(Button("Yes", "yes"),))


async def test_what_a_player_does_reaches_the_program() -> None:
    channel, program = MemoryChannel(), Program()
    ann = channel.player("Ann", language="vi", chat="chat1")
    async with program.running(channel):
        await ann.writes("hi", files=[("a.txt", "text/plain", b"bytes")])
        await channel.send(HELLO)
        await ann.presses("Yes")
        await ann.uses("help", "me")
    message, press, command = program.events
    assert isinstance(message, MessageReceived)
    assert (message.text, message.person.language_hint, message.sent_at) == ("hi", "vi", program.time)
    assert await channel.fetch(message.files[0].remote or "", 10) == b"bytes"
    assert isinstance(press, ButtonPressed)
    assert press.action == "yes"
    assert isinstance(command, CommandUsed)
    assert (command.name, command.argument) == ("help", "me")


async def test_what_the_program_sends_reaches_the_player() -> None:
    channel = MemoryChannel()
    ann = channel.player("Ann", chat="chat1")
    reading = asyncio.create_task(ann.reads("ell"))
    sent = await channel.send(HELLO)
    assert (await reading).external_id == sent.external_id
    await channel.send(replace(HELLO, key="2", text="Bye", buttons=(), edits=sent.external_id))
    assert [(each.text, each.versions, each.buttons) for each in ann.messages] == [("Bye", ["Hello"], ())]


async def test_what_is_not_committed_comes_again_after_a_restart() -> None:
    channel, program = MemoryChannel(), Program()
    ann = channel.player("Ann")
    async with program.running(channel):
        program.fails = True
        with pytest.raises(ConnectionError):
            await ann.writes("first")
    await ann.writes("while it is down")
    program.fails = False
    async with program.running(channel):
        pass
    assert [event.text for event in program.events if isinstance(event, MessageReceived)] == [
        "first",
        "while it is down",
    ]
    assert channel.unconfirmed == []


async def test_events_come_in_any_order_and_more_than_once() -> None:
    channel, program = MemoryChannel(), Program()
    ann = channel.player("Ann")
    first, second = ann.message("first"), ann.message("second")
    async with program.running(channel):
        await channel.deliver([second, first], copies=2)
    assert program.events == [second, first, second, first]


async def test_faults_come_once_each_before_or_after_the_effect() -> None:
    channel = MemoryChannel()
    ann = channel.player("Ann", chat="chat1")
    channel.fail(Fault(TryLater("busy", after=3)), Fault(OutcomeHidden("cut"), takes_effect=True))
    with pytest.raises(TryLater, match="busy"):
        await channel.send(HELLO)
    assert not ann.messages
    with pytest.raises(OutcomeHidden):
        await channel.send(HELLO)
    assert len(ann.messages) == 1
    await channel.send(HELLO)
    assert len(ann.messages) == 2


async def test_a_fault_of_one_chat_leaves_the_others_alone() -> None:
    channel = MemoryChannel()
    channel.fail(Fault(Refused("blocked", chat_lost=True)), chat="chat2")
    await channel.send(HELLO)
    with pytest.raises(Refused):
        await channel.send(replace(HELLO, chat="chat2"))


async def test_a_network_with_keys_does_not_double_within_its_memory() -> None:
    program = Program()
    channel = MemoryChannel(capabilities=Capabilities(100, 100, 100, idempotent_for=60))
    ann = channel.player("Ann", chat="chat1")
    async with program.running(channel):
        first = await channel.send(HELLO)
        assert await channel.send(HELLO) == first
        program.time += timedelta(seconds=61)
        assert await channel.send(HELLO) != first
    assert len(ann.messages) == 2


async def test_a_held_chat_does_not_hold_the_others() -> None:
    channel = MemoryChannel()
    ann, bob = channel.player("Ann", chat="chat1"), channel.player("Bob", chat="chat2")
    with channel.holding("chat1"):
        held = asyncio.create_task(channel.send(HELLO))
        await channel.send(replace(HELLO, chat="chat2"))
        assert len(bob.messages) == 1
        assert not ann.messages
    await held
    assert len(ann.messages) == 1


@pytest.mark.parametrize("outgoing", [replace(HELLO, text="x" * 101), replace(HELLO, edits="nothing")])
async def test_what_a_network_cannot_do_is_refused(outgoing: Outgoing) -> None:
    channel = MemoryChannel(capabilities=Capabilities(max_text=100, max_caption=100, max_file=100))
    with pytest.raises(Refused):
        await channel.send(outgoing)


async def test_a_file_over_the_limit_is_not_fetched() -> None:
    channel = MemoryChannel()
    file = channel.player("Ann").message(files=[("a", "text/plain", b"12345")]).files[0]
    with pytest.raises(FileGone):
        await channel.fetch(file.remote or "", 4)


async def test_waiting_in_vain_says_what_was_seen() -> None:
    channel = MemoryChannel()
    ann = channel.player("Ann", chat="chat1")
    await channel.send(HELLO)
    with pytest.raises(TimeoutError, match="Hello"):
        await ann.reads("Goodbye", within=0.01)
