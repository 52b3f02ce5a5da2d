"""From confidences to what the bot does: answer, ask which, or hand over. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from faq.match import Answer, Candidate, Handoff, Suggest, Verdict

_MOST_TOGETHER = 3
_MOST_SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which confidence on to answer, and from which on to suggest."""

    answer_above: float
    suggest_above: float


def decide(whole: Sequence[Candidate], parts: Sequence[Sequence[Candidate]], thresholds: Thresholds) -> Verdict:
    """The verdict on a message, from the candidates for all of it and for each question in it (best first).

    Two questions that are both surely known get both answers. One that is sure alone is answered where the whole
    message allows it. Else the player chooses among what is likely for the whole, then for its parts.
    """
    firsts = [part[0] for part in parts if part]
    sure = _distinct(first for first in firsts if first.confidence >= thresholds.answer_above)
    certain = bool(whole) and whole[0].confidence >= thresholds.answer_above
    if len(sure) > 1:
        return Answer(sure[:_MOST_TOGETHER])
    if certain:
        return Answer((whole[0].entry_id,))
    if sure and sure[0] in [candidate.entry_id for candidate in whole[:_MOST_SUGGESTED]]:
        return Answer(sure)
    likely = _distinct(candidate for candidate in (*whole, *firsts) if candidate.confidence >= thresholds.suggest_above)
    return Suggest(likely[:_MOST_SUGGESTED]) if likely else Handoff()


def _distinct(candidates: Iterable[Candidate]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(candidate.entry_id for candidate in candidates))
