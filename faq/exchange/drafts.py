"""What every format is read into, and what they share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faq.editor import EntryDraft
from faq.entry import Entry, Faq
from faq.entry_reader import ID_LENGTH_AT_MOST
from faq.errors import ImportFailed
from faq.language.folding import fold

_LOCALES = {
    "zh": "zh-Hans",
    "zh-cn": "zh-Hans",
    "zh-sg": "zh-Hans",
    "zh-hans": "zh-Hans",
    "zh-tw": "zh-Hant",
    "zh-hk": "zh-Hant",
    "zh-hant": "zh-Hant",
    "pt-br": "pt-BR",
    "es-419": "es-419",
}
_LOCALE_OF = {"zh-Hans": "zh-cn", "zh-Hant": "zh-tw", "en": "en-us", "pt-BR": "pt-br"}


@dataclass(frozen=True, slots=True)
class Imported:
    """One entry read from another tool, and the topic it stood under there (title by language)."""

    topic: str
    topic_title: Mapping[str, str]
    draft: EntryDraft


def language_of(locale: str) -> str:
    """Our language code for another tool's locale: "en-us" and "en_GB" are "en", "zh_TW" is "zh-Hant"."""
    locale = locale.replace("_", "-").casefold()
    return _LOCALES.get(locale, locale.split("-", maxsplit=1)[0])


def locale_of(language: str) -> str:
    """Another tool's locale for our language code."""
    return _LOCALE_OF.get(language, language.casefold())


def slug(text: str, otherwise: str) -> str:
    """An id made of a text; ``otherwise`` where it has no Latin letter or digit."""
    words = re.findall(r"[a-z0-9]+", fold(text))
    cut = "-".join(words)[:ID_LENGTH_AT_MOST]
    return cut.rsplit("-", 1)[0] if len("-".join(words)) > ID_LENGTH_AT_MOST and "-" in cut else cut or otherwise


class Slugs:
    """Ids that are unique within one import."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, text: str, otherwise: str) -> str:
        stem = slug(text, otherwise)
        found, number = stem, 2
        while found in self._taken:
            found, number = f"{stem[: ID_LENGTH_AT_MOST - 4]}-{number}", number + 1
        self._taken.add(found)
        return found


def read_json(path: Path) -> Any:
    """The content of a JSON file. Raises ImportFailed."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ImportFailed(f"{path} is not JSON: {error}") from error


def write_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def spoken(faq: Faq, language: str) -> Iterable[tuple[Entry, str, str]]:
    """Every entry that answers in a language, by topic: the entry, its title, its answer."""
    for topic in faq.topics.values():
        for entry in faq.entries.values():
            if entry.topic == topic.id and language in entry.answers:
                yield entry, title_of(entry.title, language, entry.id), entry.answers[language]


def title_of(titles: Mapping[str, str], language: str, otherwise: str) -> str:
    """The title in a language, else in any, else ``otherwise``."""
    return titles.get(language) or next(iter(titles.values()), otherwise)
