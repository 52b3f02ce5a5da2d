"""A world of several equal replicas over one PostgreSQL: killed, paused, restarted in turn, cut off from it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]

from tests.crash.checker import check, read
from tests.crash.processes import Process
from tests.crash.world import SETTLE_WITHIN, Outcome, World, free_port

COUNT = 3
PAUSE = 4.5
"""Seconds for which a replica stands still: longer than its heartbeat keeps what it holds."""


class Replicas(World):
    """``plan.kills`` deeds, each to one replica or to all; the first replica is the one where the agent works."""

    # A replica on a busy machine may be late; one process alone has nobody to be late for.
    heartbeat = 1.0
    _processes: list[Process]

    @property
    def deeds(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "killed": self._kill,
            "paused": self._pause,
            "restarted in turn": self._restart_in_turn,
            "connections cut": self._cut,
        }

    async def run(self) -> Outcome:
        """All deeds and the check."""
        await self.town.start()
        self._write_config()
        self._configs = [self._config, *(self._sibling(number) for number in range(1, COUNT))]
        try:
            await self._prepare()
            self._processes = [await self._serve(number) for number in range(COUNT)]
            living = asyncio.create_task(self.town.live())
            working = asyncio.create_task(self._agent.work())
            try:
                await self._do_deeds()
            finally:
                living.cancel()
                await asyncio.gather(living, return_exceptions=True)
            await self._settle_all(working)
        finally:
            await self._agent.close()
            await self.town.server.close()
        return self._outcome

    async def _do_deeds(self) -> None:
        names = list(self.plan.only or self.deeds)
        deck: list[str] = []
        for _ in range(self.plan.kills):
            if not deck:
                deck = self._chance.sample(names, len(names))
            await asyncio.sleep(self._chance.uniform(0.5, 2.0))
            self._new_life()
            name = deck.pop()
            await self.deeds[name]()
            self._outcome.kills[name] += 1
            self._told()

    def _sibling(self, number: int) -> Path:
        """The same settings with a port of its own."""
        path = self._config.with_name(f"config-{number}.yaml")
        text = self._config.read_text(encoding="utf-8")
        path.write_text(text.replace(f"{{port: {self._port},", f"{{port: {free_port()},"), encoding="utf-8")
        return path

    async def _serve(self, number: int) -> Process:
        return await self._start("serve", config=self._configs[number])

    async def _kill(self) -> None:
        number = self._chance.randrange(COUNT)
        await self._processes[number].end()
        await asyncio.sleep(self._chance.uniform(0.0, 2.0))
        self._processes[number] = await self._serve(number)

    async def _pause(self) -> None:
        process = self._chance.choice(self._processes)
        process.signal(signal.SIGSTOP)
        await asyncio.sleep(PAUSE)
        process.signal(signal.SIGCONT)

    async def _restart_in_turn(self) -> None:
        for number, process in enumerate(self._processes):
            process.signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                await process.ended.wait()
            self._processes[number] = await self._serve(number)
            await asyncio.sleep(0.5)

    async def _cut(self) -> None:
        """Every connection to the database ends at once, whatever it was doing."""
        connection = await asyncpg.connect(self.plan.database)
        try:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        finally:
            await connection.close()

    async def _settle_all(self, working: asyncio.Task[None]) -> None:
        self._new_life()
        self._agent.leave()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(SETTLE_WITHIN):
                    await working
                    while not await self._all_settled():  # noqa: ASYNC110 - tables tell nobody
                        await asyncio.sleep(0.1)
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            for process in self._processes:
                await process.end()
        self._outcome.report = check(await read(self.plan.database), self._record)

    async def _all_settled(self) -> bool:
        if not await self._looks_settled():
            return False
        # Whatever would still be sent a second time has its chance.
        await asyncio.sleep(0.5)
        for process in self._processes:
            process.signal(signal.SIGSTOP)
        if await self._looks_settled():
            return True
        for process in self._processes:
            process.signal(signal.SIGCONT)
        return False
