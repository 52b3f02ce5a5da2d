"""The console as its agents meet it: a real browser, the whole program, a player in the web chat."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from handoff import agents
from messaging.conversations import messages
from tests.browser.conftest import Inn, keep
from tests.browser.desk import PASSWORD, bubbles, card, let_in, link_for, say

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A PNG of a green meadow under a blue sky."""
    width, height = 480, 270
    rows = b"".join(b"\x00" + (b"\x8f\xc1\xe8" if y < 160 else b"\x6f\xa8\x5b") * width for y in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path = tmp_path / "meadow.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )
    return path


@pytest_asyncio.fixture(loop_scope="session")
async def page(page: Page) -> AsyncIterator[Page]:
    """A page as wide as a desk's screen, which does nothing that its own policy forbids."""
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    await page.set_viewport_size({"width": 1360, "height": 850})
    yield page
    assert refused == []


async def test_a_player_is_brought_to_a_human_and_back(inn: Inn, page: Page, player: Page, picture: Path) -> None:
    said_to_player: list[str] = []
    player.on("websocket", lambda socket: socket.on("framereceived", lambda data: said_to_player.append(str(data))))
    await player.reload()
    await say(player, "how do i get my acount back")
    await say(player, "that mail never arrives")
    await say(player, "human")

    await page.goto(await link_for(inn, "mira"))
    await expect(page.get_by_role("heading", name="Welcome, Mira")).to_be_visible()
    await keep(page, "console-welcome")
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_label("Once more").fill("something else")
    await page.get_by_role("button", name="Set password and start").click()
    await expect(page.get_by_role("alert")).to_have_text("The two passwords are not the same.")
    await page.get_by_label("Once more").fill(PASSWORD)
    await page.get_by_role("button", name="Set password and start").click()

    await expect(page.locator(".section-waiting .count")).to_have_text("1")
    await expect(page).to_have_title(f"(1) {inn.settings.service.name} desk")
    assert "link=" not in page.url
    await card(page, "that mail never arrives").click()
    await expect(bubbles(page, "player")).to_have_text(
        ["how do i get my acount back", "that mail never arrives", "human"]
    )
    await expect(page.get_by_text("The player asked for a human")).to_be_visible()
    await expect(page.get_by_label("To Player 1")).to_be_disabled()
    await keep(page, "console-waiting")

    await page.get_by_role("button", name="Take").click()
    await expect(page.locator(".state")).to_have_text("With you")
    await expect(page).to_have_title(f"{inn.settings.service.name} desk")
    await expect(player.locator(".message").last).to_contain_text("I am Mira from the support team")

    box = page.get_by_label("To Player 1")
    await box.fill("There was a typo in your address:\n\n- I **corrected** it\n- the mail is on its way")
    await page.locator("#box-reply input[type=file]").set_input_files(picture)
    await expect(page.locator(".chip")).to_contain_text("meadow.png")
    await keep(page, "console-reply")
    await box.press("Control+Enter")
    await expect(page.locator(".from-agent .status-sent")).to_have_text("Sent")
    await expect(player.locator(".message strong", has_text="corrected")).to_be_visible()
    shown = player.locator(".message img").last
    await expect(shown).to_be_visible()
    assert await shown.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") == 480

    await page.get_by_role("tab", name="Internal note").click()
    await page.get_by_label("Internal note: only staff ever see it").fill("Third typo this week. Tell the lead.")
    await keep(page, "console-note")
    await page.get_by_role("button", name="Save note").click()
    await expect(bubbles(page, "note")).to_have_text(["Third typo this week. Tell the lead."])
    await say(player, "It is here, thank you!")
    await expect(bubbles(page, "player").last).to_have_text("It is here, thank you!")
    await keep(page, "console-conversation")

    await page.get_by_role("button", name="Close", exact=True).click()
    await page.get_by_role("button", name="Close ticket").click()
    await expect(page.get_by_role("alert")).to_contain_text("The player has the last word")
    await page.get_by_label("What was it about?").select_option("account")
    await page.get_by_label("Why close it all the same?").fill("They only said thank you.")
    await page.get_by_role("button", name="Close ticket").click()
    await expect(page.locator(".state")).to_contain_text("Closed")
    await expect(player.get_by_text("Mira has closed this request")).to_be_visible()
    await player.reload()
    await expect(player.get_by_text("Mira has closed this request")).to_be_visible()
    assert "Third typo" not in await player.content()
    assert any("typo in your address" in frame for frame in said_to_player)
    assert not any("Third typo" in frame for frame in said_to_player)


async def test_the_whole_day_by_keyboard(inn: Inn, page: Page, player: Page) -> None:
    await say(player, "talk to a human")
    await let_in(inn, page, "mira")
    await expect(page.locator(".section-waiting .count")).to_have_text("1")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("j")
    await expect(page.get_by_role("button", name="Take")).to_be_enabled()
    await page.keyboard.press("t")
    await expect(page.locator(".state")).to_have_text("With you")
    await page.keyboard.press("n")
    await page.keyboard.type("a note with tnjkc? in it")
    await page.keyboard.press("Control+Enter")
    await expect(bubbles(page, "note")).to_have_text(["a note with tnjkc? in it"])
    await page.keyboard.press("Escape")
    await page.keyboard.press("r")
    await page.keyboard.type("Hello")
    await page.keyboard.press("Control+Enter")
    await expect(bubbles(page, "agent")).to_have_text(["Hello"])
    await page.keyboard.press("Escape")
    await page.keyboard.press("c")
    await expect(page.get_by_role("dialog")).to_contain_text("Close the ticket of Player 1?")
    await page.keyboard.type("Other")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".state")).to_contain_text("Closed")


async def test_the_second_to_take_a_ticket_is_told_who_was_first(
    inn: Inn, page: Page, browser: Browser, player: Page
) -> None:
    await say(player, "human please")
    others = await browser.new_context(locale="en-GB")
    tom = await others.new_page()
    await let_in(inn, tom, "tom")
    await let_in(inn, page, "mira")
    await card(page, "human please").click()
    await card(tom, "human please").click()

    async def tom_is_faster(route: Route) -> None:
        await tom.get_by_role("button", name="Take").click()
        await expect(tom.locator(".state")).to_have_text("With you")
        await route.continue_()

    await page.route("**/claim", tom_is_faster)
    await page.get_by_role("button", name="Take").click()
    await expect(page.locator(".notice-declined")).to_have_text("Tom took it first.")
    await expect(page.locator(".state")).to_have_text("With Tom")
    await expect(page.get_by_label("To Player 1")).to_be_disabled()
    await expect(card(page, "human please").locator(".holder")).to_have_text("Tom")
    await keep(page, "console-taken")
    await others.close()


async def test_an_answer_that_is_lost_on_its_way_back_is_not_said_twice(inn: Inn, page: Page, player: Page) -> None:
    await say(player, "agent")
    await let_in(inn, page, "mira")
    await card(page, "agent").click()
    await page.get_by_role("button", name="Take").click()
    await expect(page.locator(".state")).to_have_text("With you")
    tries: list[str] = []

    async def lose_the_answer(route: Route) -> None:
        tries.append(str(route.request.post_data))
        if len(tries) == 1:
            await route.fetch()
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await page.route("**/reply", lose_the_answer)
    await page.get_by_label("To Player 1").fill("Only once, please")
    await page.get_by_role("button", name="Send reply").click()
    await expect(page.get_by_label("To Player 1")).to_have_value("")
    assert len(tries) == 2
    assert tries[0] == tries[1]
    await expect(bubbles(page, "agent")).to_have_text(["Only once, please"])
    await expect(player.locator(".message", has_text="Only once, please")).to_have_count(1)


async def test_a_restart_loses_no_word_and_no_draft(inn: Inn, page: Page, player: Page) -> None:
    await say(player, "operator")
    await let_in(inn, page, "mira")
    await card(page, "operator").click()
    await page.get_by_role("button", name="Take").click()
    box = page.get_by_label("To Player 1")
    await box.fill("I was just about to say")
    await page.get_by_role("tab", name="Internal note").click()
    await page.get_by_label("Internal note").last.fill("half a thought")
    await inn.stop()
    await expect(page.locator(".state-of-connection")).to_have_text("Connecting…")
    await inn.start()
    await expect(page.locator(".state-of-connection")).to_have_text("Live")
    await say(player, "are you still there?")
    await expect(bubbles(page, "player").last).to_have_text("are you still there?")
    await expect(bubbles(page, "player")).to_have_count(2)
    await page.reload()
    await expect(box).to_have_value("I was just about to say")
    await expect(page.locator("#note-words")).to_have_value("half a thought")
    await page.get_by_role("button", name="Send reply").click()
    await expect(player.locator(".message").last).to_contain_text("I was just about to say")
    await page.reload()
    await expect(bubbles(page, "player")).to_have_count(2)
    await expect(box).to_have_value("")
    await expect(page.locator("#note-words")).to_have_value("half a thought")


async def test_what_a_player_writes_is_only_ever_text(inn: Inn, page: Page, player: Page) -> None:
    nasty = "<img src=x onerror=\"document.title='hacked'\"><b>x</b> **stars** [l](javascript:alert(1)) @everyone"
    await say(player, nasty)
    await say(player, "human")
    await let_in(inn, page, "mira")
    await page.locator(".card").first.click()
    await expect(bubbles(page, "player").first).to_have_text(nasty)
    assert await bubbles(page, "player").locator("img, b, strong, a").count() == 0
    assert "hacked" not in await page.title()


RENDER = """async (text) => {
    const { markdown } = await import("/console/static/markdown.js");
    const place = document.createElement("div");
    place.append(...markdown(text));
    return place.innerHTML;
}"""


async def test_markdown_becomes_elements_and_never_html(inn: Inn, page: Page) -> None:
    await page.goto(f"{inn.url}/console/")
    link = 'target="_blank" rel="noopener noreferrer"'
    for written, shown in {
        "one\ntwo\n\nthree": "<p>one<br>two</p><p>three</p>",
        "**bold** and *soft* and `code`": "<p><strong>bold</strong> and <em>soft</em> and <code>code</code></p>",
        "a*b*c snake_case_name 2 * 3 * 4": "<p>a*b*c snake_case_name 2 * 3 * 4</p>",
        "- a\n- b\n1. c": '<ul><li>a</li><li>b</li></ul><ol start="1"><li>c</li></ol>',
        "```\n**x**\n```": "<pre><code>**x**</code></pre>",
        "[help](https://a.example/b)": f'<p><a href="https://a.example/b" {link}>help</a></p>',
        "see https://a.example/b.": f'<p>see <a href="https://a.example/b" {link}>https://a.example/b</a>.</p>',
        "[x](javascript:alert(1))": "<p>[x](javascript:alert(1))</p>",
        "[x](data:text/html,y)": "<p>[x](data:text/html,y)</p>",
        "\\*not soft\\* \\_nor this\\_": "<p>*not soft* _nor this_</p>",
        "<b>x</b> <img src=x onerror=alert(1)>": "<p>&lt;b&gt;x&lt;/b&gt; &lt;img src=x onerror=alert(1)&gt;</p>",
        "# Title\n> quoted": "<p><strong>Title</strong></p><blockquote>quoted</blockquote>",
    }.items():
        assert await page.evaluate(RENDER, written) == shown, written
    odd = "".join(each * 4000 for each in ("[", "**a", "*a ", "`", "_b", "https://", "\\"))
    clock = "const from = performance.now()"
    took = f"async (text) => {{ {clock}; await ({RENDER})(text); return performance.now() - from; }}"
    assert await page.evaluate(took, odd) < 2000


async def test_what_became_of_each_message_is_seen_and_can_be_settled(inn: Inn, page: Page, player: Page) -> None:
    await say(player, "human")
    await let_in(inn, page, "mira")
    await page.locator(".card").first.click()
    await page.get_by_role("button", name="Take").click()
    for text in ("first", "second"):
        await page.get_by_label("To Player 1").fill(text)
        await page.get_by_role("button", name="Send reply").click()
        await expect(bubbles(page, "agent").last).to_have_text(text)
    await _outcome(inn, "first", "unknown", "the connection was cut")
    await _outcome(inn, "second", "dead", "Forbidden: bot was blocked by the user")
    first = page.locator(".from-agent", has_text="first")
    second = page.locator(".from-agent", has_text="second")
    await expect(first).to_contain_text("It may have arrived or not: nobody could tell us.the connection was cut")
    await expect(second).to_contain_text("Not delivered.Forbidden: bot was blocked by the user")
    await expect(second.get_by_role("button")).to_have_text(["Send again", "Leave it"])
    await keep(page, "console-outcomes")
    async with page.expect_request("**/leave") as leaving:
        await first.get_by_role("button", name="Leave it").click()
    left = (await leaving.value).post_data_json
    async with page.expect_request("**/resend") as resending:
        await second.get_by_role("button", name="Send again").click()
    again = (await resending.value).post_data_json
    async with inn.app.database.reading() as connection:
        rows = await connection.execute(sa.select(messages.c.text, messages.c.number))
        numbers = {row.text: row.number for row in rows}
    assert (left["message"], again["message"]) == (numbers["first"], numbers["second"])


async def test_a_disabled_agent_is_shown_the_door(inn: Inn, page: Page) -> None:
    await let_in(inn, page, "mira")
    async with inn.app.database.transaction() as connection:
        await agents.disable(connection, "mira", datetime.now(UTC))
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    await expect(page.get_by_role("alert")).to_contain_text("You are signed out")
    await page.get_by_label("Name").fill("mira")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_have_text("That name and password do not belong together.")
    await keep(page, "console-sign-in")


async def test_it_serves_on_a_telephone_in_the_dark(
    inn: Inn, context: BrowserContext, page: Page, player: Page
) -> None:
    await say(player, "My screen stays black since the patch")
    await say(player, "human")
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": 400, "height": 800})
    await let_in(inn, page, "mira")
    await keep(page, "console-telephone-lists")
    await page.locator(".card").first.click()
    await page.get_by_role("button", name="Take").click()
    await expect(page.get_by_role("button", name="Close", exact=True)).to_be_visible()
    await keep(page, "console-telephone-ticket")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 400
    await page.get_by_role("button", name="About this ticket").click()
    await expect(page.get_by_text("What the FAQ had offered")).to_be_visible()
    await page.get_by_role("button", name="Back to the conversation").click()
    await expect(page.get_by_text("What the FAQ had offered")).to_be_hidden()
    await page.get_by_role("button", name="Back to the lists").click()
    await expect(page.locator(".card").first).to_be_visible()


async def _outcome(inn: Inn, text: str, status: str, error: str) -> None:
    """Let this message have ended so, as its sender would note it."""
    async with inn.app.database.transaction() as connection:
        newest = await connection.scalar(sa.select(sa.func.max(messages.c.revision)))
        await connection.execute(
            sa.update(messages)
            .where(messages.c.text == text)
            .values(status=status, error=error, revision=(newest or 0) + 1)
        )
