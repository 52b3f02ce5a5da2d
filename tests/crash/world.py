"""One world: a database, a town around it, and a program that is killed again and again, then checked."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash import steps
from tests.crash.agent import ConsoleAgent
from tests.crash.checker import Record, Report, check, is_settled, read
from tests.crash.discord_town import DiscordTown
from tests.crash.launcher import CRASH_AT, CRASH_FAULT, HEARTBEAT, NONCES
from tests.crash.processes import Launcher, Process
from tests.crash.town import Town
from tests.crash.web_town import WebTown
from tests.game import GOBLIN_AND_LAMP

ROOT = Path(__file__).parents[2]
LONGEST_LIFE = 4.0
SETTLE_WITHIN = 40.0
# What a planted fault lost never comes.
BROKEN_WITHIN = 3.0
PLAYERS, PLAYERS_BESIDE = 6, 2
RANDOM = "random"
REACHED = "send:reached"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CONFIG = """
service: {{name: Crash, languages: [en], texts: {root}/bot/texts}}
web: {{port: {port}, public_url: "http://127.0.0.1:{port}"}}
database: {{url: "{database}"}}
channels:
  telegram: {{token: "${{TELEGRAM_TOKEN}}", api_url: "{api_url}", mode: {mode}}}
  discord: {discord}
  web: {{enabled: {web}}}
faq: {{folder: {faq}/entries, cache: {faq}/cache, semantic: false, answer_above: 0.5, misses_before_handoff: 3,
  patience: 0 seconds}}
handoff: {{messages_per_minute: {messages_per_minute}, apology_after: 2 seconds, undo: {undo},
  category_required: false}}
hours: {{{hours}}}
log: {{level: warning}}
"""
FAQ = (
    GOBLIN_AND_LAMP
    + """\
  - id: refund
    title: {en: Getting money back}
    phrasings:
      en: [i want my money back, refund please, how do i get a refund]
    answer:
      en: Our team looks at every payment by hand.
"""
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to happen to a world: ``kills`` of its processes, on ``engine``, receiving by ``mode``.

    The modes are ``polling`` and ``webhook`` of Telegram, and ``all``: Telegram (polled), Discord and the web chat.
    """

    engine: str
    database: str
    mode: str
    kills: int
    seed: int
    fault: str | None = None
    only: tuple[str, ...] = ()
    # The share of sends that go wrong beside those of every world.
    trouble: float = 0.0
    # Seconds that a process lives which is to die at a random moment; None draws them.
    life: float | None = None
    messages_per_minute: int = 1_000_000

    def step_names(self) -> list[str]:
        """The steps at which processes of this world die; random moments come as often as three of them."""
        if self.only:
            return list(self.only)
        foreign = {
            "polling": steps.WEBHOOK | steps.DISCORD,
            "webhook": steps.POLLING | steps.DISCORD,
            "all": steps.POLLING | steps.WEBHOOK,
        }[self.mode]
        return [*(name for name in steps.STEPS if name not in foreign), REACHED, RANDOM, RANDOM, RANDOM]


@dataclass(slots=True)
class Outcome:
    """What came of a world; ``by_clock`` are kills whose step was not reached in time."""

    plan: Plan
    report: Report = field(default_factory=Report)
    kills: Counter[str] = field(default_factory=Counter)
    by_clock: int = 0


def write_faq(folder: Path) -> Path:
    """A small FAQ, to be learned once for all worlds."""
    entries = folder / "faq" / "entries"
    entries.mkdir(parents=True, exist_ok=True)
    (entries / "game.yaml").write_text(FAQ, encoding="utf-8")
    return entries.parent


class World:
    """Runs one plan in ``folder``; ``told`` is called after each kill."""

    heartbeat = 0.3

    def __init__(self, plan: Plan, launcher: Launcher, folder: Path, faq: Path, told: Callable[[], None]) -> None:
        self.plan = plan
        self._launcher = launcher
        self._log = folder / "program.log"
        self._config = folder / "config.yaml"
        self._faq = faq
        self._told = told
        self._port = free_port()
        self._chance = random.Random(plan.seed)
        self._record = Record()
        address = f"http://127.0.0.1:{self._port}"
        self.discord: DiscordTown | None = None
        self.web: WebTown | None = None
        if plan.mode == "all":
            # Every other world finds out by the history, and not by the nonce, what became of a send; and by the
            # history, and not by the gateway's session, what was said meanwhile.
            forgetful = plan.seed % 4 > 1
            self.discord = DiscordTown(self._record, random.Random(self._chance.random()), forgetful=forgetful)
            self.web = WebTown(address, self._record, random.Random(self._chance.random()))
        players = PLAYERS if self.discord is None else PLAYERS_BESIDE
        self.town = Town(self._record, random.Random(self._chance.random()), plan.trouble, players=players)
        self._agent = ConsoleAgent(address, self._record, random.Random(self._chance.random()))
        self._outcome = Outcome(plan)

    async def run(self) -> Outcome:
        """All lives and the check."""
        for town in self._towns:
            await town.start()
        self._write_config()
        try:
            await self._prepare()
            living = [asyncio.create_task(each.live()) for each in self._towns]
            working = asyncio.create_task(self._agent.work())
            try:
                names = self.plan.step_names()
                deck: list[str] = []
                for _ in range(self.plan.kills):
                    if not deck:
                        deck = self._chance.sample(names, len(names))
                    await self._live_and_die(deck.pop())
                    self._told()
            finally:
                for each in living:
                    each.cancel()
                await asyncio.gather(*living, return_exceptions=True)
            await self._settle(working)
        finally:
            await self._agent.close()
            for town in self._towns:
                await town.close()
        return self._outcome

    @property
    def _towns(self) -> list[Town | DiscordTown | WebTown]:
        return [each for each in (self.town, self.discord, self.web) if each is not None]

    def _new_life(self) -> None:
        for town in self._towns:
            town.new_life()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """The program at work in a town where nobody lives but whom the test brings."""
        await self.town.start()
        self._write_config()
        process = await self._start("serve")
        try:
            await self.town.server.wait_polling(30)
            yield
        finally:
            await process.end()
            await self.town.server.close()

    def _write_config(self) -> None:
        hours = ", ".join(f'{day}: ["00:00-24:00"]' for day in DAYS)
        discord = "{}"
        if self.discord is not None:
            at = self.discord.server
            discord = (
                f'{{token: "${{DISCORD_TOKEN}}", api_url: "{at.api_url}", gateway_url: "{at.gateway_url}",'
                f" panel_channel: {at.support.id}}}"
            )
        text = CONFIG.format(
            root=ROOT,
            discord=discord,
            web="true" if self.web is not None else "false",
            port=self._port,
            database=self.plan.database,
            api_url=self.town.server.api_url,
            mode="webhook" if self.plan.mode == "webhook" else "polling",
            faq=self._faq,
            hours=hours,
            messages_per_minute=self.plan.messages_per_minute,
            # Every other world dies with replies that can still be undone.
            undo="1 second" if self.plan.seed % 2 else "0 seconds",
        )
        self._config.write_text(text, encoding="utf-8")

    async def _start(self, *arguments: str, step: str | None = None, config: Path | None = None) -> Process:
        environment = {"TELEGRAM_TOKEN": self.town.server.token, HEARTBEAT: str(self.heartbeat)}
        if self.discord is not None:
            environment |= {"DISCORD_TOKEN": self.discord.server.token, NONCES: "0" if self.discord.forgetful else "60"}
        if step is not None:
            environment[CRASH_AT] = step
        if self.plan.fault is not None:
            environment[CRASH_FAULT] = self.plan.fault
        return await self._launcher.start([*arguments, "--config", str(config or self._config)], self._log, environment)

    async def _prepare(self) -> None:
        """Make the database and the agent, who signs in at a program that nobody kills."""
        adding = await self._start("agents", "add", "mira")
        async with asyncio.timeout(30):
            await adding.ended.wait()
        link = next(line for line in self._log.read_text(encoding="utf-8").splitlines() if "link=" in line)
        process = await self._start("serve")
        try:
            await self._until_serving(process, 30)
            await self._agent.sign_in(link.strip())
            await self._settle_in()
        finally:
            await process.end()

    async def _settle_in(self) -> None:
        for town in self._towns:
            await town.settle_in()
        async with asyncio.timeout(30):
            while not is_settled(await read(self.plan.database), self._record):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)

    async def _until_serving(self, process: Process, within: float, port: int | None = None) -> None:
        async with asyncio.timeout(within):
            while not process.ended.is_set():
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port or self._port)
                    writer.close()
                    return
                # A port tells nobody that it begins to listen.
                await asyncio.sleep(0.02)
        raise RuntimeError(f"the program ended by itself: see {self._log}")

    async def _live_and_die(self, name: str) -> None:
        """One process from its start to its violent end."""
        self._new_life()
        reached = asyncio.Event()
        step = None
        longest = LONGEST_LIFE
        if name == RANDOM:
            longest = self._chance.uniform(0.0, 2.0) if self.plan.life is None else self.plan.life
        elif name != REACHED:
            step = f"{name}:{self._chance.randint(1, 1 if name.startswith(('takeover', 'missed')) else 5)}"
        process = await self._start("serve", step=step)
        if name == REACHED:
            self._kill_at_delivery(process, self._chance.randint(1, 5), reached)
        try:
            async with asyncio.timeout(longest):
                await process.ended.wait()
        except TimeoutError:
            self._outcome.by_clock += name != RANDOM
        finally:
            self._at_delivery(lambda: None)
            await process.end()
        self._outcome.kills[name] += 1

    def _kill_at_delivery(self, process: Process, times: int, reached: asyncio.Event) -> None:
        """The message is in the chat and the program does not hear of it."""
        left = times

        def on_delivery() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                process.kill()
                reached.set()

        self._at_delivery(on_delivery)

    def _at_delivery(self, on_delivery: Callable[[], None]) -> None:
        self.town.on_delivery = on_delivery
        if self.discord is not None:
            self.discord.on_delivery = on_delivery

    async def _settle(self, working: asyncio.Task[None]) -> None:
        """A last process that nobody kills finishes everything; then the tables are compared with what was seen."""
        self._new_life()
        self._agent.leave()
        process = await self._start("serve")
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(SETTLE_WITHIN if self.plan.fault is None else self._broken_within):
                    await working
                    while not await self._is_settled(process):  # noqa: ASYNC110 - tables tell nobody
                        await asyncio.sleep(0.1)
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            await process.end()
        self._outcome.report = check(await read(self.plan.database), self._record)

    @property
    def _broken_within(self) -> float:
        return BROKEN_WITHIN if self.discord is None else 2 * BROKEN_WITHIN

    async def _is_settled(self, process: Process) -> bool:
        """Whether all is in and out; the process is left standing still then, since its timers would go on."""
        if not await self._looks_settled():
            return False
        # Whatever would still be sent a second time has its chance.
        await asyncio.sleep(0.5)
        process.signal(signal.SIGSTOP)
        if await self._looks_settled():
            return True
        process.signal(signal.SIGCONT)
        return False

    async def _looks_settled(self) -> bool:
        if self.discord is not None:
            self.discord.confirm_uses()
        if self.web is not None and not self.web.is_done:
            return False
        return not self.town.server.bot.pending and is_settled(await read(self.plan.database), self._record)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
