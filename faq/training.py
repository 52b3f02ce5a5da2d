"""Learning: from phrasings to a model. Imports scipy, so it runs in a child process and never in the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from faq.calibration import Calibration, expected_calibration_error, fit_calibration, threshold_for
from faq.language.background import background
from faq.language.folding import fold
from faq.model import Head, Model
from faq.regression import dual_weights, factor, fit
from faq.scorers.candidates import evidence, softmax
from faq.scorers.grams import Stream
from faq.scorers.nearest import PhrasingIndex, spaced
from faq.scorers.vocabulary import Rows, Vocabulary, learn_vocabulary

STRENGTH = 90.0
WORDS_SHARE = 0.4
_MOST_GRAMS = 200_000
_REFITS = 6


@dataclass(frozen=True, slots=True)
class Lesson:
    """What there is to learn: one row per phrasing or title (place of its entry, text, language)."""

    entry_ids: tuple[str, ...]
    entries: tuple[int, ...]
    texts: tuple[str, ...]
    is_title: tuple[bool, ...]
    languages: tuple[str, ...]
    target_precision: float = 0.95
    out_of_scope: tuple[str, ...] = field(default=())


def _matrix(rows: Rows, width: int, share: float) -> scipy.sparse.csr_matrix:
    return scipy.sparse.csr_matrix(
        (rows.value * np.float32(share**0.5), rows.feature, rows.start), shape=(len(rows), width)
    )


class _Space:
    """The two vocabularies, and texts as rows over both."""

    def __init__(self, folded: Sequence[str]) -> None:
        stream = Stream(folded)
        self.words = learn_vocabulary(stream.words(), len(folded), _MOST_GRAMS)
        self.characters = learn_vocabulary(stream.characters(), len(folded), _MOST_GRAMS)

    def rows(self, folded: Sequence[str]) -> scipy.sparse.csr_matrix:
        stream, count = Stream(folded), len(folded)
        words = self.words.rows(stream.words(), count)
        characters = self.characters.rows(stream.characters(), count)
        return scipy.sparse.hstack(
            [
                _matrix(words, len(self.words.hashes), WORDS_SHARE),
                _matrix(characters, len(self.characters.hashes), 1 - WORDS_SHARE),
            ]
        ).tocsr()


def train(lesson: Lesson) -> Model:
    """Learn the model: vocabularies, class scores, calibration and thresholds."""
    folded = [fold(text) for text in lesson.texts]
    entries = np.asarray(lesson.entries, dtype=np.int64)
    space = _Space(folded)
    rows = space.rows(folded)
    kernel = (rows @ rows.T).toarray().astype(np.float64)
    weights = _fit_kernel(kernel, entries, len(lesson.entry_ids), rows)
    calibration, figures, thresholds = _calibrate(lesson, folded, entries, rows, kernel, space)
    split = len(space.words.hashes)
    head = Head(
        words=np.ascontiguousarray(weights[:split]) * np.float32(WORDS_SHARE**0.5),
        characters=np.ascontiguousarray(weights[split:-1]) * np.float32((1 - WORDS_SHARE) ** 0.5),
        embedding=np.zeros((0, len(lesson.entry_ids)), dtype=np.float32),
        bias=weights[-1],
        calibration=calibration,
    )
    return Model(
        entry_ids=lesson.entry_ids,
        phrasings=tuple(folded),
        phrasing_entries=lesson.entries,
        lexicon=(),
        words=space.words,
        characters=space.characters,
        heads=(head,),
        answer_above=thresholds[0],
        suggest_above=thresholds[1],
        figures=figures,
    )


def _fit_kernel(
    kernel: NDArray[np.float64], classes: NDArray[np.int64], count: int, rows: scipy.sparse.csr_matrix
) -> NDArray[np.float32]:
    """Primal weights over the features of ``rows``, and the bias as the last row."""
    lower = factor(kernel)
    solution = fit(lower.astype(np.float32), classes, count, np.ones(len(classes), dtype=np.float32), STRENGTH)
    dual = dual_weights(lower, solution[:-1]).astype(np.float32)
    return np.concatenate((rows.T @ dual, solution[-1:])).astype(np.float32)


def _calibrate(
    lesson: Lesson,
    folded: list[str],
    entries: NDArray[np.int64],
    rows: scipy.sparse.csr_matrix,
    kernel: NDArray[np.float64],
    space: _Space,
) -> tuple[Calibration, dict[str, float], tuple[float, float]]:
    """Refits that each hide a quarter of the entries and a fifth of the other phrasings say how sure is sure."""
    chance = np.random.default_rng(7)
    strangers = [fold(text) for language in lesson.languages for text in background(language)]
    strange_rows = space.rows(strangers)
    features, right, weight = [], [], []
    titles = np.asarray(lesson.is_title)
    for _ in range(_REFITS):
        hidden_entries = chance.random(len(lesson.entry_ids)) < 0.25
        hidden = hidden_entries[entries]
        asked = ~hidden & ~titles & (chance.random(len(entries)) < 0.2)
        kept = np.flatnonzero(~hidden & ~asked)
        if len(np.unique(entries[kept])) < 2:
            continue
        weights = _fit_kernel(kernel[np.ix_(kept, kept)], entries[kept], len(lesson.entry_ids), rows[kept])
        index = PhrasingIndex([folded[place] for place in kept], entries[kept].tolist())
        for questions, texts, truth in (
            (rows[asked], [folded[i] for i in np.flatnonzero(asked)], entries[asked]),
            (rows[hidden], [folded[i] for i in np.flatnonzero(hidden)], np.full(hidden.sum(), -1)),
            (strange_rows, strangers, np.full(len(strangers), -1)),
        ):
            if not len(texts):
                continue
            scores = questions @ weights[:-1] + weights[-1]
            chances = softmax(scores)
            best = chances.argmax(axis=1)
            near = np.array(
                [index.nearest(spaced(text), int(entry)).similarity for text, entry in zip(texts, best, strict=True)]
            )
            features.append(evidence(chances, best, near))
            right.append(best == truth)
            weight.append(np.full(len(texts), (0.7 if truth[0] >= 0 else 0.15) / len(texts)))
    return _summarise(lesson, features, right, weight)


def _summarise(
    lesson: Lesson,
    features: list[NDArray[np.float64]],
    right: list[NDArray[np.bool_]],
    weight: list[NDArray[np.float64]],
) -> tuple[Calibration, dict[str, float], tuple[float, float]]:
    every, truth, heavy = np.concatenate(features), np.concatenate(right), np.concatenate(weight)
    heavy = heavy * (len(heavy) / heavy.sum())
    calibration = fit_calibration(every, truth, heavy)
    confidence = calibration(every)
    answer = threshold_for(lesson.target_precision, confidence, truth, heavy)
    suggest = threshold_for(lesson.target_precision / 2, confidence, truth, heavy)
    above = confidence >= answer
    figures = {
        "calibration_error": expected_calibration_error(confidence, truth, heavy),
        "precision_at_answer": float((heavy * truth)[above].sum() / max(1e-9, heavy[above].sum())),
        "share_answered": float(heavy[above].sum() / heavy.sum()),
    }
    return calibration, figures, (answer, min(answer, suggest))
