"""What can be set about the Telegram channel, and Telegram's own limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from hmac import new as keyed_hash

CHANNEL = "telegram"
REAL_API = "https://api.telegram.org"
WEBHOOK_PATH = "/telegram/webhook"

# https://core.telegram.org/bots/api: lengths count UTF-16 units after formatting is taken out; files are in bytes.
LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
LARGEST_UPLOAD = 50_000_000
LARGEST_PHOTO = 10_000_000

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
# How many calls of a webhook may be under way at once: as many as Telegram allows, since what comes together is
# committed together. It would make 40.
WEBHOOK_CALLS_AT_ONCE = 100


class Mode(StrEnum):
    """How updates come: we ask for them, or Telegram calls us."""

    POLLING = "polling"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    """``public_url`` is where the world reaches our web server, needed for a webhook.

    ``per_second`` is how many messages the bot may send in all; None (a server of one's own, a load run) paces nothing,
    chats neither. ``staff_group`` is the id of the group in which agents work, for ``innkeeper doctor``.
    """

    token: str = field(repr=False)
    api_url: str = REAL_API
    mode: Mode = Mode.POLLING
    public_url: str | None = None
    per_second: float | None = 25.0
    poll_timeout: float = 50.0
    staff_group: int | None = None

    @property
    def base_url(self) -> str:
        return f"{self.api_url.rstrip('/')}/bot"

    @property
    def base_file_url(self) -> str:
        return f"{self.api_url.rstrip('/')}/file/bot"

    @property
    def webhook_url(self) -> str:
        return f"{(self.public_url or '').rstrip('/')}{WEBHOOK_PATH}"

    @property
    def webhook_secret(self) -> str:
        """What Telegram has to send with every call; every replica derives the same one."""
        return keyed_hash(self.token.encode(), b"innkeeper webhook", sha256).hexdigest()
