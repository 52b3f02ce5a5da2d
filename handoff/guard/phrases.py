"""Phrases of the owner's file as expressions that search folded, lowered text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from handoff.guard.draft import Kind, Severity
from handoff.guard.folding import fold

# What a Latin word is made of: boundaries must hold inside Chinese and Japanese text too, where all is a word.
LATIN = r"a-z0-9_\u00c0-\u024f\u1e00-\u1eff"
_GAP = r"[^.!?。\n]{0,40}?"
_SENTENCE_END = re.compile(r"[.!?](?=\s|$|[^\x00-\x7f])|[。\n]")


@dataclass(frozen=True)
class Phrase:
    """Words to find. ``needle`` is a part without which ``expression`` cannot match, empty where that is unknown."""

    expression: re.Pattern[str]
    needle: str = ""

    @classmethod
    def of_words(cls, words: str) -> Phrase:
        """A phrase as spoken: any case, width and spacing, whole words; ``*`` stands for some words of the sentence."""
        chunks = [chunk.split() for chunk in fold(words).lowered.strip().split("*")]
        expression = _GAP.join(r"\s+".join(map(re.escape, chunk)) for chunk in chunks)
        first, last = chunks[0][:1], chunks[-1][-1:]
        if first and re.match(f"[{LATIN}]", first[0]):
            expression = f"(?<![{LATIN}]){expression}"
        if last and re.search(f"[{LATIN}]$", last[0]):
            expression = f"{expression}(?![{LATIN}])"
        needle = max((word for chunk in chunks for word in chunk), key=len, default="")
        return cls(re.compile(expression), needle)

    def spans(self, lowered: str) -> Iterator[tuple[int, int]]:
        """Where it stands, in order, without overlaps."""
        if self.needle in lowered:
            for match in self.expression.finditer(lowered):
                if match.end() > match.start():
                    yield match.span()

    def is_in(self, lowered: str) -> bool:
        return self.needle in lowered and self.expression.search(lowered) is not None

    def is_all_of(self, lowered: str) -> bool:
        return self.expression.fullmatch(lowered) is not None


@dataclass(frozen=True)
class Rule:
    """Phrases of one language that are found for one reason. ``unless``: not where the same sentence has these."""

    kind: Kind
    language: str
    phrases: tuple[Phrase, ...]
    unless: tuple[Phrase, ...]
    severity: Severity
    reason: str
    suggestion: str

    def spans(self, lowered: str) -> Iterator[tuple[int, int]]:
        """Where the rule is broken."""
        for phrase in self.phrases:
            for start, end in phrase.spans(lowered):
                if not self.unless or not self._is_excused(lowered, start, end):
                    yield start, end

    def _is_excused(self, lowered: str, start: int, end: int) -> bool:
        sentence = sentence_around(lowered, start, end)
        return any(phrase.is_in(sentence) for phrase in self.unless)


def sentence_around(text: str, start: int, end: int) -> str:
    """The sentence, or the sentences, that the characters ``start`` to ``end`` stand in."""
    begins = max((match.end() for match in _SENTENCE_END.finditer(text, 0, start)), default=0)
    following = _SENTENCE_END.search(text, end)
    return text[begins : following.start() if following else len(text)]
