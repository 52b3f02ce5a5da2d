"""What people had to answer teaches the FAQ what it cannot answer: a class "none of these", where it helps.

Beside the models lies ``handed-on.json``, written by the program that keeps the conversations: messages that went to
people, without personal data. Those that a FAQ does not answer itself tell it how sure to be, unless one of its tests
fails that passed without them; a class of their own they become where that measures better (``Matcher.knows_none``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faq.checks import kept_tests, learned_from, name_of_test, run_tests
from faq.embedding.port import Embedder
from faq.entry import Faq
from faq.language.folding import fold
from faq.learning import FORM
from faq.match import Answer, Question
from faq.matcher import Matcher, MatcherSettings, learn
from faq.missed import Missed
from faq.privacy import as_phrasing
from storage.yaml_editor import write_atomically

SNAPSHOT = "handed-on.json"
ENOUGH = 20
"""Of fewer messages nothing is learned, so fewer are not kept either."""
_MOST = 400
_LONGEST = 300
_SHORTEST = 4
_CHOICES_KEPT = 8


@dataclass(frozen=True, slots=True)
class HandedOn:
    """The messages that a FAQ does not answer, whether it is taught them, and whether they are a class of their own."""

    texts: tuple[str, ...] = ()
    is_taught: bool = False
    knows_none: bool = False

    @property
    def taught(self) -> tuple[str, ...]:
        return self.texts if self.is_taught else ()

    def to_row(self) -> list[object]:
        return [list(self.texts), self.is_taught, self.knows_none]

    @classmethod
    def of_row(cls, row: list[Any]) -> HandedOn:
        texts, is_taught, knows_none = row
        return cls(tuple(texts), is_taught, knows_none)


def keep_handed_on(cache_folder: Path, missed: Iterable[Missed]) -> bool:
    """Write the newest messages that went to people and that no entry settled; False where they are those of before."""
    texts: dict[str, str] = {}
    for row in sorted(missed, key=lambda row: row.at, reverse=True):
        phrasing = as_phrasing(row.text)
        folded = fold(phrasing)
        if row.went_to_people and row.settled_by is None and len(folded) >= _SHORTEST and len(phrasing) <= _LONGEST:
            texts.setdefault(folded, phrasing)
        if len(texts) == _MOST:
            break
    kept = tuple(sorted(texts.values())) if len(texts) >= ENOUGH else ()
    if kept == read_handed_on(cache_folder):
        return False
    cache_folder.mkdir(parents=True, exist_ok=True)
    write_atomically(cache_folder / SNAPSHOT, json.dumps(kept, ensure_ascii=False, indent=0).encode())
    return True


def read_handed_on(cache_folder: Path) -> tuple[str, ...]:
    """What ``keep_handed_on`` wrote last; nothing where that is missing or not whole."""
    try:
        return tuple(map(str, json.loads((cache_folder / SNAPSHOT).read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError):
        return ()


def digest_of(handed_on: Sequence[str]) -> str:
    """Names these messages; empty where there are none."""
    return hashlib.sha256(json.dumps(handed_on).encode()).hexdigest()[:8] if handed_on else ""


def choose_handed_on(faq: Faq, settings: MatcherSettings, cache_folder: Path) -> HandedOn:
    """What this FAQ is taught of the messages kept. Learns it with and without them, which blocks for seconds; what
    was found stays in the cache."""
    kept = read_handed_on(cache_folder)
    if len(kept) < ENOUGH:
        return HandedOn()
    tests = [name_of_test(*row) for row in kept_tests(faq)]
    named = repr((FORM, learned_from(faq), tests, settings, kept))
    place = cache_folder / f"taught-{hashlib.sha256(named.encode()).hexdigest()[:16]}.json"
    known = _known(place)
    if known is not None:
        return known
    found = _choose(faq, settings, cache_folder, kept)
    write_atomically(place, json.dumps(found.to_row(), ensure_ascii=False).encode())
    for old in sorted(cache_folder.glob("taught-*.json"), key=_age)[_CHOICES_KEPT:]:
        old.unlink(missing_ok=True)
    return found


def learn_as_served(
    faq: Faq, settings: MatcherSettings, cache_folder: Path, embedder: Embedder | None = None
) -> Matcher:
    """A matcher as the server makes it of this FAQ. Blocks for seconds where it was not learned before."""
    taught = choose_handed_on(faq, settings, cache_folder).taught
    return learn(faq, settings, cache_folder, embedder, taught)


def _known(place: Path) -> HandedOn | None:
    try:
        return HandedOn.of_row(json.loads(place.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _choose(faq: Faq, settings: MatcherSettings, cache_folder: Path, kept: Sequence[str]) -> HandedOn:
    plain = learn(faq, settings, cache_folder)
    matches = plain.match([Question(text) for text in kept])
    texts = tuple(text for text, match in zip(kept, matches, strict=True) if not isinstance(match.verdict, Answer))
    if len(texts) < ENOUGH:
        return HandedOn(texts)
    taught = learn(faq, settings, cache_folder, plain.embedder, texts)
    is_taught = _failed(faq, taught) <= _failed(faq, plain)
    return HandedOn(texts, is_taught, is_taught and taught.knows_none)


def _failed(faq: Faq, matcher: Matcher) -> set[str]:
    return {outcome.name for outcome in run_tests(kept_tests(faq), matcher) if not outcome.passed}


def _age(path: Path) -> float:
    try:
        return -path.stat().st_mtime
    except FileNotFoundError:  # another process forgot it first
        return 0.0
