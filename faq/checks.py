"""The questions kept beside the entries, put to a matcher: what it gets wrong, what it would now answer otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from faq.entry import Entry, Faq, TestQuestion
from faq.match import Answer, Match, Question, Suggest
from storage.problems import Problem


class Matching(Protocol):
    """What is needed of a matcher here."""

    def match(self, questions: Sequence[Question], excluded: frozenset[str] = frozenset()) -> list[Match]:
        """One match per question, in order."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test question and what came of it. ``entry_id`` is None for a question that no entry may answer."""

    test: TestQuestion
    entry_id: str | None
    match: Match

    @property
    def name(self) -> str:
        return name_of_test(self.test, self.entry_id)

    @property
    def answered(self) -> tuple[str, ...]:
        return self.match.verdict.entry_ids if isinstance(self.match.verdict, Answer) else ()

    @property
    def suggested(self) -> tuple[str, ...]:
        return self.match.verdict.entry_ids if isinstance(self.match.verdict, Suggest) else ()

    @property
    def passed(self) -> bool:
        """A positive question must bring its entry, as the answer or among the suggestions; a negative must not be
        answered by it; an unanswerable one must not be answered at all."""
        if self.test.positive:
            return self.entry_id in (*self.answered, *self.suggested)
        return not self.answered if self.entry_id is None else self.entry_id not in self.answered

    def problem(self) -> Problem:
        """A failed test as an error at the place of its question."""
        if self.test.positive:
            message = f'test: "{self.test.text}" should bring "{self.entry_id}", but {self._got()}'
            hint = "Add phrasings like it to the entry, or see  faq ask --why."
        elif self.entry_id is None:
            message = f'test: "{self.test.text}" should not be answered, but {self._got()}'
            hint = "See  faq ask --why  for the phrasing that attracts it."
        else:
            message = f'test: "{self.test.text}" should not be answered by "{self.entry_id}", but is'
            hint = "Add a phrasing like it to the entry that should answer it."
        return Problem(self.test.place, message, hint, code="failed_test")

    def _got(self) -> str:
        best = self.match.best
        sure = f" ({best.confidence:.0%} sure)" if best else ""
        if self.answered:
            return f'is answered by "{", ".join(self.answered)}"{sure}'
        if self.suggested:
            return f'brings the choice of "{", ".join(self.suggested)}"'
        return f'brings no answer; nearest is "{best.entry_id}"{sure}' if best else "brings no answer"


@dataclass(frozen=True, slots=True)
class Change:
    """A question that gets another answer than before; None stands for no answer."""

    question: str
    before: tuple[str, ...]
    after: tuple[str, ...]


TestRow = tuple[TestQuestion, str | None]
"""A test question and the entry that it is about; None where no entry may answer it."""


def kept_tests(faq: Faq) -> list[TestRow]:
    """Every test question of the FAQ, entry by entry."""
    rows: list[TestRow] = [(test, entry.id) for entry in faq.entries.values() for test in entry.tests]
    return [*rows, *((test, None) for test in faq.unanswerable)]


def name_of_test(test: TestQuestion, entry_id: str | None) -> str:
    """Names a test whatever comes of it and wherever it stands."""
    return f"{'+' if test.positive else '-'} {entry_id or ''} {test.language} {test.text}"


def run_tests(rows: Sequence[TestRow], matcher: Matching) -> list[Outcome]:
    """The tests with their outcomes, in order."""
    matches = matcher.match([Question(test.text, language_hint=test.language) for test, _ in rows])
    return [Outcome(test, entry_id, match) for (test, entry_id), match in zip(rows, matches, strict=True)]


def learned_from(faq: Faq) -> tuple[object, ...]:
    """All that a matcher learns from; two versions equal in it are matched alike."""
    entries = sorted(
        (entry.id, sorted(entry.title.items()), sorted((row.language, row.text) for row in entry.phrasings))
        for entry in faq.entries.values()
    )
    return (faq.languages, *entries)


def changed_answers(questions: Sequence[str], before: Matching, after: Matching) -> list[Change]:
    """Which of these questions would now be answered by other entries than before."""
    asked = [Question(text) for text in dict.fromkeys(questions)]
    pairs = zip(asked, before.match(asked), after.match(asked), strict=True)
    changes = (Change(question.text, _answered(old), _answered(new)) for question, old, new in pairs)
    return [change for change in changes if change.before != change.after]


def known_questions(faq: Faq) -> Iterator[str]:
    """Every question that the FAQ's files name: phrasings and tests."""
    for entry in faq.entries.values():
        yield from _questions(entry)
    yield from (test.text for test in faq.unanswerable)


def _questions(entry: Entry) -> Iterator[str]:
    yield from (phrasing.text for phrasing in entry.phrasings)
    yield from (test.text for test in entry.tests)


def _answered(match: Match) -> tuple[str, ...]:
    return match.verdict.entry_ids if isinstance(match.verdict, Answer) else ()
