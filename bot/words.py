"""What stands in files of words, read once: the bot's own texts, the guard's phrases, insults; the opening hours."""

from __future__ import annotations

from dataclasses import dataclass

from bot.conduct_words import ConductWords
from bot.settings import Settings
from bot.tailoring import calendar_settings, conduct_words, guard_rules, load_bot_texts
from bot.texts import Texts
from handoff.calendar import Calendar
from handoff.guard.rules import Rules


@dataclass(frozen=True, slots=True)
class Words:
    """``guard`` is None where the guard is switched off."""

    texts: Texts
    guard: Rules | None
    insults: ConductWords
    calendar: Calendar


def read_words(settings: Settings) -> Words:
    """Everything of it. Raises ProblemsFound with places in the files, SettingsError for opening hours."""
    return Words(
        load_bot_texts(settings),
        guard_rules(settings),
        conduct_words(settings),
        Calendar.from_settings(calendar_settings(settings.hours, settings.service.time_zone)),
    )
