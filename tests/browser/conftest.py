"""A real browser and the whole program, both in the test's own event loop."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright, expect

from bot.app import App
from bot.building import build_app
from bot.settings import Settings
from handoff.calendar import WEEKDAYS
from tests.words import words_of

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "artifacts" / "screenshots"
DEBIAN_CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _missing(reason: str) -> None:
    """CI must have a browser; elsewhere these tests are left out, and say why."""
    if os.environ.get("CI"):
        pytest.fail(f"CI needs a browser: {reason}")
    pytest.skip(reason)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        found = next((each for each in (DEBIAN_CHROMIUM, own) if each.exists()), None)
        if found is None:
            _missing(f"no Chromium at {DEBIAN_CHROMIUM} or {own}")
        launched = await playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield launched
        await launched.close()


class Inn:
    """The whole program, served on one address; it can be stopped and started again over the same database."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._app: App | None = None
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def app(self) -> App:
        assert self._app is not None, "the program is not running"
        return self._app

    async def start(self) -> None:
        self._app = await build_app(self.settings, words=words_of(self.settings))
        await self._app.start()
        await self._app.supervisor.settled.wait()
        self._runner = web.AppRunner(self._app.web(), shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        app, runner = self.app, self._runner
        assert runner is not None
        self._app = self._runner = None
        await app.close()
        await runner.cleanup()
        # A page that asked something in the last moment may have opened the database once more.
        await app.database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def inn(shipped: Settings, tmp_path: Path, faq_cache: Path) -> AsyncIterator[Inn]:
    settings = replace(
        shipped,
        database=replace(shipped.database, url=f"sqlite:///{tmp_path / 'innkeeper.db'}"),
        faq=replace(shipped.faq, cache=faq_cache, semantic=False, patience=timedelta(0)),
        # Whatever the time of day: what players are told out of hours is tested elsewhere.
        # Nobody waits for the seconds in which a reply can be taken back, or a player go on writing; some tests do.
        handoff=replace(shipped.handoff, undo=timedelta(0)),
        hours=replace(shipped.hours, **dict.fromkeys(WEEKDAYS, ("00:00-24:00",))),
    )
    running = Inn(settings)
    await running.start()
    yield running
    await running.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    made = await browser.new_context(
        locale="en-GB",
        timezone_id="Europe/London",
        viewport={"width": 1100, "height": 820},
        # Whatever moves is painted again and again.
        reduced_motion="reduce",
    )
    made.set_default_timeout(10_000)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """A page on which no script may fail, and nothing may break the page's own rules."""
    opened = await context.new_page()
    failures: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # That another site may not frame the chat is one of the rules at work.
        if "Content Security Policy" in message.text and "frame-ancestors" not in message.text:
            failures.append(message.text)

    opened.on("pageerror", lambda error: failures.append(str(error)))
    opened.on("console", heard)
    yield opened
    assert failures == []


async def keep(page: Page, name: str) -> None:
    """Save what the page looks like, for people to look at, where ``PICTURES`` is set: to paint it takes a while."""
    if not os.environ.get("PICTURES"):
        return
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")


@pytest_asyncio.fixture(loop_scope="session")
async def player(browser: Browser, inn: Inn) -> AsyncIterator[Page]:
    """Somebody else's browser, in the web chat."""
    context = await browser.new_context(locale="en-GB", viewport={"width": 420, "height": 780}, reduced_motion="reduce")
    context.set_default_timeout(10_000)
    page = await context.new_page()
    await page.goto(f"{inn.url}/chat")
    await expect(page.locator("#state")).to_have_text("Connected")
    yield page
    await context.close()
