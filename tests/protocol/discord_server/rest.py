"""The REST side: /api/v10 over real HTTP, answered by simcord's routes, and the CDN."""

from __future__ import annotations

import asyncio
import io
import json
import re
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import discord
from aiohttp import web
from simcord.backend import serializers
from simcord.backend.errors import BackendError
from simcord.http import router

from .faults import Fault, Faults
from .world import World

PREFIX = "/api/v10"
LARGEST_FILE = 10 * 2**20
_MESSAGES = re.compile(r"/channels/(\d+)/messages")
_WEBHOOK = re.compile(r"/webhooks/\d+/([^/]+)")
_MESSAGE = re.compile(r"/channels/(\d+)/messages/(\d+)")
_WITHOUT_TOKEN = ("/interactions/", "/webhooks/")


@dataclass
class Call:
    """One request as simcord's router takes it."""

    method: str
    path: str
    params: dict[str, Any]
    body: Any
    files: list[discord.File]
    reason: str | None


@dataclass(frozen=True)
class Answer:
    status: int
    payload: Any
    headers: dict[str, str]

    def response(self) -> web.Response:
        if self.payload is None:
            return web.Response(status=204, headers=self.headers)
        # discord.py reads JSON only where the type is exactly this, without a charset.
        headers = {"Content-Type": "application/json", **self.headers}
        return web.Response(status=self.status, body=json.dumps(self.payload).encode(), headers=headers)


class Rest:
    """Answers the bot's requests, with faults where a test asked for them.

    ``granted`` are the intents that the developer portal allows; they also say whether REST shows what others wrote.
    ``on_sent`` is called with the channel and each message that the bot wrote, when it stands there and before the bot
    hears of it.
    """

    def __init__(self, world: World, token: str, gateway_url: str, granted: discord.Intents) -> None:
        self.world = world
        self.token = token
        self.gateway_url = gateway_url
        self.granted = granted
        self.faults = Faults()
        self.on_sent: Callable[[int, Mapping[str, Any]], None] | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix(PREFIX)
        call = await _read(request, path)
        fault = self.faults.take(request.method, path) or Fault()
        try:
            answer = await self._answer_with(fault, call, request)
        finally:
            self.world.changed()
        if answer is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response(status=500)
        return answer.response()

    async def _answer_with(self, fault: Fault, call: Call, request: web.Request) -> Answer | None:
        """The answer under this fault; None for a connection that is to be cut."""
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.drop == "before":
            return None
        if fault.status is not None and not fault.after_effect:
            return _refusal(fault)
        answer = self._answer(call, request.headers.get("Authorization"))
        self.world.changed()
        if fault.hold is not None:
            await fault.hold.wait()
        if fault.status is not None:
            return _refusal(fault)
        return None if fault.drop == "after" else answer

    def _answer(self, call: Call, authorization: str | None) -> Answer:
        if not call.path.startswith(_WITHOUT_TOKEN) and authorization != f"Bot {self.token}":
            return Answer(401, {"message": "401: Unauthorized", "code": 0}, {})
        if call.path in ("/gateway", "/gateway/bot"):
            limits = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
            return Answer(200, {"url": self.gateway_url, "shards": 1, "session_start_limit": limits}, {})
        try:
            return Answer(200, self._dispatch(call), {})
        except router.RouteNotImplemented as error:
            return Answer(501, {"message": str(error), "code": 0}, {})
        except BackendError as error:
            return Answer(error.status, error.to_json(), {})

    def _dispatch(self, call: Call) -> Any:
        if found := _MESSAGES.fullmatch(call.path):
            if call.method == "POST":
                return self._send(call, int(found[1]))
            if call.method == "GET" and "after" in call.params:
                self._oldest_first(call, int(found[1]))
        if (found := _MESSAGE.fullmatch(call.path)) and call.method in ("PATCH", "DELETE"):
            self.world.check_editable(int(found[1]))
        if (found := _WEBHOOK.fullmatch(call.path)) and found[1] in self.world.interaction_tokens:
            self._check_acknowledged(found[1])
        payload = self._route(call)
        if call.path == "/oauth2/applications/@me":
            payload["flags"] = self._application_flags()
        return payload

    def _check_acknowledged(self, token: str) -> None:
        """Nothing can be said by an interaction before it is acknowledged; simcord lets that pass."""
        if not self.world.interaction_by_token(token).responded:
            raise BackendError(404, 10015, "Unknown Webhook")

    def _route(self, call: Call) -> Any:
        return router.dispatch(
            self.world,
            call.method,
            call.path,
            json=call.body,
            params=call.params,
            files=call.files,
            reason=call.reason,
            message_content_access=self.granted.message_content,
        )

    def _send(self, call: Call, channel_id: int) -> Any:
        """Closed DMs, the size of files, and the nonce: what simcord does not look at when a message is sent."""
        self.world.check_sendable(channel_id)
        if any(len(file.fp.getbuffer()) > LARGEST_FILE for file in call.files):
            raise BackendError(413, 40005, "Request entity too large")
        body = call.body or {}
        nonce = str(body["nonce"]) if body.get("nonce") else None
        if nonce and len(nonce) > 25:
            raise BackendError(400, 50035, "Invalid Form Body: nonce: Must be 25 or fewer in length.")
        if nonce and body.get("enforce_nonce"):
            made = self.world.message_of_nonce(channel_id, nonce)
            if made is not None:
                return dict(serializers.message_payload(self.world, made)) | {"nonce": nonce}
        payload = self._route(call)
        if nonce:
            self.world.remember_nonce(channel_id, nonce, int(payload["id"]))
            payload["nonce"] = nonce
        if self.on_sent is not None:
            self.on_sent(channel_id, payload)
        return payload

    def _oldest_first(self, call: Call, channel_id: int) -> None:
        """Discord's page after a cursor is the oldest one; simcord's the newest, so it gets an upper end too."""
        limit, after = int(call.params.get("limit", 50)), int(call.params["after"])
        stored = self.world.messages.get(channel_id, {}).values()
        page = sorted(message.id for message in stored if message.id > after and not message.is_ephemeral)
        if len(page) > limit:
            call.params["before"] = page[limit]

    def _application_flags(self) -> int:
        flags = discord.ApplicationFlags()
        flags.gateway_message_content_limited = self.granted.message_content
        flags.gateway_guild_members_limited = self.granted.members
        return flags.value

    async def serve_file(self, request: web.Request) -> web.Response:
        content = self.world.cdn.contents.get(request.path.removeprefix("/cdn"))
        if content is None:
            return web.Response(status=404)
        return web.Response(body=content, content_type="application/octet-stream")


def _refusal(fault: Fault) -> Answer:
    payload = {"message": fault.message, "code": fault.code}
    if fault.status != 429:
        return Answer(fault.status or 500, payload, {})
    headers = {
        "Via": "1.1 google",
        "Retry-After": str(fault.retry_after),
        "X-RateLimit-Scope": "global" if fault.whole_bot else "user",
        "X-RateLimit-Limit": "5",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset-After": str(fault.retry_after),
        "X-RateLimit-Bucket": "injected",
    }
    if fault.whole_bot:
        headers["X-RateLimit-Global"] = "true"
    return Answer(429, payload | {"retry_after": fault.retry_after, "global": fault.whole_bot}, headers)


async def _read(request: web.Request, path: str) -> Call:
    body, files = None, []
    if request.content_type == "multipart/form-data":
        form = []
        async for part in await request.multipart():
            if part.filename:
                files.append(discord.File(io.BytesIO(await part.read(decode=False)), filename=part.filename))
            else:
                form.append({"name": part.name, "value": await part.text()})
        body, files = router.parse_form(form, files)
    elif request.can_read_body:
        text = await request.text()
        body = json.loads(text) if text else None
    reason = urllib.parse.unquote(request.headers.get("X-Audit-Log-Reason", "")) or None
    params = {name: int(value) if value.isdigit() else value for name, value in request.query.items()}
    return Call(request.method, path, params, body, files, reason)
