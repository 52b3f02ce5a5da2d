"""The FAQ as the running program uses it: match questions, and take saved files live while serving."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict

import structlog

from faq.checks import learned_from
from faq.child import build_in_child
from faq.embedding.choice import check_folder, has_embedder
from faq.entry import Entry, Faq, Place
from faq.errors import FaqErrors
from faq.loader import faq_files
from faq.match import Match, Question
from faq.matcher import Matcher, learn
from faq.publishing import (
    Build,
    KnowledgeSettings,
    Status,
    build_key,
    differ_in_traffic_alone,
    published_key,
    read_status,
    stored_build,
    write_status,
)
from faq.traffic import SNAPSHOT, Traffic, read_traffic
from storage.problems import Problem

__all__ = ["Knowledge", "KnowledgeSettings", "Status"]

INLINE_SECONDS = 0.002  # what a batch may take on the event loop; anything longer goes to a thread
_VERSIONS_KEPT = 3

Clock = Callable[[], datetime]
FileState = tuple[tuple[str, int, int], ...]
log = structlog.get_logger(__name__)


class _Known(TypedDict):
    handed_on: int
    knows_none: bool
    past_questions: int


@dataclass(frozen=True, slots=True)
class _Served:
    """One version with all that belongs to it, replaced as a whole: nobody ever sees half of a new one."""

    faq: Faq
    matcher: Matcher
    dated: tuple[Entry, ...]
    taught: Traffic

    def excluded_at(self, now: datetime) -> frozenset[str]:
        return frozenset(entry.id for entry in self.dated if not entry.is_valid_at(now))


class Knowledge:
    """Serves one FAQ folder. Make it with ``open``; run ``watch`` beside it; ``close`` it at the end."""

    def __init__(self, settings: KnowledgeSettings, clock: Clock, served: _Served, status: Status) -> None:
        self._settings = settings
        self._clock = clock
        self._served = served
        self._recent: dict[str, Faq] = {served.faq.version: served.faq}
        self._seconds_each = INLINE_SECONDS
        self._considered: FileState = ()
        self._served_quickly: FileState = ()
        self._judged = asyncio.Event()
        self._retry_at: float | None = None
        self.status = status

    @classmethod
    async def open(cls, settings: KnowledgeSettings, clock: Clock) -> Knowledge:
        """Start from the files as they are, from the cache if they were built before.

        What was never built is first learned by words alone, which takes seconds; ``watch`` then learns it with the
        embedding, where there is one, and with traffic, and takes that live. Likewise, where only what players wrote
        before has changed, the build before answers until ``watch`` has learned it. Where the files hold errors the
        version served last goes on, and ``status`` says so; without one FaqErrors is raised with every problem. Failing
        tests do not prevent a first start, for there is nothing better to serve. EmbeddingUnusable is raised where the
        folder of the owner's own embedding does not hold one.
        """
        if settings.matcher.semantic and settings.matcher.embedding_folder is not None:
            await asyncio.to_thread(check_folder, settings.matcher.embedding_folder)
        considered = await asyncio.to_thread(_file_state, settings)
        found = await asyncio.to_thread(_stored, settings)
        if found is None:
            found = await asyncio.to_thread(_taught_otherwise, settings)
            considered = considered if found is None else ()
        first = settings if found is not None else await asyncio.to_thread(_quickly, settings)
        if found is None and first is not settings:
            found = await asyncio.to_thread(_stored, first)
        judged = found or await build_in_child(first, clock())
        known = await asyncio.to_thread(read_status, settings.cache_folder)
        failing = known.failing if known is not None else ()
        last_good = None if judged.is_fit_after(failing) else await asyncio.to_thread(_last_good, settings)
        taken = last_good or judged
        if taken.faq is None:
            raise FaqErrors(judged.problems)
        served = await asyncio.to_thread(_prepare, first, taken, taken.faq)
        is_known = known is not None and known.version == served.faq.version
        status = known if known is not None and is_known else _new_status(served.faq, taken, clock())
        knowledge = cls(settings, clock, served, status)
        # The watch takes what it has not considered for a new save, and learns it with everything there is.
        knowledge._considered = considered if first is settings else ()
        knowledge._served_quickly = considered if first is not settings else ()
        await knowledge._settle(judged, went_live=taken is judged)
        return knowledge

    @property
    def faq(self) -> Faq:
        """The version served now."""
        return self._served.faq

    @property
    def figures(self) -> Mapping[str, float]:
        """What the matcher measured of itself when it learned."""
        return self._served.matcher.figures

    def faq_at(self, version: str) -> Faq:
        """The version that a match came from, if it is among the last few; else the one served now."""
        return self._recent.get(version, self._served.faq)

    async def match(self, questions: Sequence[Question], now: datetime) -> list[Match]:
        """One match per question, in order. Entries outside their dates at ``now`` are left out."""
        served = self._served
        excluded = served.excluded_at(now)
        quick = not served.matcher.uses_embedding and len(questions) * self._seconds_each < INLINE_SECONDS
        if quick:
            return self._timed(served.matcher, questions, excluded)
        return await asyncio.to_thread(self._timed, served.matcher, questions, excluded)

    async def next_status(self) -> Status:
        """Wait until the next save is judged, and say what became of it: for whoever shows it to an admin."""
        await self._judged.wait()
        return self.status

    async def watch(self) -> None:
        """Take saved files live, until cancelled. A save that does not pass changes nothing but ``status``."""
        previous = self._considered
        while True:
            await asyncio.sleep(self._settings.poll_seconds)
            state = await asyncio.to_thread(_file_state, self._settings)
            if state not in (self._considered, previous):
                previous = state  # being saved just now: look again before believing it
                continue
            previous = state
            is_retry = self._retry_at is not None and asyncio.get_running_loop().time() >= self._retry_at
            if state != self._considered or is_retry:
                await self._consider(state)

    async def close(self) -> None:
        """Nothing is held open: ``watch`` ends, and with it a child that is still learning, when it is cancelled."""

    async def _consider(self, state: FileState) -> None:
        """Build what was saved and take it live if it is fit; what fails here is tried again after a while."""
        self._retry_at = None
        try:
            for settings in await asyncio.to_thread(_steps, self._settings, self.status.key):
                found = await asyncio.to_thread(_stored, settings)
                judged = found or await build_in_child(settings, self._clock())
                if await asyncio.to_thread(_file_state, self._settings) != state:
                    return  # saved again meanwhile: the next look sees it
                # The same words learned with more may pass other tests: that is no save to be refused.
                is_same = state == self._served_quickly and judged.faq is not None
                fit = is_same or judged.is_fit_after(self.status.failing)
                if fit and judged.key != self.status.key and judged.faq is not None:
                    await self._go_live(judged, judged.faq)
                await self._settle(judged, went_live=fit)
                if not fit:
                    break
        except Exception as error:  # the watch must outlive a full disk, a killed child and our own bugs
            log.error("faq_watch_failed", serving=self.status.version, exc_info=error)
            self._retry_at = asyncio.get_running_loop().time() + self._settings.retry_seconds
            place = Place(str(self._settings.folder), 1, 1)
            problem = Problem(place, f"the files could not be taken in: {error}", "It is tried again.", code="failed")
            self._note(replace(self.status, rejected_at=self._clock(), problems=(problem,)))
        self._considered = state

    async def _go_live(self, judged: Build, faq: Faq) -> None:
        served = await asyncio.to_thread(_prepare, self._settings, judged, faq, self._served)
        self._recent[faq.version] = faq
        self._served = served
        for version in list(self._recent)[:-_VERSIONS_KEPT]:
            if version != faq.version:
                del self._recent[version]
        since = self.status.since if faq.version == self.status.version else self._clock()
        self.status = _new_status(faq, judged, since)
        log.info("faq_published", version=faq.version, entries=len(faq.entries))

    async def _settle(self, judged: Build, went_live: bool) -> None:
        """Note what became of a save where admins look: the log, ``status`` and the cache folder."""
        problems = [str(problem) for problem in judged.problems]
        if went_live:
            failing = judged.failed_tests
            known = _about_traffic(judged)
            status = replace(
                self.status, key=judged.key, rejected_at=None, problems=judged.problems, failing=failing, **known
            )
            if problems:
                log.warning("faq_tests_failing", serving=self.status.version, problems=problems)
        else:
            status = replace(self.status, rejected_at=self._clock(), problems=judged.problems)
            log.error("faq_rejected", serving=self.status.version, problems=problems)
        await asyncio.to_thread(write_status, self._settings.cache_folder, status)
        self._note(status)

    def _note(self, status: Status) -> None:
        """Tell everyone who waits for the next judgement."""
        self.status = status
        waiting, self._judged = self._judged, asyncio.Event()
        waiting.set()

    def _timed(self, matcher: Matcher, questions: Sequence[Question], excluded: frozenset[str]) -> list[Match]:
        started = time.perf_counter()
        matches = matcher.match(questions, excluded)
        if questions:
            self._seconds_each += (((time.perf_counter() - started) / len(questions)) - self._seconds_each) / 8
        return matches


def _file_state(settings: KnowledgeSettings) -> FileState:
    """Names, times and sizes: differs whenever a file was saved, added or removed, or players wrote other messages."""
    found = []
    for path in (*faq_files(settings.folder), settings.cache_folder / SNAPSHOT):
        try:
            about = path.stat()
        except OSError:  # removed between listing and looking
            continue
        found.append((path.name, about.st_mtime_ns, about.st_size))
    return tuple(found)


def _steps(settings: KnowledgeSettings, served: str) -> list[KnowledgeSettings]:
    """How to take in the files as they are: what nobody has learned yet goes live before it is learned once more with
    what players wrote before, which takes several times as long."""
    is_known = differ_in_traffic_alone(served, build_key(settings)) or _stored(settings) is not None
    quick = [] if is_known or not read_traffic(settings.cache_folder) else [replace(settings, uses_traffic=False)]
    return [*quick, settings]


def _stored(settings: KnowledgeSettings) -> Build | None:
    """The build of the files as they are, with these settings, if there was one."""
    return stored_build(settings.cache_folder, build_key(settings))


def _taught_otherwise(settings: KnowledgeSettings) -> Build | None:
    """The build served last, if only what players wrote before has changed since."""
    key = published_key(settings.cache_folder)
    if key is None or not differ_in_traffic_alone(key, build_key(settings)):
        return None
    return stored_build(settings.cache_folder, key)


def _quickly(settings: KnowledgeSettings) -> KnowledgeSettings:
    """What is learned soonest: without the embedding and without traffic; the same where neither is used anyway."""
    matcher = settings.matcher
    if matcher.semantic and has_embedder(matcher.embedding_folder):
        settings = replace(settings, matcher=replace(matcher, semantic=False))
    return replace(settings, uses_traffic=False) if read_traffic(settings.cache_folder) else settings


def _last_good(settings: KnowledgeSettings) -> Build | None:
    key = published_key(settings.cache_folder)
    return stored_build(settings.cache_folder, key) if key is not None else None


def _prepare(settings: KnowledgeSettings, judged: Build, faq: Faq, before: _Served | None = None) -> _Served:
    """A FAQ with its matcher: that of ``before`` where it learned from the same words, else from the cache, where the
    build left it; used once so that no player waits for that."""
    taught = judged.taught.used
    is_same_lesson = before is not None and (before.matcher.settings, before.taught) == (settings.matcher, taught)
    if before is not None and is_same_lesson and learned_from(before.faq) == learned_from(faq):
        matcher = copy(before.matcher)
        matcher.faq_version = faq.version
    else:
        embedder = before.matcher.embedder if before is not None else None
        matcher = learn(faq, settings.matcher, settings.cache_folder, embedder, taught.handed_on, taught.asked)
        matcher.match([Question(next((entry.id for entry in faq.entries.values()), ""))])
    dated = tuple(entry for entry in faq.entries.values() if entry.valid_from or entry.valid_until or entry.embargo)
    return _Served(faq, matcher, dated, taught)


def _new_status(faq: Faq, judged: Build, since: datetime) -> Status:
    phrasings = sum(len(entry.phrasings) for entry in faq.entries.values())
    known = _about_traffic(judged)
    return Status(faq.version, judged.key, since, len(faq.entries), phrasings, faq.languages, **known)


def _about_traffic(judged: Build) -> _Known:
    taught = judged.taught
    return {
        "handed_on": len(taught.found.handed_on),
        "knows_none": taught.knows_none,
        "past_questions": taught.past_questions,
    }
