"""A database with every table, once on SQLite and once on PostgreSQL."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import create_async_engine

from bot.schema import metadata
from storage.database import Database, parse_url
from tests.postgresql import postgresql

# On a busy machine the time of one example says nothing.
hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")


@pytest.fixture(scope="session", autouse=True)
def _quick_tracebacks() -> None:
    """What is logged is shown where a test fails; the pretty form of an error takes seconds to draw."""
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])


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


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database.open(database_url)
    async with opened.transaction() as connection:
        await connection.run_sync(metadata.create_all)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    """Only SQLite: for what sits above the storage and asks nothing of the engine."""
    opened = Database.open(f"sqlite:///{tmp_path / 'innkeeper.db'}")
    async with opened.transaction() as connection:
        await connection.run_sync(metadata.create_all)
    yield opened
    await opened.close()


async def new_database(server: str, name: str, template: str = "template0") -> str:
    """The URL of a new database on this server, a copy of the template, which nobody may have open."""
    url = parse_url(server)
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    await engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def faq_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where what was learned from the sample FAQ is kept, for all workers of this run: each FAQ is learned once."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own
    folder = shared / "learned-faq"
    folder.mkdir(exist_ok=True)
    return folder
