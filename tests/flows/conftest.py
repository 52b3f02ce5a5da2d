"""A running program for each test, on each database; the sample FAQ is learned once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import load_settings
from bot.sender import SendRules
from bot.settings import DatabaseSettings, Settings
from tests.flows.house import House
from tests.game import GOBLIN_AND_LAMP

ROOT = Path(__file__).parents[2]
ALWAYS = ("00:00-24:00",)


@pytest.fixture
def settings(database_url: str, faq_cache: Path) -> Settings:
    """The shipped settings, open around the clock, on an empty database."""
    shipped = load_settings(ROOT / "config.yaml", environment={})
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
async def quiet_house(settings: Settings) -> AsyncIterator[House]:
    """A program that the test begins itself."""
    house = House(settings)
    yield house
    await house.end()


@pytest.fixture
async def house(quiet_house: House) -> House:
    await quiet_house.begin()
    return quiet_house


GAME = (
    GOBLIN_AND_LAMP
    + """\
  - id: refund
    title: {en: Getting money back}
    handoff: always
    phrasings:
      en: [i want my money back, refund please, how do i get a refund]
    answer:
      en: Our team looks at every payment by hand.
"""
)


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
