"""The SDK's bot over our request layer."""

from __future__ import annotations

from typing import Any

from telegram import Bot

from channels.telegram.request import AiohttpRequest
from channels.telegram.settings import ALLOWED_UPDATES, TelegramSettings

_ANSWER_MARGIN = 10.0
"""For how many seconds beyond the long poll itself we wait for its answer."""


class Client(Bot):
    """python-telegram-bot's Bot, which also gives updates as Telegram sent them.

    The SDK reads a batch of updates as a whole: one that it cannot read would hold up all that come after it.
    """

    def __init__(self, settings: TelegramSettings, request: AiohttpRequest | None = None) -> None:
        super().__init__(
            settings.token,
            base_url=settings.base_url,
            base_file_url=settings.base_file_url,
            request=request or AiohttpRequest(),
            get_updates_request=AiohttpRequest(connections=1),
        )

    async def raw_updates(self, offset: int | None, wait: float) -> list[dict[str, Any]]:
        """The updates from ``offset`` on, which confirms those before; waits ``wait`` seconds for the first."""
        asked: dict[str, Any] = {"timeout": int(wait), "allowed_updates": list(ALLOWED_UPDATES)}
        if offset is not None:
            asked["offset"] = offset
        raw: list[dict[str, Any]] = await self._post("getUpdates", asked, read_timeout=wait + _ANSWER_MARGIN)
        return raw

    async def post_message(self, fields: dict[str, Any]) -> int:
        """Send a text message; its id. Reading the whole message back, as the SDK does, would take as long again."""
        sent = await self._post("sendMessage", fields)
        return int(sent["message_id"])

    async def close_connections(self) -> None:
        """Let go of what is open."""
        for request in self._request:
            await request.shutdown()
