"""The web chat's list of commands, and the time zone that the page tells."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.async_api import Page, expect

from messaging.players import players
from tests.browser.chatting import open_chat
from tests.browser.conftest import Inn

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_command_is_chosen_from_the_menu(inn: Inn, page: Page) -> None:
    await open_chat(inn, page)
    menu = page.get_by_role("button", name="What else you can do")
    await expect(page.get_by_role("menu")).to_be_hidden()
    await menu.click()
    await expect(menu).to_have_attribute("aria-expanded", "true")
    items = page.get_by_role("menuitem")
    await expect(items.first).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(items.nth(1)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("menu")).to_be_hidden()
    await expect(menu).to_be_focused()
    await menu.click()
    await page.get_by_role("menuitem", name="What is kept of you").click()
    await expect(page.locator("#log")).to_contain_text("Passwords and card numbers are hidden")


async def test_the_page_tells_the_players_time_zone(inn: Inn, page: Page) -> None:
    """T8: out of hours they hear when we open in their own time."""
    await open_chat(inn, page)
    told = await page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    await page.get_by_role("button", name="What else you can do").click()
    await page.get_by_role("menuitem", name="See how your request").click()
    await expect(page.locator("#log")).to_contain_text("You have no request")
    async with inn.app.database.reading() as connection:
        assert await connection.scalar(sa.select(players.c.time_zone)) == told
