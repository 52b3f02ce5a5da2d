from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher

from handoff.console.console import Console
from handoff.console.settings import ConsoleSettings
from handoff.notices import Notice
from handoff.passwords import Passwords
from messaging.live import Live
from storage.database import Database
from tests.handoff.console.world import Clock, Performer, World


@pytest.fixture
def console_settings() -> dict[str, Any]:
    """What a test module sets differently."""
    return {}


@pytest.fixture
async def world(sqlite: Database, console_settings: dict[str, Any]) -> AsyncIterator[World]:
    clock, performer, live = Clock(), Performer(), Live()
    settings = replace(ConsoleSettings(poll=30.0, gap=0.0, pace=0.0, max_file=64 * 1024), **console_settings)
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    notices: list[Notice] = []
    console = Console(settings, sqlite, live, performer, clock, notices=lambda: notices, passwords=cheap)
    application = web.Application()
    application.add_routes(console.routes())
    async with TestClient(TestServer(application)) as client:
        yield World(client, console, sqlite, live, clock, performer, notices)
        await console.close()
