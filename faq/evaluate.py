"""Measuring the matcher on labelled questions: learn from one file, ask the other, count."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faq.calibration import expected_calibration_error
from faq.embedding.port import Embedder
from faq.entry import Entry, Faq, Phrasing, Place
from faq.errors import FaqError
from faq.match import Match, Question
from faq.matcher import Matcher, MatcherSettings, learn

NO_ENTRY = "-"
_COLUMNS = 3
_HEADER = ("entry", "language", "text")
_SHOWN = 20
_TIMED = 400
_BATCH = 100
_PRECISIONS = (0.90, 0.95, 0.98)
_REFUSED = 0.90

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


class LabelledFileError(FaqError):
    """A file of labelled text is not as it should be; the message says where, a line each."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One row of a labelled file; ``entry`` is None where no entry fits."""

    entry: str | None
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the matcher said to every question: its first confidence, whether it was right, and whether it could be."""

    confidence: Floats
    right: Flags
    right_of_three: Flags
    in_scope: Flags


@dataclass(frozen=True, slots=True)
class Report:
    """The figures (rates from 0 to 1, seconds, milliseconds) and the outcomes behind them.

    ``auroc`` and ``correct_at_oos_refused_90`` are None where no question is out of scope.
    """

    accuracy: float
    recall_at_3: float
    auroc: float | None
    correct_at_oos_refused_90: float | None
    coverage_at_precision: Mapping[str, float]
    calibration_error: float
    fit_s: float
    p50_ms: float
    p99_ms: float
    answered: float
    answered_rightly: float
    outcome: Outcome

    def figures(self) -> dict[str, object]:
        """The figures by name; those that a set cannot tell are absent."""
        named: dict[str, object] = {
            "accuracy": self.accuracy,
            "recall_at_3": self.recall_at_3,
            "auroc": self.auroc,
            "correct_at_oos_refused_90": self.correct_at_oos_refused_90,
            "coverage_at_precision": dict(self.coverage_at_precision),
            "calibration_error": self.calibration_error,
            "fit_s": self.fit_s,
            "p50_ms": self.p50_ms,
            "p99_ms": self.p99_ms,
        }
        return {name: value for name, value in named.items() if value is not None}


def read_labelled(path: Path) -> list[Labelled]:
    """The rows ``entry <TAB> language <TAB> text``; a header with these names is passed over.

    Raises LabelledFileError naming every line that is otherwise.
    """
    rows, wrong = [], []
    for number, line in enumerate(_lines(path), start=1):
        parts = [part.strip() for part in line.split("\t", _COLUMNS - 1)]
        if not line.strip() or (number == 1 and tuple(part.casefold() for part in parts) == _HEADER):
            continue
        missing = [name for name, part in zip(_HEADER, parts, strict=False) if not part]
        if len(parts) != _COLUMNS:
            wrong.append(f"{path}:{number}: want entry, language and text, parted by tabs; there are {len(parts)}")
        elif missing:
            wrong.append(f"{path}:{number}: the {' and the '.join(missing)} is empty")
        else:
            rows.append(Labelled(None if parts[0] == NO_ENTRY else parts[0], parts[1], parts[2]))
    if len(wrong) > _SHOWN:
        wrong[_SHOWN:] = [f"{path}: and {len(wrong) - _SHOWN} more lines like these"]
    if wrong or not rows:
        raise LabelledFileError("\n".join(wrong) or f"{path}:1: no rows")
    return rows


def _lines(path: Path) -> list[str]:
    """Only line feeds part rows: players write other characters that Python takes for ends of lines."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise LabelledFileError(f"{path}:{number}: this is not UTF-8: save the file in that encoding") from error


def unknown_entries(phrasings: Path, questions: Path) -> Mapping[str, int]:
    """Entries that questions name and no phrasing does, with how many questions name them: they count as wrong."""
    known = {row.entry for row in read_labelled(phrasings)}
    named = Counter(row.entry for row in read_labelled(questions) if row.entry is not None)
    return {entry: count for entry, count in named.items() if entry not in known}


def faq_of(rows: Sequence[Labelled]) -> Faq:
    """A FAQ of labelled phrasings: an entry per label, its id with separators as spaces for a title."""
    entries: dict[str, list[Labelled]] = {}
    for row in rows:
        if row.entry is not None:
            entries.setdefault(row.entry, []).append(row)
    place = Place("labelled", 1, 1)
    return Faq(
        version="labelled",
        entries={
            entry_id: Entry(
                id=entry_id,
                topic="labelled",
                place=place,
                title={"en": title_of(entry_id)},
                phrasings=tuple(Phrasing(row.text, row.language, place) for row in its),
                answers={row.language: entry_id for row in its},
            )
            for entry_id, its in entries.items()
        },
        topics={},
        languages=tuple(sorted({row.language for row in rows})),
    )


def title_of(entry_id: str) -> str:
    """The id with its separators as spaces."""
    return " ".join("".join(c if c.isalnum() else " " for c in entry_id).split())


def evaluate(
    phrasings: Path,
    questions: Path,
    semantic: bool = True,
    *,
    embedder: Embedder | None = None,
    cache_folder: Path | None = None,
    asked_before: Path | None = None,
) -> Report:
    """Learn from ``phrasings``, ask ``questions``, measure. Without a cache folder everything is learned anew.

    Rows of ``phrasings`` that no entry fits teach what cannot be answered, as messages that were handed on do.
    ``asked_before`` holds questions of players, one a line, that are learned from as a server does.
    """
    known = read_labelled(phrasings)
    asked = read_labelled(questions)
    faq, strangers = faq_of(known), [row.text for row in known if row.entry is None]
    if not faq.entries:
        raise LabelledFileError(f"{phrasings}: no row names an entry, so there is nothing to learn")
    before = [] if asked_before is None else [line.strip() for line in _lines(asked_before) if line.strip()]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        settings = MatcherSettings(semantic=semantic)
        matcher = learn(faq, settings, cache_folder or Path(folder), embedder, strangers, before)
        fit_s = time.perf_counter() - started
    return measure(matcher, asked, fit_s)


def measure(matcher: Matcher, asked: Sequence[Labelled], fit_s: float = 0.0) -> Report:
    """Ask every question and count; the first few hundred are asked one at a time and timed."""
    questions = [Question(row.text) for row in asked]
    matcher.match([Question("what is read at the very first question is nobody's time")])
    matches: list[Match] = []
    times = []
    for question in questions[:_TIMED]:
        started = time.perf_counter()
        matches += matcher.match([question])
        times.append(1000 * (time.perf_counter() - started))
    for at in range(len(matches), len(questions), _BATCH):
        matches += matcher.match(questions[at : at + _BATCH])
    outcome = _outcome(matches, asked)
    inside, outside = outcome.in_scope, ~outcome.in_scope
    answered = outcome.confidence >= matcher.answer_above
    return Report(
        accuracy=_share(outcome.right, inside),
        recall_at_3=_share(outcome.right_of_three, inside),
        auroc=auroc(outcome.confidence[inside], outcome.confidence[outside]) if outside.any() else None,
        correct_at_oos_refused_90=_correct_at_refused(outcome) if outside.any() else None,
        coverage_at_precision={f"{wanted:.2f}": coverage_at(outcome, wanted) for wanted in _PRECISIONS},
        calibration_error=expected_calibration_error(outcome.confidence, outcome.right),
        fit_s=fit_s,
        p50_ms=float(np.percentile(times, 50)),
        p99_ms=float(np.percentile(times, 99)),
        answered=float(answered.mean()),
        answered_rightly=_share(outcome.right, answered),
        outcome=outcome,
    )


def _outcome(matches: Sequence[Match], asked: Sequence[Labelled]) -> Outcome:
    firsts = [[candidate.entry_id for candidate in match.candidates[:3]] for match in matches]
    return Outcome(
        confidence=np.array([match.best.confidence if match.best else 0.0 for match in matches]),
        right=np.array([first[:1] == [row.entry] for first, row in zip(firsts, asked, strict=True)], dtype=bool),
        right_of_three=np.array([row.entry in first for first, row in zip(firsts, asked, strict=True)], dtype=bool),
        in_scope=np.array([row.entry is not None for row in asked], dtype=bool),
    )


def _share(flags: Flags, among: Flags) -> float:
    return float(flags[among].mean()) if among.any() else 0.0


def auroc(inside: Floats, outside: Floats) -> float:
    """The chance that a question in scope is held surer than one out of scope; ties count half."""
    every = np.concatenate((inside, outside))
    _, place, counts = np.unique(every, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    most = len(inside) * (len(inside) + 1) / 2
    return float((ranks[: len(inside)].sum() - most) / (len(inside) * len(outside)))


def _correct_at_refused(outcome: Outcome) -> float:
    """The share of questions in scope answered rightly where nine in ten out of scope are refused."""
    threshold = np.quantile(outcome.confidence[~outcome.in_scope], _REFUSED)
    return _share(outcome.right & (outcome.confidence > threshold), outcome.in_scope)


def coverage_at(outcome: Outcome, precision: float) -> float:
    """The largest share of all questions that a threshold answers with this precision; a stranger answered is wrong."""
    order = np.argsort(-outcome.confidence, kind="stable")
    reached = np.cumsum(outcome.right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(reached >= precision)
    return float((good[-1] + 1) / len(order)) if len(good) else 0.0


def as_json(report: Report) -> str:
    """One JSON object of the figures."""
    return json.dumps(report.figures(), indent=2)


def as_table(report: Report) -> str:
    """The figures as lines for people."""
    lines = [
        ("accuracy in scope", f"{report.accuracy:.1%}"),
        ("right entry among the first three", f"{report.recall_at_3:.1%}"),
    ]
    if report.auroc is not None and report.correct_at_oos_refused_90 is not None:
        lines += [
            ("in scope held surer than out of scope (AUROC)", f"{report.auroc:.1%}"),
            ("answered rightly where 90 % out of scope is refused", f"{report.correct_at_oos_refused_90:.1%}"),
        ]
    lines += [
        (f"share answered at {wanted} precision", f"{share:.1%}")
        for wanted, share in report.coverage_at_precision.items()
    ]
    lines += [
        ("answered at the derived threshold", f"{report.answered:.1%}, of them right {report.answered_rightly:.1%}"),
        ("calibration error", f"{report.calibration_error:.3f}"),
        ("learned in", f"{report.fit_s:.1f} s"),
        ("time a question, median and 99th percentile", f"{report.p50_ms:.2f} ms, {report.p99_ms:.2f} ms"),
    ]
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in lines)
