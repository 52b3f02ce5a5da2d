"""The HTTP server, and the object by which a test holds it."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, Self, TypeVar

from aiohttp import web

from tests.protocol.telegram_server import changing, sending
from tests.protocol.telegram_server.call import UPLOAD_LIMIT, Call, read_call
from tests.protocol.telegram_server.errors import ApiError
from tests.protocol.telegram_server.faults import Fault, Faults
from tests.protocol.telegram_server.people import FakeGroup, FakeUser
from tests.protocol.telegram_server.schema import Schema
from tests.protocol.telegram_server.state import BotAccount, Chat, Json, World
from tests.protocol.telegram_server.updates import Polling, Webhooks

T = TypeVar("T")
TOKEN = "4242:test-token"
_METHODS = sending.METHODS | changing.METHODS
_SILENT = frozenset({"getUpdates"})


class FakeTelegram:
    """A Bot API server on a loopback port, with one bot, until ``close``.

    ``check_calls`` holds every call to the Bot API's own description where that is at hand; what does not meet it is
    refused and listed in ``violations``. ``record`` keeps every call in ``calls``.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        username: str = "inn_bot",
        reads_everything: bool = False,
        check_calls: bool = True,
        record: bool = True,
        clock: Callable[[], float] = time.time,
        port: int = 0,
    ) -> None:
        self.world = World(clock)
        self.bot = self.world.add_bot(token, username, reads_everything=reads_everything)
        self.faults = Faults()
        self.violations: list[str] = []
        self.calls: list[Call] = []
        self.counts: Counter[str] = Counter()
        self.webhooks = Webhooks(self.world)
        self.control: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]] | None = None
        self._polling = Polling(self.world)
        self._schema = Schema.find() if check_calls else None
        self._record = record
        self._port = port
        self._people = count(1001)
        self._runner: web.ServerRunner | None = None
        self._changed = asyncio.Event()
        self._closing = asyncio.Event()
        self.world.on_change.append(self._changed.set)
        self.world.on_update = self.webhooks.on_update

    # -- life

    async def start(self) -> Self:
        """Listen; the addresses are known from here on."""
        server = web.Server(self._handle, request_factory=self._request)
        self._runner = web.ServerRunner(server, access_log=None)
        await self._runner.setup()
        listening = socket.create_server(("127.0.0.1", self._port), backlog=1024)
        self._port = listening.getsockname()[1]
        await web.SockSite(self._runner, listening, backlog=1024).start()
        return self

    async def stop(self) -> None:
        """Stop listening, as when the network is gone; ``start`` brings it back on the same port with all it knew."""
        self._closing.set()
        self._polling.end_poll(self.bot, "terminated: the server stops")
        if self._runner is not None:
            await self._runner.cleanup()
        self._closing.clear()

    async def close(self) -> None:
        await self.webhooks.close()
        await self.stop()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # -- for the client under test

    @property
    def token(self) -> str:
        return self.bot.token

    @property
    def api_url(self) -> str:
        """The address without a path: methods are below ``/bot``, files below ``/file/bot``."""
        return f"http://127.0.0.1:{self._port}"

    # -- for the test

    def user(self, name: str, *, language: str = "en", started: bool = True, username: str | None = None) -> FakeUser:
        """A new person, who has pressed Start before unless told otherwise."""
        user_id = next(self._people)
        card: Json = {"id": user_id, "is_bot": False, "first_name": name, "language_code": language}
        chat_card: Json = {"id": user_id, "type": "private", "first_name": name}
        if username:
            card["username"] = chat_card["username"] = username
        self.world.users[user_id] = card
        chat = self.world.chats[user_id] = Chat(chat_card, started=started)
        return FakeUser(self.world, self.bot, card, chat)

    def group(self, title: str, *, kind: str = "supergroup", forum: bool = False) -> FakeGroup:
        """A new group with the bot as an ordinary member."""
        number = next(self._people)
        card: Json = {"id": -number if kind == "group" else -1_000_000_000_000 - number, "type": kind, "title": title}
        if forum:
            card["is_forum"] = True
        chat = self.world.chats[card["id"]] = Chat(card, members={self.bot.card["id"]: "member"})
        next(chat.ids)  # 1 is the General topic of a forum
        return FakeGroup(self.world, self.bot, chat)

    def fault(self, what: str, method: str = "*", **details: Any) -> Fault:
        """Arm a fault: see Fault."""
        return self.faults.add(Fault(what, method, **details))  # type: ignore[arg-type]

    def sent(self, to: FakeUser | FakeGroup) -> list[Json]:
        """What the bot has written to a person or group and is still there, in order."""
        messages = self.world.chats[to.id].messages.values()
        return [message for message in messages if message["from"]["id"] == self.bot.card["id"]]

    def calls_of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    async def wait_for(self, look: Callable[[], T], within: float = 10.0) -> T:
        """What ``look`` returns as soon as that is true; asked again whenever something happens."""
        async with asyncio.timeout(within):
            while not (found := look()):
                self._changed.clear()
                await self._changed.wait()
            return found

    async def wait_sent(self, to: FakeUser | FakeGroup, number: int = 1, within: float = 10.0) -> list[Json]:
        """Everything the bot has written there, once it is at least ``number`` messages."""
        return await self.wait_for(lambda: sent if len(sent := self.sent(to)) >= number else [], within)

    async def next_sent(self, to: FakeUser | FakeGroup, within: float = 10.0) -> Json:
        """The next message that the bot writes there from now on."""
        before = {message["message_id"] for message in self.sent(to)}
        return await self.wait_for(
            lambda: next((m for m in self.sent(to) if m["message_id"] not in before), None) or {}, within
        )

    async def wait_polling(self, within: float = 10.0) -> None:
        """Until the bot has confirmed everything and waits for more."""
        await self.wait_for(lambda: self.bot.poll is not None and not self.bot.pending, within)

    # -- HTTP

    @staticmethod
    def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        loop = asyncio.get_running_loop()
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=2 * UPLOAD_LIMIT)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path.startswith("/bot"):
            token, _, method = path[4:].partition("/")
            bot = self.world.bots.get(token)
            if bot is None:
                known = token.partition(":")[0].isdigit() and ":" in token
                return _refusal(ApiError(401, "Unauthorized") if known else ApiError(404, "Not Found"))
            return await self._handle_call(bot, await read_call(method, request), request)
        if path.startswith("/file/bot"):
            return await self._handle_file(path.removeprefix("/file/bot"), request)
        if self.control is not None and path.startswith("/control/"):
            return await self.control(request)
        return _refusal(ApiError(404, "Not Found"))

    async def _handle_call(self, bot: BotAccount, call: Call, request: web.BaseRequest) -> web.StreamResponse:
        self.counts[call.method] += 1
        if self._record:
            self.calls.append(call)
        chat_id = call.values.get("chat_id")
        fault = self.faults.take(call.method, int(chat_id) if chat_id else None)
        if fault is not None and not fault.after_effect and (answer := await self._befall(fault, request)) is not None:
            return answer
        try:
            body: Json = {"ok": True, "result": await self._perform(bot, call)}
        except ApiError as error:
            self.world.changed()
            return _refusal(error)
        if fault is not None and fault.after_effect and (answer := await self._befall(fault, request)) is not None:
            return answer
        return web.Response(body=json.dumps(body).encode(), content_type="application/json")

    async def _perform(self, bot: BotAccount, call: Call) -> Any:
        if self._schema is not None and (problems := self._schema.problems(call)):
            self.violations += problems
            raise ApiError(400, f"Bad Request: not the Bot API: {'; '.join(problems)}")
        method = _METHODS.get(call.method)
        if method is not None:
            return method(self.world, bot, call)
        match call.method:
            case "getUpdates":
                return await self._polling.get_updates(bot, call)
            case "setWebhook":
                return await self.webhooks.set_webhook(bot, call)
            case "deleteWebhook":
                return await self.webhooks.delete_webhook(bot, call)
            case "getWebhookInfo":
                return self.webhooks.info(bot)
        raise ApiError(404, "Not Found")

    async def _befall(self, fault: Fault, request: web.BaseRequest) -> web.StreamResponse | None:
        """Let the fault happen; None where the call goes on afterwards."""
        if fault.what == "slow":
            await asyncio.sleep(fault.seconds)
            return None
        if fault.what == "hang":
            await self._closing.wait()
        if fault.what in ("drop", "hang"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if fault.what == "error":
            assert fault.error is not None
            return _refusal(fault.error)
        page = f"<html><body><h1>{fault.status}</h1></body></html>"
        return web.Response(status=fault.status, text=page, content_type="text/html")

    async def _handle_file(self, rest: str, request: web.BaseRequest) -> web.StreamResponse:
        token, _, path = rest.partition("/")
        fault = self.faults.take("download", None)
        if fault is not None and (answer := await self._befall(fault, request)) is not None:
            return answer
        stored = next((f for f in self.world.files.values() if f.path == path and f.content is not None), None)
        if token not in self.world.bots or stored is None:
            return _refusal(ApiError(404, "Not Found"))
        return web.Response(body=stored.content, content_type="application/octet-stream")


def _refusal(error: ApiError) -> web.Response:
    body = json.dumps(error.body()).encode()
    return web.Response(status=error.code, body=body, content_type="application/json")
