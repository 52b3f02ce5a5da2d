"""``make screenshots``: the pictures of the documentation, taken of the real program in a real browser."""

from __future__ import annotations

import asyncio
import base64
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from bot.config import load_settings
from handoff.agents import Role
from tests.browser.conftest import ARGUMENTS, DEBIAN_CHROMIUM, ROOT, Inn
from tests.browser.desk import bubbles, card, let_in, say

IMAGES = ROOT / "docs" / "images"
CHAT: ViewportSize = {"width": 420, "height": 800}
TALL_CHAT: ViewportSize = {"width": 520, "height": 940}
DESK: ViewportSize = {"width": 1280, "height": 800}
NARROW_DESK: ViewportSize = {"width": 1000, "height": 800}

SIDE_BY_SIDE = """
<body style="margin: 0; background: #efe7db; font: 600 15px system-ui, sans-serif; color: #4a3a2c">
  <div id="both" style="display: flex; gap: 26px; padding: 22px 26px 26px; width: max-content">
    <figure style="margin: 0"><figcaption style="padding: 0 0 10px 4px">The player, in the web chat</figcaption>
      <img src="{chat}" style="border-radius: 12px; border: 1px solid #d9cbb8"></figure>
    <figure style="margin: 0"><figcaption style="padding: 0 0 10px 4px">The agent, in the console</figcaption>
      <img src="{desk}" style="border-radius: 12px; border: 1px solid #d9cbb8"></figure>
  </div>
</body>
"""


@asynccontextmanager
async def inn() -> AsyncIterator[Inn]:
    """The program with the sample FAQ, open around the clock, on a database of its own."""
    shipped = load_settings(ROOT / "config.yaml", {})
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    with tempfile.TemporaryDirectory(prefix="innkeeper-pictures-") as folder:
        settings = replace(
            shipped,
            database=replace(shipped.database, url=f"sqlite:///{folder}/innkeeper.db"),
            faq=replace(shipped.faq, semantic=False, patience=timedelta(0)),
            handoff=replace(shipped.handoff, undo=timedelta(0)),
            hours=replace(shipped.hours, **dict.fromkeys(days, ("00:00-24:00",))),
        )
        running = Inn(settings)
        await running.start()
        try:
            yield running
        finally:
            await running.stop()


async def new_page(browser: Browser, locale: str, size: ViewportSize) -> Page:
    context = await browser.new_context(locale=locale, viewport=size)
    context.set_default_timeout(10_000)
    return await context.new_page()


async def player(browser: Browser, house: Inn, locale: str = "en-GB", name: str = "") -> Page:
    """Somebody in the web chat."""
    page = await new_page(browser, locale, CHAT)
    await page.goto(f"{house.url}/chat?name={name}")
    await expect(page.locator("#state")).to_have_text(house.app.texts.fill("web_online", locale[:2]))
    return page


async def ask(page: Page, text: str, answer: str) -> None:
    """Write, and wait for what the bot says to it."""
    await say(page, text)
    await expect(page.locator(".message.bot").last).to_contain_text(answer)


async def take(browser: Browser, house: Inn) -> None:
    """Play the scenes and keep their pictures."""
    rin = await player(browser, house, name="Rin")
    await ask(rin, "how do i get my acount back", "the recovery page")
    await rin.set_viewport_size(TALL_CHAT)
    await keep(rin, "chat-answer")
    await rin.set_viewport_size(CHAT)
    lan = await player(browser, house, "vi-VN", "Lan")
    await ask(lan, "gặp nhân viên", "Lan")
    ken = await player(browser, house, "ja-JP", "健")
    await ask(ken, "オペレーターお願いします", "健")
    await say(rin, "that mail never comes")
    await ask(rin, "can i talk to a human", "(1/")
    await ask(rin, "OR1234567", "(2/")
    await colleague(browser, house, "tom", "ja-JP")
    mira = await new_page(browser, "en-GB", DESK)
    await let_in(house, mira, "mira", Role.LEAD)
    await expect(mira.locator(".section-waiting .count")).to_have_text("3")
    await keep(mira, "console-queue")
    before = await answering(rin, mira)
    await at_work(mira)
    await guarded(mira)
    await side_by_side(browser, await rin.screenshot(animations="disabled"), before)


async def colleague(browser: Browser, house: Inn, name: str, locale: str) -> None:
    """Somebody else on the staff, with their console open."""
    await let_in(house, await new_page(browser, locale, DESK), name)


async def answering(rin: Page, mira: Page) -> bytes:
    """Mira takes Rin's ticket and answers; the desk as it looks before her next word."""
    await card(mira, "Rin").click()
    await mira.get_by_role("button", name="Take").click()
    await expect(mira.locator(".state")).to_have_text("With you")
    box = mira.get_by_label("To Rin")
    await box.fill("I found it: the address had **a typo**. It is mended, and the mail is on its way to you.")
    await mira.get_by_title("Promise to write again").click()
    await mira.get_by_role("button", name="1 hour").click()
    await box.press("Control+Enter")
    await expect(rin.locator(".message.agent strong")).to_be_visible()
    await mira.get_by_role("tab", name="Internal note").click()
    await mira.get_by_label("Internal note: only staff ever see it").fill("Third typo this week in the sign-up form.")
    await mira.locator(".composer").screenshot(path=IMAGES / "console-note.png", animations="disabled")
    await mira.get_by_role("button", name="Save note").click()
    await say(rin, "It is here! Thank you so much")
    await expect(bubbles(mira, "player").last).to_contain_text("It is here!")
    await mira.get_by_role("tab", name="Reply to the player").click()
    await memo(mira)
    await box.fill("You are welcome, Rin. Is there anything else?")
    await keep(mira, "console-conversation")
    await mira.set_viewport_size(NARROW_DESK)
    before = await mira.screenshot(animations="disabled")
    await mira.set_viewport_size(DESK)
    return before


async def memo(mira: Page) -> None:
    await mira.get_by_role("button", name="Write a memo").click()
    await mira.get_by_label("What should every colleague know?").fill("Plays on two servers; ask which one.")
    await mira.get_by_role("button", name="Save").click()
    await expect(mira.locator(".memo-text")).to_be_visible()


async def at_work(mira: Page) -> None:
    """What stands in the menu, and what opens from it."""
    box = mira.get_by_label("To Rin")
    await mira.get_by_role("button", name="More").click()
    await keep(mira, "console-menu")
    await mira.get_by_role("menuitem", name="Transfer…").click()
    transfer = mira.get_by_role("dialog")
    await transfer.get_by_role("radio", name="Tom").check()
    await transfer.get_by_label("Brief").fill(
        "Her mail address had a typo; it is mended. She asks about her second server now."
    )
    await transfer.screenshot(path=IMAGES / "console-transfer.png", animations="disabled")
    await mira.keyboard.press("Escape")
    await box.fill("")
    await box.press("/")
    await expect(mira.get_by_role("option").first).to_be_visible()
    await keep(mira, "console-snippets")
    await mira.keyboard.press("Escape")
    await mira.get_by_role("button", name="Staff").click()
    await mira.get_by_role("dialog").screenshot(path=IMAGES / "console-staff.png", animations="disabled")
    await mira.keyboard.press("Escape")


async def guarded(mira: Page) -> None:
    # Else what Rin wrote last would count as not read yet.
    await mira.wait_for_timeout(2000)
    box = mira.get_by_label("To Rin")
    await box.fill("Please calm down. You will get 200 glims from us.")
    await box.press("Control+Enter")
    await expect(mira.get_by_role("alert", name="Before this is sent")).to_be_visible()
    await keep(mira, "console-guard")


async def side_by_side(browser: Browser, chat: bytes, desk: bytes) -> None:
    page = await new_page(browser, "en-GB", {"width": 1640, "height": 900})
    shown = {
        name: f"data:image/png;base64,{base64.b64encode(png).decode()}"
        for name, png in (("chat", chat), ("desk", desk))
    }
    await page.set_content(SIDE_BY_SIDE.format(**shown))
    await page.locator("#both").screenshot(path=IMAGES / "chat-and-console.png")


async def keep(page: Page, name: str) -> None:
    await page.evaluate("document.querySelector('.side')?.scrollTo(0, 0)")
    await page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")


async def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright, inn() as house:
        own = DEBIAN_CHROMIUM if DEBIAN_CHROMIUM.exists() else None
        browser = await playwright.chromium.launch(executable_path=own, args=ARGUMENTS)
        await take(browser, house)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
