"""Files of the web chat: what players attach, and what they may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import quote

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.web.access import address_of, chat_of_request, check_origin
from channels.web.convert import CHANNEL
from channels.web.rates import Rate
from channels.web.settings import WebSettings
from messaging import files
from messaging.conversations import attachments, conversations, messages
from messaging.file_types import IMAGES, clean_name, content_type_of
from messaging.messages import Direction
from storage.database import Database

_CHUNK = 64 * 1024


class Uploads:
    """Takes files in and hands out those of the player's own conversation."""

    def __init__(self, settings: WebSettings, database: Database, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._database = database
        self._now = now
        self._rate = Rate(settings.uploads_per_minute, now)

    def routes(self) -> Sequence[web.RouteDef]:
        return (
            web.post("/chat/files", self._take),
            web.get("/chat/files/{sha256:[0-9a-f]{64}}", self._give, allow_head=False),
        )

    async def _take(self, request: web.Request) -> web.Response:
        """The body is the file, ``?name=`` what it is called; the answer is what a message then names it by."""
        check_origin(request, self._settings)
        chat_of_request(request)
        if not self._rate.take(address_of(request, self._settings)):
            raise web.HTTPTooManyRequests(headers={"Retry-After": "60"})
        content = await self._read(request)
        content_type = content_type_of(content)
        if not content or content_type not in self._settings.allowed_types:
            raise web.HTTPUnsupportedMediaType(text=f"Files of this kind ({content_type}) cannot be sent.")
        async with self._database.transaction() as connection:
            sha256 = await files.store(self._database, connection, content, content_type, self._now())
        name = clean_name(request.query.get("name", ""))
        made = {"sha256": sha256, "name": name, "content_type": content_type, "size": len(content)}
        return web.json_response(made, status=201)

    async def _read(self, request: web.Request) -> bytes:
        limit = self._settings.max_file
        content = bytearray()
        if (request.content_length or 0) <= limit:
            async for chunk in request.content.iter_chunked(_CHUNK):
                content += chunk
                if len(content) > limit:
                    break
            else:
                return bytes(content)
        raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=request.content_length or len(content))

    async def _give(self, request: web.Request) -> web.Response:
        """The bytes, so that no browser runs anything in them."""
        chat, sha256 = chat_of_request(request), request.match_info["sha256"]
        async with self._database.reading() as connection:
            name = await _name_in_chat(connection, chat, sha256)
            found = await files.load(connection, sha256) if name is not None else None
        if name is None or found is None:
            raise web.HTTPNotFound(text="There is no such file in this conversation.")
        content, content_type = found
        place = "inline" if content_type in IMAGES else "attachment"
        headers = {
            "Content-Type": content_type if content_type in IMAGES else "application/octet-stream",
            "Content-Disposition": f"{place}; filename*=UTF-8''{quote(clean_name(name), safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, max-age=86400, immutable",
            "Vary": "Authorization",
        }
        return web.Response(body=content, headers=headers)


async def _name_in_chat(connection: AsyncConnection, chat: str, sha256: str) -> str | None:
    """What the file is called where it was said in this chat; notes are not said to the player."""
    query = (
        sa.select(attachments.c.name)
        .select_from(
            attachments.join(conversations, attachments.c.conversation_id == conversations.c.id).join(
                messages,
                sa.and_(
                    messages.c.conversation_id == attachments.c.conversation_id,
                    messages.c.number == attachments.c.number,
                ),
            )
        )
        .where(
            conversations.c.channel == CHANNEL,
            conversations.c.chat == chat,
            attachments.c.sha256 == sha256,
            attachments.c.state == "stored",
            messages.c.direction != Direction.NOTE,
            messages.c.deleted_at.is_(None),
        )
        .limit(1)
    )
    name: str | None = await connection.scalar(query)
    return name
