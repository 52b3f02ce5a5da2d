"""Files of the console: what agents attach, and what players sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import quote

from aiohttp import web

from handoff.console.access import PATH, Access, bytes_of, refusal
from handoff.console.settings import ConsoleSettings
from messaging import files
from messaging.file_types import IMAGES, SOUNDS, VIDEOS, clean_name, content_type_of
from storage.database import Database

_SHOWN_IN_PLACE = IMAGES | SOUNDS | VIDEOS


class Uploads:
    """Takes files in and hands files out, to agents only."""

    def __init__(
        self, settings: ConsoleSettings, database: Database, access: Access, now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._database = database
        self._access = access
        self._now = now

    def routes(self) -> Sequence[web.RouteDef]:
        return (
            web.post(f"{PATH}/files", self._take),
            web.get(f"{PATH}/files/{{sha256:[0-9a-f]{{64}}}}", self._give),
        )

    async def _take(self, request: web.Request) -> web.Response:
        """The body is the file, ``?name=`` what it is called. Answers with what an act then names it by."""
        await self._access.write(request)
        limit = self._settings.max_file
        content = await bytes_of(request, limit)
        if content is None:
            too_large = f"That file is too large: at most {limit / 1024 / 1024:.0f} MB can be sent."
            raise refusal(web.HTTPBadRequest, "too_large", too_large)
        if not content:
            raise refusal(web.HTTPBadRequest, "empty", "That file is empty.")
        content_type = content_type_of(content)
        if content_type not in self._settings.allowed_types:
            raise refusal(
                web.HTTPUnsupportedMediaType, "type", f"Files of this kind ({content_type}) cannot be sent to players."
            )
        async with self._database.transaction() as connection:
            sha256 = await files.store(self._database, connection, content, content_type, self._now())
        name = clean_name(request.query.get("name", ""))
        return web.json_response(
            {"sha256": sha256, "name": name, "content_type": content_type, "size": len(content)}, status=201
        )

    async def _give(self, request: web.Request) -> web.Response:
        """Only what no browser can run is shown in place; everything else is a download, and nothing may run."""
        await self._access.agent(request)
        sha256 = request.match_info["sha256"]
        headers = {
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, max-age=86400, immutable",
            "ETag": f'"{sha256}"',
        }
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        async with self._database.reading() as connection:
            found = await files.load(connection, sha256)
        if found is None:
            raise refusal(web.HTTPNotFound, "gone", "There is no such file.")
        content, content_type = found
        inline = content_type in _SHOWN_IN_PLACE
        name = quote(clean_name(request.query.get("name", "")), safe="")
        headers["Content-Disposition"] = f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{name}"
        headers["Content-Type"] = content_type if inline else "application/octet-stream"
        return web.Response(body=content, headers=headers)
