"""Words, word pairs and character n-grams of many folded texts at once, as 64-bit hashes.

Everything is numpy over one array of code points: a batch of a hundred questions costs little more than one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faq.language.folding import UNSPACED

_LONGEST = 5
_LONGEST_PIECE = 4
_BASE = np.uint64(0x9E3779B97F4A7C15)
_SALTS = (np.uint64(0xD6E8FEB86659FD93), np.uint64(0xA5A3564F6B8E1B77), np.uint64(0xC2B2AE3D27D4EB4F))
_SPACE = 32


@dataclass(frozen=True, slots=True)
class Grams:
    """One row per occurrence: which text it stands in, and its hash; rows are ordered by text."""

    text: NDArray[np.int32]
    hash: NDArray[np.uint64]


def _is_unspaced(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
    found = np.zeros(len(points), dtype=bool)
    for low, high in _UNSPACED_RANGES:
        found |= (points >= low) & (points <= high)
    return found


def _ranges(pattern: str) -> tuple[tuple[int, int], ...]:
    return tuple((ord(part[0]), ord(part[2])) for part in (pattern[i : i + 3] for i in range(0, len(pattern), 3)))


_UNSPACED_RANGES = _ranges(UNSPACED)


def _mix(hashes: NDArray[np.uint64], salt: np.uint64) -> NDArray[np.uint64]:
    mixed = (hashes ^ (hashes >> np.uint64(29))) * salt
    return mixed ^ (mixed >> np.uint64(32))


class Stream:
    """The texts laid end to end, each word with a space on both sides, and where every text begins."""

    def __init__(self, folded: Sequence[str]) -> None:
        joined = "".join([f" {text} " for text in folded])
        self.points = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32)
        lengths = np.fromiter(map(len, folded), dtype=np.int64, count=len(folded)) + 2
        self.text = np.repeat(np.arange(len(folded), dtype=np.int32), lengths)
        self.is_space = self.points == _SPACE
        self.codes = self.points.astype(np.uint64) + np.uint64(1)

    def characters(self) -> Grams:
        """Character n-grams inside each word and its two spaces."""
        inner = np.concatenate(([0], np.cumsum(self.is_space)))
        hashes, texts = [], []
        rolling = self.codes
        for size in range(2, _LONGEST + 1):
            rolling = rolling[:-1] * _BASE + self.codes[size - 1 :]
            count = len(rolling)
            spaces_inside = inner[size - 1 : size - 1 + count] - inner[1 : 1 + count]
            ends = self.is_space[:count] & self.is_space[size - 1 :]
            good = spaces_inside == 0 if size > 2 else ~ends
            hashes.append(_mix(rolling[good], _SALTS[0]))
            texts.append(self.text[:count][good])
        return _ordered(np.concatenate(texts), np.concatenate(hashes))

    def words(self) -> Grams:
        """Words and pairs of neighbouring words; a character counts as a word where a script has no spaces."""
        starts, hashes = self._word_hashes()
        texts = self.text[starts]
        pairs = _mix(hashes[:-1] * _BASE + hashes[1:], _SALTS[2])
        together = texts[:-1] == texts[1:]
        return _ordered(
            np.concatenate((texts, texts[:-1][together])),
            np.concatenate((_mix(hashes, _SALTS[1]), pairs[together])),
        )

    def pieces(self) -> Grams:
        """What a dictionary may know: whole words, and runs of 1–4 characters where a script has no spaces.

        A word's hash here is the same in any text and for any reader of ``word_hashes``.
        """
        starts, hashes = self._word_hashes()
        if not self._has_unspaced():
            return Grams(text=self.text[starts], hash=hashes)
        unspaced = _is_unspaced(self.points)
        texts, found = [self.text[starts]], [hashes]
        whole = np.concatenate(([0], np.cumsum(~unspaced)))
        powers = _powers(_LONGEST_PIECE)
        rolling = self.codes * powers[0]
        for size in range(2, _LONGEST_PIECE + 1):
            count = len(self.points) - size + 1
            if count <= 0:
                break
            rolling = rolling[:count] + self.codes[size - 1 :] * powers[size - 1]
            inside = whole[size : size + count] == whole[:count]
            texts.append(self.text[:count][inside])
            found.append(rolling[inside])
        return _ordered(np.concatenate(texts), np.concatenate(found))

    def _has_unspaced(self) -> bool:
        return int(self.points.max(initial=0)) >= _UNSPACED_RANGES[0][0]

    def _word_hashes(self) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        before_space = np.concatenate(([True], self.is_space))[: len(self.is_space)]
        starts_word = ~self.is_space & before_space
        if self._has_unspaced():
            unspaced = _is_unspaced(self.points)
            starts_word |= unspaced | (np.concatenate(([False], unspaced))[: len(unspaced)] & ~self.is_space)
        starts = np.flatnonzero(starts_word)
        if not len(starts):
            return starts, np.zeros(0, dtype=np.uint64)
        place = np.arange(len(self.points)) - starts[np.maximum(np.cumsum(starts_word) - 1, 0)]
        powers = _powers(int(place.max()) + 1)
        weighed = np.where(self.is_space, np.uint64(0), self.codes * powers[np.maximum(place, 0)])
        return starts, np.add.reduceat(weighed, starts)


def word_hashes(folded: Sequence[str]) -> NDArray[np.uint64]:
    """One hash per folded word (no space inside, not empty), as ``Stream.pieces`` makes them."""
    lengths = np.fromiter(map(len, folded), dtype=np.int64, count=len(folded))
    if not len(lengths):
        return np.zeros(0, dtype=np.uint64)
    points = np.frombuffer("".join(folded).encode("utf-32-le"), dtype=np.uint32)
    starts = np.cumsum(lengths) - lengths
    place = np.arange(len(points)) - np.repeat(starts, lengths)
    codes = points.astype(np.uint64) + np.uint64(1)
    return np.add.reduceat(codes * _powers(int(lengths.max()))[place], starts)


def _powers(count: int) -> NDArray[np.uint64]:
    return np.multiply.accumulate(np.full(count, _BASE, dtype=np.uint64))


def _ordered(texts: NDArray[np.int32], hashes: NDArray[np.uint64]) -> Grams:
    order = np.argsort(texts, kind="stable")
    return Grams(text=texts[order], hash=hashes[order])
