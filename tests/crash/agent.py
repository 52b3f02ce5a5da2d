"""A scripted agent at the console: takes what waits, replies, closes, and repeats every act until it is answered."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping
from typing import Any

import aiohttp

from tests.crash.checker import Answered, Record

PASSWORD = "a long lantern road 77"
PAUSE = 0.05
PATIENCE = aiohttp.ClientTimeout(total=3.0)
MADE_WITHIN = aiohttp.ClientTimeout(total=30.0)


class ConsoleAgent:
    """Works until ``leave``; then finishes the act in hand."""

    def __init__(self, address: str, record: Record, chance: random.Random) -> None:
        self._address = address
        self._record = record
        self._chance = chance
        self._http: aiohttp.ClientSession | None = None
        self._waiting: list[str] = []
        self._mine: list[str] = []
        self._changed = asyncio.Event()
        self._leaving = asyncio.Event()
        self._number = 0

    async def sign_in(self, link: str) -> None:
        """Choose a password through the one-time link, as a new agent does."""
        self._http = aiohttp.ClientSession(
            headers={"Origin": self._address}, cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=PATIENCE
        )
        body = {"token": link.partition("link=")[2], "password": PASSWORD}
        # Making a password takes its time on purpose, and longer on a busy machine.
        async with self._http.post(f"{self._address}/console/password", json=body, timeout=MADE_WITHIN) as answer:
            answer.raise_for_status()

    async def work(self) -> None:
        """Take tickets one after the other."""
        watching = asyncio.create_task(self._watch())
        try:
            while not self._leaving.is_set():
                key = next(iter([*self._mine, *self._waiting]), None)
                if key is not None:
                    await self._serve(key)
                await self._until_changed()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    def leave(self) -> None:
        self._leaving.set()
        self._changed.set()

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def _serve(self, key: str) -> None:
        if key not in self._mine:
            await self._act(key, "claim")
        for _ in range(self._chance.randint(1, 3)):
            if self._leaving.is_set():
                return
            self._number += 1
            text = f"Agent word {self._number} for {key}"
            taken = await self._act(key, "reply", text=text)
            self._record.replies.append(Answered(text, taken))
        await self._act(key, "close")
        self._waiting = [each for each in self._waiting if each != key]
        self._mine = [each for each in self._mine if each != key]

    async def _act(self, key: str, verb: str, **more: str) -> bool:
        """The same act with the same id, until there is an answer. Whether the desk took it."""
        assert self._http is not None
        body = {"act_id": f"{self._chance.getrandbits(64):016x}", **more}
        self._record.unanswered_acts += 1
        while True:
            try:
                async with self._http.post(f"{self._address}/console/tickets/{key}/{verb}", json=body) as answer:
                    if answer.status in (200, 409):
                        await answer.read()
                        self._record.unanswered_acts -= 1
                        return answer.status == 200
                    if answer.status < 500:
                        raise RuntimeError(f"{verb}: {answer.status} {await answer.text()}")
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                pass
            await asyncio.sleep(PAUSE)

    async def _until_changed(self) -> None:
        try:
            async with asyncio.timeout(0.3):
                await self._changed.wait()
        except TimeoutError:
            pass
        self._changed.clear()

    async def _watch(self) -> None:
        """Keep the lists as the console's page does, connecting again after every drop."""
        assert self._http is not None
        while True:
            try:
                async with self._http.ws_connect(f"{self._address}/console/socket") as socket:
                    async for frame in socket:
                        self._heard(json.loads(frame.data))
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                pass
            await asyncio.sleep(PAUSE)

    def _heard(self, frame: Mapping[str, Any]) -> None:
        if "waiting" in frame:
            self._waiting = [each["key"] for each in frame["waiting"]]
        if "mine" in frame:
            self._mine = [each["key"] for each in frame["mine"] if each["state"] != "resolved"]
        self._changed.set()
