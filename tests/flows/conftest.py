"""A running program for each test, on each database; the sample FAQ is learned once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config import load_settings
from bot.settings import DatabaseSettings, Settings
from tests.flows.house import House

ROOT = Path(__file__).parents[2]
ALWAYS = ("00:00-24:00",)


@pytest.fixture(scope="session")
def faq_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faq")


@pytest.fixture
def settings(database_url: str, faq_cache: Path) -> Settings:
    """The shipped settings, open around the clock, on an empty database."""
    shipped = load_settings(ROOT / "config.yaml", environment={})
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return replace(
        shipped,
        database=DatabaseSettings(database_url),
        faq=replace(shipped.faq, cache=faq_cache, semantic=False),
        hours=replace(shipped.hours, **dict.fromkeys(days, ALWAYS)),
    )


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
