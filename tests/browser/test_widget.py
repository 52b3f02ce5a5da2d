"""The chat on a game's own page."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Page, expect

from tests.browser.chatting import agent_says, serve_with
from tests.browser.conftest import Inn, keep

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def game(inn: Inn) -> AsyncIterator[str]:
    """The address of a game's own site, on another host, with the widget on its page."""

    async def page(_request: web.Request) -> web.Response:
        widget = f'<script src="{inn.url}/widget.js" data-name="Ann" async></script>'
        text = f"<!doctype html><title>A game</title>{widget}<h1>Our game</h1><p>Buy more hats.</p>"
        return web.Response(text=text, content_type="text/html")

    application = web.Application()
    application.router.add_get("/", page)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://localhost:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_one_line_brings_the_chat_to_the_games_own_page(inn: Inn, page: Page, game: str) -> None:
    await serve_with(inn, allowed_origins=(game,))
    await page.goto(game)
    await page.get_by_role("button", name="Open the support chat").click()
    chat = page.frame_locator("iframe")
    await expect(chat.locator("#input")).to_be_focused()
    await page.keyboard.type("human")
    await page.keyboard.press("Enter")
    await expect(chat.locator("#log")).to_contain_text("Hello Ann, thank you for writing")
    await keep(page, "widget-open")
    await page.keyboard.press("Escape")
    button = page.get_by_role("button", name="Open the support chat")
    await expect(button).to_be_focused()
    await expect(chat.locator("#input")).to_be_hidden()
    await agent_says(inn, "Are you still there?")
    await expect(button).to_have_text("1")
    await keep(page, "widget-unread")
    await button.click()
    await expect(chat.locator(".message.agent")).to_contain_text("Are you still there?")
    await expect(page.get_by_role("button", name="Close the support chat")).to_have_text("")
    await page.set_viewport_size({"width": 390, "height": 780})
    await keep(page, "widget-phone")
    await chat.get_by_role("button", name="Close the support chat").click()
    await expect(chat.locator("#input")).to_be_hidden()


async def test_a_site_that_is_not_allowed_cannot_frame_the_chat(inn: Inn, page: Page, game: str) -> None:
    await page.goto(game)
    async with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        await page.get_by_role("button", name="Open the support chat").click()
    await expect(page.frame_locator("iframe").locator("#input")).to_have_count(0)
