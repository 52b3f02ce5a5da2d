from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher

from handoff.console.choices import DeskChoices
from handoff.console.console import Console
from handoff.console.settings import ConsoleSettings
from handoff.notices import Notice
from handoff.passwords import Passwords
from handoff.snippets import Snippets
from messaging.live import Live
from storage.database import Database
from tests.handoff.console.world import Clock, Performer, World

CHOICES = DeskChoices(("routine", "complaint"), ("standard", "vip"), {"bug": "Bugs"}, {"bug": "Bugs", "other": "Other"})
SNIPPETS = """
still-there:
  topics: [bug]
  title: {en: Still there?, vi: Còn đó không?}
  text: {en: "{player}, are you there?", vi: "{player} còn đó không?"}
looking:
  title: {en: Looking}
  text: {en: I am looking into it.}
"""


@pytest.fixture
def console_settings() -> dict[str, Any]:
    """What a test module sets differently."""
    return {}


@pytest.fixture
async def world(sqlite: Database, console_settings: dict[str, Any], tmp_path: Path) -> AsyncIterator[World]:
    clock, performer, live = Clock(), Performer(), Live()
    settings = replace(ConsoleSettings(poll=30.0, gap=0.0, pace=0.0, max_file=64 * 1024), **console_settings)
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    notices: list[Notice] = []
    snippets = tmp_path / "snippets.yaml"
    snippets.write_text(SNIPPETS, encoding="utf-8")
    console = Console(
        settings,
        sqlite,
        live,
        performer,
        clock,
        notices=lambda: notices,
        choosing=lambda: CHOICES,
        snippets=Snippets(snippets, ("en", "vi")),
        passwords=cheap,
    )
    application = web.Application()
    application.add_routes(console.routes())
    async with TestClient(TestServer(application)) as client:
        yield World(client, console, sqlite, live, clock, performer, notices, snippets)
        await console.close()
