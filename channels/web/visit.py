"""One open page: what the player does goes in, what is new in the conversation goes out.

The tables are the truth: a page says which revision it has seen and gets what it missed; wake-ups only make it quick,
and a slow poll makes sure. What a player sends is acknowledged once it is committed; a page that heard no
acknowledgement sends it again under the same id, and it counts once.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
import structlog
from aiohttp import WSCloseCode, WSMsgType, web
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.base import Surroundings
from channels.web import convert
from channels.web.convert import CHANNEL, Hello, Unreadable
from channels.web.pages import page_texts
from channels.web.rates import Rate
from channels.web.settings import WebSettings
from messaging import conversations, files
from messaging.live import Live
from messaging.messages import Author, Person
from storage.database import Database
from storage.errors import DatabaseUnreachable

log = structlog.get_logger()

_PAGE = 50
"""How many messages a page gets at first, and each time it asks for earlier ones."""


class Visit:
    """Serves one WebSocket whose player said hello, until it closes."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        chat: str,
        hello: Hello,
        *,
        address: str,
        new_chats: Rate,
        settings: WebSettings,
        surroundings: Surroundings,
        database: Database,
        live: Live,
    ) -> None:
        self._socket = socket
        self._chat = chat
        self._person = Person(chat, hello.name, language_hint=hello.language, time_zone=hello.time_zone)
        self._revision = hello.revision or None
        self._language = hello.language
        self._address = address
        self._new_chats = new_chats
        self._settings = settings
        self._surroundings = surroundings
        self._database = database
        self._live = live
        self._conversation_id: int | None = None
        self._known = asyncio.Event()
        self._changed = asyncio.Event()

    async def serve(self) -> None:
        """Returns when the socket is closed."""
        tasks = {asyncio.create_task(each) for each in (self._listen(), self._tell(), self._tell_typing())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                with suppress(ConnectionResetError):
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._socket.close()

    def wake(self) -> None:
        """Something changed in the conversation."""
        self._changed.set()

    async def show_typing(self) -> None:
        """Let the page show that the bot is writing."""
        with suppress(ConnectionResetError):
            await self._say({"type": "typing", "author": Author.BOT})

    async def leave(self) -> None:
        """Close the page's socket; it comes back by itself."""
        await self._socket.close(code=WSCloseCode.GOING_AWAY)

    async def _listen(self) -> None:
        async for received in self._socket:
            if received.type is WSMsgType.TEXT:
                try:
                    await self._hear(json.loads(received.data))
                except (Unreadable, json.JSONDecodeError) as problem:
                    log.info("web_frame_unreadable", problem=str(problem))

    async def _hear(self, frame: Any) -> None:
        match frame:
            case {"type": "ping"}:
                await self._say({"type": "pong"})
            case {"type": "typing"}:
                if self._conversation_id is not None:
                    self._live.tell(f"player-typing:{self._conversation_id}")
            case {"type": "earlier"}:
                await self._show_earlier(convert.earlier_than(frame))
            case {"type": "message" | "press"}:
                await self._take(frame)
            case _:
                raise Unreadable("an unknown frame")

    async def _take(self, frame: Mapping[str, Any]) -> None:
        """Hand in what the player did, and acknowledge it once it is committed."""
        identifier = convert.identifier_of(frame)
        reason = None
        try:
            if not await self._hand_in(frame):
                reason = "too_many"
        except Unreadable as problem:
            log.info("web_frame_unreadable", problem=str(problem))
            reason = "unreadable"
        except DatabaseUnreachable as problem:
            log.warning("web_message_not_kept", problem=str(problem))
            reason = "busy"
        if reason is None:
            await self._say({"type": "taken", "id": identifier})
        else:
            await self._say({"type": "refused", "id": identifier, "reason": reason})

    async def _hand_in(self, frame: Mapping[str, Any]) -> bool:
        """True once it is committed, False where this address begins too many chats."""
        names = convert.files_of(frame, self._settings.max_files)
        stored: Mapping[str, files.Stored] = {}
        if names or self._conversation_id is None:
            async with self._database.reading() as connection:
                stored = await files.describe(connection, names) if names else {}
                self._meet(await conversations.find(connection, CHANNEL, self._chat))
        event = convert.to_event(
            frame,
            self._chat,
            self._person,
            self._surroundings.now(),
            longest=self._settings.max_text,
            names=names,
            stored=stored,
        )
        if self._conversation_id is None and not self._new_chats.take(self._address):
            return False
        await self._surroundings.sink([event])
        return True

    def _meet(self, conversation_id: int | None) -> None:
        if conversation_id is not None:
            self._conversation_id = conversation_id
            self._known.set()

    async def _tell(self) -> None:
        while True:
            self._changed.clear()
            try:
                frames = await self._news()
            except DatabaseUnreachable as problem:
                log.warning("web_news_not_read", problem=str(problem))
                frames = []
            for frame in frames:
                await self._say(frame)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.poll):
                    await self._changed.wait()

    async def _news(self) -> list[dict[str, Any]]:
        """What the page does not have yet, noted as told."""
        table = conversations.conversations
        query = sa.select(table.c.id, table.c.counter, table.c.language).where(
            table.c.channel == CHANNEL, table.c.chat == self._chat
        )
        async with self._database.reading() as connection:
            # The counter is read first: what changes from now on lies above it and comes the next time.
            row = (await connection.execute(query)).one_or_none()
            counter: int = row.counter if row is not None else 0
            self._meet(row.id if row is not None else None)
            if self._revision is None or self._revision > counter:
                # The page knows nothing, or more than there is (a database brought back from a backup).
                frames = [await self._beginning(connection, counter)]
            else:
                frames = await self._changes(connection, self._revision, counter)
        if row is not None and row.language != self._language:
            self._language = row.language
            frames.insert(0, {"type": "texts", **page_texts(self._surroundings, row.language)})
        return frames

    async def _beginning(self, connection: AsyncConnection, counter: int) -> dict[str, Any]:
        self._revision = counter
        shown: list[conversations.Message] = []
        if self._conversation_id is not None:
            shown = await conversations.latest(connection, self._conversation_id, limit=_PAGE, with_notes=False)
        return convert.messages_frame(shown, counter, fresh=True, more=len(shown) == _PAGE)

    async def _changes(self, connection: AsyncConnection, revision: int, counter: int) -> list[dict[str, Any]]:
        frames: list[dict[str, Any]] = []
        while self._conversation_id is not None and revision < counter:
            found = await conversations.changes(connection, self._conversation_id, revision, with_notes=False)
            if not found:
                break
            revision = found[-1].revision
            frames.append(convert.messages_frame(found, revision, fresh=False))
        self._revision = max(revision, counter)
        return frames

    async def _tell_typing(self) -> None:
        await self._known.wait()
        changed = self._live.watch(f"conversation:{self._conversation_id}", event=self._changed)
        with changed, self._live.watch(f"typing:{self._conversation_id}") as typed:
            while True:
                await typed.wait()
                typed.clear()
                await self._say({"type": "typing", "author": Author.AGENT})

    async def _show_earlier(self, before: int) -> None:
        if self._conversation_id is None:
            return
        try:
            async with self._database.reading() as connection:
                shown = await conversations.latest(
                    connection, self._conversation_id, limit=_PAGE, before=before, with_notes=False
                )
        except DatabaseUnreachable as problem:
            log.warning("web_news_not_read", problem=str(problem))
            return
        frame = convert.messages_frame(shown, 0, fresh=False, more=len(shown) == _PAGE)
        await self._say({**frame, "type": "earlier"})

    async def _say(self, frame: Mapping[str, Any]) -> None:
        await self._socket.send_str(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))
