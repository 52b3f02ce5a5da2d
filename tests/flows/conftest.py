"""A running program for each test, on each database; the sample FAQ is learned once."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.sender import SendRules
from bot.settings import DatabaseSettings, Settings
from storage.database import Database
from storage.migrations import migrate
from tests.databases import Reused
from tests.flows.house import House
from tests.flows.typing_commands import Types, typing_beside
from tests.game import GAME

Made = TypeVar("Made")
# What is decided and said, more than how it is kept: on SQLite always, on PostgreSQL in make test-postgresql (and in
# CI). The other files here always run on both engines.
OF_WORDS = frozenset(
    f"test_{name}.py"
    for name in (
        *("answers", "bad_input", "browsing", "bursts", "clocks", "clocks_undo", "conduct", "corrections", "feedback"),
        *("forms", "guard", "own_tickets", "places", "promises", "snoozing", "surveys", "time_zones", "typing", "undo"),
    )
)
ALWAYS = ("00:00-24:00",)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.name in OF_WORDS:
            parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
            if parameters.get("database_url") == "postgresql":
                item.add_marker(pytest.mark.second_engine)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with every table and nothing in it, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "innkeeper.db"
    _apart(_migrated(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(postgres_url: str) -> Reused:
    """PostgreSQL databases with every table and nothing in it."""
    return Reused(postgres_url, _migrated)


def _apart(work: Coroutine[Any, Any, Made]) -> Made:
    """What comes of it on an event loop of its own: a test's may be running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def _migrated(url: str) -> None:
    database = Database.open(url)
    await migrate(database)
    await database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A database of each engine with every table and nothing in it: bringing a new one up takes a while."""
    if request.param == "sqlite":
        copy = tmp_path / "innkeeper.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), copy)
        yield f"sqlite:///{copy}"
        return
    made: Reused = request.getfixturevalue("migrated_postgresql")
    url = await made.take()
    yield url
    await made.give_back(url)


@pytest.fixture
def settings(shipped: Settings, database_url: str, faq_cache: Path) -> Settings:
    """The shipped settings, open around the clock, on an empty database."""
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return replace(
        shipped,
        database=DatabaseSettings(database_url),
        # One message, one answer, at once: what bursts are is tested in test_bursts.py.
        faq=replace(shipped.faq, cache=faq_cache, semantic=False, patience=timedelta(0)),
        hours=replace(shipped.hours, **dict.fromkeys(days, ALWAYS)),
        # Replies go out at once, and a close is one press: undo and categories are tested in files of their own.
        handoff=replace(shipped.handoff, undo=timedelta(0), category_required=False),
    )


@pytest.fixture
def types(settings: Settings, tmp_path: Path) -> Types:
    """Somebody at a terminal, beside the program of the test."""
    return typing_beside(settings, tmp_path)


@pytest.fixture
async def quiet_house(settings: Settings) -> AsyncIterator[House]:
    """A program that the test begins itself."""
    house = House(settings)
    yield house
    await house.end()


@pytest.fixture
async def house(quiet_house: House) -> House:
    await quiet_house.begin()
    return quiet_house


@pytest.fixture(scope="session")
def small_faq(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("game")
    (folder / "entries").mkdir()
    (folder / "entries" / "game.yaml").write_text(GAME, encoding="utf-8")
    return folder


@pytest.fixture
def cottage_settings(settings: Settings, small_faq: Path) -> Settings:
    """A FAQ of three entries, in English alone."""
    return replace(
        settings,
        service=replace(settings.service, languages=("en",)),
        faq=replace(settings.faq, folder=small_faq / "entries", cache=small_faq / "cache", answer_above=0.5),
    )


@pytest.fixture
async def quiet_cottage(cottage_settings: Settings) -> AsyncIterator[House]:
    """A small house with little patience. Quick to begin."""
    house = House(cottage_settings, rules=SendRules(first_pause=0.02, doubt_pause=0.02, longest_pause=0.1))
    yield house
    await house.end()


@pytest.fixture
async def cottage(quiet_cottage: House) -> House:
    await quiet_cottage.begin()
    return quiet_cottage
