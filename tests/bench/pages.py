"""Open web chats, spread over several addresses: each asks, waits for its answer, and asks again a little later."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import count

import aiohttp


class Page:
    """One player's page. ``waits`` are seconds from each question to its answer; what else comes is ``extra``."""

    def __init__(self, address: str, texts: Sequence[str], pause: float) -> None:
        self._address = address
        self._texts = texts
        self._pause = pause
        self._asked_at: float | None = None
        self._seen: set[int] = set()
        self._answered = asyncio.Event()
        self.written = 0
        self.extra = 0
        self.waits: list[float] = []

    async def visit(self, http: aiohttp.ClientSession, opened: asyncio.Semaphore, enough: asyncio.Event) -> None:
        """Open the page and go on asking until it is enough and the last question is answered."""
        async with opened:
            socket = await http.ws_connect(f"{self._address}/chat/socket", headers={"Origin": self._address})
            await socket.send_json({"type": "hello", "token": None, "revision": 0, "language": "en"})
            while (await socket.receive_json())["type"] != "welcome":
                pass
        reading = asyncio.create_task(self._read(socket))
        try:
            for number in count():
                if enough.is_set():
                    return
                await self._ask(socket, f"message-{number}", self._texts[number % len(self._texts)])
                await asyncio.sleep(self._pause)
        finally:
            reading.cancel()
            await socket.close()

    async def _ask(self, socket: aiohttp.ClientWebSocketResponse, name: str, text: str) -> None:
        self._answered.clear()
        self._asked_at = time.perf_counter()
        self.written += 1
        await socket.send_json({"type": "message", "id": name, "text": text})
        async with asyncio.timeout(60):
            await self._answered.wait()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            content = frame.json()
            for message in content.get("messages", ()) if content["type"] == "messages" else ():
                if message["author"] != "player" and message["number"] not in self._seen:
                    self._seen.add(message["number"])
                    self._heard()

    def _heard(self) -> None:
        if self._asked_at is None:
            self.extra += 1
            return
        self.waits.append(time.perf_counter() - self._asked_at)
        self._asked_at = None
        self._answered.set()
