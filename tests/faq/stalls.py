"""How long the event loop stands still while the FAQ is asked, saved and taken live: ``python -m tests.faq.stalls``.

A ticker asks for its turn every half millisecond; how much later than that it gets it is a stall. Python switches
threads every 5 ms at the earliest, so pure-Python work in a thread is seen here too, and is meant to be. What the
kernel made the loop's thread wait for a core is taken off, where it tells: other programs are no stall of ours.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.config import load_settings
from bot.steadiness import be_steady, stay_steady
from bot.tailoring import knowledge_settings
from faq.knowledge import Knowledge
from faq.match import Question
from faq.missed import Missed, Reason
from faq.publishing import KnowledgeSettings
from faq.traffic import keep_traffic

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_PERIOD = 0.0005


@dataclass(slots=True)
class Stalls:
    """The stalls of one stretch of time, in milliseconds, with when they began."""

    found: list[float] = field(default_factory=list)

    @property
    def longest(self) -> float:
        return max(self.found, default=0.0)

    def over(self, limit: float) -> int:
        return sum(each > limit for each in self.found)

    def share_within(self, limit: float) -> float:
        return 1 - self.over(limit) / max(1, len(self.found))


@asynccontextmanager
async def ticking() -> AsyncIterator[Stalls]:
    """Watch the loop for as long as this lasts."""
    stalls = Stalls()

    async def tick() -> None:
        while True:
            started, waited = time.perf_counter(), _waited_for_a_core()
            await asyncio.sleep(_PERIOD)
            waited = _waited_for_a_core() - waited
            stalls.found.append(1000 * max(0.0, time.perf_counter() - started - _PERIOD - waited))

    task = asyncio.create_task(tick())
    try:
        yield stalls
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _waited_for_a_core() -> float:
    """Seconds that this process's main thread was ready to run and did not, since it began; 0 where nobody counts."""
    try:
        return int(Path("/proc/self/schedstat").read_bytes().split()[1]) / 1e9
    except OSError:
        return 0.0


def sample(folder: Path, semantic: bool = False) -> KnowledgeSettings:
    """The sample FAQ in a folder of its own, with the shipped settings."""
    shutil.copytree(ROOT / "faq" / "entries", folder / "entries")
    shipped = knowledge_settings(load_settings(ROOT / "config.yaml", environment={}))
    # So that none of the FAQ's own tests keeps a save from going live, whatever the matcher is worth just now.
    matcher = replace(shipped.matcher, semantic=semantic, answer_above=0.985, suggest_above=0.001)
    return KnowledgeSettings(
        folder / "entries", folder / "cache", shipped.variables, matcher, shipped.rules, shipped.time_zone
    )


def save(settings: KnowledgeSettings, phrasing: str | None = None) -> None:
    """Save a file with a changed answer, or with a new phrasing too."""
    path = settings.folder / "account.yaml"
    text = path.read_text(encoding="utf-8").replace("I am sorry", "I am so sorry", 1)
    if phrasing is not None:
        text = text.replace("    phrasings:\n      en:\n", f"    phrasings:\n      en:\n        - {phrasing}\n", 1)
    path.write_text(text, encoding="utf-8")


async def asking(knowledge: Knowledge) -> None:
    """Ask all the time, another thing each time, as a batch of players would."""
    number = 0
    while True:
        number += 1
        await knowledge.match([Question(f"where is my purchase number {number} pls, i paid twice")], NOW)
        await asyncio.sleep(0.002)


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = sample(Path(folder))
        async with ticking() as stalls:
            knowledge = await Knowledge.open(settings, lambda: NOW)
        _show("first start (learns)", stalls)
        async with ticking() as stalls:
            knowledge = await Knowledge.open(settings, lambda: NOW)
        _show("start from the cache", stalls)
        if "--unsteady" not in sys.argv:
            be_steady()
        work = (knowledge.watch(), asking(knowledge), stay_steady(knowledge))
        tasks = [asyncio.create_task(each) for each in work]
        async with ticking() as stalls:
            await asyncio.sleep(5)
        _show("asked, nothing saved", stalls)
        for name, phrasing in (("an answer saved", None), ("a phrasing saved", "my profile is gone")):
            async with ticking() as stalls:
                waiting = asyncio.create_task(knowledge.next_status())
                save(settings, phrasing)
                await waiting
            _show(name, stalls)
        texts = [f"can i move to server {letter} {end}" for letter in "abcdefgh" for end in ("now", "today", "please")]
        rows = [Missed(text, NOW, "ann", Reason.NO_MATCH, "en", went_to_people=True) for text in texts]
        async with ticking() as stalls:
            waiting = asyncio.create_task(knowledge.next_status())
            await asyncio.to_thread(keep_traffic, settings.cache_folder, (), rows)
            await waiting
        _show("other messages handed on", stalls)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _show(name: str, stalls: Stalls) -> None:
    ordered = sorted(stalls.found)
    middle, late = ordered[len(ordered) // 2], ordered[int(0.999 * len(ordered))]
    print(
        f"{name:<26} longest {stalls.longest:6.1f} ms   99.9th {late:6.1f} ms   median {middle:5.2f} ms   "
        f"over 5 ms: {stalls.over(5)} of {len(ordered)}"
    )


if __name__ == "__main__":
    asyncio.run(main())
