"""What is wrong with a file its owner wrote: where, what, and the likely fix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import process
from rapidfuzz.distance import OSA

LIKELY_ENOUGH = 0.6
LISTED_AT_MOST = 12


class Severity(StrEnum):
    """An error keeps a file from being used; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands in the owner's files; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. ``message`` says what is wrong, ``hint`` the likely fix, ``code`` names its kind."""

    place: Place
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR
    code: str = "invalid"

    def __str__(self) -> str:
        hint = f" {self.hint}" if self.hint else ""
        return f"{self.place}: {self.severity}: {self.message}.{hint}"


class ProblemsFound(Exception):
    """Files cannot be used; ``problems`` holds everything that is wrong with them, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.place))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that ``name`` most likely means, or None where none is close."""
    folded = {candidate: candidate.casefold().replace("-", "_") for candidate in known}
    found = process.extractOne(
        name.casefold().replace("-", "_"),
        folded,
        scorer=OSA.normalized_similarity,
        score_cutoff=LIKELY_ENOUGH,
    )
    return found[2] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """The hint for an unknown name: the nearest valid one, else all that are valid where these are few."""
    names = sorted(known)
    close = nearest(name, names)
    if close is not None:
        return f'Did you mean "{close}"?'
    return "Known here: " + ", ".join(names) + "." if 0 < len(names) <= LISTED_AT_MOST else None
