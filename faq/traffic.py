"""What players wrote before teaches the FAQ: how they put what it answers, and what it cannot answer.

Beside the models lies ``traffic.json``, written by the program that keeps the conversations, without personal data:
questions that players asked, and messages that people had to answer. Questions are learned lightly, each as what the
FAQ takes it for, where that recognises more of what is hidden from it (``Matcher.figures``, past_questions). Messages
that the FAQ does not answer itself tell it how sure to be; a class "none of these" they become where that measures
better (``Matcher.knows_none``). Nothing is learned that fails one of the FAQ's tests which passed without it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from faq.checks import kept_tests, learned_from, name_of_test, run_tests
from faq.embedding.port import Embedder
from faq.entry import Faq
from faq.language.folding import fold
from faq.learning import FORM
from faq.match import Answer, Question
from faq.matcher import Matcher, MatcherSettings, learn
from faq.missed import Answered, Missed
from faq.privacy import as_phrasing
from storage.yaml_editor import write_atomically

SNAPSHOT = "traffic.json"
ENOUGH = 20
"""Of fewer messages of a kind nothing is learned, so fewer are not kept either."""
MOST_ASKED = 1500
_MOST_HANDED_ON = 400
_LONGEST = 300
_SHORTEST = 4
_CHOICES_KEPT = 8


@dataclass(frozen=True, slots=True)
class Traffic:
    """Messages of players: ``asked`` are questions that people did not have to answer, ``handed_on`` those they had."""

    asked: tuple[str, ...] = ()
    handed_on: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.asked or self.handed_on)

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> Traffic:
        return cls(tuple(map(str, row["asked"])), tuple(map(str, row["handed_on"])))


@dataclass(frozen=True, slots=True)
class Taught:
    """What of the messages kept a FAQ can be taught, what it is taught, and what it made of it.

    ``past_questions`` counts the questions that it learned from; ``knows_none`` says whether what was handed on is a
    class of its own.
    """

    found: Traffic = field(default_factory=Traffic)
    used: Traffic = field(default_factory=Traffic)
    past_questions: int = 0
    knows_none: bool = False

    def to_row(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> Taught:
        found, used = Traffic.of_row(row["found"]), Traffic.of_row(row["used"])
        return cls(found, used, row["past_questions"], row["knows_none"])


def keep_traffic(cache_folder: Path, answered: Iterable[Answered], missed: Iterable[Missed]) -> bool:
    """Write the newest messages of both kinds; False where they are those of before."""
    handed_on: list[tuple[datetime, str]] = []
    asked = [(row.at, row.text) for row in answered]
    for row in missed:
        nobodys = row.went_to_people and row.settled_by is None
        (handed_on if nobodys else asked).append((row.at, row.text))
    kept = Traffic(_newest(asked, MOST_ASKED), _newest(handed_on, _MOST_HANDED_ON))
    if kept == read_traffic(cache_folder):
        return False
    cache_folder.mkdir(parents=True, exist_ok=True)
    write_atomically(cache_folder / SNAPSHOT, json.dumps(asdict(kept), ensure_ascii=False, indent=0).encode())
    return True


def _newest(rows: Iterable[tuple[datetime, str]], most: int) -> tuple[str, ...]:
    """The newest different texts without what is anybody's own, in an order of their own; none where they are few."""
    texts: dict[str, str] = {}
    for _, text in sorted(rows, reverse=True):
        phrasing = as_phrasing(text)
        folded = fold(phrasing)
        if len(folded) >= _SHORTEST and len(phrasing) <= _LONGEST:
            texts.setdefault(folded, phrasing)
        if len(texts) == most:
            break
    return tuple(sorted(texts.values())) if len(texts) >= ENOUGH else ()


def read_traffic(cache_folder: Path) -> Traffic:
    """What ``keep_traffic`` wrote last; nothing where that is missing or not whole."""
    try:
        return Traffic.of_row(json.loads((cache_folder / SNAPSHOT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        return Traffic()


def digest_of(traffic: Traffic) -> str:
    """Names these messages; empty where there are none."""
    return hashlib.sha256(json.dumps(asdict(traffic)).encode()).hexdigest()[:8] if traffic else ""


def choose_traffic(faq: Faq, settings: MatcherSettings, cache_folder: Path) -> Taught:
    """What this FAQ is taught of the messages kept. Learns it with and without them, which blocks for seconds; what
    was chosen is remembered."""
    kept = read_traffic(cache_folder)
    if not kept:
        return Taught()
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
    used = choose_traffic(faq, settings, cache_folder).used
    return learn(faq, settings, cache_folder, embedder, used.handed_on, used.asked)


def _known(place: Path) -> Taught | None:
    try:
        return Taught.of_row(json.loads(place.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _choose(faq: Faq, settings: MatcherSettings, cache_folder: Path, kept: Traffic) -> Taught:
    plain = learn(faq, settings, cache_folder)
    found = Traffic(_unknown(faq, kept.asked), _unanswered(plain, kept.handed_on))
    failing = _failed(faq, plain)
    for tried in _ways(found):
        taught = learn(faq, settings, cache_folder, plain.embedder, tried.handed_on, tried.asked)
        if _failed(faq, taught) <= failing:
            return Taught(found, tried, int(taught.figures.get("past_questions", 0)), taught.knows_none)
    return Taught(found)


def _ways(found: Traffic) -> Iterator[Traffic]:
    """From everything to the least."""
    if found:
        yield found
    if found.asked and found.handed_on:
        yield Traffic(handed_on=found.handed_on)
        yield Traffic(asked=found.asked)


def _unknown(faq: Faq, asked: Iterable[str]) -> tuple[str, ...]:
    """Those that stand in the FAQ teach it nothing."""
    own = {fold(phrasing.text) for entry in faq.entries.values() for phrasing in entry.phrasings}
    texts = tuple(text for text in asked if fold(text) not in own)
    return texts if len(texts) >= ENOUGH else ()


def _unanswered(plain: Matcher, handed_on: tuple[str, ...]) -> tuple[str, ...]:
    matches = plain.match([Question(text) for text in handed_on])
    texts = tuple(text for text, match in zip(handed_on, matches, strict=True) if not isinstance(match.verdict, Answer))
    return texts if len(texts) >= ENOUGH else ()


def _failed(faq: Faq, matcher: Matcher) -> set[str]:
    return {outcome.name for outcome in run_tests(kept_tests(faq), matcher) if not outcome.passed}


def _age(path: Path) -> float:
    try:
        return -path.stat().st_mtime
    except FileNotFoundError:  # another process forgot it first
        return 0.0
