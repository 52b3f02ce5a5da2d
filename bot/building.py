"""Making the program from its settings."""

from __future__ import annotations

import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot import schema
from bot.alarms import Alarms
from bot.app import App
from bot.applying import Applying
from bot.assigning import Assigning
from bot.attendance import Attendance
from bot.bridge import Bridge, TakingIn
from bot.clockwork import Clockwork
from bot.fetcher import Fetcher
from bot.guarding import Guarding
from bot.happenings import ActDone, EditEnded
from bot.human_words import HumanWords
from bot.intake import Intake
from bot.loading import Loading
from bot.marks import Marks
from bot.metrics import Metrics
from bot.networks import Off, make_channels
from bot.notices import MEGABYTE, Lookout
from bot.pipeline import Committed, Pipeline
from bot.places import Places
from bot.preparing import Preparing
from bot.rendering import Renderer
from bot.replanning import Replanning
from bot.sender import Sender, SendRules
from bot.settings import Settings
from bot.supervisor import Supervisor
from bot.tailoring import (
    console_settings,
    desk_choices,
    entry_title,
    file_rules,
    knowledge_settings,
    policy_of,
    presence_rules,
    utc_now,
)
from bot.texts import Texts
from bot.traffic import TrafficKeeper
from bot.typing_signs import TypingSigns
from bot.waits import Waits
from bot.words import Words, read_words
from channels.base import Channel, LastSeen, Surroundings
from faq.knowledge import Knowledge
from handoff.acts import Act, Outcome, Perform
from handoff.console.card import CardMaker
from handoff.console.console import Console
from messaging import outbox
from messaging.conversations import conversations
from messaging.live import Live
from messaging.messages import ChannelEvent
from messaging.positions import keep_position, position_of
from storage.database import Database
from storage.migrations import migrate

Networks = Callable[[Settings, Database, Live], tuple[dict[str, Channel], list[Off]]]


async def build_app(
    settings: Settings,
    *,
    networks: Networks = make_channels,
    bring_up_to_date: Callable[[Database], Awaitable[object]] = migrate,
    now: Callable[[], datetime] = utc_now,
    chance: random.Random | None = None,
    rules: SendRules | None = None,
    words: Words | None = None,
) -> App:
    """Everything made and the database at its newest schema; nothing started. ``words`` are read where not given.

    Raises ProblemsFound for files of words, FaqErrors for the FAQ, SettingsError for opening hours,
    Misconfigured for a token, StorageError for the database. What was opened until then is closed again.
    """
    async with AsyncExitStack() as stack:
        words = words or read_words(settings)
        database = Database.open(settings.database.url, pool_size=settings.database.pool_size)
        stack.push_async_callback(database.close)
        await bring_up_to_date(database)
        knowledge = await Knowledge.open(knowledge_settings(settings), now)
        stack.push_async_callback(knowledge.close)
        rules = rules or SendRules(settings.sending.give_up_after, at_once=settings.sending.at_once)
        preparing = Preparing(
            knowledge,
            _those(words.texts, "human_words"),
            Guarding(database, words.guard, knowledge),
            _those(words.texts, "take_back_words"),
            words.insults,
        )
        chance = chance or random.Random()
        app = _assemble(settings, database, knowledge, words, preparing, networks, now, chance, rules)
        stack.pop_all()
    return app


def _assemble(
    settings: Settings,
    database: Database,
    knowledge: Knowledge,
    words: Words,
    preparing: Preparing,
    networks: Networks,
    now: Callable[[], datetime],
    chance: random.Random,
    rules: SendRules,
) -> App:
    assert schema.metadata.tables
    texts, calendar = words.texts, words.calendar
    live, metrics, holder = Live(), Metrics(), secrets.token_hex(8)
    channels, off = networks(settings, database, live)
    marks = Marks(database, live, holder, now)

    async def edit_ended(ended: EditEnded) -> None:
        await intake.submit([ended])

    def receives(channel: str) -> bool:
        return channel in supervisor.up

    sender = Sender(database, channels, marks, metrics, holder, now, rules, chance, edit_ended, receives)
    zone = ZoneInfo(settings.service.time_zone)
    waits = Waits(database, settings.queue.estimate_from, now)
    files = file_rules(settings)

    pipeline = Pipeline(
        database,
        preparing,
        Loading(database, settings.service.languages),
        Applying(policy_of(settings), files),
        lambda: Renderer(texts, knowledge.faq, calendar, zone, waits.pace),
        {name: channel.capabilities for name, channel in channels.items()},
        holder,
        now,
        metrics,
        partial(_wake, live, sender, channels),
    )
    intake = Intake(pipeline.handle, metrics)

    async def perform(act: Act) -> Outcome:
        return (await intake.submit([ActDone(act)]))[0]

    def surroundings(channel: str) -> Surroundings:
        sink = partial(_take_in, intake, metrics)
        known = partial(_last_seen, database, channel)
        sent = partial(_last_sent, database, channel)
        position = partial(position_of, database, channel)
        keep = partial(_keep_position, database, channel, now)
        return Surroundings(sink, texts.fill, settings.service.languages, known, now, sent, position, keep)

    supervisor = Supervisor(channels, database, surroundings, metrics, chance)
    times = pipeline.applying.policy.times
    lookout = Lookout(
        knowledge,
        supervisor,
        database,
        live,
        now,
        Alarms(times, metrics),
        unsent_after=settings.sending.alarm_after,
        room_below=settings.database.alarm_below_megabytes * MEGABYTE,
    )
    attendance = Attendance(database, intake.submit, presence_rules(settings), metrics.taken_back, now)
    return App(
        settings=settings,
        database=database,
        live=live,
        metrics=metrics,
        texts=texts,
        knowledge=knowledge,
        traffic=TrafficKeeper(database, settings.faq.cache, now),
        channels=channels,
        off=off,
        intake=intake,
        marks=marks,
        sender=sender,
        replanning=Replanning(database, times, now),
        clockwork=Clockwork(database, intake.submit, sender, metrics, holder, now, rules, attendance, waits),
        assigning=Assigning(database, intake.submit, live, metrics.assigned, settings.queue.wanted_for, now),
        fetcher=Fetcher(database, channels, files, intake.submit, live, now),
        supervisor=supervisor,
        lookout=lookout,
        typing_signs=TypingSigns(database, channels, live),
        bridge=Bridge(database, live, holder),
        taking_in=TakingIn(live, holder, sender.take_in),
        places=Places(database, intake.submit, now, settings.queue.place_stands),
        console=_console(settings, database, live, knowledge, words, perform, lookout, now),
        perform=perform,
        rules=rules,
        now=now,
    )


def _title(knowledge: Knowledge, otherwise: str, entry_id: str, language: str) -> str | None:
    return entry_title(knowledge.faq, entry_id, language, otherwise)


def _console(
    settings: Settings,
    database: Database,
    live: Live,
    knowledge: Knowledge,
    words: Words,
    perform: Perform,
    lookout: Lookout,
    now: Callable[[], datetime],
) -> Console:
    return Console(
        console_settings(settings),
        database,
        live,
        perform,
        now,
        notices=lookout.notices,
        cards=CardMaker(partial(_title, knowledge, settings.service.languages[0]), words.calendar),
        choosing=lambda: desk_choices(settings, knowledge.faq),
        snippets=words.snippets,
    )


async def _take_in(intake: Intake, metrics: Metrics, events: Sequence[ChannelEvent]) -> None:
    """The sink of every channel."""
    await intake.submit(events)
    for event in events:
        metrics.received.labels(event.channel).inc()


async def _wake(live: Live, sender: Sender, channels: Mapping[str, Channel], commit: Committed) -> None:
    """Tell everybody whom a commit concerns. Hints: whoever misses one finds it in the tables."""
    sender.offer(commit.held, unsure=True)
    sender.offer(commit.entries)
    for holder, conversation_ids in commit.given_away.items():
        live.tell(f"outbox:{holder}:{','.join(map(str, conversation_ids))}")
    for conversation in commit.conversations:
        live.tell(f"conversation:{conversation.id}")
        channel = channels.get(conversation.channel)
        if channel is not None and channel.capabilities.pulls:
            await channel.wake(conversation.chat, conversation.id)
    if commit.queue_changed:
        live.tell("queue")


def _those(texts: Texts, which: str) -> HumanWords:
    """The words of every language for one wish."""
    return HumanWords(word for language in texts.languages.values() for word in getattr(language, which))


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


async def _keep_position(database: Database, channel: str, now: Callable[[], datetime], position: str) -> None:
    await keep_position(database, channel, position, now())


async def _last_sent(database: Database, channel: str, chat: str) -> str | None:
    async with database.reading() as connection:
        return await outbox.last_sent(connection, channel, chat)
