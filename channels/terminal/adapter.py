"""The terminal channel: one player, who types. What the bot says is read from the tables and printed."""

from __future__ import annotations

import asyncio
import getpass
import re
import sys
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TextIO

import sqlalchemy as sa
from aiohttp import web

from channels.base import Capabilities, Check, Pace, Surroundings
from channels.errors import FileGone, Refused
from channels.markdown import plain
from channels.terminal.lines import lines_of
from messaging import conversations
from messaging.conversations import Message
from messaging.messages import (
    Author,
    Button,
    ButtonPressed,
    CommandUsed,
    Direction,
    MessageReceived,
    Outgoing,
    Person,
    Sent,
)
from storage.database import Database
from storage.errors import DatabaseUnreachable

CHANNEL = "terminal"
_COMMAND = re.compile(r"/([A-Za-z]{1,32})(?:\s+(.*))?")
_POLL = 2.0
_PROMPT = "> "
_CLEAR_LINE = "\r\x1b[K"


class TerminalChannel:
    """Talks with whoever types; see channels.base.Channel for what its methods promise.

    ``ended`` is set when there is nothing more to read: at Ctrl-D, or at the end of a pipe, each of whose lines was
    answered. ``source`` is the descriptor to read from, ``interactive`` whether somebody sits there.
    """

    def __init__(
        self,
        database: Database,
        *,
        language: str | None = None,
        source: int | None = None,
        out: TextIO | None = None,
        interactive: bool | None = None,
    ) -> None:
        self._database = database
        self._person = Person(getpass.getuser(), getpass.getuser(), language_hint=language)
        self._source = sys.stdin.fileno() if source is None else source
        self._out = out or sys.stdout
        self._interactive = sys.stdin.isatty() if interactive is None else interactive
        self._changed = asyncio.Event()
        self._turn = asyncio.Lock()
        self._revision = 0
        self._printed: dict[int, str] = {}
        self._offers: tuple[int, Sequence[Button]] = (0, ())
        self.ended = asyncio.Event()

    @property
    def name(self) -> str:
        return CHANNEL

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            max_text=20_000, max_caption=20_000, max_file=20_000_000, can_edit=True, can_delete=True, pulls=True
        )

    def pace(self, chat: str) -> Pace:
        return Pace()

    @property
    def total_pace(self) -> Pace:
        return Pace()

    def routes(self) -> Sequence[web.RouteDef]:
        return ()

    async def run(self, surroundings: Surroundings, ready: Callable[[], None]) -> None:
        await self._skip_the_past()
        ready()
        printing = asyncio.create_task(self._print_what_comes(surroundings))
        try:
            await self._converse(surroundings)
        finally:
            printing.cancel()
            self.ended.set()
        await asyncio.Event().wait()

    async def send(self, outgoing: Outgoing) -> Sent:
        raise Refused("the terminal reads from the tables: nothing is to be sent")

    async def typing(self, chat: str) -> None:
        """Answers are there before a sign could be seen."""

    async def fetch(self, remote: str, limit: int) -> bytes:
        raise FileGone("no files come from a terminal")

    async def wake(self, chat: str, conversation_id: int) -> None:
        self._changed.set()

    async def check(self) -> Sequence[Check]:
        return ()

    async def close(self) -> None:
        """Nothing is held open."""

    async def _converse(self, surroundings: Surroundings) -> None:
        if self._interactive:
            await self._do("/start", surroundings)
            self._write(_PROMPT)
        async for line in lines_of(self._source):
            if not self._interactive:
                self._write(f"{_PROMPT}{line}\n")
            if line.strip():
                await self._do(line.strip(), surroundings)
            if self._interactive:
                self._write(_PROMPT)
        if self._interactive:
            self._write("\n")

    async def _do(self, line: str, surroundings: Surroundings) -> None:
        """Hand in one line and print what comes of it."""
        async with self._turn:
            try:
                await surroundings.sink([self._event(line, surroundings)])
                await self._print_news(surroundings)
            except DatabaseUnreachable as problem:
                self._write(f"(not delivered, please try again: {problem})\n")

    def _event(self, line: str, surroundings: Surroundings) -> MessageReceived | CommandUsed | ButtonPressed:
        identifier, now = str(uuid.uuid4()), surroundings.now()
        chat = self._person.external_id
        _, offers = self._offers
        if line.isdecimal() and 0 < int(line) <= len(offers):
            return ButtonPressed(CHANNEL, chat, identifier, self._person, now, offers[int(line) - 1].action or "")
        command = _COMMAND.fullmatch(line)
        if command:
            argument = (command[2] or "").strip()
            return CommandUsed(CHANNEL, chat, identifier, self._person, now, command[1].lower(), argument)
        return MessageReceived(CHANNEL, chat, identifier, self._person, now, line)

    async def _print_what_comes(self, surroundings: Surroundings) -> None:
        """Print what is said while nobody types, such as an agent's reply."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL):
                    await self._changed.wait()
            self._changed.clear()
            async with self._turn:
                with suppress(DatabaseUnreachable):
                    if await self._print_news(surroundings) and self._interactive:
                        self._write(_PROMPT)

    async def _skip_the_past(self) -> None:
        table = conversations.conversations
        query = sa.select(table.c.counter).where(table.c.channel == CHANNEL, table.c.chat == self._person.external_id)
        async with self._database.reading() as connection:
            self._revision = await connection.scalar(query) or 0

    async def _print_news(self, surroundings: Surroundings) -> bool:
        """Whether there was anything to print."""
        chat = self._person.external_id
        async with self._database.reading() as connection:
            found = await conversations.find(connection, CHANNEL, chat)
            if found is None:
                return False
            news = await conversations.changes(connection, found, self._revision, with_notes=False)
        printed = [self._print(message, surroundings) for message in news]
        self._revision = news[-1].revision if news else self._revision
        return any(printed)

    def _print(self, message: Message, surroundings: Surroundings) -> bool:
        if message.direction is Direction.INCOMING or message.deleted_at is not None:
            return False
        actions = [button for button in message.buttons if button.action]
        if actions or self._offers[0] == message.number:
            self._offers = (message.number, actions)
        text = plain(message.text)
        if self._printed.get(message.number) == text:
            return False
        self._printed[message.number] = text
        lines = [*text.splitlines(), *(f"[{file.name}]" for file in message.attachments)]
        choices = [f"{button.label}: {button.url}" for button in message.buttons if button.url]
        choices += [f"{number}) {button.label}" for number, button in enumerate(actions, 1)]
        shown = [*lines, "", *choices] if lines and choices else [*lines, *choices]
        self._write(_CLEAR_LINE if self._interactive else "")
        self._write(f"{self._name(message, surroundings)}{self._edited(message, surroundings)}\n")
        self._write("".join(f"  {line}".rstrip() + "\n" for line in shown) + "\n")
        return True

    def _name(self, message: Message, surroundings: Surroundings) -> str:
        language = self._person.language_hint or surroundings.languages[0]
        if message.author is Author.AGENT:
            return str(message.data.get("agent") or surroundings.texts("web_agent", language))
        return surroundings.texts("web_bot", language)

    def _edited(self, message: Message, surroundings: Surroundings) -> str:
        """What is printed was printed before, with other words."""
        language = self._person.language_hint or surroundings.languages[0]
        return f" · {surroundings.texts('web_edited', language)}" if message.edited_at is not None else ""

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
