"""The web chat as its player meets it, in a real browser against the whole program."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Inn, keep

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_typed_question_is_answered(inn: Inn, page: Page) -> None:
    await page.goto(f"{inn.url}/chat")
    await expect(page.locator("#state")).to_have_text("Connected")
    await keep(page, "chat-welcome")
    await page.locator("#input").fill("how do i get my acount back")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message.player .bubble")).to_have_text("how do i get my acount back")
    await expect(page.get_by_role("button", name="That solved it")).to_be_visible()
    await keep(page, "chat-answer")
