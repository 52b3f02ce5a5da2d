"""From saved files to a FAQ fit to serve: read, lint, learn, test.

What was built lies in the cache folder: ``faq-<key>.json`` for every build without errors in its files (its failed
tests and what it was taught within), and ``published.json`` for what is being served and why the last save was turned
down.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

from faq.checks import Outcome, kept_tests, learned_from, name_of_test, run_tests
from faq.entry import Faq, Place
from faq.lint import LintRules, lint
from faq.loader import fingerprint, read_faq
from faq.matcher import MatcherSettings, learn
from faq.stored import from_json, to_json
from faq.traffic import Taught, choose_traffic, digest_of, read_traffic
from storage.problems import Problem, Severity
from storage.yaml_editor import write_atomically

_BUILDS_KEPT = 8


@dataclass(frozen=True, slots=True)
class KnowledgeSettings:
    """Where the FAQ is and how it is served.

    ``variables`` fill ``{name}`` in texts; ``time_zone`` is that of dates without an offset; ``poll_seconds`` how often
    the files are looked at, and ``retry_seconds`` how long to wait where building failed for a reason not in them.
    ``uses_traffic`` learns from what players wrote before, too.
    """

    folder: Path
    cache_folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    matcher: MatcherSettings = field(default_factory=MatcherSettings)
    rules: LintRules = field(default_factory=LintRules)
    time_zone: str = "UTC"
    poll_seconds: float = 0.25
    retry_seconds: float = 30
    uses_traffic: bool = True

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class Build:
    """One version of the files, judged; ``key`` names the files, the settings and what players wrote before.

    ``faq`` is None where the files hold errors. Where only tests fail it is there, and ``failed_tests`` names them;
    ``judged_by`` names the matcher that they were put to, ``taught`` what it was taught of those messages.
    """

    key: str
    faq: Faq | None
    problems: tuple[Problem, ...]
    failed_tests: tuple[str, ...] = ()
    judged_by: str = ""
    taught: Taught = field(default_factory=Taught)

    def is_fit_after(self, failing: tuple[str, ...]) -> bool:
        """Whether it may replace a version in which the tests ``failing`` fail already: no errors, no other failures.

        A failing test keeps a save from going live. One that failed before does not, or a FAQ that was started with it
        (there was nothing better to serve) could never be mended step by step.
        """
        return self.faq is not None and set(self.failed_tests) <= set(failing)


@dataclass(frozen=True, slots=True)
class Status:
    """What is served, and what became of the last save.

    ``rejected_at`` is set if it was refused, for the reasons in ``problems``; otherwise these are the tests that fail
    in what is served, named in ``failing``. ``handed_on`` counts the messages that people had to answer and the FAQ
    does not; ``knows_none`` says whether they are a class of their own to it; ``past_questions`` counts what players
    asked before and it learned from.
    """

    version: str
    key: str
    since: datetime
    entries: int
    phrasings: int
    languages: tuple[str, ...]
    rejected_at: datetime | None = None
    problems: tuple[Problem, ...] = ()
    failing: tuple[str, ...] = ()
    handed_on: int = 0
    knows_none: bool = False
    past_questions: int = 0


def build_key(settings: KnowledgeSettings) -> str:
    """Names the files as they are now together with the settings that judge them, and what players wrote before."""
    files = fingerprint(settings.folder, settings.variables)
    judged = _digest(files, _judged_by(settings), settings.rules, settings.time_zone)
    traffic = digest_of(read_traffic(settings.cache_folder)) if settings.uses_traffic else ""
    return f"{judged}-{traffic}" if traffic else judged


def differ_in_traffic_alone(key: str, other: str) -> bool:
    """Whether two builds are of the same files and settings."""
    return key.partition("-")[0] == other.partition("-")[0]


def _judged_by(settings: KnowledgeSettings) -> str:
    """Names the matcher: the program's version and its settings."""
    return _digest(version("innkeeper"), settings.matcher)


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def build(settings: KnowledgeSettings, now: datetime) -> Build:
    """Read, lint, learn and test the files as they are now. Blocks for seconds; raises LearningError."""
    key = build_key(settings)
    loaded = read_faq(settings.folder, settings.variables, settings.zone)
    problems = [*loaded.problems, *lint(loaded.faq, settings.rules, now)]
    problems = [problem for problem in problems if problem.severity is Severity.ERROR]
    if problems:
        return Build(key, None, tuple(problems))
    judged_by = _judged_by(settings)
    taught = Taught()
    if settings.uses_traffic:
        taught = choose_traffic(loaded.faq, settings.matcher, settings.cache_folder)
    failed = [outcome for outcome in _outcomes(settings, loaded.faq, judged_by, taught) if not outcome.passed]
    problems = [outcome.problem() for outcome in failed]
    names = tuple(outcome.name for outcome in failed)
    result = Build(key, loaded.faq, tuple(problems), names, judged_by, taught)
    store_build(settings.cache_folder, result)
    return result


def _outcomes(settings: KnowledgeSettings, faq: Faq, judged_by: str, taught: Taught) -> list[Outcome]:
    """Learn, and put the tests that may have another outcome than in the version served now.

    Where nothing changed that the matcher learns from, what passed passes; an answer is mended in a moment that way.
    """
    key = published_key(settings.cache_folder)
    served = stored_build(settings.cache_folder, key) if key is not None else None
    rows = kept_tests(faq)
    is_judged_alike = served is not None and (served.judged_by, served.taught) == (judged_by, taught)
    before = served.faq if served is not None and is_judged_alike else None
    if served is not None and before is not None and learned_from(before) == learned_from(faq):
        passed = {name_of_test(*row) for row in kept_tests(before)} - set(served.failed_tests)
        rows = [row for row in rows if name_of_test(*row) not in passed]
        if not rows:
            return []
    used = taught.used
    matcher = learn(faq, settings.matcher, settings.cache_folder, handed_on=used.handed_on, asked=used.asked)
    return run_tests(rows, matcher)


def store_build(cache_folder: Path, result: Build) -> None:
    """Keep a build, and forget the oldest."""
    assert result.faq is not None
    cache_folder.mkdir(parents=True, exist_ok=True)
    rows = [_to_row(problem) for problem in result.problems]
    about = {"faq": to_json(result.faq), "problems": rows, "failed_tests": result.failed_tests}
    text = json.dumps(about | {"judged_by": result.judged_by, "taught": result.taught.to_row()})
    write_atomically(cache_folder / f"faq-{result.key}.json", text.encode())
    kept = published_key(cache_folder)
    _forget_oldest([path for path in cache_folder.glob("faq-*.json") if path.stem != f"faq-{kept}"], _BUILDS_KEPT)


def stored_build(cache_folder: Path, key: str) -> Build | None:
    """A build kept earlier, or None where it is not there or was cut short."""
    try:
        about = json.loads((cache_folder / f"faq-{key}.json").read_text(encoding="utf-8"))
        problems = tuple(map(_from_row, about["problems"]))
        taught = Taught.of_row(about["taught"])
        failed = tuple(about["failed_tests"])
        return Build(key, from_json(about["faq"]), problems, failed, about["judged_by"], taught)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def published_key(cache_folder: Path) -> str | None:
    """The build last served from this cache folder."""
    status = read_status(cache_folder)
    return status.key if status is not None else None


def write_status(cache_folder: Path, status: Status) -> None:
    """Say what is being served, for ``faq status`` and for the next start."""
    cache_folder.mkdir(parents=True, exist_ok=True)
    about = {
        "version": status.version,
        "key": status.key,
        "since": status.since.isoformat(),
        "entries": status.entries,
        "phrasings": status.phrasings,
        "languages": status.languages,
        "rejected_at": status.rejected_at.isoformat() if status.rejected_at else None,
        "problems": [_to_row(problem) for problem in status.problems],
        "failing": status.failing,
        "handed_on": status.handed_on,
        "knows_none": status.knows_none,
        "past_questions": status.past_questions,
    }
    write_atomically(cache_folder / "published.json", json.dumps(about, ensure_ascii=False, indent=1).encode())


def read_status(cache_folder: Path) -> Status | None:
    """What ``write_status`` wrote, or None."""
    try:
        about = json.loads((cache_folder / "published.json").read_text(encoding="utf-8"))
        about["since"] = datetime.fromisoformat(about["since"])
        about["rejected_at"] = datetime.fromisoformat(about["rejected_at"]) if about["rejected_at"] else None
        about["languages"] = tuple(about["languages"])
        about["problems"] = tuple(map(_from_row, about["problems"]))
        about["failing"] = tuple(about["failing"])
        return Status(**about)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _forget_oldest(paths: Iterable[Path], kept: int) -> None:
    def age(path: Path) -> float:
        try:
            return -path.stat().st_mtime
        except FileNotFoundError:  # another process forgot it first
            return 0.0

    for path in sorted(paths, key=age)[kept:]:
        path.unlink(missing_ok=True)


def _to_row(problem: Problem) -> list[object]:
    place = problem.place
    return [place.file, place.line, place.column, problem.message, problem.hint, problem.severity, problem.code]


def _from_row(row: list[object]) -> Problem:
    file, line, column, message, hint, severity, code = row
    place = Place(str(file), int(str(line)), int(str(column)))
    return Problem(place, str(message), None if hint is None else str(hint), Severity(str(severity)), str(code))
