"""What can be set in config.yaml: one dataclass for each part, its fields the valid names, its defaults the defaults.

``bot.config`` reads them from the file; a field's type says what may be written. A field marked SECRET may only be
written as ``${NAME}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

SECRET = {"secret": True}


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    name: str = "Innkeeper"
    languages: tuple[str, ...] = ("en",)
    time_zone: str = "UTC"
    texts: Path = Path("bot/texts")


@dataclass(frozen=True, slots=True)
class WebSettings:
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None
    trust_forwarded: bool = False


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    url: str = "sqlite:///data/innkeeper.db"
    pool_size: int = 10


@dataclass(frozen=True, slots=True)
class TelegramChannelSettings:
    token: str | None = field(default=None, metadata=SECRET)
    api_url: str = "https://api.telegram.org"
    mode: Literal["polling", "webhook"] = "polling"
    messages_per_second: float | None = None
    poll_timeout: timedelta = timedelta(seconds=50)
    staff_group: int | None = None


@dataclass(frozen=True, slots=True)
class DiscordChannelSettings:
    token: str | None = field(default=None, metadata=SECRET)
    api_url: str | None = None
    gateway_url: str | None = None
    panel_channel: int | None = None


@dataclass(frozen=True, slots=True)
class WebChannelSettings:
    enabled: bool = True
    allowed_origins: tuple[str, ...] = ()
    new_chats_per_minute: int = 20


@dataclass(frozen=True, slots=True)
class ChannelsSettings:
    telegram: TelegramChannelSettings = field(default_factory=TelegramChannelSettings)
    discord: DiscordChannelSettings = field(default_factory=DiscordChannelSettings)
    web: WebChannelSettings = field(default_factory=WebChannelSettings)


@dataclass(frozen=True, slots=True)
class FilesSettings:
    max_megabytes: float = 20.0
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FaqSettings:
    folder: Path = Path("faq/entries")
    cache: Path = Path("data/faq")
    variables: Mapping[str, str] = field(default_factory=dict)
    target_precision: float = 0.95
    answer_above: float | None = None
    suggest_above: float | None = None
    semantic: bool = True
    misses_before_handoff: int = 2


@dataclass(frozen=True, slots=True)
class HandoffSettings:
    reopen_within: timedelta = timedelta(hours=24)
    apology_after: timedelta = timedelta(minutes=5)
    apologies: int = 3
    messages_per_minute: int = 20
    session_idle: timedelta = timedelta(hours=16)
    session_longest: timedelta = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class HoursSettings:
    """The service calendar (T8); every list holds intervals such as ``09:00-02:00``."""

    monday: tuple[str, ...] = ("09:00-02:00",)
    tuesday: tuple[str, ...] = ("09:00-02:00",)
    wednesday: tuple[str, ...] = ("09:00-02:00",)
    thursday: tuple[str, ...] = ("09:00-02:00",)
    friday: tuple[str, ...] = ("09:00-02:00",)
    saturday: tuple[str, ...] = ("09:00-02:00",)
    sunday: tuple[str, ...] = ("09:00-02:00",)
    holidays_country: str | None = None
    holidays_subdivision: str | None = None
    holiday_hours: tuple[str, ...] = ()
    exceptions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SendingSettings:
    give_up_after: timedelta = timedelta(hours=24)
    at_once: int = 64


@dataclass(frozen=True, slots=True)
class LogSettings:
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole of config.yaml. Paths are absolute: those in the file are meant from the file's own folder."""

    service: ServiceSettings = field(default_factory=ServiceSettings)
    web: WebSettings = field(default_factory=WebSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    channels: ChannelsSettings = field(default_factory=ChannelsSettings)
    files: FilesSettings = field(default_factory=FilesSettings)
    faq: FaqSettings = field(default_factory=FaqSettings)
    handoff: HandoffSettings = field(default_factory=HandoffSettings)
    hours: HoursSettings = field(default_factory=HoursSettings)
    sending: SendingSettings = field(default_factory=SendingSettings)
    log: LogSettings = field(default_factory=LogSettings)

    @property
    def public_url(self) -> str:
        """Where people reach the web server, without a slash at the end."""
        anywhere = ip_address(self.web.host).is_unspecified if self.web.host[:1].isdigit() else self.web.host == "::"
        host = "localhost" if anywhere or self.web.host == "127.0.0.1" else self.web.host
        return (self.web.public_url or f"http://{host}:{self.web.port}").rstrip("/")
