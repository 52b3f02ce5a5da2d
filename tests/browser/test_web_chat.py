"""The web chat as its player meets it, in a real browser against the whole program."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.chatting import PICTURE, QUESTION, UNKNOWN, agent_says, file, open_chat, own, stored, write
from tests.browser.conftest import Inn, keep

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_typed_question_is_answered(inn: Inn, page: Page) -> None:
    await open_chat(inn, page)
    await expect(page.locator("#log")).to_contain_text("Hello there!")
    await keep(page, "chat-welcome")
    await write(page, QUESTION)
    await expect(own(page, QUESTION)).to_be_visible()
    await expect(page.get_by_role("button", name="That solved it")).to_be_visible()
    await expect(page.locator("#input")).to_have_value("")
    await keep(page, "chat-answer")


async def test_a_pressed_button_acts_once_and_goes(inn: Inn, page: Page) -> None:
    await open_chat(inn, page)
    await write(page, QUESTION)
    await page.get_by_role("button", name="That solved it").click()
    await expect(page.locator("#log")).to_contain_text("I am glad that helped")
    await expect(page.get_by_role("button", name="That solved it")).to_have_count(0)
    await expect(page.locator("#input")).to_be_focused()


async def test_a_human_is_asked_for_and_answers(inn: Inn, page: Page) -> None:
    await open_chat(inn, page)
    await write(page, UNKNOWN)
    await page.get_by_role("button", name="Talk to a human").click()
    await expect(page.locator("#log")).to_contain_text("You are next")
    conversation = f"typing:{1}"
    inn.app.live.tell(conversation)
    await expect(page.locator("#typing")).to_contain_text("Support team is writing")
    await keep(page, "chat-agent-typing")
    await agent_says(inn, "Good evening, **Desk 3** here. See <https://status.example/>\n\n- one\n- two")
    await expect(page.locator(".message.agent")).to_contain_text("Good evening, Desk 3 here.")
    await expect(page.locator(".message.agent .author")).to_have_text("Desk 3")
    await expect(page.locator("#typing")).to_be_hidden()
    await keep(page, "chat-agent")


async def test_a_picture_is_sent_shown_and_kept(inn: Inn, page: Page) -> None:
    await open_chat(inn, page)
    await page.locator("#picker").set_input_files(
        [file("my castle.png", "image/png", PICTURE), file("crash log.txt", "text/plain", b"at tower.lua:17\n" * 50)]
    )
    await expect(page.locator(".chip.ready")).to_have_count(2)
    await keep(page, "chat-files-chosen")
    await write(page, "It breaks here")
    await expect(page.get_by_role("img", name="my castle.png")).to_be_visible()
    await expect(page.get_by_role("button", name="crash log.txt")).to_be_visible()
    await page.reload()
    picture = page.get_by_role("img", name="my castle.png")
    await expect(picture).to_be_visible()
    await expect(picture).to_have_js_property("naturalWidth", 1)
    await expect(page.locator(".message.bot .meta").last).to_be_in_viewport()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="crash log.txt").click()
    assert (await download.value).suggested_filename == "crash log.txt"
    await keep(page, "chat-files-sent")


async def test_a_file_that_cannot_be_sent_is_said_so(inn: Inn, page: Page) -> None:
    await open_chat(inn, page)
    program = file("cheat.exe", "image/png", b"MZ\x90\x00" + b"\x00" * 200)
    await page.locator("#picker").set_input_files([program])
    await expect(page.locator(".chip.failed")).to_contain_text("This kind of file cannot be sent.")
    await write(page, "look at this")
    await expect(page.get_by_role("alert")).to_have_text("This kind of file cannot be sent.")
    await keep(page, "chat-file-refused")
    await page.get_by_role("button", name="Remove this file").click()
    await page.keyboard.press("Enter")
    await expect(own(page, "look at this")).to_be_visible()


async def test_a_pasted_and_a_dropped_picture_are_attached(inn: Inn, page: Page) -> None:
    await open_chat(inn, page)
    for kind, target in (("paste", "#input"), ("drop", "#log")):
        await page.evaluate(
            """([kind, target, bytes]) => {
                const transfer = new DataTransfer();
                transfer.items.add(new File([new Uint8Array(bytes)], `${kind}.png`, { type: "image/png" }));
                const values = { bubbles: true, cancelable: true, clipboardData: transfer, dataTransfer: transfer };
                const Kind = kind === "paste" ? ClipboardEvent : DragEvent;
                document.querySelector(target).dispatchEvent(new Kind(kind, values));
            }""",
            [kind, target, list(PICTURE)],
        )
        await expect(page.locator(".chip.ready").get_by_text(f"{kind}.png")).to_be_visible()


async def test_the_keyboard_alone_is_enough(inn: Inn, page: Page) -> None:
    await open_chat(inn, page)
    await expect(page.locator("#input")).to_be_focused()
    await page.keyboard.type(QUESTION)
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("thanks")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message.player .bubble")).to_have_text(f"{QUESTION}\nthanks")
    solved = page.get_by_role("button", name="That solved it")
    await expect(solved).to_be_visible()
    for _ in range(12):
        await page.keyboard.press("Shift+Tab")
        if await solved.evaluate("element => element === document.activeElement"):
            break
    await expect(solved).to_be_focused()
    await keep(page, "chat-keyboard")
    await page.keyboard.press("Enter")
    await expect(page.locator("#log")).to_contain_text("I am glad that helped")
    await expect(page.locator("#input")).to_be_focused()


async def test_a_screen_reader_finds_its_way(inn: Inn, page: Page) -> None:
    await open_chat(inn, page)
    log = page.get_by_role("log", name="Conversation with support")
    await write(page, QUESTION)
    await expect(log.get_by_role("article")).to_have_count(3)
    await expect(log).to_have_attribute("aria-live", "polite")
    await expect(page.get_by_role("textbox", name="Write your question…")).to_be_visible()
    await expect(page.get_by_role("button", name="Attach a file")).to_be_visible()
    await expect(page.get_by_role("button", name="Send")).to_be_disabled()
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight"), "the page itself never scrolls"
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"{inn.settings.service.name} support")


async def test_what_players_write_stays_words(inn: Inn, page: Page) -> None:
    await open_chat(inn, page)
    nasty = "<img src=x onerror=alert(1)> **bold** [x](javascript:alert(1)) \u202eabc"
    await write(page, nasty)
    bubble = page.locator(".message.player .bubble")
    await expect(bubble).to_have_text(nasty)
    assert await bubble.evaluate("element => element.childElementCount") == 0


async def test_a_message_longer_than_the_limit_goes_in_parts(inn: Inn, page: Page) -> None:
    await open_chat(inn, page)
    await page.locator("#input").evaluate("element => { element.value = 'abcd '.repeat(6000); }")
    await page.locator("#input").dispatch_event("input")
    await page.locator("#input").press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("the rest is still in the box")
    await page.locator("#input").press("Enter")
    await expect(page.locator(".message.player")).to_have_count(2)
    await expect(page.locator(".message.player.sending")).to_have_count(0)
    assert [len(text) for text in await stored(inn)] == [19_999, 9_999]


async def test_a_long_history_opens_at_its_end_and_goes_back(inn: Inn, page: Page) -> None:
    await open_chat(inn, page)
    await write(page, "human")
    await expect(page.locator("#log")).to_contain_text("You are next")
    for number in range(60):
        await agent_says(inn, f"Word number {number}.")
    await page.reload()
    await expect(page.get_by_text("Word number 59.")).to_be_in_viewport()
    await expect(page.get_by_text("Word number 0.")).to_have_count(0)
    await page.get_by_role("button", name="Earlier messages").click()
    await expect(page.get_by_text("Word number 0.")).to_have_count(1)
    await expect(page.get_by_role("button", name="Earlier messages")).to_be_hidden()
    await page.locator("#scroll").evaluate("element => { element.scrollTop = 0; }")
    await agent_says(inn, "The newest of all.")
    await keep(page, "chat-new-messages")
    await page.get_by_role("button", name="New messages").click()
    await expect(page.get_by_text("The newest of all.")).to_be_in_viewport()


@pytest.mark.parametrize(
    ("locale", "question", "button"),
    [
        ("vi-VN", "gặp nhân viên hỗ trợ", "Gửi"),
        ("zh-TW", "真人客服", "傳送"),
        ("ja-JP", "オペレーター", "送信"),
        ("zh-CN", "转人工", "发送"),
    ],
)
async def test_it_speaks_the_players_language_on_a_phone_in_the_dark(
    inn: Inn, browser: Browser, locale: str, question: str, button: str
) -> None:
    context = await browser.new_context(
        locale=locale,
        viewport={"width": 390, "height": 780},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
        color_scheme="dark",
    )
    page = await context.new_page()
    await open_chat(inn, page)
    await expect(page.get_by_role("button", name=button, exact=True)).to_be_visible()
    await write(page, question)
    await expect(page.locator(".message.bot")).to_have_count(2)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await keep(page, f"chat-phone-{locale}")
    await context.close()
