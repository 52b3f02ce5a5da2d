"""Work at the desk beyond answering: handing over, promising, taking back, putting aside, knowing the player."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from handoff.agents import Role
from tests.browser.conftest import Inn, keep
from tests.browser.desk import bubbles, card, let_in, say

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def page(page: Page) -> AsyncIterator[Page]:
    await page.set_viewport_size({"width": 1280, "height": 860})
    yield page


@pytest_asyncio.fixture(loop_scope="session")
async def tom(browser: Browser, inn: Inn) -> AsyncIterator[Page]:
    """A colleague in another browser, signed in."""
    context = await browser.new_context(
        locale="en-GB", viewport={"width": 1280, "height": 860}, reduced_motion="reduce"
    )
    context.set_default_timeout(10_000)
    opened = await context.new_page()
    await let_in(inn, opened, "tom")
    yield opened
    await context.close()


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


async def choose(page: Page, label: str) -> None:
    """From the menu of everything that can be done."""
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name=label).click()


async def taken(inn: Inn, page: Page, player: Page, role: Role = Role.AGENT) -> Locator:
    """A player's ticket in Mira's hands; answers with the box that writes to them."""
    await say(player, "human")
    await let_in(inn, page, "mira", role)
    await card(page, "human").click()
    await page.get_by_role("button", name="Take").click()
    await expect(page.locator(".state")).to_have_text("With you")
    return page.get_by_label("To Player 1")


async def test_h1_h2_a_transfer_needs_a_brief_which_the_next_agent_sees_on_top(
    inn: Inn, page: Page, player: Page, tom: Page
) -> None:
    await taken(inn, page, player)
    await page.keyboard.press("x")
    await dialog(page).get_by_role("radio", name="Tom").check()
    await dialog(page).get_by_role("button", name="Transfer").click()
    await expect(dialog(page).get_by_role("alert")).to_have_text("Write the brief: the next one needs it.")
    await dialog(page).get_by_label("Brief").fill("The mail bounced twice. Nothing is promised.")
    await keep(page, "console-transfer")
    await dialog(page).get_by_role("button", name="Transfer").click()
    await expect(dialog(page)).to_have_count(0)
    await card(tom, "human").click()
    take = tom.get_by_role("button", name="Take")
    if await take.count():
        await take.click()
    await expect(tom.locator(".brief")).to_contain_text("The mail bounced twice.")
    await expect(player.locator(".message").last).to_contain_text("Tom")


async def test_t16_a_ticket_with_a_promise_is_not_closed_before_it_is_kept(inn: Inn, page: Page, player: Page) -> None:
    box = await taken(inn, page, player)
    await box.fill("I am asking the server team and will write to you again.")
    await page.keyboard.press("Escape")
    await page.keyboard.press("p")
    await page.get_by_role("button", name="1 hour").click()
    await expect(page.locator(".promised")).to_contain_text("I'll write again by")
    await box.press("Control+Enter")
    await expect(page.locator(".promise")).to_contain_text("to write again by")
    await expect(page.locator(".promised")).to_be_hidden()
    await page.get_by_role("button", name="Close", exact=True).click()
    await dialog(page).get_by_label("What was it about?").select_option("other")
    await dialog(page).get_by_role("button", name="Close ticket").click()
    await expect(dialog(page).get_by_role("alert")).to_contain_text("promise")
    await keep(page, "console-promise-open")
    await dialog(page).get_by_role("button", name="Kept").click()
    await expect(page.locator(".promise")).to_have_count(0)
    await dialog(page).get_by_role("button", name="Close ticket").click()
    await expect(page.locator(".state")).to_contain_text("Closed")


async def test_a_reply_can_be_taken_back_for_some_seconds(inn: Inn, page: Page, player: Page) -> None:
    inn.settings = replace(inn.settings, handoff=replace(inn.settings.handoff, undo=timedelta(seconds=30)))
    await inn.stop()
    await inn.start()
    await player.reload()
    box = await taken(inn, page, player)
    await box.fill("This was meant for somebody else.")
    await box.press("Control+Enter")
    bar = page.locator(".undo-bar")
    await expect(bar).to_contain_text("This was meant for somebody else.")
    await keep(page, "console-undo")
    await page.keyboard.press("Escape")
    await page.keyboard.press("u")
    await expect(bar).to_have_count(0)
    await expect(box).to_have_value("This was meant for somebody else.")
    assert "meant for somebody else" not in await player.content()


async def test_a_reply_written_before_the_player_s_last_word_was_read_is_not_sent(
    inn: Inn, page: Page, player: Page
) -> None:
    box = await taken(inn, page, player)
    await box.fill("Please try it once more.")
    # What came less than a moment ago has not been read: here that moment does not pass.
    await page.evaluate("{ const at = Date.now() + 1000; Date.now = () => at; }")
    await say(player, "It works now!")
    await expect(bubbles(page, "player").last).to_have_text("It works now!")
    await box.press("Control+Enter")
    newer = page.get_by_role("alert", name="The player wrote meanwhile")
    await expect(newer).to_contain_text("It works now!")
    await keep(page, "console-newer")
    await expect(bubbles(page, "agent")).to_have_count(0)
    await newer.get_by_role("button", name="Send all the same").click()
    await expect(bubbles(page, "agent")).to_have_text(["Please try it once more."])


async def test_a_snippet_is_picked_with_a_slash_and_changed_before_it_is_sent(
    inn: Inn, page: Page, player: Page
) -> None:
    box = await taken(inn, page, player)
    await box.press("/")
    search = page.get_by_label("Search snippets and templates")
    await expect(search).to_be_focused()
    await expect(page.get_by_role("option").first).to_contain_text("Ask for account and server")
    await search.fill("screenshot")
    await expect(page.get_by_role("option")).to_have_count(1)
    await search.press("Enter")
    await expect(box).to_be_focused()
    await page.keyboard.type(" Thank you!")
    await expect(box).to_have_value(
        "Could you send me a picture of what you see on your screen? It helps me to understand it faster. "
        "You can attach it right here. Thank you!"
    )
    await box.press("Control+a")
    await page.keyboard.press("Delete")
    await box.press("/")
    await search.fill("H10")
    await keep(page, "console-snippets")
    await search.press("Enter")
    await box.press("Control+Enter")
    await expect(page.locator(".notice-declined")).to_contain_text("Fill in {reason} first.")
    await expect(bubbles(page, "agent")).to_have_count(0)


async def test_w6_a_message_sent_by_mistake_is_corrected_and_both_versions_stay(
    inn: Inn, page: Page, player: Page
) -> None:
    box = await taken(inn, page, player)
    await box.fill("The gate opens at seven.")
    await box.press("Control+Enter")
    await expect(page.locator(".from-agent .status-sent")).to_have_text("Sent")
    await page.get_by_role("button", name="Correct or delete this message").click()
    await page.get_by_role("menuitem", name="Correct…").click()
    await dialog(page).get_by_label("What it should say").fill("The gate opens at eight.")
    await keep(page, "console-correct")
    await dialog(page).get_by_role("button", name="Correct it").click()
    await expect(bubbles(page, "agent")).to_have_text(["The gate opens at eight."])
    await page.locator(".from-agent .changed summary").click()
    await expect(page.locator(".from-agent .version")).to_have_text(["The gate opens at seven."])
    await expect(player.locator(".message.agent").last).to_contain_text("The gate opens at eight.")
    await page.get_by_role("button", name="Correct or delete this message").click()
    await page.get_by_role("menuitem", name="Delete…").click()
    await dialog(page).get_by_role("button", name="Delete it").click()
    await expect(page.locator(".from-agent .changed")).to_contain_text("deleted by Mira")
    await expect(player.get_by_text("The gate opens at eight.")).to_have_count(0)


async def test_a_snoozed_ticket_leaves_the_list_and_wakes_at_the_player_s_word(
    inn: Inn, page: Page, player: Page
) -> None:
    await taken(inn, page, player)
    await choose(page, "Snooze…")
    await dialog(page).get_by_role("button", name="Snooze").click()
    await expect(page.locator(".state")).to_have_text("Snoozed until they write")
    await expect(page.locator(".section-snoozed .card")).to_have_count(1)
    await expect(page.locator(".section-mine .card")).to_have_count(0)
    await say(player, "I found it")
    await expect(page.locator(".section-snoozed .card")).to_have_count(0)
    await expect(page.locator(".state")).not_to_contain_text("Snoozed")


async def test_p10_a_memo_is_written_and_stands_on_the_card(inn: Inn, page: Page, player: Page) -> None:
    await taken(inn, page, player)
    side = page.get_by_role("complementary", name="About this ticket")
    await expect(side).to_contain_text("Nothing to remember yet.")
    await side.get_by_role("button", name="Write a memo").click()
    await dialog(page).get_by_label("What should every colleague know?").fill("Plays on two servers.")
    await dialog(page).get_by_role("button", name="Save").click()
    await expect(side.locator(".memo-text")).to_have_text("Plays on two servers.")
    await side.locator("summary", has_text="What happened").click()
    await expect(side.locator(".record")).to_contain_text("Memo written by you")


async def test_h5_a_lead_is_asked_and_answers_inside_the_ticket(inn: Inn, page: Page, player: Page) -> None:
    await taken(inn, page, player, Role.LEAD)
    await page.keyboard.press("a")
    await dialog(page).get_by_label("Your question").fill("May I promise the cloak?")
    await dialog(page).get_by_role("button", name="Ask", exact=True).click()
    await expect(bubbles(page, "note")).to_have_text(["May I promise the cloak?"])
    await expect(page.locator(".card .facts")).to_contain_text("asks a lead")
    await choose(page, "Answer as lead…")
    await expect(dialog(page)).to_contain_text("May I promise the cloak?")
    await dialog(page).get_by_label("Your answer").fill("Not yet.")
    await dialog(page).get_by_role("button", name="Answer").click()
    await expect(bubbles(page, "note").last).to_have_text("Not yet.")
    await expect(page.locator(".card .facts")).not_to_contain_text("asks a lead")


async def test_t13_presence_is_switched_in_the_head_and_colleagues_see_each_other(
    inn: Inn, page: Page, player: Page, tom: Page
) -> None:
    await taken(inn, page, player, Role.LEAD)
    await card(tom, "human").click()
    await expect(page.locator(".company")).to_have_text("Tom is here")
    await tom.get_by_role("tab", name="Internal note").click()
    await tom.get_by_label("Internal note: only staff ever see it").press_sequentially("I know")
    await expect(page.locator(".company")).to_have_text("Tom is writing…")
    await tom.get_by_title("Whether you are at your desk").click()
    await tom.get_by_role("menuitem", name="Away").click()
    await expect(tom.get_by_title("Whether you are at your desk")).to_contain_text("Away")
    await page.get_by_role("button", name="Staff").click()
    await expect(dialog(page).locator("tr", has_text="Tom")).to_contain_text("Away")
    await expect(dialog(page).locator("tr", has_text="Mira")).to_contain_text("1 of 5")
    await keep(page, "console-staff")


async def test_the_menu_is_used_by_keyboard_and_shows_what_is_possible_alone(
    inn: Inn, page: Page, player: Page
) -> None:
    await taken(inn, page, player)
    await page.keyboard.press("m")
    items = page.get_by_role("menuitem")
    await expect(items.first).to_be_focused()
    labels = [each.split("\n")[0] for each in await items.all_inner_texts()]
    assert "Transfer…" in labels
    assert not {"Assign to…", "Mute the player…", "Merge into…", "Answer as lead…"} & set(labels)
    await page.keyboard.press("ArrowDown")
    await expect(items.nth(1)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(items.first).to_be_hidden()
    await expect(page.get_by_role("button", name="More")).to_be_focused()
    await page.keyboard.press("h")
    await expect(page.get_by_role("button", name="Back", exact=True)).to_be_visible()
    await expect(player.locator(".message").last).to_contain_text("One moment")
    await page.keyboard.press("h")
    await expect(page.get_by_role("button", name="Hold")).to_be_visible()


async def test_the_lists_are_filtered_by_language(inn: Inn, page: Page, player: Page) -> None:
    await taken(inn, page, player)
    await page.get_by_role("button", name="Filter").click()
    await page.get_by_label("for me").check()
    await expect(page.locator(".section-mine .card")).to_have_count(1)
    await page.get_by_label("Language").select_option("en")
    await expect(page.get_by_role("button", name="Filter (2)")).to_be_visible()
    await expect(page.locator(".section-mine .card")).to_have_count(1)
