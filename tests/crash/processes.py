"""Real processes of the program, forked by the launcher, watched until they end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


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
        self.signal(signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        if not self.ended.is_set():
            with suppress(ProcessLookupError):
                os.kill(self.id, number)

    async def end(self, within: float = 20.0) -> None:
        """Kill it and wait until it is gone."""
        self.kill()
        async with asyncio.timeout(within):
            await self.ended.wait()


class Launcher:
    """Starts processes; see tests.crash.launcher."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._ordering = threading.Lock()

    async def start(self, arguments: Sequence[str], output: Path, environment: Mapping[str, str]) -> Process:
        """``innkeeper`` with these arguments, its words appended to ``output``."""
        order = {"arguments": list(arguments), "output": str(output), "environment": dict(environment)}
        process = Process(await asyncio.to_thread(self._order, json.dumps(order)))
        process.watch()
        return process

    def _order(self, order: str) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._ordering:
            self._process.stdin.write(order + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())


@contextmanager
def launcher() -> Iterator[Launcher]:
    """A launcher with everything imported; all that it started ends with it."""
    # Threads of a library do not live on in a forked process.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.crash.launcher"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT, env=environment) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline().strip() != "ready":
                raise RuntimeError("the launcher did not start")
            yield Launcher(process)
        finally:
            process.kill()
