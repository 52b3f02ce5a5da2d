"""Phrases of the owner's file as expressions that search folded, lowered text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from handoff.guard.draft import Kind, Severity
from handoff.guard.folding import Folded, fold

# What a Latin word is made of: boundaries must hold inside Chinese and Japanese text too, where all is a word.
LATIN = r"a-z0-9_\u00c0-\u024f\u1e00-\u1eff"
_GAP = r"[^.!?。\n]{0,40}?"
_SENTENCE_END = re.compile(r"[.!?](?=\s|$|[^\x00-\x7f])|[。\n]")
_SENTENCE_REACH = 300


@dataclass(frozen=True)
class Phrase:
    """What to find. ``needle`` are words without which the pattern cannot match, empty where that is unknown."""

    pattern: str
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
        needle = max((" ".join(chunk) for chunk in chunks), key=len)
        return cls(expression, needle)

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """The pattern, compiled when it is first needed: most phrases never are, and there are a thousand."""
        return re.compile(self.pattern, re.MULTILINE)

    def spans(self, folded: Folded) -> Iterator[tuple[int, int]]:
        """Where it stands in the folded text, in order, without overlaps."""
        if self.needle in folded.words:
            for match in self.expression.finditer(folded.lowered):
                yield match.span()

    def is_in(self, folded: Folded) -> bool:
        return self.needle in folded.words and self.expression.search(folded.lowered) is not None

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

    def spans(self, folded: Folded) -> Iterator[tuple[int, int]]:
        """Where the rule is broken."""
        for phrase in self.phrases:
            for start, end in phrase.spans(folded):
                if not self.unless or not self._is_excused(folded.lowered, start, end):
                    yield start, end

    def _is_excused(self, lowered: str, start: int, end: int) -> bool:
        sentence = sentence_around(lowered, start, end)
        return any(phrase.expression.search(sentence) is not None for phrase in self.unless)


def sentence_around(text: str, start: int, end: int) -> str:
    """The sentence, or the sentences, that the characters ``start`` to ``end`` stand in, as far as a reader looks."""
    earliest = max(0, start - _SENTENCE_REACH)
    begins = max((match.end() for match in _SENTENCE_END.finditer(text, earliest, start)), default=earliest)
    following = _SENTENCE_END.search(text, end, end + _SENTENCE_REACH)
    return text[begins : following.start() if following else end + _SENTENCE_REACH]
