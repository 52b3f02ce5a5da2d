"""Whether a player asks for a human (F2): always understood, in every language, whatever the FAQ would say."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz.distance import OSA

from faq.language.folding import fold

LONGEST_REQUEST = 60
SHORTEST_MISSPELT = 5
WORDS_AROUND = 4

_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
# Courtesies and fillers around the request, which change nothing about it.
_FILLERS = frozenset(
    (
        "please pls plz hi hello hey can could may i a an the to with talk speak chat need want get me would like now "
        "connect give id just let have us you some one real live actual "
        "cho toi minh xin muon gap voi noi chuyen can duoc"
    ).split()
)


class HumanWords:
    """Knows the words that reach a human, from the texts of every language."""

    def __init__(self, words: Iterable[str]) -> None:
        folded = {fold(word) for word in words} - {""}
        self._whole = frozenset(folded)
        self._wide = tuple(word for word in folded if _WIDE.search(word) and len(word) >= 2)
        self._phrases = tuple(word for word in folded if " " in word)

    def ask(self, text: str) -> bool:
        """Whether ``text`` as a whole is such a request: a word or phrase of the list, courtesies around it or not."""
        if len(text) > LONGEST_REQUEST:
            return False
        folded = fold(text)
        if not folded:
            return False
        return folded in self._whole or self._is_phrase_in(folded) or self._is_all_request(folded)

    def _is_phrase_in(self, folded: str) -> bool:
        if _WIDE.search(folded):
            # A short sentence around a word of the list: 我要转人工, オペレーターお願いします.
            return any(word in folded and len(folded) - len(word) <= _around(word) for word in self._wide)
        padded = f" {folded} "
        return any(
            f" {phrase} " in padded and folded.count(" ") - phrase.count(" ") <= WORDS_AROUND
            for phrase in self._phrases
        )

    def _is_all_request(self, folded: str) -> bool:
        """Nothing but the request is left when courtesies are taken away; one slip of the finger is forgiven."""
        kept = [word for word in folded.split() if word not in _FILLERS]
        rest = " ".join(kept)
        if not rest:
            return False
        if rest in self._whole:
            return True
        return len(rest) >= SHORTEST_MISSPELT and any(
            OSA.distance(rest, word, score_cutoff=1) <= 1 for word in self._whole if len(word) >= SHORTEST_MISSPELT
        )


def _around(word: str) -> int:
    """How many characters may stand around a word written without spaces: more, the longer and so the surer it is."""
    return 2 if len(word) == 2 else 8
