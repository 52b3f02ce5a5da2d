"""Real processes of the program, forked by the launcher, watched until they end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Process:
    """One run of the ``innkeeper`` command. ``ended`` is set when the process is gone, however it went."""

    id: int
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def watch(self) -> None:
        """Begin to wait for its end."""
        try:
            descriptor = os.pidfd_open(self.id)
        except ProcessLookupError:
            self.ended.set()
            return
        loop = asyncio.get_running_loop()

        def gone() -> None:
            loop.remove_reader(descriptor)
            os.close(descriptor)
            self.ended.set()

        loop.add_reader(descriptor, gone)

    def kill(self) -> None:
        """SIGKILL, if it still lives."""
        if not self.ended.is_set():
            with suppress(ProcessLookupError):
                os.kill(self.id, signal.SIGKILL)

    async def end(self, within: float = 20.0) -> None:
        """Kill it and wait until it is gone."""
        self.kill()
        async with asyncio.timeout(within):
            await self.ended.wait()


class Launcher:
    """Starts processes; see tests.crash.launcher."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def start(self, arguments: Sequence[str], output: Path, environment: Mapping[str, str]) -> Process:
        """``innkeeper`` with these arguments, its words appended to ``output``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"arguments": list(arguments), "output": str(output), "environment": dict(environment)}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        process = Process(int(await self._process.stdout.readline()))
        process.watch()
        return process


@asynccontextmanager
async def launcher() -> AsyncIterator[Launcher]:
    """A launcher with everything imported; all that it started ends with it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash.launcher"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # Threads of a library do not live on in a forked process.
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            assert (await process.stdout.readline()).strip() == b"ready"
        yield Launcher(process)
    finally:
        process.kill()
        await process.wait()
