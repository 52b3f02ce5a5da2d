"""The matcher: questions in, entries with calibrated confidence and a verdict out."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faq.entry import Entry, Faq
from faq.errors import LearningError
from faq.language.folding import fold
from faq.match import Answer, Candidate, Handoff, Match, Question, Suggest, Verdict
from faq.model import Head, Model, load
from faq.scorers.candidates import evidence, softmax
from faq.scorers.grams import Stream
from faq.scorers.nearest import Nearest, PhrasingIndex, spaced

_FORM = 1
_MOST_CANDIDATES = 10
_MOST_SUGGESTED = 3
_COMPARED = 3
_LEARNING_LIMIT_SECONDS = 1800
# The cores belong to the players while a new FAQ is learned; more threads also gain nothing at these sizes.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class MatcherSettings:
    """How sure to be. ``answer_above`` and ``suggest_above``: None means derived from ``target_precision``."""

    target_precision: float = 0.95
    answer_above: float | None = None
    suggest_above: float | None = None
    languages: tuple[str, ...] = ()
    semantic: bool = True


class Matcher:
    """Answers questions from one learned FAQ. Never changes once made: safe to share between threads."""

    def __init__(self, model: Model, settings: MatcherSettings, faq_version: str) -> None:
        self.faq_version = faq_version
        self.settings = settings
        self.answer_above = model.answer_above if settings.answer_above is None else settings.answer_above
        self.suggest_above = model.suggest_above if settings.suggest_above is None else settings.suggest_above
        self.figures = dict(model.figures)
        self._model = model
        self._index = PhrasingIndex(model.phrasings, model.phrasing_entries)
        self._place = {entry_id: place for place, entry_id in enumerate(model.entry_ids)}

    def match(self, questions: Sequence[Question], excluded: frozenset[str] = frozenset()) -> list[Match]:
        """One match per question, in order. ``excluded`` entries are left out, as if they were not in the FAQ."""
        if not questions:
            return []
        folded = [fold(question.text) for question in questions]
        scores = self._scores(folded, self._model.heads[0])
        left_out = [self._place[entry_id] for entry_id in excluded if entry_id in self._place]
        scores[:, left_out] = -np.inf
        return [self._match(text, chances) for text, chances in zip(folded, softmax(scores), strict=True)]

    def _scores(self, folded: Sequence[str], head: Head) -> NDArray[np.float32]:
        stream, count = Stream(folded), len(folded)
        words = self._model.words.rows(stream.words(), count)
        characters = self._model.characters.rows(stream.characters(), count)
        return words.times(head.words) + characters.times(head.characters) + head.bias

    def _match(self, text: str, chances: NDArray[np.float64]) -> Match:
        order = np.argsort(-chances, kind="stable")[:_MOST_CANDIDATES]
        question = spaced(text)
        near = [
            self._index.nearest(question, int(entry)) if rank < _COMPARED else Nearest(0.0, -1)
            for rank, entry in enumerate(order)
        ]
        features = evidence(
            np.repeat(chances[None], len(order), axis=0), order, np.array([found.similarity for found in near])
        )
        sure = np.minimum.accumulate(self._model.heads[0].calibration(features))
        candidates = tuple(
            Candidate(self._model.entry_ids[entry], float(confidence), self._reasons(float(chances[entry]), found))
            for entry, confidence, found in zip(order, sure, near, strict=True)
            if text and chances[entry] > 0
        )
        return Match(candidates, self._verdict(candidates), None, self.faq_version)

    def _reasons(self, chance: float, found: Nearest) -> dict[str, float | str]:
        reasons: dict[str, float | str] = {"class_score": chance}
        if found.phrasing >= 0:
            reasons |= {"similarity": found.similarity, "nearest": self._model.phrasings[found.phrasing]}
        return reasons

    def _verdict(self, candidates: Sequence[Candidate]) -> Verdict:
        if candidates and candidates[0].confidence >= self.answer_above:
            return Answer((candidates[0].entry_id,))
        likely = [candidate.entry_id for candidate in candidates if candidate.confidence >= self.suggest_above]
        return Suggest(tuple(likely[:_MOST_SUGGESTED])) if likely else Handoff()


def learn(faq: Faq, settings: MatcherSettings, cache_folder: Path) -> Matcher:
    """A matcher for the FAQ: from the cache where this FAQ was learned before, else learned in a child process.

    Blocks for seconds; call it off the event loop. Raises LearningError where the child fails.
    """
    lesson = _lesson(faq, settings)
    written = json.dumps(lesson, ensure_ascii=False, sort_keys=True)
    place = cache_folder / f"matcher-{hashlib.sha256(written.encode()).hexdigest()[:32]}.npz"
    model = _from_cache(place)
    if model is None:
        cache_folder.mkdir(parents=True, exist_ok=True)
        _learn_in_child(written, place)
        model = load(place)
    return Matcher(model, settings, faq.version)


def _from_cache(place: Path) -> Model | None:
    try:
        return load(place)
    except (OSError, ValueError, KeyError):
        return None


def _learn_in_child(written: str, place: Path) -> None:
    with tempfile.TemporaryDirectory(dir=place.parent) as folder:
        lesson = Path(folder) / "lesson.json"
        lesson.write_text(written, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "faq.learn", str(lesson), str(place)],
            check=False,
            capture_output=True,
            text=True,
            timeout=_LEARNING_LIMIT_SECONDS,
            env=os.environ | _ONE_THREAD,
        )
    if done.returncode != 0:
        raise LearningError(done.stderr.strip()[-2000:])


def _lesson(faq: Faq, settings: MatcherSettings) -> dict[str, object]:
    entries = sorted(faq.entries.values(), key=lambda entry: entry.id)
    rows = [row for place, entry in enumerate(entries) for row in _rows(place, entry)]
    return {
        "entry_ids": [entry.id for entry in entries],
        "entries": [row[0] for row in rows],
        "texts": [row[1] for row in rows],
        "is_title": [row[2] for row in rows],
        "languages": list(settings.languages or faq.languages),
        "target_precision": settings.target_precision,
    }


def _rows(place: int, entry: Entry) -> list[tuple[int, str, bool]]:
    phrasings = sorted({(place, phrasing.text, False) for phrasing in entry.phrasings})
    return phrasings + sorted({(place, title, True) for title in entry.title.values()})
