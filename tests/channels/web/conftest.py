"""The web channel served over real HTTP, and pages that talk to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, web
from aiohttp.test_utils import TestClient, TestServer

from channels.web.adapter import WebChannel
from channels.web.settings import WebSettings
from messaging.live import Live
from messaging.messages import Button, ButtonPressed
from storage.database import Database
from tests.channels.teller import Answer, Teller, Written

Client = TestClient[web.Request, web.Application]
SITE = "https://game.example"


def answer(event: Written) -> Sequence[Answer]:
    if isinstance(event, ButtonPressed):
        return [(f"pressed {event.action}", ())]
    return [("an **answer**", (Button("Human", "human"),))]


class Visitor:
    """A page: says hello, and remembers its token, its cursor and every message it was told."""

    def __init__(self, client: Client, socket: ClientWebSocketResponse) -> None:
        self._client = client
        self.socket = socket
        self.token = ""
        self.revision = 0
        self.messages: dict[int, dict[str, Any]] = {}

    async def hello(self, **values: Any) -> None:
        await self.says({"type": "hello", "token": self.token or None, "revision": self.revision, **values})
        self.token = (await self.hears("welcome"))["token"]

    async def says(self, frame: dict[str, Any]) -> None:
        await self.socket.send_json(frame)

    async def hears(self, kind: str) -> dict[str, Any]:
        """The next frame of this kind; the others are taken in on the way."""
        while True:
            frame: dict[str, Any] = await self.socket.receive_json(timeout=5)
            if frame["type"] == "messages":
                self.revision = frame["revision"]
                self.messages |= {each["number"]: each for each in frame["messages"]}
            if frame["type"] == kind:
                return frame

    async def sees(self, fragment: str) -> dict[str, Any]:
        """The newest message with this in it, waited for."""
        while True:
            for each in reversed(self.messages.values()):
                if fragment in each.get("html", each.get("text", "")):
                    return each
            await self.hears("messages")

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class Site:
    """The channel at work on a server."""

    def __init__(self, client: Client, teller: Teller, channel: WebChannel, live: Live) -> None:
        self.client = client
        self.teller = teller
        self.channel = channel
        self.live = live

    @property
    def origin(self) -> str:
        return str(self.client.make_url("/")).rstrip("/")

    @asynccontextmanager
    async def visitor(self, before: Visitor | None = None, **hello: Any) -> AsyncIterator[Visitor]:
        """A page that is open; with ``before`` it is that page again, after a drop."""
        async with self.client.ws_connect("/chat/socket", headers={"Origin": self.origin}) as socket:
            visitor = Visitor(self.client, socket)
            if before is not None:
                visitor.token, visitor.revision, visitor.messages = before.token, before.revision, before.messages
            await visitor.hello(**hello)
            yield visitor

    async def upload(self, visitor: Visitor, content: bytes, name: str = "a.png", **headers: str) -> Any:
        sent = {"Origin": self.origin, **visitor.authorization, **headers}
        return await self.client.post("/chat/files", params={"name": name}, data=content, headers=sent)


@asynccontextmanager
async def serve(database: Database, settings: WebSettings | None = None) -> AsyncIterator[Site]:
    teller, live = Teller(database, answer), Live()
    channel = WebChannel(settings or WebSettings(allowed_origins=(SITE,)), database, live)
    application = web.Application()
    application.add_routes(channel.routes())
    async with TestClient(TestServer(application)) as client, teller.running(channel):
        assert isinstance(client.session, ClientSession)
        yield Site(client, teller, channel, live)


@pytest.fixture
async def site(database: Database) -> AsyncIterator[Site]:
    async with serve(database) as served:
        yield served
