"""What the matcher is asked and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Question:
    """What a player wrote. ``language_hint`` is what the network says of them; ``previous`` their last question."""

    text: str
    language_hint: str | None = None
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that may fit, with the calibrated probability in [0, 1] that it does, and why (for people)."""

    entry_id: str
    confidence: float
    reasons: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """Say this entry's answer. More than one: the message asked several things, each surely known."""

    entry_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggest:
    """Not sure: ask which of these (at most three, best first)."""

    entry_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Handoff:
    """Nothing in the FAQ fits: say so and offer a human."""


Verdict = Answer | Suggest | Handoff


@dataclass(frozen=True, slots=True)
class Match:
    """The matcher's result for one question.

    ``candidates`` are best first, at most ten. ``language`` is the detected language of the text, or None where the
    text does not tell (a number, an emoji). ``faq_version`` names the FAQ that answered.
    """

    candidates: tuple[Candidate, ...]
    verdict: Verdict
    language: str | None
    faq_version: str

    @property
    def best(self) -> Candidate | None:
        return self.candidates[0] if self.candidates else None
