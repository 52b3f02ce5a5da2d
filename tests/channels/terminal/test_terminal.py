"""The terminal: through a pipe, and with somebody who types."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from channels.terminal.adapter import TerminalChannel
from messaging.messages import Button, ButtonPressed, CommandUsed, MessageReceived
from storage.database import Database
from tests.channels.teller import Answer, Teller, Written

CHOICES = (
    Button("That solved it", "solved:1"),
    Button("Recovery page", url="https://e.com/"),
    Button("Human", "human"),
)


def answer(event: Written) -> Sequence[Answer]:
    if isinstance(event, ButtonPressed):
        return [(f"pressed {event.action}", ())]
    if isinstance(event, CommandUsed):
        return [(f"used {event.name}({event.argument})", ())]
    return [(f"**you** said {event.text}", CHOICES)]


class Screen(io.StringIO):
    """What was printed; waits for more of it."""

    def __init__(self) -> None:
        super().__init__()
        self._written = asyncio.Event()

    def write(self, text: str) -> int:
        self._written.set()
        return super().write(text)

    async def shows(self, fragment: str) -> None:
        async with asyncio.timeout(5):
            while fragment not in self.getvalue():
                self._written.clear()
                await self._written.wait()


@dataclass
class Typist:
    """Somebody at a terminal, or what fills a pipe."""

    channel: TerminalChannel
    descriptor: int
    out: Screen

    def types(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def ends(self) -> None:
        os.close(self.descriptor)
        self.descriptor = -1


@asynccontextmanager
async def terminal(teller: Teller, *, interactive: bool) -> AsyncIterator[Typist]:
    reading, writing = os.pipe()
    out = Screen()
    channel = TerminalChannel(teller.database, source=reading, out=out, interactive=interactive, language="en")
    typist = Typist(channel, writing, out)
    async with teller.running(channel):
        yield typist
        if typist.descriptor >= 0:
            typist.ends()
        await asyncio.wait_for(channel.ended.wait(), 5)
    os.close(reading)


async def test_every_line_of_a_pipe_is_answered_in_turn(database: Database) -> None:
    async with terminal(Teller(database, answer), interactive=False) as typist:
        typist.types("first\r\n\nsecond")
        typist.ends()
        await asyncio.wait_for(typist.channel.ended.wait(), 5)
    assert typist.out.getvalue() == (
        "> first\n"
        "web_bot en\n"
        "  you said first\n"
        "\n"
        "  Recovery page: https://e.com/\n"
        "  1) That solved it\n"
        "  2) Human\n"
        "\n"
        "> \n"
        "> second\n"
        "web_bot en\n"
        "  you said second\n"
        "\n"
        "  Recovery page: https://e.com/\n"
        "  1) That solved it\n"
        "  2) Human\n"
        "\n"
    )


async def test_a_number_presses_a_button_and_a_slash_is_a_command(database: Database) -> None:
    teller = Teller(database, answer)
    async with terminal(teller, interactive=False) as typist:
        typist.types("question\n2\n/Language  vi \n3\n")
        await typist.out.shows("you said 3")
    assert [type(event) for event in teller.events] == [MessageReceived, ButtonPressed, CommandUsed, MessageReceived]
    assert "pressed human" in typist.out.getvalue()
    assert "used language(vi)" in typist.out.getvalue()


async def test_somebody_who_types_is_greeted_and_sees_what_comes_later(database: Database) -> None:
    teller = Teller(database, answer)
    async with terminal(teller, interactive=True) as typist:
        await typist.out.shows("used start()\n\n> ")
        chat = teller.events[0].chat
        number = await teller.says(chat, "An agent here", data={"agent": "Desk 3"})
        await typist.out.shows("Desk 3\n  An agent here\n\n> ")
        await teller.changes(chat, number, text="An agent was here")
        await typist.out.shows("An agent was here")
    assert typist.out.getvalue().count("Desk 3") == 2


async def test_buttons_that_were_taken_back_are_not_pressed(database: Database) -> None:
    teller = Teller(database, answer)
    async with terminal(teller, interactive=False) as typist:
        typist.types("question\n")
        await typist.out.shows("2) Human")
        await teller.changes(teller.events[0].chat, 2, data={})
        await teller.says(teller.events[0].chat, "later")
        await typist.out.shows("later")
        typist.types("1\n")
        await typist.out.shows("you said 1")


async def test_what_was_not_kept_is_said(database: Database) -> None:
    teller = Teller(database, answer)
    teller.is_down = True
    async with terminal(teller, interactive=False) as typist:
        typist.types("question\n")
        await typist.out.shows("not delivered")
        teller.is_down = False
        typist.types("question\n")
        await typist.out.shows("you said question")


async def test_words_of_another_run_are_not_printed_again(database: Database) -> None:
    teller = Teller(database, answer)
    async with terminal(teller, interactive=False) as typist:
        typist.types("yesterday\n")
        await typist.out.shows("you said yesterday")
    async with terminal(teller, interactive=False) as typist:
        typist.types("today\n")
        await typist.out.shows("you said today")
    assert "yesterday" not in typist.out.getvalue()


async def test_broken_text_is_read_as_far_as_it_goes(database: Database) -> None:
    teller = Teller(database, answer)
    async with terminal(teller, interactive=False) as typist:
        os.write(typist.descriptor, b"ok \xff\xfe caf\xc3")
        os.write(typist.descriptor, b"\xa9\n")
        await typist.out.shows("you said ok \ufffd\ufffd café")


async def test_what_was_corrected_is_printed_again_as_edited(database: Database) -> None:
    """W6."""
    teller = Teller(database, answer)
    async with terminal(teller, interactive=True) as typist:
        await typist.out.shows("used start()")
        chat = teller.events[0].chat
        number = await teller.says(chat, "wrong", data={"agent": "Desk 3"})
        await typist.out.shows("Desk 3\n  wrong")
        await teller.changes(chat, number, text="right", edited_at=teller.now())
        await typist.out.shows("  right")
    assert "Desk 3 · web_edited en\n  right" in typist.out.getvalue()
