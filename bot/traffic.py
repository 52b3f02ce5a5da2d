"""Once a day: what players wrote becomes what the FAQ learns from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from bot.questions import read_newest
from faq.traffic import keep_traffic
from storage.database import Database

log = structlog.get_logger()

EVERY = 24 * 60 * 60.0


@dataclass(frozen=True, slots=True)
class TrafficKeeper:
    """Reads from the conversations what players asked, for the FAQ that ``cache_folder`` belongs to."""

    database: Database
    cache_folder: Path
    now: Callable[[], datetime]

    async def keep(self) -> None:
        """Leave it where the FAQ's watch finds it; where it is as before, nothing is learned anew."""
        found = await read_newest(self.database, self.now())
        if await asyncio.to_thread(keep_traffic, self.cache_folder, found.answered, found.missed):
            log.info("faq_traffic_kept")
