"""What agents and players do in tests of the console."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.async_api import Locator, Page, expect

from handoff import agents, sessions
from handoff.agents import Role
from handoff.console.access import COOKIE, PATH
from tests.browser.conftest import Inn

PASSWORD = "lantern harbour tin"


async def say(player: Page, text: str) -> None:
    """Write in the web chat, and wait until it is there."""
    await player.locator("#input").fill(text)
    await player.locator("#input").press("Enter")
    await expect(player.locator(".message.player .bubble").last).to_contain_text(text)


async def link_for(inn: Inn, name: str, role: Role = Role.AGENT) -> str:
    """The one-time link of a new agent."""
    database, now = inn.app.database, datetime.now(UTC)
    async with database.transaction() as connection:
        agent = await agents.add(database, connection, name=name, desk_name=name.capitalize(), role=role, now=now)
        token = await sessions.new_link(connection, agent.id, now)
    return f"{inn.url}/console/#link={token}"


async def let_in(inn: Inn, page: Page, name: str, role: Role = Role.AGENT) -> None:
    """A new agent who is signed in already. How they come in by a link or a password is tested in test_console.py."""
    database, now = inn.app.database, datetime.now(UTC)
    async with database.transaction() as connection:
        agent = await agents.add(database, connection, name=name, desk_name=name.capitalize(), role=role, now=now)
        token = await sessions.begin(connection, agent.id, now, sessions.Lifetime())
    await page.context.add_cookies([{"name": COOKIE, "value": token, "url": f"{inn.url}{PATH}"}])
    await page.goto(f"{inn.url}{PATH}/")
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()


def card(page: Page, words: str) -> Locator:
    return page.locator(".card", has_text=words)


def bubbles(page: Page, kind: str) -> Locator:
    return page.locator(f".from-{kind} .bubble")
