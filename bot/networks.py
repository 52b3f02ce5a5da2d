"""Which channels are on, made from the settings. A network's SDK is imported only where it is on."""

from __future__ import annotations

from dataclasses import dataclass

from bot.settings import Settings
from channels.base import Channel
from messaging.file_types import ALLOWED
from messaging.live import Live
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Off:
    """A channel that is not on, and what would switch it on."""

    name: str
    remedy: str


def allowed_types(settings: Settings) -> frozenset[str]:
    return frozenset(settings.files.types) or ALLOWED


def max_file(settings: Settings) -> int:
    """The largest file that is taken, in bytes."""
    return round(settings.files.max_megabytes * 1024 * 1024)


def make_channels(settings: Settings, database: Database, live: Live) -> tuple[dict[str, Channel], list[Off]]:
    """The channels that are on, by name, and those that are off. Raises Misconfigured for a token that is none."""
    made: list[Channel] = []
    off: list[Off] = []
    if settings.channels.web.enabled:
        made.append(_web(settings, database, live))
    else:
        off.append(Off("web", "set channels.web.enabled: true"))
    if settings.channels.telegram.token:
        made.append(_telegram(settings))
    else:
        off.append(Off("telegram", "set TELEGRAM_TOKEN in the environment or in .env (a token from @BotFather)"))
    if settings.channels.discord.token:
        made.append(_discord(settings))
    else:
        off.append(Off("discord", "set DISCORD_TOKEN in the environment or in .env (Developer Portal, Bot, Token)"))
    return {channel.name: channel for channel in made}, off


def _web(settings: Settings, database: Database, live: Live) -> Channel:
    from channels.web.adapter import WebChannel
    from channels.web.settings import WebSettings

    return WebChannel(
        WebSettings(
            allowed_origins=settings.channels.web.allowed_origins,
            max_file=max_file(settings),
            allowed_types=allowed_types(settings),
            new_chats_per_minute=settings.channels.web.new_chats_per_minute,
            behind_proxy=settings.web.trust_forwarded,
        ),
        database,
        live,
    )


def _telegram(settings: Settings) -> Channel:
    from channels.telegram.adapter import TelegramChannel
    from channels.telegram.settings import REAL_API, Mode, TelegramSettings

    chosen = settings.channels.telegram
    paced = chosen.messages_per_second
    if paced is None and chosen.api_url.rstrip("/") == REAL_API:
        # Telegram's own limit for a bot is 30 a second in all: https://core.telegram.org/bots/faq#broadcasting-to-users
        paced = 25.0
    return TelegramChannel(
        TelegramSettings(
            token=chosen.token or "",
            api_url=chosen.api_url,
            mode=Mode(chosen.mode),
            public_url=settings.web.public_url,
            per_second=paced,
            poll_timeout=chosen.poll_timeout.total_seconds(),
            staff_group=chosen.staff_group,
        )
    )


def _discord(settings: Settings) -> Channel:
    from channels.discord.adapter import DiscordChannel
    from channels.discord.settings import DiscordSettings

    chosen = settings.channels.discord
    return DiscordChannel(
        DiscordSettings(
            token=chosen.token or "",
            api_url=chosen.api_url,
            gateway_url=chosen.gateway_url,
            panel_channel=chosen.panel_channel,
        )
    )
