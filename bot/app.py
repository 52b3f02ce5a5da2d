"""The program at work: everything it is made of, started together and let go of in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from aiohttp import web

from bot.assigning import Assigning
from bot.bridge import Bridge, TakingIn
from bot.clockwork import PRUNE_EVERY, Clockwork, repeat
from bot.fetcher import Fetcher
from bot.intake import Intake
from bot.marks import Marks
from bot.metrics import Metrics
from bot.networks import Off
from bot.notices import Lookout
from bot.places import Places
from bot.replanning import EVERY as REPLAN_EVERY
from bot.replanning import Replanning
from bot.requests import Requests
from bot.sender import Sender, SendRules
from bot.settings import Settings
from bot.supervisor import Supervisor
from bot.texts import Texts
from bot.traffic import EVERY, TrafficKeeper
from bot.typing_signs import TypingSigns
from bot.web import make_web
from channels.base import Channel
from faq.knowledge import Knowledge
from handoff.acts import Perform
from handoff.console.console import Console
from messaging.live import Live
from storage.database import Database
from storage.errors import StorageError

log = structlog.get_logger()

SHUTDOWN_PATIENCE = 10.0
PLACES_EVERY = 5.0
HEAR_AGAIN_EVERY = 20.0
# Timers are looked at so often at least, and as soon as the next one falls due.
TIMERS_EVERY = 1.0
# These write down what the others finish, and keep it ours until then: they end last.
LAST = frozenset({"marks", "intake", "beat"})


@dataclass
class App:
    """Made by ``bot.building.build_app``. ``start`` begins all work; ``close`` finishes what is in hand."""

    settings: Settings
    database: Database
    live: Live
    metrics: Metrics
    texts: Texts
    knowledge: Knowledge
    traffic: TrafficKeeper
    channels: Mapping[str, Channel]
    off: Sequence[Off]
    intake: Intake
    marks: Marks
    sender: Sender
    clockwork: Clockwork
    replanning: Replanning
    assigning: Assigning
    fetcher: Fetcher
    supervisor: Supervisor
    lookout: Lookout
    typing_signs: TypingSigns
    bridge: Bridge
    taking_in: TakingIn
    places: Places
    console: Console
    perform: Perform
    rules: SendRules
    now: Callable[[], datetime]
    requests: Requests = field(default_factory=Requests)
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def start(self) -> None:
        """Begin to receive and to send. ``supervisor.settled`` tells when it is known how every channel stands."""
        self._tasks = {"marks": asyncio.create_task(self.marks.run(), name="marks")}
        try:
            # What an earlier run left goes out before anything new is said in the same chats.
            await self.clockwork.beat()
            await self.clockwork.second_chance()
        except StorageError as error:
            log.error("database_away", worker="beat", error=str(error))
        workers = {
            "intake": self.intake.run(),
            "beat": repeat(self.clockwork.beat, self.rules.heartbeat.total_seconds() / 3, "beat"),
            "timers": self.clockwork.run_timers(TIMERS_EVERY),
            "files": repeat(self.fetcher.fetch_due, 0.5, "files"),
            "hear_again": repeat(self.clockwork.hear_again, HEAR_AGAIN_EVERY, "hear_again"),
            "bring_back": repeat(self.clockwork.bring_back, 30.0, "bring_back"),
            "return_tickets": repeat(self.clockwork.return_tickets, 5.0, "return_tickets"),
            "places": repeat(self.places.look, PLACES_EVERY, "places"),
            "replan": repeat(self.replanning.sweep, REPLAN_EVERY, "replan"),
            "measure": repeat(self.clockwork.measure, 5.0, "measure"),
            "prune": repeat(self.clockwork.prune, PRUNE_EVERY, "prune"),
            "faq": self.knowledge.watch(),
            "traffic": repeat(self.traffic.keep, EVERY, "traffic"),
            "notices": self.lookout.run(),
            "typing_signs": self.typing_signs.run(),
            "bridge": self.bridge.run(),
            "taking_in": self.taking_in.run(),
            "channels": self.supervisor.run(),
        }
        if self.settings.queue.assignment == "automatic":
            workers["assigning"] = self.assigning.run()
        self._tasks |= {name: asyncio.create_task(work, name=name) for name, work in workers.items()}

    def web(self) -> web.Application:
        """The web application with every part's routes."""
        routes = [route for channel in self.channels.values() for route in channel.routes()]
        return make_web(
            [*routes, *self.console.routes()], self.database, self.metrics, lambda: self.is_ready, self.requests
        )

    @property
    def is_ready(self) -> bool:
        """Whether every worker is at work."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks.values())

    async def close(self) -> None:
        """Stop receiving, finish what is in hand, keep the rest for the next start."""
        await _cancel(task for name, task in self._tasks.items() if name not in LAST)
        await self.console.close()
        await self.intake.drain()
        await self.sender.stop(SHUTDOWN_PATIENCE)
        await _cancel(task for name, task in self._tasks.items() if name in LAST)
        with suppress(StorageError):
            # Who cannot say farewell is missed a little later.
            await self.clockwork.farewell()
        for channel in self.channels.values():
            await channel.close()
        await self.knowledge.close()
        await self.requests.over()
        await self.database.close()


async def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    cancelled = list(tasks)
    for task in cancelled:
        task.cancel()
    for outcome in await asyncio.gather(*cancelled, return_exceptions=True):
        if isinstance(outcome, Exception):
            log.error("worker_failed", error=repr(outcome))
