"""Text as it is compared: one form for look-alike spellings, with the way back to what was typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# Typed for one another without thought; and characters that show nothing and only serve to hide a word.
_ALIKE = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-"})
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")


@dataclass(frozen=True, slots=True)
class Folded:
    """``text`` in compatibility form, and ``lowered`` the same in small letters and Simplified Chinese characters.

    Both have the same length, character by character. ``words`` is ``lowered`` with single spaces: enough to say, and
    quickly, that a phrase is not there.
    """

    text: str
    lowered: str
    words: str
    _starts: tuple[int, ...] | None
    _length: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the folded characters ``start`` to ``end`` stand in the text as typed."""
        if self._starts is None:
            return start, end
        first = self._starts[start] if start < len(self._starts) else self._length
        return first, self._starts[end] if end < len(self._starts) else self._length


def fold(text: str) -> Folded:
    """The text with width, ligatures, combining marks, dashes and quotes made one, invisible characters left out."""
    if text.isascii():
        plain = text.translate(_ALIKE)
        lowered = plain.lower()
        return Folded(plain, lowered, " ".join(lowered.split()), None, len(text))
    characters: list[str] = []
    starts: list[int] = []
    position = 0
    while position < len(text):
        end = position + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        cluster = text[position:end]
        if cluster not in _INVISIBLE:
            folded = cluster if cluster.isascii() else unicodedata.normalize("NFKC", cluster)
            for character in folded.translate(_ALIKE):
                characters.append(character)
                starts.append(position)
        position = end
    lowered = simplified("".join(map(_lower, characters)))
    return Folded("".join(characters), lowered, " ".join(lowered.split()), tuple(starts), len(text))


def simplified(text: str) -> str:
    """The text with Traditional Chinese characters as Simplified ones, one for one."""
    return text if text.isascii() else text.translate(_simplified_characters())


@cache
def _simplified_characters() -> Mapping[int, str]:
    table = files("opencc").joinpath("dictionary", "TSCharacters.txt").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in table.splitlines() if "\t" in line)
    return {ord(traditional): first for traditional, choices in pairs if len(first := choices.split(" ")[0]) == 1}


def _lower(character: str) -> str:
    lowered = character.lower()
    return lowered if len(lowered) == 1 else character
