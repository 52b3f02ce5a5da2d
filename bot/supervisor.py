"""Keeping channels receiving: each on its own, started again with growing pauses when it fails."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from bot.metrics import Metrics
from channels.base import Channel, Surroundings
from channels.errors import ChannelError, Misconfigured
from storage.alone import alone
from storage.database import Database
from storage.errors import StorageError

log = structlog.get_logger()

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0


@dataclass(slots=True)
class Supervisor:
    """Runs every channel; ``up`` names those that receive, ``misconfigured`` those that never will and why.

    ``failing`` has the last failure of those that are being tried again, ``standing_by`` names those that another
    replica receives for, since only one may.
    """

    channels: Mapping[str, Channel]
    database: Database
    surroundings: Callable[[str], Surroundings]
    metrics: Metrics
    chance: random.Random
    up: set[str] = field(default_factory=set)
    misconfigured: dict[str, Misconfigured] = field(default_factory=dict)
    failing: dict[str, str] = field(default_factory=dict)
    standing_by: set[str] = field(default_factory=set)
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Run all channels until cancelled."""
        async with asyncio.TaskGroup() as group:
            for channel in self.channels.values():
                group.create_task(self._keep_up(channel), name=f"channel {channel.name}")
            self._check_settled()
            await asyncio.Event().wait()

    async def _keep_up(self, channel: Channel) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                await self._receive(channel)
                log.warning("channel_ended", channel=channel.name)
            except Misconfigured as error:
                self.misconfigured[channel.name] = error
                log.error("channel_misconfigured", channel=channel.name, error=str(error), remedy=error.hint)
                return
            except (ChannelError, StorageError) as error:
                self.failing[channel.name] = str(error)
                log.error("channel_failed", channel=channel.name, error=str(error))
            except Exception as error:
                self.failing[channel.name] = repr(error)
                log.exception("channel_failed", channel=channel.name)
            finally:
                was_up = channel.name in self.up
                self._went_down(channel)
            pause = FIRST_PAUSE if was_up else min(LONGEST_PAUSE, pause * 2)
            await asyncio.sleep(pause * self.chance.uniform(0.8, 1.2))

    async def _receive(self, channel: Channel) -> None:
        async def run() -> None:
            self.standing_by.discard(channel.name)
            await channel.run(self.surroundings(channel.name), self._ready_of(channel))

        def waits() -> None:
            log.info("channel_stands_by", channel=channel.name)
            self.standing_by.add(channel.name)
            self.failing.pop(channel.name, None)
            self._check_settled()

        if channel.capabilities.one_receiver:
            await alone(self.database, f"receive:{channel.name}", run, waits)
        else:
            await run()

    def _ready_of(self, channel: Channel) -> Callable[[], None]:
        def ready() -> None:
            self.up.add(channel.name)
            self.failing.pop(channel.name, None)
            self.metrics.channel_up.labels(channel.name).set(1)
            log.info("channel_ready", channel=channel.name)
            self._check_settled()

        return ready

    def _went_down(self, channel: Channel) -> None:
        self.up.discard(channel.name)
        self.standing_by.discard(channel.name)
        self.metrics.channel_up.labels(channel.name).set(0)
        self._check_settled()

    def _check_settled(self) -> None:
        """Whether it is known of every channel how it stands."""
        if len(self.up | self.standing_by | self.misconfigured.keys()) == len(self.channels):
            self.settled.set()
