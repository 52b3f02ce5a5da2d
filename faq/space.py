"""Texts as rows over everything that is compared: words, characters, meanings, and the embedding where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from faq.language.lexicon import Lexicon
from faq.scorers.grams import Stream
from faq.scorers.vocabulary import Rows, Vocabulary, learn_vocabulary

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shares:
    """How much each kind of comparison counts in the class scores; together 1.

    ``squares`` are the embedding's comparisons once more, each multiplied by itself: so what is very near counts for
    more beside what is only somewhat near.
    """

    words: float
    characters: float
    meaning: float
    embedding: float
    squares: float = 0.0

    @property
    def embeds(self) -> bool:
        return self.embedding + self.squares > 0


# Chosen on CLINC150's dev questions, on held-out phrasings of BANKING77 and HWU64 and by five-fold cross-validation on
# the others' phrasings (`make bench-faq` measures the result on questions that had no part in it). With few phrasings
# an entry, meanings must make up for words that were never seen; with many, the words themselves tell more.
_FEW, _MANY = 5, 25
_MEANING = (0.3, 0.12)
_EMBEDDING = (0.85, 0.7)
# Of the embedding's share; .4 to .6 do the same.
_SQUARED = 0.5
_MEANING_BESIDE_EMBEDDING = (0.05, 0.0)
_WORDS_OF_SPELLED = 0.35
# Where a character is a word, longer runs of them say little (held-out Chinese and Japanese of the sample FAQ).
_WORDS_OF_UNSPACED = 0.7
# How far the turn of the embedding is held towards no turn at all; more so where few phrasings tell.
_HELD = 15.0


def words_alone(phrasings: float, unspaced: float = 0.0) -> Shares:
    """Without an embedding, for a FAQ with so many phrasings an entry and language, of which the share ``unspaced`` is
    in scripts without spaces."""
    meaning = _between(_MEANING, phrasings)
    spelled, words = 1 - meaning, _WORDS_OF_SPELLED + unspaced * (_WORDS_OF_UNSPACED - _WORDS_OF_SPELLED)
    return Shares(words * spelled, (1 - words) * spelled, meaning, 0.0)


def with_embedding(phrasings: float) -> Shares:
    """With an embedding, beside which the meanings of single words count little, and nothing from many phrasings on."""
    embedding, meaning = _between(_EMBEDDING, phrasings), _between(_MEANING_BESIDE_EMBEDDING, phrasings)
    spelled = 1 - embedding - meaning
    return Shares(
        words=_WORDS_OF_SPELLED * spelled,
        characters=(1 - _WORDS_OF_SPELLED) * spelled,
        meaning=meaning,
        embedding=(1 - _SQUARED) * embedding,
        squares=_SQUARED * embedding,
    )


def _between(ends: tuple[float, float], phrasings: float) -> float:
    way = min(1.0, max(0.0, (phrasings - _FEW) / (_MANY - _FEW)))
    return ends[0] + way * (ends[1] - ends[0])


@dataclass(frozen=True, slots=True)
class Blocks:
    """The same texts under every comparison; every row has length 1 (or 0 where nothing is known).

    ``squares`` has a column per landmark, and none but for questions that are asked of the embedding.
    """

    words: Rows
    characters: Rows
    meaning: Matrix
    embedding: Matrix
    squares: Matrix


@dataclass(frozen=True, slots=True)
class Space:
    """The vocabularies and centres that turn folded texts into rows; ``embedding_turn`` is the lens, where there is
    one, and plays down the directions in which phrasings of one entry differ. ``landmarks`` are the rows of the
    embedding block that a question is compared with one by one."""

    words: Vocabulary
    characters: Vocabulary
    meaning_centre: Matrix
    embedding_centre: Matrix
    embedding_turn: Matrix
    landmarks: Matrix

    def blocks(self, folded: Sequence[str], lexicon: Lexicon, embedded: Matrix | None = None) -> Blocks:
        """``embedded``: one raw vector per text; left out, the embedding block has no columns."""
        stream, count = Stream(folded), len(folded)
        return Blocks(
            words=self.words.rows(stream.words(), count),
            characters=self.characters.rows(stream.characters(), count),
            meaning=centred(lexicon.meanings(stream.pieces(), count), self.meaning_centre),
            embedding=np.zeros((count, 0), np.float32) if embedded is None else self.centred_embedding(embedded),
            squares=np.zeros((count, 0), np.float32),
        )

    def with_question(self, blocks: Blocks, embedded: Matrix) -> Blocks:
        """Questions' blocks, with their raw vectors."""
        embedding = self.centred_embedding(embedded)
        return replace(blocks, embedding=embedding, squares=np.square(embedding @ self.landmarks.T))

    def centred_embedding(self, embedded: Matrix) -> Matrix:
        """Raw vectors as rows of the embedding block."""
        turned = centred(embedded, self.embedding_centre) @ self.embedding_turn
        return centred(turned, np.zeros(1, np.float32))


def learn_space(
    folded: Sequence[str],
    lexicon: Lexicon,
    embedded: Matrix | None,
    limit: int,
    same: Sequence[NDArray[np.int64]],
    lens: Matrix | None = None,
) -> Space:
    """The space of these texts; each vocabulary keeps at most ``limit`` grams.

    ``same`` are groups of places: each the phrasings of one entry. ``lens`` is what other FAQs taught of the embedding.
    """
    stream, count = Stream(folded), len(folded)
    centre: Matrix = np.zeros(0, np.float32)
    turn: Matrix = np.zeros((0, 0), np.float32)
    if embedded is not None:
        centre = embedded.mean(axis=0) if count else np.zeros(embedded.shape[1], np.float32)
        seen = np.eye(embedded.shape[1], dtype=np.float32) if lens is None else lens
        turn = seen @ _turn(centred(centred(embedded, centre) @ seen, np.zeros(1, np.float32)), same)
    return Space(
        words=learn_vocabulary(stream.words(), count, limit),
        characters=learn_vocabulary(stream.characters(), count, limit),
        meaning_centre=lexicon.meanings(stream.pieces(), count).sum(axis=0) / max(1, count),
        embedding_centre=centre,
        embedding_turn=turn,
        landmarks=np.zeros((0, turn.shape[1]), np.float32),
    )


def _turn(rows: Matrix, same: Sequence[NDArray[np.int64]]) -> Matrix:
    """The inverse square root of the covariance within entries, held towards the identity (WCCN, Hatch 2006).

    What differs between two phrasings of one entry says little about which entry is meant.
    """
    size = rows.shape[1]
    parts = [np.sqrt(len(its) / (len(its) - 1)) * (rows[its] - rows[its].mean(axis=0)) for its in same if len(its) > 1]
    if not parts:
        return np.eye(size, dtype=np.float32)
    differences = np.concatenate(parts).astype(np.float64)
    spread, directions = np.linalg.eigh(differences.T @ differences)
    held = _HELD * (1 + size / len(differences))
    relative = np.maximum(spread, 0) / max(float(spread.mean()), 1e-12)
    return np.asarray(directions / np.sqrt(relative + held), dtype=np.float32)


def centred(vectors: Matrix, centre: Matrix) -> Matrix:
    """Rows of length 1 around ``centre``; a row of zeros, which says nothing, stays so."""
    moved = vectors - centre
    length = np.linalg.norm(moved, axis=1, keepdims=True)
    says = np.any(vectors != 0, axis=1, keepdims=True)
    result: Matrix = np.where(says, moved / np.maximum(length, 1e-6), 0).astype(np.float32)
    return result
