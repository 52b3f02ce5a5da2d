"""What can be set in config.yaml: one dataclass for each part, its fields the valid names, its defaults the defaults.

``bot.config`` reads them from the file; a field's type says what may be written, and ``within`` between which limits. A
field marked SECRET may only be written as ``${NAME}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

from handoff.sla_settings import SlaSettings

SECRET = {"secret": True}


def within(least: float | timedelta | None = None, most: float | timedelta | None = None) -> dict[str, Any]:
    """A field's limits, both included."""
    return {"least": least, "most": most}


SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    name: str = "Innkeeper"
    languages: tuple[str, ...] = ("en",)
    time_zone: str = "UTC"
    texts: Path = Path("bot/texts")


@dataclass(frozen=True, slots=True)
class WebSettings:
    host: str = "127.0.0.1"
    port: int = field(default=8080, metadata=within(1, 65535))
    public_url: str | None = None
    trust_forwarded: bool = False


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    url: str = "sqlite:///data/innkeeper.db"
    pool_size: int = field(default=10, metadata=within(1))
    alarm_below_megabytes: float = field(default=500.0, metadata=within(0))


@dataclass(frozen=True, slots=True)
class TelegramChannelSettings:
    token: str | None = field(default=None, metadata=SECRET)
    api_url: str = "https://api.telegram.org"
    mode: Literal["polling", "webhook"] = "polling"
    messages_per_second: float | None = field(default=None, metadata=within(0.01))
    poll_timeout: timedelta = field(default=timedelta(seconds=50), metadata=within(SECOND))
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
    new_chats_per_minute: int = field(default=20, metadata=within(1))


@dataclass(frozen=True, slots=True)
class ChannelsSettings:
    telegram: TelegramChannelSettings = field(default_factory=TelegramChannelSettings)
    discord: DiscordChannelSettings = field(default_factory=DiscordChannelSettings)
    web: WebChannelSettings = field(default_factory=WebChannelSettings)


@dataclass(frozen=True, slots=True)
class FilesSettings:
    max_megabytes: float = field(default=20.0, metadata=within(0.01))
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FaqSettings:
    folder: Path = Path("faq/entries")
    cache: Path = Path("data/faq")
    variables: Mapping[str, str] = field(default_factory=dict)
    target_precision: float = field(default=0.95, metadata=within(0.5, 1.0))
    answer_above: float | None = field(default=None, metadata=within(0.0, 1.0))
    suggest_above: float | None = field(default=None, metadata=within(0.0, 1.0))
    semantic: bool = True
    embedding: Path | None = None
    misses_before_handoff: int = field(default=2, metadata=within(1))
    patience: timedelta = field(default=timedelta(seconds=4), metadata=within(timedelta(0), timedelta(minutes=1)))


CATEGORIES = (
    *("account", "login", "payment", "bug", "lost-item", "how-to-play", "report-a-player", "suggestion"),
    *("complaint", "event-and-gift-code", "other"),
)
"""What tickets are about, where the owner says nothing else (F10)."""


@dataclass(frozen=True, slots=True)
class HandoffSettings:
    reopen_within: timedelta = timedelta(hours=24)
    apology_after: timedelta = field(default=timedelta(minutes=5), metadata=within(SECOND))
    apologies: int = field(default=3, metadata=within(0))
    undo: timedelta = field(default=timedelta(seconds=5), metadata=within(timedelta(0), timedelta(minutes=1)))
    categories: tuple[str, ...] = CATEGORIES
    category_required: bool = True
    follows_within: timedelta = timedelta(days=14)
    messages_per_minute: int = field(default=20, metadata=within(1))
    session_idle: timedelta = field(default=timedelta(hours=16), metadata=within(SECOND))
    session_longest: timedelta = field(default=timedelta(days=14), metadata=within(SECOND))
    snippets: Path = Path("handoff/snippets.yaml")


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """The queue's order (G15), how tickets find agents (H9), and when agents count as gone (T13, T14)."""

    classes: Mapping[str, timedelta] = field(default_factory=lambda: {"complaint": timedelta(minutes=10)})
    tiers: Mapping[str, timedelta] = field(
        default_factory=lambda: {"standard": timedelta(), "vip": timedelta(minutes=5)}
    )
    assignment: Literal["manual", "automatic"] = "manual"
    wanted_for: timedelta = timedelta(minutes=10)
    silence: timedelta = field(default=timedelta(minutes=5), metadata=within(timedelta(minutes=1)))
    away: timedelta = field(default=timedelta(minutes=10), metadata=within(SECOND))
    absence: timedelta = field(default=timedelta(minutes=30), metadata=within(SECOND))
    unanswered: timedelta = field(default=timedelta(minutes=30), metadata=within(timedelta(minutes=1)))
    estimate_from: int = field(default=10, metadata=within(1))
    place_stands: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class CareSettings:
    """What happens around a request: its form, its survey, what we send unasked (U1, T18, G17)."""

    form_patience: timedelta = field(default=timedelta(minutes=15), metadata=within(SECOND))
    survey_expires: timedelta = timedelta(days=7)
    survey_words: timedelta = timedelta(minutes=10)
    follow_up_after: timedelta = field(default=timedelta(days=3), metadata=within(SECOND, timedelta(days=7)))
    unasked_per_day: int = field(default=2, metadata=within(0))


@dataclass(frozen=True, slots=True)
class ConductSettings:
    """Rudeness (G16); ``mute_at: 0`` leaves all of it to people."""

    words: Path = Path("bot/conduct.yaml")
    warn_at: int = field(default=2, metadata=within(1))
    tell_lead_at: int = field(default=3, metadata=within(1))
    mute_at: int = field(default=4, metadata=within(0))
    mute_for: timedelta = field(default=timedelta(hours=1), metadata=within(SECOND))
    forget_after: timedelta = field(default=timedelta(hours=24), metadata=within(SECOND))


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """What agents' replies are read against; ``account_ids`` and ``allowed`` come on top of those in the file."""

    enabled: bool = True
    phrases: Path = Path("handoff/guard/phrases.yaml")
    account_ids: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


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
class PromisesSettings:
    """T5, T16: when people are told of a promise that will be due, and how far away one may be."""

    warn_before: timedelta = field(default=timedelta(minutes=15), metadata=within(SECOND))
    longest: timedelta = field(default=timedelta(days=3), metadata=within(SECOND))


@dataclass(frozen=True, slots=True)
class HoldSettings:
    """T15: when a player on hold is thanked and the agent reminded; each next time ``widening`` times later."""

    thank_after: timedelta = field(default=timedelta(minutes=1), metadata=within(SECOND))
    widening: float = field(default=3.0, metadata=within(1.0))
    times: int = field(default=3, metadata=within(0))


@dataclass(frozen=True, slots=True)
class SilentAgentsSettings:
    """G12: an agent who has a ticket and owes its player a word; service time since they did anything for it."""

    remind_agent: timedelta = field(default=timedelta(minutes=4), metadata=within(SECOND))
    tell_lead: timedelta = field(default=timedelta(minutes=10), metadata=within(SECOND))


@dataclass(frozen=True, slots=True)
class UnansweredSettings:
    """T17, T6: players without any answer, and tickets that nobody takes."""

    alarm_after: timedelta = field(default=timedelta(minutes=5), metadata=within(SECOND))
    unreached_after: timedelta = field(default=timedelta(hours=12), metadata=within(SECOND))


@dataclass(frozen=True, slots=True)
class SendingSettings:
    give_up_after: timedelta = timedelta(hours=24)
    at_once: int = field(default=64, metadata=within(1))
    alarm_after: timedelta = field(default=timedelta(minutes=1), metadata=within(SECOND))


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
    queue: QueueSettings = field(default_factory=QueueSettings)
    care: CareSettings = field(default_factory=CareSettings)
    conduct: ConductSettings = field(default_factory=ConductSettings)
    guard: GuardSettings = field(default_factory=GuardSettings)
    hours: HoursSettings = field(default_factory=HoursSettings)
    sla: SlaSettings = field(default_factory=SlaSettings)
    promises: PromisesSettings = field(default_factory=PromisesSettings)
    hold: HoldSettings = field(default_factory=HoldSettings)
    silent_agents: SilentAgentsSettings = field(default_factory=SilentAgentsSettings)
    unanswered: UnansweredSettings = field(default_factory=UnansweredSettings)
    sending: SendingSettings = field(default_factory=SendingSettings)
    log: LogSettings = field(default_factory=LogSettings)

    @property
    def public_url(self) -> str:
        """Where people reach the web server, without a slash at the end."""
        anywhere = ip_address(self.web.host).is_unspecified if self.web.host[:1].isdigit() else self.web.host == "::"
        host = "localhost" if anywhere or self.web.host == "127.0.0.1" else self.web.host
        return (self.web.public_url or f"http://{host}:{self.web.port}").rstrip("/")
