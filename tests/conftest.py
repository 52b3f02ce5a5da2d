"""A database with every table, once on SQLite and once on PostgreSQL."""

from __future__ import annotations

import gc
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog

from bot.config import load_settings
from bot.schema import metadata
from bot.settings import Settings
from storage.database import Database
from tests.databases import Reused, new_database
from tests.postgresql import postgresql

ROOT = Path(__file__).parents[1]
# The files that take longest come first, so that no worker is left alone with one at the end.
FIRST = (
    "crash/test_crash.py",
    "browser/test_console_work.py",
    "crash/test_planted.py",
    "browser/test_console.py",
    "crash/test_replicas.py",
    "browser",
    "commands",
    "flows/test_machine.py",
    "flows",
)

# On a busy machine the time of one example says nothing.
hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")


@pytest.fixture(scope="session", autouse=True)
def _quick_tracebacks() -> None:
    """What is logged is shown where a test fails; the pretty form of an error takes seconds to draw."""
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(Path(__file__).parent).as_posix()
        return next((number for number, start in enumerate(FIRST) if path.startswith(start)), len(FIRST))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What is imported and collected stays for the whole run: nobody needs to look through it for garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server from the wheel, for this run alone."""
    with postgresql(durable=False) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new and empty database of each engine."""
    return await empty_database(request, tmp_path)


async def empty_database(request: pytest.FixtureRequest, folder: Path) -> str:
    """The URL of a new database of the engine that the request's parameter names."""
    if request.param == "sqlite":
        return f"sqlite:///{folder / 'innkeeper.db'}"
    return await new_database(request.getfixturevalue("postgres_url"), f"test_{uuid.uuid4().hex}")


@pytest.fixture(scope="session")
def reused(postgres_url: str) -> Reused:
    """PostgreSQL databases with the tables that are declared."""
    return Reused(postgres_url, _with_tables)


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """With the tables that are declared, on each engine."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'innkeeper.db'}"
        await _with_tables(url)
    else:
        made: Reused = request.getfixturevalue("reused")
        url = await made.take()
    opened = Database.open(url)
    yield opened
    await opened.close()
    if request.param == "postgresql":
        await made.give_back(url)


async def _with_tables(url: str) -> None:
    opened = Database.open(url)
    async with opened.transaction() as connection:
        await connection.run_sync(metadata.create_all)
    await opened.close()


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    """Only SQLite: for what sits above the storage and asks nothing of the engine."""
    opened = Database.open(f"sqlite:///{tmp_path / 'innkeeper.db'}")
    async with opened.transaction() as connection:
        await connection.run_sync(metadata.create_all)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def shipped() -> Settings:
    """The settings that are shipped, which nobody can change."""
    return load_settings(ROOT / "config.yaml", environment={})


@pytest.fixture(scope="session")
def faq_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where what was learned from the sample FAQ is kept, for all workers of this run: each FAQ is learned once."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own
    folder = shared / "learned-faq"
    folder.mkdir(exist_ok=True)
    return folder
