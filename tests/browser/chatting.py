"""What a player does in the web chat, and what stands in the tables afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from playwright.async_api import FilePayload, Locator, Page, expect

from messaging.conversations import conversations, messages
from messaging.messages import Direction
from tests.browser.conftest import Inn

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


async def serve_with(inn: Inn, **changes: Any) -> None:
    """Serve again with other settings of the web chat."""
    channels = inn.settings.channels
    inn.settings = replace(inn.settings, channels=replace(channels, web=replace(channels.web, **changes)))
    await inn.stop()
    await inn.start()
