"""A reply that the guard stops, in a real browser: what was found, changing it, sending it all the same."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from handoff.agents import Role
from tests.browser.conftest import Inn, keep
from tests.browser.desk import bubbles, card, let_in, say

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def in_hand(inn: Inn, page: Page, player: Page, role: Role = Role.AGENT) -> None:
    """A ticket in the hands of somebody with this role."""
    await page.set_viewport_size({"width": 1360, "height": 850})
    await say(player, "human")
    await let_in(inn, page, "mira", role)
    await card(page, "human").click()
    await page.get_by_role("button", name="Take").click()
    await expect(page.locator(".state")).to_have_text("With you")


SELECTED = "box => box.value.slice(box.selectionStart, box.selectionEnd)"


async def test_a_warning_is_shown_with_its_words_and_changed(inn: Inn, page: Page, player: Page) -> None:
    await in_hand(inn, page, player)
    box = page.get_by_label("To Player 1")
    await box.fill("  😀 Please calm down. We will refund everything by tomorrow, I promise!")
    await box.press("Control+Enter")
    findings = page.get_by_role("alert", name="Before this is sent")
    await expect(findings).to_be_visible()
    await expect(findings.locator("mark").first).to_have_text("calm down")
    await expect(findings).to_contain_text("Telling an upset player to be calm makes it worse.")
    await expect(findings).to_contain_text("Better: I understand that this is upsetting.")
    await expect(findings.get_by_role("button", name="Change it")).to_be_focused()
    await keep(page, "console-guard")
    await page.reload()
    await expect(box).to_have_value("  😀 Please calm down. We will refund everything by tomorrow, I promise!")
    await box.press("Control+Enter")
    await findings.get_by_role("button", name="Change it").press("Enter")
    await expect(box).to_be_focused()
    assert await box.evaluate(SELECTED) == "calm down"
    await page.keyboard.type("wait a moment, I am looking")
    await expect(findings).to_be_hidden()
    await box.fill("Please wait a moment, I am looking at it.")
    await box.press("Control+Enter")
    await expect(bubbles(page, "agent")).to_have_text(["Please wait a moment, I am looking at it."])
    await expect(box).to_have_value("")


async def test_a_warning_is_overridden_by_keyboard_with_a_reason_that_staff_can_read(
    inn: Inn, page: Page, player: Page
) -> None:
    await in_hand(inn, page, player)
    box = page.get_by_label("To Player 1")
    await box.fill("Please calm down a little")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("button", name="Change it")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("or send it anyway, because")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(bubbles(page, "agent")).to_have_count(0)
    await page.keyboard.type("These were their own words")
    await page.keyboard.press("Enter")
    await expect(bubbles(page, "agent")).to_have_text(["Please calm down a little"])
    await expect(bubbles(page, "note")).to_contain_text("The reason: These were their own words")
    await expect(box).to_have_value("")
    await expect(player.locator(".message", has_text="calm down")).to_have_count(1)
    await player.reload()
    await expect(player.locator(".message", has_text="calm down")).to_have_count(1)
    assert "their own words" not in await player.content()


async def test_an_agent_cannot_override_a_block(inn: Inn, page: Page, player: Page) -> None:
    await in_hand(inn, page, player)
    box = page.get_by_label("To Player 1")
    await box.fill("That was stupid of you")
    await box.press("Control+Enter")
    findings = page.get_by_role("alert", name="Before this is sent")
    await expect(findings).to_contain_text("Only a lead may send it like this.")
    await expect(findings.get_by_role("textbox")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(box).to_be_focused()
    await expect(bubbles(page, "agent")).to_have_count(0)
    await keep(page, "console-guard-block")
    end = "each => each.scrollHeight - each.scrollTop - each.clientHeight"
    assert await page.locator(".scroller").evaluate(end) < 2


async def test_a_lead_overrides_a_block(inn: Inn, page: Page, player: Page) -> None:
    await in_hand(inn, page, player, Role.LEAD)
    await page.get_by_label("To Player 1").fill("That was stupid of you")
    await page.get_by_role("button", name="Send reply").click()
    await page.get_by_label("or send it anyway, because").fill("A quote")
    await page.get_by_role("button", name="Send anyway").click()
    await expect(bubbles(page, "agent")).to_have_text(["That was stupid of you"])
