"""How near a question stands to the phrasings of an entry, by its words (rapidfuzz), in [0, 1]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from faq.language.folding import words

# Above this many phrasings an entry's further ones are not looked at: the nearest of so many is near enough.
_MOST_PHRASINGS = 400


def spaced(folded: str) -> str:
    """The words of a folded text with a space between each two, also where the script has none."""
    return folded if folded.isascii() else " ".join(words(folded))


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest phrasing of one entry (its place in the model's list) and the similarity to it."""

    similarity: float
    phrasing: int


class PhrasingIndex:
    """The folded phrasings of every entry, ready to be compared."""

    def __init__(self, folded: Sequence[str], entries: Sequence[int]) -> None:
        self._by_entry: dict[int, dict[int, str]] = {}
        for place, (text, entry) in enumerate(zip(folded, entries, strict=True)):
            known = self._by_entry.setdefault(entry, {})
            if len(known) < _MOST_PHRASINGS:
                known[place] = spaced(text)

    def nearest(self, question: str, entry: int) -> Nearest:
        """The nearest phrasing of ``entry``; similarity 0 where the entry has none. ``question`` is spaced."""
        phrasings: Mapping[int, str] = self._by_entry.get(entry, {})
        found = process.extractOne(question, phrasings, scorer=similarity)
        return Nearest(0.0, -1) if found is None else Nearest(found[1] / 100, found[2])


similarity = fuzz.token_ratio
