"""TF-IDF over hashed grams: which grams the FAQ knows, what each weighs, and the rows of a batch of questions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faq.scorers.grams import Grams


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows: ``feature`` and ``value`` of row i stand at ``start[i]:start[i + 1]``."""

    start: NDArray[np.int64]
    feature: NDArray[np.int64]
    value: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.start) - 1

    def times(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """The product with a dense matrix of one row per feature."""
        result = np.zeros((len(self), weights.shape[1]), dtype=np.float32)
        filled = np.flatnonzero(np.diff(self.start))
        if len(filled):
            products = weights[self.feature]
            products *= self.value[:, None]
            result[filled] = np.add.reduceat(products, self.start[filled], axis=0)
        return result


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The known grams of one kind: their sorted hashes and inverse document frequencies."""

    hashes: NDArray[np.uint64]
    idf: NDArray[np.float32]

    def rows(self, grams: Grams, count: int) -> Rows:
        """One row per text, of length 1 where it holds any known gram; term frequencies are dampened."""
        place = np.searchsorted(self.hashes, grams.hash)
        place[place == len(self.hashes)] = 0
        known = self.hashes[place] == grams.hash if len(self.hashes) else np.zeros(len(place), dtype=bool)
        keys = grams.text[known].astype(np.int64) * len(self.hashes) + place[known]
        keys, counts = np.unique(keys, return_counts=True)
        text, feature = np.divmod(keys, max(1, len(self.hashes)))
        value = (1 + np.log(counts, dtype=np.float32)) * self.idf[feature]
        squares = np.bincount(text, weights=value * value, minlength=count)
        value = (value / np.sqrt(squares[text])).astype(np.float32)
        start = np.concatenate(([0], np.cumsum(np.bincount(text, minlength=count))))
        return Rows(start=start.astype(np.int64), feature=feature, value=value)


def learn_vocabulary(grams: Grams, count: int, limit: int) -> Vocabulary:
    """The vocabulary of ``count`` texts; above ``limit`` the grams of the fewest texts are left out."""
    pairs = np.unique(np.stack((grams.hash, grams.text.astype(np.uint64)), axis=1), axis=0)
    hashes, frequency = np.unique(pairs[:, 0], return_counts=True)
    if len(hashes) > limit:
        kept = np.sort(np.argsort(-frequency, kind="stable")[:limit])
        hashes, frequency = hashes[kept], frequency[kept]
    idf = np.log((1 + count) / (1 + frequency)) + 1
    return Vocabulary(hashes=hashes, idf=idf.astype(np.float32))
