"""Hiding the secrets that players send, before anyone reads or stores them."""

from __future__ import annotations

from dataclasses import dataclass

from handoff.guard.credentials import find_cards, find_passwords, find_tokens
from handoff.guard.draft import Kind
from handoff.guard.folding import fold
from handoff.guard.found import find_all

MASK = "•"
FINDERS = (find_tokens, find_passwords, find_cards)


@dataclass(frozen=True, slots=True)
class Masked:
    """The text with every secret hidden, and the kinds of what was hidden, in order; none: the text is as it was."""

    text: str
    kinds: tuple[Kind, ...]


def mask(text: str) -> Masked:
    """Hide passwords, security codes, keys, and cards except their last four digits. All else stays as typed."""
    folded = fold(text)
    found = find_all(folded.text, FINDERS)
    parts: list[str] = []
    position = 0
    for secret in found:
        start, end = folded.span(secret.start, secret.end)
        parts += [text[position:start], f"{MASK * 4} {secret.value[-4:]}" if secret.kind is Kind.CARD else MASK * 8]
        position = end
    return Masked("".join([*parts, text[position:]]), tuple(secret.kind for secret in found))
