"""Scoring questions with a learned model: words first, the embedding only where words do not settle it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from faq.embedding.letters import small_letters
from faq.embedding.port import Embedder
from faq.language.detection import Detector, base
from faq.language.diacritics import LANGUAGE as VIETNAMESE
from faq.language.diacritics import Restorer
from faq.language.spelling import Speller
from faq.match import Candidate
from faq.model import Head, Model
from faq.scorers.candidates import evidence, softmax
from faq.scorers.grams import Stream
from faq.scorers.nearest import NOTHING_NEAR, Nearest, PhrasingIndex, spaced
from faq.space import Blocks, Matrix

_MOST_CANDIDATES = 10
# Candidates beyond these, or less likely than this, are listed but not compared with their phrasings.
_MOST_COMPARED = 3
_LEAST_COMPARED = 0.04
# Less likely ones are left out, after the first few.
_LEAST_NAMED = 0.002
_ALWAYS_NAMED = 3
# Vietnamese from a plain keyboard: on held-out phrasings of the sample FAQ .3 is best, and .2 to .5 better than none.
_WORDS_BESIDE_GUESSES = 0.3


@dataclass(frozen=True, slots=True)
class Reading:
    """One text to score: as written (for the embedding) and folded (for everything else)."""

    raw: str
    folded: str


@dataclass(slots=True)
class _Batch:
    """The readings and their repaired twins, side by side; ``owner`` names the reading of each row."""

    readings: list[Reading]
    owner: NDArray[np.int64]
    blocks: Blocks
    last: list[int]


class Scorer:
    """Candidates for readings, from one model. Holds nothing that changes."""

    def __init__(self, model: Model, speller: Speller, detector: Detector, embedder: Embedder | None) -> None:
        self._model = model
        self._speller = speller
        self._embedder = embedder if len(model.heads) > 1 else None
        self._detector = detector
        self._restorer = Restorer(model.vietnamese) if self._embedder is not None and model.vietnamese else None
        self._by_words = PhrasingIndex(model.phrasings, model.phrasing_entries, model.phrasing_meanings)
        self._by_embedding = PhrasingIndex(model.phrasings, model.phrasing_entries, model.phrasing_embeddings)

    @property
    def final_head(self) -> Head:
        """The head whose thresholds hold: the last one that is used."""
        return self._model.heads[0 if self._embedder is None else -1]

    def candidates(self, readings: Sequence[Reading], left_out: Sequence[int]) -> list[tuple[Candidate, ...]]:
        """Candidates per reading, best first; ``left_out`` are places of entries that must not be among them."""
        batch = self._batch(readings)
        head = self._model.heads[0]
        chances = self._chances(batch, head, left_out)
        found = self._rank(batch, chances, head)
        if self._embedder is not None:
            self._ask_embedding(self._embedder, readings, found, chances, left_out)
        return found

    def _ask_embedding(
        self,
        embedder: Embedder,
        readings: Sequence[Reading],
        found: list[tuple[Candidate, ...]],
        by_words: NDArray[np.float64],
        left_out: Sequence[int],
    ) -> None:
        settles = self._model.heads[0].settles_above
        open_rows = [
            row for row, candidates in enumerate(found) if not candidates or candidates[0].confidence < settles
        ]
        if not open_rows:
            return
        batch = self._batch([readings[row] for row in open_rows])
        texts, guessed = self._spelled_out(batch.readings)
        head = self._model.heads[-1]
        batch = replace(batch, blocks=self._model.space.with_question(batch.blocks, embedder.embed(texts)))
        chances = self._chances(batch, head, left_out)
        # What was guessed may be guessed wrongly, and the words were read without guessing.
        doubtful = np.unique(batch.owner[guessed])
        chances[doubtful] += _WORDS_BESIDE_GUESSES * by_words[open_rows][doubtful]
        chances[doubtful] /= 1 + _WORDS_BESIDE_GUESSES
        for target, candidates in zip(open_rows, self._rank(batch, chances, head), strict=True):
            found[target] = candidates

    def _spelled_out(self, readings: Sequence[Reading]) -> tuple[list[str], list[int]]:
        """What was written in small letters, and Vietnamese from a plain keyboard with its diacritics, since an
        embedding misreads both; and the places of those whose diacritics are guesses."""
        restorer, texts = self._restorer, [small_letters(reading.raw) for reading in readings]
        if restorer is None:
            return texts, []
        pieces = Stream([reading.folded for reading in readings]).pieces()
        languages = self._detector.detect(texts, pieces, [None] * len(texts))
        guessed = [
            place
            for place, (text, language) in enumerate(zip(texts, languages, strict=True))
            if text.isascii() and base(language or "") == VIETNAMESE
        ]
        for place in guessed:
            texts[place] = restorer.restore(texts[place])
        return texts, guessed

    def _batch(self, readings: Sequence[Reading]) -> _Batch:
        every: list[Reading] = []
        owner: list[int] = []
        last: list[int] = []
        for place, reading in enumerate(readings):
            repaired = self._speller.repair(reading.folded)
            twins = [reading] if repaired == reading.folded else [reading, Reading(repaired, repaired)]
            every += twins
            owner += [place] * len(twins)
            last.append(len(every) - 1)
        blocks = self._model.space.blocks([reading.folded for reading in every], self._model.lexicon)
        return _Batch(every, np.asarray(owner), blocks, last)

    def _chances(self, batch: _Batch, head: Head, left_out: Sequence[int]) -> NDArray[np.float64]:
        """One row per reading: the mean over what was written and what was repaired."""
        weights, blocks = head.weights, batch.blocks
        scores: Matrix = blocks.words.times(weights.words) + blocks.characters.times(weights.characters)
        scores += blocks.meaning @ weights.meaning + weights.bias
        if blocks.embedding.shape[1]:
            scores += blocks.embedding @ weights.embedding + blocks.squares @ weights.squares
        scores[:, list(left_out)] = -np.inf
        chances = softmax(scores)
        starts = np.flatnonzero(np.diff(batch.owner, prepend=-1))
        counts = np.diff(np.append(starts, len(batch.owner)))
        mean: NDArray[np.float64] = np.add.reduceat(chances, starts, axis=0) / counts[:, None]
        # A column after the entries', where there is one, is the chance that none of them fits.
        return mean[:, : len(self._model.entry_ids)]

    def _rank(self, batch: _Batch, chances: NDArray[np.float64], head: Head) -> list[tuple[Candidate, ...]]:
        """Candidates of every reading; ``chances`` has a row per reading."""
        width = min(_MOST_CANDIDATES, chances.shape[1])
        best = np.sort(np.argpartition(-chances, width - 1, axis=1)[:, :width], axis=1)
        order = np.take_along_axis(
            best, np.argsort(-np.take_along_axis(chances, best, axis=1), axis=1, kind="stable"), axis=1
        )
        ranked = np.take_along_axis(chances, order, axis=1)
        near = [self._nearest(batch, row, order[row], ranked[row], head) for row in range(len(chances))]
        features = evidence(
            ranked,
            np.array([_likeness(batch.blocks, batch.last[row], head, order[row]) for row in range(len(chances))]),
            np.array([[found.similarity for found in row] for row in near]),
            np.array([[found.closeness for found in row] for row in near]),
        )
        sure = np.minimum.accumulate(head.calibration(features), axis=1)
        return [
            self._named(batch, row, head, zip(*each, strict=True))
            for row, each in enumerate(zip(order.tolist(), ranked.tolist(), sure.tolist(), near, strict=True))
        ]

    def _nearest(
        self,
        batch: _Batch,
        row: int,
        order: NDArray[np.int64],
        ranked: NDArray[np.float64],
        head: Head,
    ) -> list[Nearest]:
        """The first candidates compared with their phrasings; those hardly likely are not worth it."""
        at = batch.last[row]
        by_words = head is self._model.heads[0]
        index = self._by_words if by_words else self._by_embedding
        vectors = batch.blocks.meaning if by_words else batch.blocks.embedding
        question = spaced(batch.readings[at].folded)
        likely = max(1, int((ranked[:_MOST_COMPARED] >= _LEAST_COMPARED).sum()))
        found = [index.nearest(question, vectors[at], entry) for entry in order[:likely].tolist()]
        return found + [NOTHING_NEAR] * (len(order) - likely)

    def _named(
        self, batch: _Batch, row: int, head: Head, ranked: Iterable[tuple[int, float, float, Nearest]]
    ) -> tuple[Candidate, ...]:
        scored_by = "words" if head is self._model.heads[0] else "words and embedding"
        shared: dict[str, float | str] = {"scored_by": scored_by}
        at = batch.last[row]
        if at and batch.owner[at - 1] == batch.owner[at]:
            shared["repaired"] = batch.readings[at].folded
        return tuple(
            Candidate(self._model.entry_ids[entry], confidence, shared | self._reasons(chance, found))
            for place, (entry, chance, confidence, found) in enumerate(ranked)
            if chance >= _LEAST_NAMED or (place < _ALWAYS_NAMED and chance > 0)
        )

    def _reasons(self, chance: float, found: Nearest) -> dict[str, float | str]:
        if found.phrasing < 0:
            return {"class_score": chance}
        return {
            "class_score": chance,
            "similarity": found.similarity,
            "closeness": found.closeness,
            "nearest_phrasing": self._model.phrasings[found.phrasing],
        }


def _likeness(blocks: Blocks, at: int, head: Head, entries: NDArray[np.int64]) -> NDArray[np.float32]:
    """How like these entries the text in row ``at`` is."""
    weights = head.likeness
    found: NDArray[np.float32] = blocks.meaning[at] @ weights.meaning[:, entries]
    for rows, its in ((blocks.words, weights.words), (blocks.characters, weights.characters)):
        part = slice(rows.start[at], rows.start[at + 1])
        found = found + rows.value[part] @ its[np.ix_(rows.feature[part], entries)]
    if blocks.embedding.shape[1]:
        found = found + blocks.embedding[at] @ weights.embedding[:, entries]
        found = found + blocks.squares[at] @ weights.squares[:, entries]
    return found
