"""How near a question stands to the phrasings of an entry: by its words (rapidfuzz) and by its meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from faq.language.folding import words

# Of an entry with more phrasings than this, the words are compared with the nearest in meaning only.
_MOST_COMPARED = 24


def spaced(folded: str) -> str:
    """The words of a folded text with a space between each two, also where the script has none."""
    return folded if folded.isascii() else " ".join(words(folded))


@dataclass(frozen=True, slots=True)
class Nearest:
    """The phrasing nearest by words (its place in the list; -1 for none), that similarity in [0, 1], and the
    highest closeness in meaning to any phrasing of the entry, in [-1, 1]."""

    similarity: float
    closeness: float
    phrasing: int


NOTHING_NEAR = Nearest(0.0, 0.0, -1)


class PhrasingIndex:
    """The folded phrasings of every entry and their vectors, ready to be compared."""

    def __init__(self, folded: Sequence[str], entries: Sequence[int], vectors: NDArray[Any]) -> None:
        self._spaced = [spaced(text) for text in folded]
        self._vectors = vectors
        order = np.argsort(np.asarray(entries, dtype=np.int64), kind="stable")
        own, starts = np.unique(np.asarray(entries, dtype=np.int64)[order], return_index=True)
        self._by_entry = dict(zip(own.tolist(), np.split(order, starts[1:]), strict=True)) if len(order) else {}

    def nearest(self, question: str, vector: NDArray[np.float32], entry: int) -> Nearest:
        """How near ``question`` (spaced) with ``vector`` stands to ``entry``."""
        places = self._by_entry.get(entry)
        if places is None:
            return NOTHING_NEAR
        close = self._vectors[places] @ vector
        if len(places) > _MOST_COMPARED:
            places = places[np.argpartition(-close, _MOST_COMPARED)[:_MOST_COMPARED]]
        found = process.extractOne(question, [self._spaced[place] for place in places], scorer=fuzz.token_ratio)
        return Nearest(found[1] / 100, float(close.max()), int(places[found[2]]))
