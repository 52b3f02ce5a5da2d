"""Making the program from its settings."""

from __future__ import annotations

import random
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot import schema
from bot.app import App
from bot.applying import Applying, FileRules
from bot.clockwork import Clockwork
from bot.fetcher import Fetcher
from bot.happenings import ActDone
from bot.human_words import HumanWords
from bot.intake import Intake
from bot.loading import Loading
from bot.marks import Marks
from bot.metrics import Metrics
from bot.networks import Off, allowed_types, make_channels, max_file
from bot.pipeline import Committed, Pipeline
from bot.preparing import Preparing
from bot.rendering import Renderer
from bot.sender import Sender, SendRules
from bot.settings import HoursSettings, Settings
from bot.situation import Policy
from bot.supervisor import Supervisor
from bot.texts import Texts, load_texts
from channels.base import Channel, LastSeen, Surroundings
from channels.markdown import escape_markdown
from faq.knowledge import Knowledge, KnowledgeSettings
from faq.matcher import MatcherSettings
from handoff.acts import AgentAct, Outcome
from handoff.calendar import WEEKDAYS, Calendar, CalendarSettings
from handoff.console.console import Console
from handoff.console.settings import ConsoleSettings
from handoff.sessions import Lifetime
from messaging.conversations import conversations
from messaging.live import Live
from messaging.messages import ChannelEvent
from storage.database import Database
from storage.migrations import migrate

Networks = Callable[[Settings, Database, Live], tuple[dict[str, Channel], list[Off]]]
FILE_KINDS = "PNG, JPEG, GIF, WebP, PDF, ZIP, TXT, MP3, OGG, MP4"


def utc_now() -> datetime:
    return datetime.now(UTC)


def knowledge_settings(settings: Settings) -> KnowledgeSettings:
    chosen = settings.faq
    return KnowledgeSettings(
        folder=chosen.folder,
        cache_folder=chosen.cache,
        variables={"service": settings.service.name, **chosen.variables},
        matcher=MatcherSettings(
            target_precision=chosen.target_precision,
            answer_above=chosen.answer_above,
            suggest_above=chosen.suggest_above,
            languages=settings.service.languages,
            semantic=chosen.semantic,
        ),
        time_zone=settings.service.time_zone,
    )


def calendar_settings(hours: HoursSettings, time_zone: str) -> CalendarSettings:
    """The service calendar as handoff takes it; an exception's intervals are parted by commas, ``closed`` is none."""
    exceptions = {
        date.fromisoformat(day): tuple(each.strip() for each in text.split(",") if each.strip() != "closed")
        for day, text in hours.exceptions.items()
    }
    return CalendarSettings(
        time_zone=time_zone,
        week={day: getattr(hours, day) for day in WEEKDAYS},
        holidays_country=hours.holidays_country,
        holidays_subdivision=hours.holidays_subdivision,
        holiday_hours=hours.holiday_hours,
        exceptions=exceptions,
    )


def policy_of(settings: Settings) -> Policy:
    chosen = settings.handoff
    return Policy(
        misses_before_handoff=settings.faq.misses_before_handoff,
        reopen_within=chosen.reopen_within,
        apology_after=chosen.apology_after,
        apologies=chosen.apologies,
        messages_per_minute=chosen.messages_per_minute,
        languages=settings.service.languages,
    )


def file_rules(settings: Settings) -> FileRules:
    return FileRules(
        limit=max_file(settings),
        types=allowed_types(settings),
        limit_in_words=f"{settings.files.max_megabytes:g} MB",
        types_in_words=", ".join(settings.files.types) or FILE_KINDS,
    )


def load_bot_texts(settings: Settings) -> Texts:
    """The bot's own words; raises ProblemsFound."""
    return load_texts(
        settings.service.texts, settings.service.languages, escape_markdown, {"service": settings.service.name}
    )


async def build_app(
    settings: Settings,
    *,
    networks: Networks = make_channels,
    now: Callable[[], datetime] = utc_now,
    chance: random.Random | None = None,
) -> App:
    """Everything made and the database at its newest schema; nothing started.

    Raises ProblemsFound for texts, FaqErrors for the FAQ, SettingsError for opening hours, Misconfigured for a token,
    StorageError for the database. What was opened until then is closed again.
    """
    async with AsyncExitStack() as stack:
        texts = load_bot_texts(settings)
        calendar = Calendar.from_settings(calendar_settings(settings.hours, settings.service.time_zone))
        database = Database.open(settings.database.url, pool_size=settings.database.pool_size)
        stack.push_async_callback(database.close)
        await migrate(database)
        knowledge = await Knowledge.open(knowledge_settings(settings), now)
        stack.push_async_callback(knowledge.close)
        app = _assemble(settings, database, knowledge, texts, calendar, networks, now, chance or random.Random())
        stack.pop_all()
    return app


def _assemble(
    settings: Settings,
    database: Database,
    knowledge: Knowledge,
    texts: Texts,
    calendar: Calendar,
    networks: Networks,
    now: Callable[[], datetime],
    chance: random.Random,
) -> App:
    assert schema.metadata.tables
    live, metrics, holder = Live(), Metrics(), secrets.token_hex(8)
    channels, off = networks(settings, database, live)
    rules = SendRules(settings.sending.give_up_after, at_once=settings.sending.at_once)
    marks = Marks(database, live, holder, now)
    sender = Sender(database, channels, marks, metrics, holder, now, rules, chance)
    renderer = Renderer(texts, lambda: knowledge.faq, calendar, ZoneInfo(settings.service.time_zone))
    files = file_rules(settings)

    async def committed(commit: Committed) -> None:
        sender.offer(commit.entries)
        for conversation in commit.conversations:
            live.tell(f"conversation:{conversation.id}")
            channel = channels.get(conversation.channel)
            if channel is not None and channel.capabilities.pulls:
                await channel.wake(conversation.chat, conversation.id)
        if commit.queue_changed:
            live.tell("queue")

    pipeline = Pipeline(
        database,
        Preparing(knowledge, _human_words(texts)),
        Loading(database, settings.service.languages),
        Applying(policy_of(settings), files, lambda: knowledge.faq.entries),
        renderer,
        {name: channel.capabilities for name, channel in channels.items()},
        holder,
        now,
        committed,
    )
    intake = Intake(pipeline.handle, metrics)

    async def sink(events: Sequence[ChannelEvent]) -> None:
        await intake.submit(events)
        for event in events:
            metrics.received.labels(event.channel).inc()

    async def perform(act: AgentAct) -> Outcome:
        return (await intake.submit([ActDone(act)]))[0]

    def surroundings(channel: str) -> Surroundings:
        return Surroundings(sink, texts.fill, settings.service.languages, partial(_last_seen, database, channel), now)

    return App(
        settings=settings,
        database=database,
        live=live,
        metrics=metrics,
        texts=texts,
        knowledge=knowledge,
        channels=channels,
        off=off,
        intake=intake,
        marks=marks,
        sender=sender,
        clockwork=Clockwork(database, intake.submit, sender, metrics, holder, now, rules),
        fetcher=Fetcher(database, channels, files, intake.submit, live, now),
        supervisor=Supervisor(channels, surroundings, metrics, chance),
        console=Console(console_settings(settings), database, live, perform, now),
        perform=perform,
        rules=rules,
        now=now,
    )


def _human_words(texts: Texts) -> HumanWords:
    return HumanWords(word for language in texts.languages.values() for word in language.human_words)


def console_settings(settings: Settings) -> ConsoleSettings:
    return ConsoleSettings(
        public_url=settings.public_url,
        service=settings.service.name,
        max_file=max_file(settings),
        allowed_types=allowed_types(settings),
        lifetime=Lifetime(settings.handoff.session_idle, settings.handoff.session_longest),
        behind_proxy=settings.web.trust_forwarded,
    )


async def _last_seen(database: Database, channel: str) -> AsyncIterator[LastSeen]:
    """Every known chat of a channel with its newest message, in pages: there may be very many."""
    after = 0
    while True:
        async with database.reading() as connection:
            rows = (
                await connection.execute(
                    sa.select(conversations)
                    .where(conversations.c.channel == channel, conversations.c.id > after)
                    .order_by(conversations.c.id)
                    .limit(500)
                )
            ).all()
        for row in rows:
            yield LastSeen(row.chat, row.last_incoming_id, row.last_incoming_at or row.created_at)
        if not rows:
            return
        after = rows[-1].id
