"""The bot's words as the program would read them, each version of the files once for all tests of a process."""

from __future__ import annotations

from bot.settings import Settings
from bot.words import Words, read_words

# Reading them takes longer than all else that a program begins with, and they are never changed.
_READ: dict[str, Words] = {}


def words_of(settings: Settings) -> Words:
    files = [
        settings.guard.phrases,
        settings.conduct.words,
        settings.handoff.snippets,
        *sorted(settings.service.texts.glob("*.yaml")),
    ]
    stamps = [(path, path.stat().st_mtime_ns if path.exists() else 0) for path in files]
    key = repr((settings.service, settings.guard, settings.conduct, settings.hours, stamps))
    if key not in _READ:
        _READ[key] = read_words(settings)
    return _READ[key]
