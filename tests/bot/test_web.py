"""The edge of the web application: what goes wrong inside is logged and never shown."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from bot.metrics import Metrics
from bot.requests import Requests
from bot.web import make_web
from storage.database import Database


class Desk:
    """The application with a route that reads all that it is sent, and one that breaks."""

    def __init__(self, database: Database) -> None:
        routes = [web.post("/read", self._read), web.get("/break", self._break)]
        self.application = make_web(routes, database, Metrics(), lambda: True, Requests())
        self.begun, self.ended = asyncio.Event(), asyncio.Event()

    async def _read(self, request: web.Request) -> web.Response:
        self.begun.set()
        try:
            return web.Response(body=await request.read())
        finally:
            self.ended.set()

    async def _break(self, _request: web.Request) -> web.Response:
        raise ConnectionResetError("a connection of our own")


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


async def test_whoever_hangs_up_in_the_middle_is_no_fault_of_ours(desk: Desk) -> None:
    with capture_logs() as logs:
        async with TestServer(desk.application) as server:
            _, writer = await asyncio.open_connection(server.host, server.port)
            writer.write(b"POST /read HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nhalf of it")
            await asyncio.wait_for(desk.begun.wait(), 5)
            writer.transport.abort()
            await asyncio.wait_for(desk.ended.wait(), 5)
    assert "request_failed" not in [each["event"] for each in logs]


async def test_what_breaks_inside_is_logged_and_told_in_plain_words(desk: Desk) -> None:
    """Also where it is a connection that broke, but not the caller's."""
    with capture_logs() as logs:
        async with TestClient(TestServer(desk.application)) as client:
            answer = await client.get("/break")
            assert (answer.status, await answer.json()) == (
                500,
                {"error": "Something went wrong on our side; please try again."},
            )
    assert "request_failed" in [each["event"] for each in logs]
