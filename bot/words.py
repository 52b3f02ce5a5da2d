"""What stands in files of words: the bot's own texts, the guard's phrases, insults, snippets; the opening hours."""

from __future__ import annotations

from dataclasses import dataclass

from bot.conduct_words import ConductWords
from bot.settings import Settings
from bot.tailoring import calendar_settings, conduct_words, desk_snippets, guard_rules, load_bot_texts
from bot.texts import Texts
from handoff.calendar import Calendar
from handoff.guard.rules import Rules
from handoff.snippets import Snippets


@dataclass(frozen=True, slots=True)
class Words:
    """``guard`` is None where the guard is switched off. Snippets are read again when their file changes."""

    texts: Texts
    guard: Rules | None
    insults: ConductWords
    calendar: Calendar
    snippets: Snippets


def read_words(settings: Settings) -> Words:
    """Everything of it. Raises ProblemsFound with places in the files, SettingsError for opening hours."""
    texts = load_bot_texts(settings)
    return Words(
        texts,
        guard_rules(settings),
        conduct_words(settings),
        Calendar.from_settings(calendar_settings(settings.hours, settings.service.time_zone)),
        desk_snippets(settings, texts),
    )
