"""What each part of the program is told of the settings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.act_rules import ActRules
from bot.care import Care
from bot.conduct_words import SHIPPED as SHIPPED_CONDUCT
from bot.conduct_words import ConductWords, load_conduct
from bot.desk_words import desk_templates
from bot.false_promises import false_promises
from bot.faq_guard import FaqGuard
from bot.networks import allowed_types, max_file
from bot.rules import FileRules
from bot.settings import HoursSettings, Settings
from bot.situation import Policy
from bot.texts import Texts, load_texts
from bot.times import Times
from channels.markdown import escape_markdown
from faq.entry import Faq, Topic
from faq.lint import LintRules
from faq.matcher import MatcherSettings
from faq.publishing import KnowledgeSettings
from handoff.calendar import WEEKDAYS, Calendar, CalendarSettings
from handoff.console.choices import DeskChoices
from handoff.console.settings import ConsoleSettings
from handoff.errors import SettingsError
from handoff.guard.rules import SHIPPED, Rules, load_rules
from handoff.presence import PresenceRules
from handoff.queue import QueueRules
from handoff.sessions import Lifetime
from handoff.sla_settings import Sla
from handoff.snippets import SHIPPED as SNIPPETS
from handoff.snippets import Snippets
from storage.problems import Problem

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
            embedding_folder=chosen.embedding,
        ),
        time_zone=settings.service.time_zone,
        rules=_lint_rules(settings),
    )


def _lint_rules(settings: Settings) -> LintRules:
    """What the opening hours (as far as they are right) and the guard's file ask of the FAQ."""
    closed = not all(getattr(settings.hours, day) for day in WEEKDAYS)
    guard = (FaqGuard.of(phrases_file(settings), settings.service.time_zone),) if settings.guard.enabled else ()
    return LintRules(
        settings.service.languages,
        always_open=_always_open(settings),
        closed_days=closed,
        classes=tuple(settings.sla.classes),
        more=guard,
    )


def _always_open(settings: Settings) -> bool | None:
    """Whether people are there around the clock; None while the opening hours are not right."""
    try:
        return Calendar.from_settings(calendar_settings(settings.hours, settings.service.time_zone)).is_always_open()
    except SettingsError:
        return None


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


def times_of(settings: Settings) -> Times:
    """Raises SettingsError for opening hours that are not right."""
    return Times(
        calendar=Calendar.from_settings(calendar_settings(settings.hours, settings.service.time_zone)),
        sla=Sla.from_settings(settings.sla),
        promise_warn_before=settings.promises.warn_before,
        promise_longest=settings.promises.longest,
        hold_thank_after=settings.hold.thank_after,
        hold_widening=settings.hold.widening,
        hold_times=settings.hold.times,
        remind_agent=settings.silent_agents.remind_agent,
        tell_lead=settings.silent_agents.tell_lead,
        unanswered_after=settings.unanswered.alarm_after,
        unreached_after=settings.unanswered.unreached_after,
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
        act_rules=ActRules(chosen.undo, chosen.categories, chosen.category_required, chosen.follows_within),
        queue=QueueRules(settings.queue.classes, settings.queue.tiers, settings.queue.wanted_for),
        presence=presence_rules(settings),
        times=times_of(settings),
        patience=settings.faq.patience,
        care=care_of(settings),
    )


def care_of(settings: Settings) -> Care:
    chosen, conduct = settings.care, settings.conduct
    return Care(
        time_zone=settings.service.time_zone,
        form_patience=chosen.form_patience,
        survey_expires=chosen.survey_expires,
        survey_words=chosen.survey_words,
        follow_up_after=chosen.follow_up_after,
        unasked_per_day=chosen.unasked_per_day,
        warn_at=conduct.warn_at,
        tell_lead_at=conduct.tell_lead_at,
        mute_at=conduct.mute_at,
        mute_for=conduct.mute_for,
        forget_insults_after=conduct.forget_after,
    )


def promise_problems(settings: Settings) -> list[Problem]:
    """Where the bot's texts promise what the settings do not hold; nothing while those are not right themselves."""
    try:
        sla = Sla.from_settings(settings.sla)
    except SettingsError:
        return []
    chosen = settings.service
    return false_promises(chosen.texts, chosen.languages, always_open=_always_open(settings), sla=sla)


def conduct_words(settings: Settings) -> ConductWords:
    """What counts as an insult; raises ProblemsFound."""
    path = settings.conduct.words
    # As with the bot's texts: who installed the program has the shipped file, and need not have a copy.
    is_default = path.parts[-2:] == SHIPPED_CONDUCT.parts[-2:]
    return ConductWords(load_conduct(SHIPPED_CONDUCT if is_default and not path.exists() else path))


def presence_rules(settings: Settings) -> PresenceRules:
    """When agents count as gone."""
    chosen = settings.queue
    return PresenceRules(chosen.silence, chosen.away, chosen.absence, chosen.unanswered)


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


def phrases_file(settings: Settings) -> Path:
    """As with the bot's texts: who installed the program has the shipped file, and need not have a copy."""
    chosen = settings.guard.phrases
    is_default = chosen.parts[-3:] == SHIPPED.parts[-3:]
    return SHIPPED if is_default and not chosen.exists() else chosen


def guard_rules(settings: Settings) -> Rules | None:
    """What agents' replies are read against, None where that is switched off; raises ProblemsFound."""
    chosen = settings.guard
    if not chosen.enabled:
        return None
    rules = load_rules(phrases_file(settings), ZoneInfo(settings.service.time_zone))
    patterns = tuple(re.compile(each, re.IGNORECASE) for each in chosen.account_ids)
    return replace(
        rules, account_ids=(*rules.account_ids, *patterns), allowed=rules.allowed | frozenset(chosen.allowed)
    )


def desk_snippets(settings: Settings, texts: Texts) -> Snippets:
    """What agents may pick to write: the owner's snippets and the bot's own words for them; raises ProblemsFound."""
    chosen = settings.handoff.snippets
    is_default = chosen.parts[-2:] == SNIPPETS.parts[-2:]
    path = SNIPPETS if is_default and not chosen.exists() else chosen
    templates = desk_templates(texts)
    return Snippets(path, settings.service.languages, lambda: templates)


def desk_choices(settings: Settings, faq: Faq) -> DeskChoices:
    """What can be chosen at the desk; titles in the service's first language."""
    topics = {name: topic_title(topic, settings.service.languages) for name, topic in faq.topics.items()}
    named = {name: topics.get(name, name.replace("-", " ").capitalize()) for name in settings.handoff.categories}
    return DeskChoices(tuple(settings.sla.classes), tuple(settings.queue.tiers), topics, categories=named)


def entry_title(faq: Faq, entry_id: str, language: str, otherwise: str) -> str | None:
    """The title of an entry as cards show it; None where there is no such entry any more."""
    entry = faq.entries.get(entry_id)
    if entry is None:
        return None
    return entry.title.get(language) or entry.title.get(otherwise) or next(iter(entry.title.values()), None)


def topic_title(topic: Topic, languages: Sequence[str]) -> str:
    return next((topic.title[each] for each in languages if each in topic.title), topic.id)


def console_settings(settings: Settings) -> ConsoleSettings:
    return ConsoleSettings(
        public_url=settings.public_url,
        service=settings.service.name,
        max_file=max_file(settings),
        allowed_types=allowed_types(settings),
        lifetime=Lifetime(settings.handoff.session_idle, settings.handoff.session_longest),
        behind_proxy=settings.web.trust_forwarded,
    )
