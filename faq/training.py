"""Learning: from phrasings to a model. Imports scipy, so it runs in a child process and never in the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from faq.language.detection import base
from faq.language.diacritics import LANGUAGE as VIETNAMESE
from faq.language.folding import fold, has_unspaced
from faq.language.lexicon import Lexicon, lexicon_for
from faq.model import Head, Model, Weights
from faq.regression import dual_weights, factor, fit_with_asked, least_squares, project
from faq.rehearsal import best_rehearsal, classes, untaught
from faq.scorers.vocabulary import Rows
from faq.space import Blocks, Matrix, Shares, Space, learn_space, with_embedding, words_alone

PAST_QUESTIONS = "past_questions"
"""Among a head's figures: how many questions asked before it learned from."""
_MOST_GRAMS = 200_000
# Up to this many rows the fit is exact; above, a sample of landmarks stands for all (Nyström).
_EXACT_ROWS = 3_500
_LANDMARKS = 3_000
_LANDMARKS_OF_MANY = 1_500
_MANY_ROWS = 30_000


@dataclass(frozen=True, slots=True)
class Lesson:
    """What there is to learn: one row per phrasing or title (place of its entry, text, language).

    ``handed_on`` are messages that no entry answered, so that people had to; ``asked`` are questions of players before,
    of which nobody says whose they are.
    """

    entry_ids: tuple[str, ...]
    entries: tuple[int, ...]
    texts: tuple[str, ...]
    is_title: tuple[bool, ...]
    text_languages: tuple[str, ...]
    languages: tuple[str, ...]
    target_precision: float = 0.95
    handed_on: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[str, ...]:
        """All of its texts, in the order in which ``Material`` has them."""
        return (*self.texts, *self.handed_on, *self.asked)


class Material:
    """A lesson's texts in one space: its own, what was handed on, what was asked, then strangers; ready to be fitted
    and rehearsed.

    ``count`` is the number of the lesson's own rows, ``first_asked`` and ``first_stranger`` the places of the first
    question asked and of the first stranger, ``phrasings_each`` the mean number of phrasings an entry and language,
    ``unspaced`` the share of its rows in a script without spaces.
    """

    def __init__(
        self, lesson: Lesson, strangers: Sequence[str], embedded: Matrix | None, lens: Matrix | None = None
    ) -> None:
        self.lesson = lesson
        self.entries = np.asarray(lesson.entries, dtype=np.int64)
        self.count = len(lesson.texts)
        self.first_asked = self.count + len(lesson.handed_on)
        self.first_stranger = self.first_asked + len(lesson.asked)
        self.asked = np.arange(self.first_asked, self.first_stranger)
        self.folded = [fold(text) for text in (*lesson.every, *strangers)]
        self.lexicon: Lexicon = lexicon_for(lesson.languages)
        own = None if embedded is None else embedded[: self.count]
        places = np.flatnonzero(~np.asarray(lesson.is_title, dtype=bool))
        same = [places[self.entries[places] == entry] for entry in np.unique(self.entries[places])]
        space = learn_space(self.folded[: self.count], self.lexicon, own, _MOST_GRAMS, same, lens)
        self.blocks: Blocks = space.blocks(self.folded, self.lexicon, embedded)
        # What was asked holds words that no phrasing holds: they are learned only if it is among these.
        self.landmarks = _landmarks(np.concatenate((np.arange(self.count), self.asked)))
        self.space: Space = replace(space, landmarks=self.blocks.embedding[self.landmarks])
        own_rows = [
            row for row in zip(lesson.entries, lesson.text_languages, lesson.is_title, strict=True) if not row[2]
        ]
        self.phrasings_each = len(own_rows) / max(1, len(set(own_rows)))
        self.unspaced = sum(map(has_unspaced, self.folded[: self.count])) / max(1, self.count)


def _landmarks(places: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(places) <= _EXACT_ROWS:
        return places
    size = _LANDMARKS if len(places) <= _MANY_ROWS else _LANDMARKS_OF_MANY
    return np.sort(np.random.default_rng(5).choice(places, size, replace=False))


def train(
    lesson: Lesson,
    strangers: Sequence[str],
    embedded: Matrix | None,
    *,
    lens: Matrix | None = None,
    words: Shares | None = None,
    semantic: Shares | None = None,
) -> Model:
    """Learn the model: vocabularies, class scores, calibration and thresholds.

    ``embedded`` holds one vector per text of the lesson, of what was handed on and what was asked, then of the
    strangers; without it words stand alone. Through ``lens`` the vectors are compared. ``words`` and ``semantic`` weigh
    the comparisons otherwise than the FAQ's size suggests.
    """
    material = Material(lesson, strangers, embedded, lens)
    found = [_learn_head(material, words or words_alone(material.phrasings_each, material.unspaced))]
    if embedded is not None:
        found.append(_learn_head(material, semantic or with_embedding(material.phrasings_each)))
    return Model(
        entry_ids=lesson.entry_ids,
        phrasings=tuple(material.folded[: material.count]),
        phrasing_entries=lesson.entries,
        phrasing_languages=lesson.text_languages,
        vietnamese=tuple(
            sorted(
                text for text, name in zip(lesson.texts, lesson.text_languages, strict=True) if base(name) == VIETNAMESE
            )
        ),
        languages=lesson.languages,
        space=material.space,
        lexicon=material.lexicon,
        phrasing_meanings=material.blocks.meaning[: material.count],
        phrasing_embeddings=material.blocks.embedding[: material.count].astype(np.float16),
        heads=tuple(found),
    )


def _learn_head(material: Material, shares: Shares) -> Head:
    if not material.count:
        nothing = _primal(material, shares, np.zeros((0, 0), np.float32), np.zeros(0, np.float32))
        return Head(nothing, nothing, *untaught())
    kernel = _kernel(material, shares)
    lower = factor(kernel[material.landmarks].astype(np.float64))
    rows = project(kernel, lower)
    rehearsal, knows_none, asked = best_rehearsal(material, rows, shares)
    learned = np.arange(material.first_asked if knows_none else material.count)
    count = len(material.lesson.entry_ids)
    own = classes(material, learned)
    solution = fit_with_asked(rows, learned, own, count + knows_none, count, asked)
    likeness = least_squares(rows[learned], own, count + knows_none)[:, :count]
    rehearsal.figures[PAST_QUESTIONS] = float(len(asked))
    return Head(
        _primal(material, shares, dual_weights(lower, solution[:-1]), solution[-1]),
        _primal(material, shares, dual_weights(lower, likeness), np.zeros(count, np.float32)),
        *rehearsal,
    )


def _sparse(rows: Rows, width: int) -> scipy.sparse.csr_matrix:
    return scipy.sparse.csr_matrix((rows.value, rows.feature, rows.start), shape=(len(rows), width))


def _kernel(material: Material, shares: Shares) -> Matrix:
    """Every text of the material against the landmarks."""
    blocks, space, landmarks = material.blocks, material.space, material.landmarks
    kernel = np.zeros((len(material.folded), len(landmarks)), dtype=np.float32)
    for rows, vocabulary, share in (
        (blocks.words, space.words, shares.words),
        (blocks.characters, space.characters, shares.characters),
    ):
        matrix = _sparse(rows, len(vocabulary.hashes))
        kernel += np.float32(share) * (matrix @ matrix[landmarks].T).toarray()
    if shares.meaning:
        kernel += np.float32(shares.meaning) * (blocks.meaning @ blocks.meaning[landmarks].T)
    if shares.embeds:
        near = blocks.embedding @ space.landmarks.T
        kernel += near * (np.float32(shares.embedding) + np.float32(shares.squares) * near)
    return kernel


def _primal(material: Material, shares: Shares, dual: Matrix, bias: Matrix) -> Weights:
    """Weights over the features themselves: what a question is multiplied with, whatever the number of phrasings."""
    blocks, space, landmarks = material.blocks, material.space, material.landmarks
    words = _sparse(blocks.words, len(space.words.hashes))[landmarks]
    characters = _sparse(blocks.characters, len(space.characters.hashes))[landmarks]
    return Weights(
        words=np.asarray(shares.words * (words.T @ dual), dtype=np.float32),
        characters=np.asarray(shares.characters * (characters.T @ dual), dtype=np.float32),
        meaning=np.asarray(shares.meaning * (blocks.meaning[landmarks].T @ dual), dtype=np.float32),
        embedding=np.asarray(shares.embedding * (blocks.embedding[landmarks].T @ dual), dtype=np.float32),
        squares=np.asarray(shares.squares * (dual if shares.embeds else dual[:0]), dtype=np.float32),
        bias=bias,
    )
