"""A matcher that says what a test tells it to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from faq.match import Answer, Candidate, Handoff, Match, Question, Suggest, Verdict


class SpokenMatcher:
    """Answers by a table of question to {entry: confidence}; from 0.9 on it answers, from 0.4 on it suggests."""

    def __init__(self, table: Mapping[str, Mapping[str, float]]) -> None:
        self.table = table

    def match(self, questions: Sequence[Question], excluded: frozenset[str] = frozenset()) -> list[Match]:
        return [self._match(question.text, excluded) for question in questions]

    def _match(self, text: str, excluded: frozenset[str]) -> Match:
        row = {entry: sure for entry, sure in self.table.get(text, {}).items() if entry not in excluded}
        candidates = tuple(Candidate(entry, sure) for entry, sure in sorted(row.items(), key=lambda item: -item[1]))
        verdict: Verdict = Handoff()
        if candidates and candidates[0].confidence >= 0.9:
            verdict = Answer((candidates[0].entry_id,))
        elif candidates and candidates[0].confidence >= 0.4:
            verdict = Suggest(tuple(candidate.entry_id for candidate in candidates if candidate.confidence >= 0.4))
        return Match(candidates, verdict, None, "spoken")
