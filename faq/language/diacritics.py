"""Putting back the diacritics that were not typed, so that an embedding reads Vietnamese as Vietnamese.

The likeliest row of words is looked for: words by how often the language uses them, pairs by what the FAQ's own
phrasings, our everyday sentences and ``vietnamese/phrases.txt`` have seen.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from faq.language.background import background
from faq.language.folding import fold

LANGUAGE = "vi"
_WORD = re.compile(r"\w+")
_START = ""
# So many words of ordinary text are weighed against the FAQ's own. Pairs count the less the more different words
# were seen after the first (Witten and Bell 1991). Flat around both, on phrasings of the sample FAQ left out.
_ORDINARY = 10_000
_ROOM = 3
_UNHEARD_OF = 1e-9
# Rows of words kept in mind while reading on.
_KEPT = 8


class Restorer:
    """Gives Vietnamese typed on a plain keyboard its diacritics; ``phrasings`` are the FAQ's own, as written."""

    def __init__(self, phrasings: Iterable[str]) -> None:
        words, self._pairs, self._followed = Counter[str](), Counter[tuple[str, str]](), Counter[str]()
        for sentence in (*phrasings, *background(LANGUAGE), *_lines("phrases.txt")):
            row = _WORD.findall(unicodedata.normalize("NFC", sentence.lower()))
            words.update(row)
            self._followed.update((_START, *row[:-1]))
            self._pairs.update(zip((_START, *row), row, strict=False))
        self._different = Counter(before for before, _ in self._pairs)
        ordinary = _ordinary_words()
        whole = words.total() + _ORDINARY
        self._likely = {
            word: (words[word] + _ORDINARY * ordinary.get(word, 0.0) + _UNHEARD_OF) / whole
            for word in words.keys() | ordinary.keys()
        }
        self._written: dict[str, list[str]] = defaultdict(list)
        for word in self._likely:
            self._written[fold(word)].append(word)

    def restore(self, text: str) -> str:
        """``text`` with diacritics, all else as it was; words that the language does not have stay."""
        found = iter(self._best(_WORD.findall(text.lower())))
        return _WORD.sub(lambda _: next(found), text)

    def _best(self, plain: list[str]) -> list[str]:
        rows: list[tuple[float, tuple[str, ...]]] = [(0.0, (_START,))]
        for word in plain:
            best: dict[str, tuple[float, tuple[str, ...]]] = {}
            for choice in self._written.get(word) or [word]:
                best[choice] = max((score + self._odds(row[-1], choice), (*row, choice)) for score, row in rows)
            rows = sorted(best.values(), reverse=True)[:_KEPT]
        return list(rows[0][1][1:])

    def _odds(self, before: str, word: str) -> float:
        followed = self._followed[before]
        room = _ROOM * self._different[before]
        alone = self._likely.get(word, _UNHEARD_OF)
        return math.log((self._pairs[before, word] + room * alone) / (followed + room) if followed else alone)


def _lines(name: str) -> list[str]:
    text = files("faq.language").joinpath("vietnamese", name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@cache
def _ordinary_words() -> dict[str, float]:
    """Each word's share of ordinary text."""
    rows = (line.split(" ") for line in _lines("words.txt"))
    return {word: int(count) / 1e8 for word, count in rows}
