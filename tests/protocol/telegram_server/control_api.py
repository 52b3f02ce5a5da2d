"""The same hands over HTTP, for programs in other processes: ``POST /control/<verb>`` with a JSON object.

============== ============================================================== ==========================================
verb           takes                                                          answers
============== ============================================================== ==========================================
user           name, language?, started?                                      id
write          user, text                                                     message
press          user, message_id, label                                        callback_id
sent           user                                                           messages of the bot, as they are now
wait_polling   within?                                                        when the bot waits for updates
block          user, blocked                                                  -
fault          what, method, times?, after_effect?, status?, seconds?         -
load           chats, messages, texts, mode?, rate?, again?                   at once; the load goes on
balance        addresses                                                      - (webhooks are posted to these in turn)
load_report    within?                                                        the report, when done or at last
counts         -                                                              calls per method, violations
============== ============================================================== ==========================================
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiohttp import web

from tests.protocol.telegram_server.load import Load
from tests.protocol.telegram_server.people import FakeUser
from tests.protocol.telegram_server.server import FakeTelegram

Body = dict[str, Any]


class ControlApi:
    """Answers ``/control/…``; give it to the server as ``server.control``."""

    def __init__(self, server: FakeTelegram) -> None:
        self._server = server
        self._users: dict[int, FakeUser] = {}
        self._load: Load | None = None
        self._verbs: dict[str, Callable[[Body], Awaitable[Any]]] = {
            "user": self._user,
            "write": self._write,
            "press": self._press,
            "sent": self._sent,
            "wait_polling": self._wait_polling,
            "block": self._block,
            "fault": self._fault,
            "load": self._start_load,
            "balance": self._balance,
            "load_report": self._load_report,
            "counts": self._counts,
        }

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        verb = self._verbs.get(request.path.removeprefix("/control/"))
        if verb is None:
            return web.json_response({"error": "no such verb"}, status=404)
        body = await request.json() if request.can_read_body else {}
        return web.json_response(await verb(body))

    async def _user(self, body: Body) -> Body:
        user = self._server.user(**body)
        self._users[user.id] = user
        return {"id": user.id}

    async def _write(self, body: Body) -> Any:
        return self._users[body["user"]].writes(body["text"])

    async def _press(self, body: Body) -> Body:
        user = self._users[body["user"]]
        return {"callback_id": user.presses(user.chat.messages[body["message_id"]], body["label"]).id}

    async def _sent(self, body: Body) -> Any:
        return self._server.sent(self._users[body["user"]])

    async def _wait_polling(self, body: Body) -> Body:
        await self._server.wait_polling(body.get("within", 30))
        return {}

    async def _block(self, body: Body) -> Body:
        user = self._users[body["user"]]
        if body["blocked"]:
            user.blocks_bot()
        else:
            user.unblocks_bot()
        return {}

    async def _fault(self, body: Body) -> Body:
        self._server.fault(body.pop("what"), body.pop("method", "*"), **body)
        return {}

    async def _start_load(self, body: Body) -> Body:
        after = self._load if body.pop("again", False) else None
        self._load = Load(self._server, **body, after=after)
        self._load.start()
        return {}

    async def _balance(self, body: Body) -> Body:
        self._server.webhooks.balance(body["addresses"])
        return {}

    async def _load_report(self, body: Body) -> Body:
        assert self._load is not None
        with suppress(TimeoutError):
            await asyncio.wait_for(self._load.done.wait(), body.get("within", 60))
        return self._load.report()

    async def _counts(self, _body: Body) -> Body:
        return {"calls": dict(self._server.counts), "violations": self._server.violations}
