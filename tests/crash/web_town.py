"""Players at the web chat's page, over its real WebSocket: they keep what was not taken, and read on."""

from __future__ import annotations

import asyncio
import hashlib
import html
import json
import random
import re
from collections.abc import Mapping
from typing import Any

import aiohttp

from tests.crash.checker import Delivered, Record, Written
from tests.crash.town import BETWEEN_WORDS, QUESTIONS

PLAYERS = 2
PAUSE = 0.05
_TAG = re.compile(r"<[^>]*>")


class WebPlayer:
    """One page: sends what it has kept, oldest first, until the server says that it is taken."""

    def __init__(self, address: str, record: Record, chance: random.Random) -> None:
        self._address = address
        self._record = record
        self._chance = chance
        self._token: str | None = None
        self._revision = 0
        self._kept: dict[str, dict[str, Any]] = {}
        self._buttons: list[str] = []
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._seen: set[int] = set()
        self.life = 0
        self.known = asyncio.Event()

    @property
    def chat(self) -> str:
        assert self._token is not None
        return hashlib.sha256(self._token.encode()).hexdigest()

    @property
    def is_done(self) -> bool:
        """Whether everything that the page sent is taken."""
        return not self._kept

    async def visit(self, http: aiohttp.ClientSession) -> None:
        """Keep the page open, connecting again after every drop, until cancelled."""
        while True:
            try:
                async with http.ws_connect(f"{self._address}/chat/socket", headers={"Origin": self._address}) as socket:
                    hello = {"type": "hello", "token": self._token, "revision": self._revision, "language": "en"}
                    await socket.send_json(hello)
                    async for frame in socket:
                        await self._hear(socket, json.loads(frame.data))
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                pass
            finally:
                self._socket = None
            await asyncio.sleep(PAUSE)

    async def write(self, text: str) -> None:
        await self._do({"type": "message", "text": text}, text)

    async def press(self) -> None:
        """A button of the last answer, if there is one."""
        if self._buttons:
            await self._do({"type": "press", "action": self._chance.choice(self._buttons)}, None)

    async def drop(self) -> None:
        """The network goes away under the page."""
        if self._socket is not None:
            await self._socket.close()

    async def _do(self, thing: dict[str, Any], text: str | None) -> None:
        name = f"{self._chance.getrandbits(64):016x}"
        self._kept[name] = thing | {"id": name}
        self._record.written.append(Written(self.chat, name if text is not None else f"press:{name}", text))
        await self._send([self._kept[name]])

    async def _send(self, frames: list[dict[str, Any]]) -> None:
        """Each once or twice, in order."""
        for frame in frames:
            for _ in range(self._chance.randint(1, 2)):
                if self._socket is None:
                    return
                try:
                    await self._socket.send_json(frame)
                except (aiohttp.ClientError, ConnectionError):
                    return

    async def _hear(self, socket: aiohttp.ClientWebSocketResponse, frame: Mapping[str, Any]) -> None:
        match frame["type"]:
            case "welcome":
                self._token = frame["token"]
                self._record.pages.add(self.chat)
                self.known.set()
                # What was kept goes first; only then may new words follow.
                self._socket = socket
                await self._send(list(self._kept.values()))
            case "taken":
                self._kept.pop(frame["id"], None)
            case "messages":
                self._read(frame)

    def _read(self, frame: Mapping[str, Any]) -> None:
        self._revision = frame["revision"]
        for message in frame["messages"]:
            if message["author"] == "player" or message["number"] in self._seen:
                continue
            self._seen.add(message["number"])
            self._buttons = [each["action"] for each in message["buttons"] if "action" in each]
            text = html.unescape(_TAG.sub("", message["html"]))
            self._record.delivered.append(Delivered(self.chat, message["number"], text, self.life, hidden=False))


class WebTown:
    """The pages. ``life`` counts the program's processes; nothing is delivered to a page that a kill could wait for."""

    def __init__(self, address: str, record: Record, chance: random.Random) -> None:
        self._players = [WebPlayer(address, record, chance) for _ in range(PLAYERS)]
        self._chance = chance
        self._http: aiohttp.ClientSession | None = None
        self._visits: list[asyncio.Task[None]] = []
        self._number = 0

    async def start(self) -> None:
        self._http = aiohttp.ClientSession()
        self._visits = [asyncio.create_task(each.visit(self._http)) for each in self._players]

    async def settle_in(self) -> None:
        """Every page has the secret that its chat is known by."""
        for player in self._players:
            await asyncio.wait_for(player.known.wait(), 30)

    def new_life(self) -> None:
        for player in self._players:
            player.life += 1

    async def live(self) -> None:
        """Write, press and lose the connection until cancelled."""
        while True:
            player = self._chance.choice(self._players)
            deed = self._chance.random()
            if deed < 0.7:
                self._number += 1
                asks = self._chance.random() < 0.12
                await player.write("human" if asks else f"{self._chance.choice(QUESTIONS)} w{self._number}")
            elif deed < 0.9:
                await player.press()
            else:
                await player.drop()
            await asyncio.sleep(self._chance.uniform(0, 6 * BETWEEN_WORDS))

    @property
    def is_done(self) -> bool:
        return all(player.is_done for player in self._players)

    async def close(self) -> None:
        for visit in self._visits:
            visit.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)
        if self._http is not None:
            await self._http.close()
