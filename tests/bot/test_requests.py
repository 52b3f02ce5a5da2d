"""A request is not cut off in the middle of what it does, whoever goes away: its browser or the server."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from bot.requests import Requests


class Desk:
    """An application with one slow handler."""

    def __init__(self) -> None:
        self.requests = Requests()
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()
        self.finished = 0
        self.application = web.Application(middlewares=[self.requests.middleware])
        self.application.router.add_get("/", self._slow)
        self.application.router.add_get("/socket", self._socket)

    async def _slow(self, _request: web.Request) -> web.Response:
        self.begun.set()
        await self.go_on.wait()
        self.finished += 1
        return web.Response(text="done")

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            pass
        await self._slow(request)
        return socket


async def test_a_browser_that_goes_away_leaves_its_request_to_end_and_the_program_waits_for_it() -> None:
    desk = Desk()
    async with TestClient(TestServer(desk.application)) as client:
        asking = asyncio.create_task(client.get("/"))
        await desk.begun.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        over = asyncio.create_task(desk.requests.over())
        await asyncio.sleep(0)
        assert (desk.finished, over.done()) == (0, False)
        desk.go_on.set()
        await over
    assert desk.finished == 1


async def test_a_socket_that_was_closed_is_waited_for_until_it_has_cleaned_up() -> None:
    desk = Desk()
    async with TestClient(TestServer(desk.application)) as client:
        socket = await client.ws_connect("/socket")
        await socket.close()
        await desk.begun.wait()
        over = asyncio.create_task(desk.requests.over())
        await asyncio.sleep(0)
        assert (desk.finished, over.done()) == (0, False)
        desk.go_on.set()
        await over
    assert desk.finished == 1


async def test_a_request_that_is_cancelled_ends_first() -> None:
    desk = Desk()
    request = asyncio.create_task(desk.requests.middleware(make_mocked_request("GET", "/"), desk._slow))
    await desk.begun.wait()
    request.cancel()
    desk.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert desk.finished == 1
