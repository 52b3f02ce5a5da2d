"""The web chat through drops, restarts, reloads and second tabs: nothing lost, nothing doubled."""

from __future__ import annotations

import asyncio
import random

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.browser.chatting import QUESTION, agent_says, open_chat, own, serve_with, stored, write
from tests.browser.conftest import Inn, keep

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


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


async def test_tabs_opened_at_once_are_one_player_too(inn: Inn, page: Page, context: BrowserContext) -> None:
    tabs = [page, *[await context.new_page() for _ in range(3)]]
    await asyncio.gather(*(open_chat(inn, tab) for tab in tabs))
    await write(page, "from one of them")
    for tab in tabs:
        await expect(own(tab, "from one of them")).to_be_visible()
        await tab.reload()
        await expect(own(tab, "from one of them")).to_be_visible()
    assert await stored(inn) == ["from one of them"]


async def test_a_token_that_is_none_is_replaced(inn: Inn, page: Page) -> None:
    await open_chat(inn, page)
    await page.evaluate("localStorage.setItem('innkeeper.token', '\"broken\"')")
    await page.reload()
    await write(page, "still here")
    await expect(page.locator(".message.player .meta")).to_contain_text("Sent")


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


class Wire:
    """A connection to the program that keeps breaking at random moments, in both directions, in the middle of words."""

    def __init__(self, port: int, chance: random.Random) -> None:
        self._port = port
        self._chance = chance
        self._server: asyncio.Server | None = None
        self.cuts = 0
        self.is_good = False

    async def __aenter__(self) -> Wire:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _carry(self, near: asyncio.StreamReader, near_writer: asyncio.StreamWriter) -> None:
        far, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        ways = {asyncio.create_task(self._pour(near, far_writer)), asyncio.create_task(self._pour(far, near_writer))}
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for writer in (near_writer, far_writer):
            writer.transport.abort()

    async def _pour(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while chunk := await source.read(65536):
            if not self.is_good and self._chance.random() < 0.12:
                self.cuts += 1
                sink.write(chunk[: len(chunk) // 2])
                return
            sink.write(chunk)


@pytest.mark.parametrize("seed", [1, *(pytest.param(each, marks=pytest.mark.sweep) for each in (2, 3))])
async def test_a_wire_that_keeps_breaking_loses_and_doubles_nothing(inn: Inn, page: Page, seed: int) -> None:
    async with Wire(inn.port, random.Random(seed)) as wire:
        wire.is_good = True
        await page.goto(f"{wire.url}/chat")
        await expect(page.locator("#chat")).to_have_attribute("data-state", "online")
        wire.is_good = False
        words = [f"word {number}" for number in range(25)]
        for word in words:
            await write(page, word)
            await page.wait_for_timeout(100)
        wire.is_good = True
        await expect(page.locator(".message.player.sending")).to_have_count(0, timeout=30_000)
        assert wire.cuts >= 3
        assert await stored(inn) == words
        shown = page.locator(".message.player .bubble")
        assert await shown.all_inner_texts() == words
        before = await page.locator(".message .bubble").all_inner_texts()
        await page.reload()
        await expect(shown).to_have_count(len(words))
        assert await page.locator(".message .bubble").all_inner_texts() == before
