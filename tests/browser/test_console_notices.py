"""The banner above the desk, and the signs that somebody is writing, in a real browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, expect

from faq.entry import Place
from handoff.agents import Role
from storage.problems import Problem
from tests.browser.conftest import Inn, keep
from tests.browser.desk import card, let_in, say

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def refuse(inn: Inn, *problems: Problem) -> None:
    """Let the FAQ saved last have been refused for these reasons; none: it was mended."""
    knowledge = inn.app.knowledge
    rejected_at = datetime.now(UTC) if problems else None
    knowledge.status = replace(knowledge.status, rejected_at=rejected_at, problems=problems, failing=())


async def test_a_lead_is_told_calmly_of_a_refused_faq_until_it_is_mended(inn: Inn, page: Page) -> None:
    await page.set_viewport_size({"width": 1360, "height": 850})
    first = Problem(Place("faq/entries/account.yaml", 12, 5), 'the entry "recover" has no "anwser"')
    refuse(inn, first, Problem(Place("faq/entries/login.yaml", 3, 1), "a tab stands here"))
    await let_in(inn, page, "lena", Role.LEAD)
    line = page.locator(".notice-line")
    await expect(line).to_contain_text("The FAQ saved last was refused: 2 problems.")
    await expect(line).to_contain_text("faq/entries/account.yaml:12:5")
    await expect(line).to_contain_text("innkeeper faq status shows all.")
    await keep(page, "console-notice")
    await line.get_by_role("button", name="Put this notice away").click()
    await expect(line).to_have_count(0)
    await page.reload()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await expect(line).to_have_count(0)
    refuse(inn, first)
    await expect(line).to_contain_text("1 problem.")
    refuse(inn)
    await expect(line).to_have_count(0)


async def test_an_agent_is_not_troubled_with_the_faq(inn: Inn, page: Page) -> None:
    refuse(inn, Problem(Place("faq/entries/account.yaml", 12, 5), "a tab stands here"))
    await inn.app.lookout.look()
    await let_in(inn, page, "mira")
    await expect(page.get_by_text("Nobody is waiting", exact=True)).to_be_visible()
    await expect(page.locator(".notice-line")).to_have_count(0)


async def test_agent_and_player_see_each_other_write(inn: Inn, page: Page, player: Page) -> None:
    await page.set_viewport_size({"width": 1360, "height": 850})
    await say(player, "human")
    await let_in(inn, page, "mira")
    await card(page, "human").click()
    await page.get_by_role("button", name="Take").click()
    await expect(page.locator(".state")).to_have_text("With you")
    # The chat tells it every few seconds at most, and has just done so.
    await player.locator("#input").press_sequentially("I have one more question about", delay=130)
    await expect(page.get_by_text("Player 1 is writing…")).to_be_visible()
    await keep(page, "console-typing")
    await say(player, "I have a question")
    await expect(page.get_by_text("Player 1 is writing…")).to_be_hidden()
    await page.get_by_label("To Player 1").press_sequentially("Yes")
    await expect(player.locator("#typing")).to_be_visible()
