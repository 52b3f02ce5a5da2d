"""Once a day: what went to people becomes what the FAQ learns not to answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from bot.questions import read_handed_on
from faq.handed_on import keep_handed_on
from storage.database import Database

log = structlog.get_logger()

EVERY = 24 * 60 * 60.0


@dataclass(frozen=True, slots=True)
class HandingOver:
    """Reads from the conversations what people had to answer, for the FAQ that ``cache_folder`` belongs to."""

    database: Database
    cache_folder: Path
    now: Callable[[], datetime]

    async def keep(self) -> None:
        """Leave it where the FAQ's watch finds it; where it is as before, nothing is learned anew."""
        missed = await read_handed_on(self.database, self.now())
        if await asyncio.to_thread(keep_handed_on, self.cache_folder, missed):
            log.info("faq_handed_on_kept")
