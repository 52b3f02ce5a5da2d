"""Mending a question's spelling: unknown words become the nearest word that the FAQ or the language knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

_SHORTEST = 4
_TWO_EDITS_FROM = 8
_REMEMBERED = 4096


class Speller:
    """Repairs folded words. ``own`` are the FAQ's words, which win ties; ``common`` the language's, frequent first."""

    def __init__(self, own: Iterable[str], common: Sequence[str]) -> None:
        owned = frozenset(own)
        self._known = owned.union(common)
        self._own = len(owned)
        self._words = sorted(owned) + [word for word in common if word not in owned]
        self._letters = np.array([_letters(word) for word in self._words], dtype=np.uint32)
        self._lengths = np.array([len(word) for word in self._words], dtype=np.int16)
        self._repair_word = lru_cache(maxsize=_REMEMBERED)(self._nearest)

    def repair(self, folded: str) -> str:
        """The folded text with its unknown words repaired; the same text where nothing is to mend."""
        parts = folded.split(" ")
        return " ".join([part if part in self._known else self._repair_word(part) for part in parts])

    def _nearest(self, word: str) -> str:
        """One edit away at most (two from eight letters on), else the word itself."""
        if len(word) < _SHORTEST or not (word.isascii() and word.isalpha()):
            return word
        edits = 2 if len(word) >= _TWO_EDITS_FROM else 1
        unlike = np.bitwise_count(self._letters ^ np.uint32(_letters(word)))
        near = np.flatnonzero((unlike <= 2 * edits) & (abs(self._lengths - len(word)) <= edits))
        found = process.extract(
            word, [self._words[place] for place in near], scorer=OSA.distance, score_cutoff=edits, limit=None
        )
        if not found:
            return word
        # Nearest first; then the FAQ's own words; then those of the same letters (swapped); then the more frequent.
        ranked = [
            (distance, int(near[place]) >= self._own, int(unlike[near[place]]), int(near[place]))
            for _, distance, place in found
        ]
        return self._words[min(ranked)[-1]]


def _letters(word: str) -> int:
    """Which letters occur, a bit each: two words within n edits differ in at most 2n bits."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 31)
    return bits
