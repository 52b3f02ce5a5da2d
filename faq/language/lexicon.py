"""What is known of common words before any FAQ is read: how frequent they are, and what they mean, roughly.

A language's file (``vectors/<language>.npz``) holds its most frequent words and a small vector for each, distilled
from multilingual-e5-small by ``python -m faq.embedding.distil``. Sums of these vectors compare meanings at the cost
of a table look-up. ``vectors/NOTICE.md`` names sources and licences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from faq.scorers.grams import Grams, word_hashes

DIMENSIONS = 64
# Smooth inverse frequency (Arora et al. 2017): a word of this frequency counts half.
_HALF_WEIGHT = 1e-3


@dataclass(frozen=True, slots=True)
class LanguageWords:
    """One language's file: folded words, most frequent first, their frequencies and their vectors."""

    words: tuple[str, ...]
    frequency: NDArray[np.float32]
    vectors: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The common words of some languages, looked up by hash (see ``word_hashes``).

    ``frequency`` has one row per language, in the order of ``languages``. ``spaced_words`` are those that spelling
    repair may propose, most frequent first.
    """

    languages: tuple[str, ...]
    spaced_words: tuple[str, ...]
    hashes: NDArray[np.uint64]
    frequency: NDArray[np.float32]
    vectors: NDArray[np.int8]
    weight: NDArray[np.float32]

    def look_up(self, grams: Grams) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The place of each gram in the lexicon, and whether it is there at all."""
        if not len(self.hashes):
            return np.zeros(len(grams.hash), dtype=np.int64), np.zeros(len(grams.hash), dtype=bool)
        place = np.searchsorted(self.hashes, grams.hash)
        place[place == len(self.hashes)] = 0
        return place, self.hashes[place] == grams.hash

    def meanings(self, pieces: Grams, count: int) -> NDArray[np.float32]:
        """One vector per text: the weighted sum over its known words, not yet normalised."""
        place, known = self.look_up(pieces)
        place, text = place[known], pieces.text[known]
        result = np.zeros((count, DIMENSIONS), dtype=np.float32)
        if len(place):
            weighed = self.vectors[place] * self.weight[place, None]
            first = np.flatnonzero(np.diff(text, prepend=-1))
            result[text[first]] = np.add.reduceat(weighed, first, axis=0)
        return result


def _language_words(language: str) -> LanguageWords | None:
    place = files("faq.language").joinpath("vectors", f"{language}.npz")
    if not place.is_file():
        return None
    with place.open("rb") as file, np.load(file) as arrays:
        words = tuple(arrays["words"].tobytes().decode().split("\n"))
        return LanguageWords(words, arrays["frequency"], arrays["vectors"])


def lexicon_for(languages: Sequence[str]) -> Lexicon:
    """The lexicon of these languages (region and script ignored: ``zh-Hant`` is ``zh``); unknown ones are skipped."""
    names = tuple(dict.fromkeys(language.split("-")[0].lower() for language in languages))
    found = [(name, known) for name in names if (known := _language_words(name)) is not None]
    if not found:
        return _empty()
    hashes = [word_hashes(known.words) for _, known in found]
    every = np.unique(np.concatenate(hashes))
    frequency = np.full((len(found), len(every)), 0, dtype=np.float32)
    summed = np.zeros((len(every), DIMENSIONS), dtype=np.float32)
    for row, (its, (_, known)) in enumerate(zip(hashes, found, strict=True)):
        place = np.searchsorted(every, its)
        frequency[row, place] = known.frequency
        summed[place] += known.vectors * known.frequency[:, None]
    length = np.linalg.norm(summed, axis=1, keepdims=True) + 1e-9
    vectors = np.round(summed / length * 127).astype(np.int8)
    weight = _HALF_WEIGHT / (_HALF_WEIGHT + frequency.max(axis=0)) / np.float32(127)
    return Lexicon(
        languages=tuple(name for name, _ in found),
        spaced_words=_spaced_words([known for _, known in found]),
        hashes=every,
        frequency=frequency,
        vectors=vectors,
        weight=weight.astype(np.float32),
    )


def _spaced_words(found: Sequence[LanguageWords]) -> tuple[str, ...]:
    """What spelling repair may propose, from the most frequent on."""
    ranked = sorted(
        (-often, word)
        for known in found
        for word, often in zip(known.words, known.frequency.tolist(), strict=True)
        if len(word) > 2 and word.isascii() and word.isalpha()
    )
    return tuple(dict.fromkeys(word for _, word in ranked))


def _empty() -> Lexicon:
    return Lexicon(
        languages=(),
        spaced_words=(),
        hashes=np.zeros(0, dtype=np.uint64),
        frequency=np.zeros((0, 0), dtype=np.float32),
        vectors=np.zeros((0, DIMENSIONS), dtype=np.int8),
        weight=np.zeros(0, dtype=np.float32),
    )
