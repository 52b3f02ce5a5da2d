"""From confidences to what the bot does: answer, ask which, or hand over. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from faq.match import Answer, Candidate, Handoff, Suggest, Verdict

# The words are one of the entry's phrasings, but for their spelling at most.
BY_HEART = "exact phrasing"
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
    sure = _distinct(first for first in firsts if _is_sure(first, thresholds))
    certain = bool(whole) and _is_sure(whole[0], thresholds)
    if len(sure) > 1:
        return Answer(sure[:_MOST_TOGETHER])
    if certain:
        return Answer((whole[0].entry_id,))
    if sure and sure[0] in [candidate.entry_id for candidate in whole[:_MOST_SUGGESTED]]:
        return Answer(sure)
    likely = _distinct(candidate for candidate in (*whole, *firsts) if candidate.confidence >= thresholds.suggest_above)
    return Suggest(likely[:_MOST_SUGGESTED]) if likely else Handoff()


def _is_sure(candidate: Candidate, thresholds: Thresholds) -> bool:
    """What the owner wrote down as a way to ask is answered, however careful the threshold."""
    return candidate.confidence >= thresholds.answer_above or candidate.reasons.get("scored_by") == BY_HEART


def _distinct(candidates: Iterable[Candidate]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(candidate.entry_id for candidate in candidates))
