"""A world of several equal replicas over one PostgreSQL: killed, paused, restarted in turn; cut off, left alone."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from tests.crash.checker import check, read
from tests.crash.processes import Process
from tests.crash.world import SETTLE_WITHIN, Outcome, World, free_port
from tests.postgresql import Server

COUNT = 3


class Replicas(World):
    """``plan.kills`` deeds, each to one replica or to all; the first replica is the one where the agent works.

    With a ``server`` of its own, which is that of the plan's database, that is stopped too, and dies.
    """

    # A replica on a busy machine may be late; one process alone has nobody to be late for.
    heartbeat = 1.0
    # Seconds for which a replica stands still: longer than its heartbeat keeps what it holds.
    pause = 4.5
    # Seconds after which the others have taken over what it did alone and what it had locked.
    others_serve_after = 60.0
    _processes: list[Process]

    def __init__(self, *world: Any, server: Server | None = None) -> None:
        super().__init__(*world)
        self._server = server
        self._ports = [self._port]
        self._pauses = 0
        self._unserved: list[str] = []

    @property
    def deeds(self) -> dict[str, Callable[[], Awaitable[None]]]:
        deeds: dict[str, Callable[[], Awaitable[None]]] = {
            "killed": self._kill,
            "paused": self._pause,
            "restarted in turn": self._restart_in_turn,
            "connections cut": self._cut,
        }
        if self._server is not None:
            deeds |= {
                "database stopped": lambda: self._leave_alone(at_once=False),
                "database died": lambda: self._leave_alone(at_once=True),
            }
        return deeds

    async def run(self) -> Outcome:
        """All deeds and the check."""
        await self.town.start()
        self._write_config()
        self._configs = [self._config, *(self._sibling(number) for number in range(1, COUNT))]
        try:
            await self._prepare()
            self._processes = [await self._serve(number) for number in range(COUNT)]
            for process, port in zip(self._processes, self._ports, strict=True):
                await self._until_serving(process, 30, port)
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
            await self._start_again()
            name = deck.pop()
            await self.deeds[name]()
            self._outcome.kills[name] += 1
            self._told()

    def _sibling(self, number: int) -> Path:
        """The same settings with a port of its own."""
        path = self._config.with_name(f"config-{number}.yaml")
        text = self._config.read_text(encoding="utf-8")
        self._ports.append(free_port())
        path.write_text(text.replace(f"{{port: {self._port},", f"{{port: {self._ports[-1]},"), encoding="utf-8")
        return path

    async def _serve(self, number: int) -> Process:
        return await self._start("serve", config=self._configs[number])

    async def _start_again(self) -> None:
        """As a service manager does with those that ended by themselves: they began while the database was away."""
        for number, process in enumerate(self._processes):
            if process.ended.is_set():
                self._processes[number] = await self._serve(number)

    async def _kill(self) -> None:
        number = self._chance.randrange(COUNT)
        await self._processes[number].end()
        await asyncio.sleep(self._chance.uniform(0.0, 2.0))
        self._processes[number] = await self._serve(number)

    async def _pause(self) -> None:
        """One after the other, so that it is also the one that receives."""
        process = self._processes[self._pauses % COUNT]
        self._pauses += 1
        process.signal(signal.SIGSTOP)
        await asyncio.sleep(min(self.pause, self.others_serve_after))
        if self.pause > self.others_serve_after:
            delivered = len(self._record.delivered)
            await asyncio.sleep(self.pause - self.others_serve_after)
            if len(self._record.delivered) == delivered:
                self._unserved.append(f"nobody was served while replica {process.id} stood still")
        process.signal(signal.SIGCONT)

    async def _leave_alone(self, *, at_once: bool) -> None:
        """The database is away for a while."""
        assert self._server is not None
        await asyncio.to_thread(self._server.stop, at_once=at_once)
        await asyncio.sleep(self._chance.uniform(0.0, 3.0))
        await asyncio.to_thread(self._server.start)

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
        await self._start_again()
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
        self._outcome.report.problems += self._unserved

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


class StandingStill(Replicas):
    """With the program's own patience: a replica stands still for a minute."""

    heartbeat = 10.0
    pause = 60.0
    others_serve_after = 20.0
