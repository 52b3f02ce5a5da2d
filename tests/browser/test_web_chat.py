"""The web chat as its player meets it, in a real browser against the whole program."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, FilePayload, Locator, Page, expect

from messaging.conversations import conversations, messages
from messaging.messages import Direction
from tests.browser.conftest import Inn, keep

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

QUESTION = "how do i get my acount back"
UNKNOWN = "Do your dragons dream of electric sheep?"
PICTURE = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcfP\xf1\x1f\x00\x06\x1a\x02\x8f\x9a\x8b\xf1\x1b\x00\x00\x00\x00IEND\xaeB`\x82"
)


def own(page: Page, text: str) -> Locator:
    """What the player wrote, as the page shows it."""
    return page.locator(".message.player .bubble").get_by_text(text, exact=True)


def file(name: str, content_type: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": content_type, "buffer": content}


async def open_chat(inn: Inn, page: Page, path: str = "/chat") -> None:
    await page.goto(f"{inn.url}{path}")
    await expect(page.locator("#chat")).to_have_attribute("data-state", "online")


async def write(page: Page, text: str) -> None:
    await page.locator("#input").fill(text)
    await page.keyboard.press("Enter")


async def stored(inn: Inn) -> list[str]:
    """Everything players wrote, as it stands in the tables."""
    query = sa.select(messages.c.text).where(messages.c.direction == Direction.INCOMING).order_by(messages.c.number)
    async with inn.app.database.reading() as connection:
        return list((await connection.execute(query)).scalars())


async def agent_says(inn: Inn, text: str, **values: Any) -> None:
    """What the program writes for an agent's reply, without the desk around it."""
    async with inn.app.database.transaction() as connection:
        moved = sa.update(conversations).values(counter=conversations.c.counter + 1).returning(conversations)
        row = (await connection.execute(moved)).one()
        await connection.execute(
            sa.insert(messages).values(
                conversation_id=row.id,
                number=row.counter,
                revision=row.counter,
                direction=Direction.OUTGOING,
                author="agent",
                text=text,
                data={"agent": "Desk 3"},
                status="sent",
                sent_at=inn.app.now(),
                **values,
            )
        )
    await inn.app.channels["web"].wake(row.chat, row.id)


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


async def test_a_reload_keeps_the_conversation(inn: Inn, page: Page) -> None:
    await open_chat(inn, page)
    await write(page, QUESTION)
    await expect(page.get_by_role("button", name="That solved it")).to_be_visible()
    await page.locator("#input").fill("half a thought")
    before = await page.locator(".message").all_inner_texts()
    await page.reload()
    await expect(page.get_by_role("button", name="That solved it")).to_be_visible()
    assert await page.locator(".message").all_inner_texts() == before
    await expect(page.locator("#input")).to_have_value("half a thought")
    assert await stored(inn) == [QUESTION]


async def test_what_is_written_offline_goes_out_later_once_and_in_order(
    inn: Inn, page: Page, context: BrowserContext
) -> None:
    await open_chat(inn, page)
    await write(page, "first")
    await expect(page.locator(".message.player .meta")).to_contain_text("Sent")
    await context.set_offline(True)
    await expect(page.locator("#banner")).to_be_visible()
    await write(page, "second")
    await write(page, "third")
    await expect(page.locator(".message.player.sending")).to_have_count(2)
    await keep(page, "chat-offline")
    await context.set_offline(False)
    await expect(page.locator(".message.player.sending")).to_have_count(0)
    await expect(page.locator("#banner")).to_be_hidden()
    assert await stored(inn) == ["first", "second", "third"]
    await page.reload()
    await expect(page.locator(".message.player")).to_have_count(3)


async def test_what_is_written_offline_survives_a_closed_tab(inn: Inn, page: Page, context: BrowserContext) -> None:
    await open_chat(inn, page)
    await write(page, "first")
    await expect(page.locator(".message.player .meta")).to_contain_text("Sent")
    await context.set_offline(True)
    await expect(page.locator("#banner")).to_be_visible()
    await write(page, "written in a tunnel")
    await expect(own(page, "written in a tunnel")).to_be_visible()
    await page.close()
    await context.set_offline(False)
    later = await context.new_page()
    await open_chat(inn, later)
    await expect(own(later, "written in a tunnel")).to_be_visible()
    await expect(later.locator(".message.player.sending")).to_have_count(0)
    assert await stored(inn) == ["first", "written in a tunnel"]


async def test_a_restarted_server_costs_nothing(inn: Inn, page: Page) -> None:
    await open_chat(inn, page)
    await write(page, "before")
    await expect(page.locator(".message.player .meta")).to_contain_text("Sent")
    await inn.stop()
    await expect(page.locator("#chat")).to_have_attribute("data-state", "offline")
    await write(page, "while it was down")
    await expect(page.locator(".message.player.sending")).to_have_count(1)
    await inn.start()
    await expect(page.locator("#chat")).to_have_attribute("data-state", "online", timeout=20_000)
    await expect(page.locator(".message.player.sending")).to_have_count(0)
    await expect(page.locator(".message.player")).to_have_count(2)
    assert await stored(inn) == ["before", "while it was down"]


async def test_an_answer_that_was_missed_is_there_after_the_drop(inn: Inn, page: Page, context: BrowserContext) -> None:
    await open_chat(inn, page)
    await write(page, "human")
    await expect(page.locator("#log")).to_contain_text("You are next")
    await context.set_offline(True)
    await expect(page.locator("#chat")).to_have_attribute("data-state", "offline")
    await agent_says(inn, "You were away when I wrote this.")
    await context.set_offline(False)
    await expect(page.locator(".message.agent")).to_have_count(1)


async def test_two_tabs_are_one_player(inn: Inn, page: Page, context: BrowserContext) -> None:
    other = await context.new_page()
    await open_chat(inn, page)
    await open_chat(inn, other)
    await write(page, "from the first tab")
    await expect(own(other, "from the first tab")).to_be_visible()
    await write(other, "from the second tab")
    await expect(own(page, "from the second tab")).to_be_visible()
    assert await stored(inn) == ["from the first tab", "from the second tab"]


async def test_two_tabs_opened_at_once_are_one_player_too(inn: Inn, page: Page, context: BrowserContext) -> None:
    other = await context.new_page()
    await asyncio.gather(open_chat(inn, page), open_chat(inn, other))
    await write(page, "from one of them")
    await expect(own(other, "from one of them")).to_be_visible()


async def test_a_token_that_is_none_is_replaced(inn: Inn, page: Page) -> None:
    await open_chat(inn, page)
    await page.evaluate("localStorage.setItem('innkeeper.token', '\"broken\"')")
    await page.reload()
    await write(page, "still here")
    await expect(page.locator(".message.player .meta")).to_contain_text("Sent")


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
    await page.keyboard.type("please")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message.player .bubble")).to_have_text(f"{QUESTION}\nplease")
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


async def test_a_refused_message_is_shown_and_sent_again(inn: Inn, page: Page) -> None:
    await serve_with(inn, new_chats_per_minute=0)
    await open_chat(inn, page)
    await write(page, "let me in")
    await expect(page.locator(".message.failed")).to_contain_text("Not sent.")
    await keep(page, "chat-not-sent")
    await serve_with(inn, new_chats_per_minute=20)
    await expect(page.locator("#chat")).to_have_attribute("data-state", "online", timeout=20_000)
    await expect(page.locator(".message.player .meta")).to_contain_text("Sent")
    assert await stored(inn) == ["let me in"]


async def test_a_wrong_clock_disturbs_nothing(inn: Inn, page: Page) -> None:
    await page.clock.set_system_time("2031-01-01T00:00:00Z")
    await open_chat(inn, page)
    await write(page, "from the future")
    await expect(page.locator(".message.bot")).to_have_count(2)
    await page.clock.set_system_time("2001-01-01T00:00:00Z")
    await write(page, "from the past")
    await expect(page.locator(".message.bot")).to_have_count(3)
    assert await stored(inn) == ["from the future", "from the past"]
    shown = await page.locator(".message .bubble").all_inner_texts()
    assert [shown.index("from the future"), shown.index("from the past")] == [1, 3]


async def serve_with(inn: Inn, **changes: Any) -> None:
    """Serve again with other settings of the web chat."""
    channels = inn.settings.channels
    inn.settings = replace(inn.settings, channels=replace(channels, web=replace(channels.web, **changes)))
    await inn.stop()
    await inn.start()


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
