"""The smallest program that a channel whose players read from the tables can talk to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.base import Channel, LastSeen, Surroundings
from handoff.acts import StoredFile
from messaging.conversations import attachments, buttons_as_data, conversations, messages
from messaging.inbox import inbox
from messaging.messages import (
    Author,
    Button,
    ButtonPressed,
    ChannelEvent,
    CommandUsed,
    Direction,
    MessageReceived,
    Person,
    Status,
)
from messaging.players import recognise
from storage.database import Database
from storage.errors import DatabaseUnreachable

Written = MessageReceived | CommandUsed | ButtonPressed
Answer = tuple[str, Sequence[Button]]


class Teller:
    """Keeps what players write, once each, and says what ``answers`` gives. ``is_down`` makes it refuse everything."""

    def __init__(self, database: Database, answers: Callable[[Written], Sequence[Answer]] = lambda event: ()) -> None:
        self.database = database
        self.answers = answers
        self.events: list[Written] = []
        self.is_down = False
        self.time = datetime(2026, 3, 1, 12, tzinfo=UTC)
        self._channel: Channel | None = None
        self._task: asyncio.Task[None] | None = None

    def now(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time

    @asynccontextmanager
    async def running(self, channel: Channel) -> AsyncIterator[None]:
        """The channel at work, as the program would run it."""
        self._channel = channel
        ready = asyncio.Event()
        surroundings = Surroundings(
            self.sink, lambda key, language: f"{key} {language}", ("en", "vi"), _nobody, self.now
        )
        self._task = asyncio.create_task(channel.run(surroundings, ready.set))
        await asyncio.wait_for(ready.wait(), 5)
        try:
            yield
        finally:
            await self.stop()
            await channel.close()

    async def stop(self) -> None:
        """End the channel's run."""
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def forget_to_wake(self) -> None:
        """From now on changes are written and nobody is told."""
        self._channel = None

    async def speaks(self, chat: str, language: str) -> None:
        """Change the conversation's language."""
        async with self.database.transaction() as connection:
            conversation_id = await _id_of(connection, chat)
            changed = sa.update(conversations).where(conversations.c.id == conversation_id).values(language=language)
            await connection.execute(changed)
        await self._wake(chat, conversation_id)

    async def sink(self, events: Sequence[ChannelEvent]) -> None:
        if self.is_down:
            raise DatabaseUnreachable("it is down")
        for event in events:
            assert isinstance(event, Written)
            await self._handle(event)

    async def says(
        self,
        chat: str,
        text: str,
        *,
        author: Author = Author.AGENT,
        buttons: Sequence[Button] = (),
        direction: Direction = Direction.OUTGOING,
        files: Sequence[StoredFile] = (),
        data: dict[str, Any] | None = None,
    ) -> int:
        """Say something in a chat that exists; returns the message's number."""
        async with self.database.transaction() as connection:
            conversation_id = await _id_of(connection, chat)
            number = await self._say(
                connection, conversation_id, text, author, buttons, direction=direction, files=files, data=data
            )
        await self._wake(chat, conversation_id)
        return number

    async def changes(self, chat: str, number: int, **values: Any) -> None:
        """Change a message."""
        async with self.database.transaction() as connection:
            conversation_id = await _id_of(connection, chat)
            revision = await self._next(connection, conversation_id)
            await connection.execute(
                sa.update(messages)
                .where(messages.c.conversation_id == conversation_id, messages.c.number == number)
                .values(revision=revision, **values)
            )
        await self._wake(chat, conversation_id)

    async def _handle(self, event: Written) -> None:
        async with self.database.transaction() as connection:
            conversation_id = await self._conversation(connection, event.channel, event.chat, event.person)
            known = sa.select(inbox).where(inbox.c.conversation_id == conversation_id, inbox.c.key == event.key)
            if (await connection.execute(known)).first() is None:
                self.events.append(event)
                await connection.execute(
                    sa.insert(inbox).values(conversation_id=conversation_id, key=event.key, received_at=self.time)
                )
                await self._keep(connection, conversation_id, event)
                for text, buttons in self.answers(event):
                    await self._say(connection, conversation_id, text, Author.BOT, buttons)
        await self._wake(event.chat, conversation_id)

    async def _keep(self, connection: AsyncConnection, conversation_id: int, event: Written) -> None:
        if isinstance(event, ButtonPressed):
            return
        text = event.text if isinstance(event, MessageReceived) else f"/{event.name}"
        files = [
            StoredFile(each.sha256 or "", each.name, each.content_type, each.size or 0)
            for each in getattr(event, "files", ())
        ]
        await self._say(
            connection,
            conversation_id,
            text,
            Author.PLAYER,
            direction=Direction.INCOMING,
            external_id=event.external_id,
            files=files,
        )

    async def _conversation(self, connection: AsyncConnection, channel: str, chat: str, person: Person) -> int:
        query = sa.select(conversations.c.id).where(conversations.c.channel == channel, conversations.c.chat == chat)
        found: int | None = await connection.scalar(query)
        if found is not None:
            return found
        players = await recognise(self.database, connection, {(channel, person.external_id): person}, self.time)
        made = sa.insert(conversations).values(
            channel=channel,
            chat=chat,
            player_id=players[channel, person.external_id],
            counter=0,
            language=person.language_hint or "en",
            language_chosen=False,
            memory={},
            created_at=self.time,
        )
        await connection.execute(made)
        return int(await connection.scalar(query) or 0)

    async def _next(self, connection: AsyncConnection, conversation_id: int) -> int:
        moved = (
            sa.update(conversations)
            .where(conversations.c.id == conversation_id)
            .values(counter=conversations.c.counter + 1)
            .returning(conversations.c.counter)
        )
        return int(await connection.scalar(moved) or 0)

    async def _say(
        self,
        connection: AsyncConnection,
        conversation_id: int,
        text: str,
        author: Author,
        buttons: Sequence[Button] = (),
        *,
        direction: Direction = Direction.OUTGOING,
        external_id: str | None = None,
        files: Sequence[StoredFile] = (),
        data: dict[str, Any] | None = None,
    ) -> int:
        number = await self._next(connection, conversation_id)
        row = {
            "conversation_id": conversation_id,
            "number": number,
            "revision": number,
            "direction": direction,
            "author": author,
            "external_id": external_id,
            "text": text,
            "data": {"buttons": buttons_as_data(buttons), "files": len(files), **(data or {})},
            "status": Status.SENT,
            "sent_at": self.now(),
        }
        await connection.execute(sa.insert(messages).values(row))
        for position, file in enumerate(files):
            values = {"name": file.name, "content_type": file.content_type, "size": file.size, "sha256": file.sha256}
            await connection.execute(
                sa.insert(attachments).values(
                    conversation_id=conversation_id,
                    number=number,
                    position=position,
                    state="stored",
                    attempts=0,
                    **values,
                )
            )
        return number

    async def _wake(self, chat: str, conversation_id: int) -> None:
        if self._channel is not None:
            await self._channel.wake(chat, conversation_id)


async def _nobody() -> AsyncIterator[LastSeen]:
    never: tuple[LastSeen, ...] = ()
    for each in never:
        yield each


async def _id_of(connection: AsyncConnection, chat: str) -> int:
    found: int | None = await connection.scalar(sa.select(conversations.c.id).where(conversations.c.chat == chat))
    assert found is not None, f"nobody wrote in {chat} yet"
    return found
