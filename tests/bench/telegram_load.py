"""Drive a bot, whatever it is, with a crowd on the fake Bot API server, and measure it.

``python -m tests.bench.telegram_load -- COMMAND …`` starts the server and then the command, in which ``{api_url}`` and
``{token}`` are filled in; ``run_load`` is the same for other programs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Protocol, TypeVar

import aiohttp
import psutil

T = TypeVar("T")
TEXTS = ("how do i get my account back", "hello", "where is my order", "the game crashes when i start it")


@dataclass(frozen=True, slots=True)
class Result:
    """One run: times in milliseconds from a written message to its reply, memory in megabytes at its peak."""

    name: str
    messages: int
    answered: int
    extra: int
    per_second: float
    p50_ms: float | None
    p99_ms: float | None
    peak_mb: float
    ready_s: float


class _Peak:
    """The largest memory of a process and its children, looked at ten times a second."""

    def __init__(self, process_id: int) -> None:
        self._process = psutil.Process(process_id)
        self.bytes = 0

    async def watch(self) -> None:
        while True:
            try:
                processes = [self._process, *self._process.children(recursive=True)]
                self.bytes = max(self.bytes, sum(process.memory_info().rss for process in processes))
            except psutil.NoSuchProcess:
                pass
            await asyncio.sleep(0.1)


@asynccontextmanager
async def process(
    command: Sequence[str], environment: Mapping[str, str], *, quiet: bool
) -> AsyncIterator[asyncio.subprocess.Process]:
    output = asyncio.subprocess.DEVNULL if quiet else asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=output, env={**os.environ, **environment})
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 15)
            except TimeoutError:
                process.kill()
                await process.wait()


async def run_load(
    name: str,
    command: Sequence[str],
    *,
    chats: int = 500,
    messages: int = 5000,
    texts: Sequence[str] = TEXTS,
    mode: str = "dialogue",
    warm_up: int = 50,
    within: float = 300.0,
    environment: Mapping[str, str] | None = None,
) -> Result:
    """Start the server and the bot, let a few chats warm it up, then measure the crowd."""
    begun = asyncio.get_running_loop().time()
    async with started(command, within=within, environment=environment) as (control, process_id):
        ready = asyncio.get_running_loop().time() - begun
        peak = _Peak(process_id)
        watching = asyncio.create_task(peak.watch())
        if warm_up:
            await control("load", chats=warm_up, messages=warm_up, texts=texts)
            await control("load_report", within=60)
        await control("load", chats=chats, messages=messages, texts=texts, mode=mode)
        report = await control("load_report", within=within)
        watching.cancel()
    return _result(name, report, peak.bytes, ready)


class Control(Protocol):
    """Tells the fake server what to do; an error as soon as the bot has ended."""

    async def __call__(self, verb: str, **body: object) -> dict[str, object]: ...


@dataclass(frozen=True, slots=True)
class Fake:
    """The fake server: where it is, and what a bot needs to know to find it."""

    api_url: str
    token: str
    process_id: int
    http: aiohttp.ClientSession

    @property
    def environment(self) -> dict[str, str]:
        return {"TELEGRAM_TOKEN": self.token, "TELEGRAM_API_URL": self.api_url}

    def control(self, *bots: asyncio.subprocess.Process) -> Control:
        """Its control, for as long as these bots run."""

        async def control(verb: str, **body: object) -> dict[str, object]:
            async def asked() -> dict[str, object]:
                patience = float(str(body.get("within", 0))) + 330
                timeout = aiohttp.ClientTimeout(total=patience)
                async with self.http.post(f"{self.api_url}/control/{verb}", json=body, timeout=timeout) as answer:
                    answer.raise_for_status()
                    return dict(await answer.json())

            return await _unless_one_ends(bots, asked())

        return control


@asynccontextmanager
async def fake_server() -> AsyncIterator[Fake]:
    """The fake server as a process of its own."""
    server = [sys.executable, "-m", "tests.protocol.telegram_server"]
    async with process(server, {}, quiet=False) as fake, aiohttp.ClientSession() as http:
        assert fake.stdout is not None
        api_url, _, token = (await fake.stdout.readline()).decode().split()
        yield Fake(api_url, token, fake.pid, http)


@asynccontextmanager
async def started(
    command: Sequence[str], *, within: float = 300.0, environment: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[Control, int]]:
    """The fake server and a bot that polls it; gives the control of the server and the bot's process id."""
    async with fake_server() as fake:
        filled = [part.replace("{api_url}", fake.api_url).replace("{token}", fake.token) for part in command]
        async with process(filled, fake.environment | dict(environment or {}), quiet=True) as bot:
            control = fake.control(bot)
            await control("wait_polling", within=within)
            yield control, bot.pid


async def _unless_one_ends(bots: Sequence[asyncio.subprocess.Process], doing: Coroutine[None, None, T]) -> T:
    """The result, or an error as soon as a bot is gone."""
    task, endings = asyncio.create_task(doing), [asyncio.create_task(bot.wait()) for bot in bots]
    await asyncio.wait({task, *endings}, return_when=asyncio.FIRST_COMPLETED)
    for ending in endings:
        if ending.done() and not task.done():
            task.cancel()
            raise RuntimeError(f"the bot ended with {ending.result()}")
        ending.cancel()
    return task.result()


def _result(name: str, report: Mapping[str, object], peak: int, ready: float) -> Result:
    def number(key: str) -> float:
        return float(str(report[key]))

    def milliseconds(key: str) -> float | None:
        return None if report[key] is None else number(key) * 1000

    return Result(
        name,
        int(number("messages")),
        int(number("answered")),
        int(number("extra")),
        number("per_second"),
        milliseconds("p50"),
        milliseconds("p99"),
        peak / 1e6,
        ready,
    )


def echo_command(requests: str, *options: str) -> list[str]:
    """The command of one of the bare echo bots."""
    module = [sys.executable, "-m", "tests.bench.echo_bots", "--api-url", "{api_url}", "--token", "{token}"]
    return [*module, "--requests", requests, *options]


ECHO_BOTS = {
    "echo, stock": echo_command("httpx"),
    "echo, stock, concurrent updates": echo_command("httpx", "--concurrent"),
    "echo, aiohttp": echo_command("aiohttp"),
    "echo, aiohttp, concurrent updates": echo_command("aiohttp", "--concurrent"),
    "echo, aiohttp, concurrent updates, uvloop": echo_command("aiohttp", "--concurrent", "--uvloop"),
}


def table(results: Sequence[Result]) -> str:
    """The results side by side; the ratio is to the first."""
    lines = [f"{'':44}{'answered':>11}{'a second':>10}{'ratio':>8}{'p50 ms':>9}{'p99 ms':>9}{'MB':>7}{'ready s':>9}"]
    for result in results:
        answered = f"{result.answered}/{result.messages}"
        ratio = result.per_second / results[0].per_second
        lines.append(
            f"{result.name:44}{answered:>11}{result.per_second:>10.0f}{ratio:>8.2f}"
            f"{result.p50_ms or 0:>9.0f}{result.p99_ms or 0:>9.0f}{result.peak_mb:>7.0f}{result.ready_s:>9.1f}"
        )
    return "\n".join(lines)


async def _main(arguments: argparse.Namespace) -> None:
    size = {"chats": arguments.chats, "messages": arguments.messages, "mode": arguments.mode}
    commands = {"the bot": arguments.command} if arguments.command else {}
    if arguments.echo or not commands:
        commands = ECHO_BOTS | commands
    results = [await run_load(name, command, **size) for name, command in commands.items()]
    print(json.dumps([asdict(result) for result in results], indent=2) if arguments.json else table(results))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure a bot on the fake Bot API server.")
    parser.add_argument("--chats", type=int, default=500)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--mode", choices=["dialogue", "burst"], default="dialogue")
    parser.add_argument("--echo", action="store_true", help="measure the bare echo bots first")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("command", nargs="*", help="the bot; {api_url} and {token} are filled in")
    asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
