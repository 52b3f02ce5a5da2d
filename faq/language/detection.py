"""Which of the FAQ's languages a text is in: by its script, else by its words, with the network's hint as a prior."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from faq.language.folding import only_simplified, simplified_characters
from faq.language.lexicon import Lexicon
from faq.scorers.grams import Grams, word_hashes

_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\u1100-\u11ff\uac00-\ud7af]")),
    ("zh", re.compile("[\u3400-\u9fff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("vi", re.compile("[\u01a0\u01a1\u01af\u01b0\u0110\u0111\u1ea0-\u1ef9]", re.IGNORECASE)),
)
_LETTER = re.compile(r"[^\W\d_]")
# The network's hint counts as much as a word that is e^3, twenty times, likelier in that language.
_HINT = 3.0
# A word that a language does not know is as frequent there as a very rare one.
_RARE = 1e-6
_OWN_WORD = 1e-4
_MARGIN = 0.7


def base(language: str) -> str:
    """``zh`` of ``zh-Hant-TW``."""
    return language.replace("_", "-").split("-")[0].lower()


class Detector:
    """Tells the FAQ's languages apart; ``own`` are the FAQ's folded words by language."""

    def __init__(self, languages: Sequence[str], lexicon: Lexicon, own: Mapping[str, Sequence[str]]) -> None:
        self._languages = tuple(languages)
        self._bases = tuple(dict.fromkeys(map(base, languages)))
        self._traditional = {at for at, plain in simplified_characters().items() if chr(at) != plain}
        self._simplified = only_simplified()
        self._latin = [row for row, name in enumerate(self._bases) if name not in _OTHER_SCRIPT]
        every = [
            word_hashes(sorted({word for language in own if base(language) == name for word in own[language]}))
            for name in self._bases
        ]
        self._hashes = np.unique(np.concatenate([lexicon.hashes, *every])) if self._bases else lexicon.hashes
        self._log = np.full((len(self._bases), len(self._hashes)), np.log(_RARE), dtype=np.float16)
        for row, name in enumerate(self._bases):
            if name in lexicon.languages:
                at = np.searchsorted(self._hashes, lexicon.hashes)
                frequency = lexicon.frequency[lexicon.languages.index(name)]
                self._log[row, at] = np.log(np.maximum(frequency, _RARE))
            at = np.searchsorted(self._hashes, every[row])
            self._log[row, at] = np.maximum(self._log[row, at], np.log(_OWN_WORD))

    def detect(self, texts: Sequence[str], pieces: Grams, hints: Sequence[str | None]) -> list[str | None]:
        """The language of each text as the FAQ names it; None where a text does not tell.

        Where the FAQ has no language of a text's script, the script's usual one. ``pieces`` are the folded words.
        """
        scores = self._word_scores(pieces, len(texts))
        return [
            self._by_script(text, hint) or self._by_words(row, hint) if _LETTER.search(text) else None
            for text, row, hint in zip(texts, scores, hints, strict=True)
        ]

    def _by_script(self, text: str, hint: str | None) -> str | None:
        if text.isascii():
            return None
        found = (language for language, script in _SCRIPTS if script.search(text))
        language = next(found, None)
        return None if language is None else self._variant(self._reader(language, hint), text, hint)

    def _reader(self, language: str, hint: str | None) -> str:
        """Han characters alone may be Japanese: where the network says so, or the FAQ knows no Chinese."""
        if language == "zh" and "ja" in self._bases and ("zh" not in self._bases or base(hint or "") == "ja"):
            return "ja"
        return language

    def _by_words(self, scores: NDArray[np.float64], hint: str | None) -> str | None:
        """The likeliest of the languages that write Latin letters, where it leads clearly."""
        if not self._latin:
            return None
        hinted = base(hint) if hint else None
        ranked = sorted((-scores[row] - _HINT * (self._bases[row] == hinted), row) for row in self._latin)
        if len(ranked) > 1 and ranked[1][0] - ranked[0][0] < _MARGIN:
            return None
        return self._variant(self._bases[ranked[0][1]], "", hint)

    def _word_scores(self, pieces: Grams, count: int) -> NDArray[np.float64]:
        """The log likelihood of every text's known words under every language."""
        scores = np.zeros((count, len(self._bases)))
        if len(self._hashes) and len(pieces.hash):
            at = np.searchsorted(self._hashes, pieces.hash)
            at[at == len(self._hashes)] = 0
            known = self._hashes[at] == pieces.hash
            np.add.at(scores, pieces.text[known], self._log[:, at[known]].T)
        return scores

    def _variant(self, language: str, text: str, hint: str | None) -> str:
        """The FAQ's own name for the language: for Chinese the script decides, then the hint, then the FAQ's first."""
        names = [name for name in self._languages if base(name) == language]
        if language == "zh":
            script = self._chinese_script(text, hint)
            fitting = [name for name in names if script is not None and script in name.lower()]
            return (fitting or names or [f"zh-{script.capitalize()}" if script else "zh"])[0]
        return names[0] if names else language

    def _chinese_script(self, text: str, hint: str | None) -> str | None:
        if any(ord(character) in self._traditional for character in text):
            return "hant"
        if not self._simplified.isdisjoint(text):
            return "hans"
        lowered = (hint or "").lower()
        if any(mark in lowered for mark in ("hant", "tw", "hk", "mo")):
            return "hant"
        return "hans" if "hans" in lowered or "cn" in lowered else None


_OTHER_SCRIPT = frozenset(name for name, _ in _SCRIPTS) - {"vi"}
