"""What all ``faq`` commands work with, and how they show problems."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click

from bot.commands.lazy import LazyGroup
from faq.entry import Faq
from faq.errors import FaqError, FaqErrors
from faq.loader import load_faq
from faq.matcher import Matcher
from faq.missed import Answered, Missed
from faq.publishing import KnowledgeSettings
from faq.traffic import learn_as_served
from storage.problems import Problem, Severity
from storage.yaml_editor import CannotEdit

PROPOSALS = "unanswered.json"
TOOLS_KEY = "innkeeper.faq_tools"
"""``context.meta[TOOLS_KEY]`` may hold a function that makes the FaqTools; who mounts the group sets it."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class FaqTools:
    """The settings, the clock, and where failed and answered questions come from (None: only from files)."""

    settings: KnowledgeSettings
    missed: Callable[[], Sequence[Missed]] | None = None
    answered: Callable[[], Sequence[Answered]] | None = None
    now: Callable[[], datetime] = field(default=_utc_now)

    def load(self) -> Faq:
        """The FAQ as the files stand. Raises FaqErrors."""
        return load_faq(self.settings.folder, self.settings.variables, self.settings.zone)

    def learn(self, faq: Faq) -> Matcher:
        """A matcher as the server makes it of this FAQ."""
        return learn_as_served(faq, self.settings.matcher, self.settings.cache_folder)


def tools_for(
    context: click.Context, folder: Path | None, cache_folder: Path | None, variables: Sequence[str]
) -> FaqTools:
    """The tools that the mounting program made, with what the command line says instead where it says something."""
    make = context.meta.get(TOOLS_KEY)
    tools = make() if make is not None else FaqTools(KnowledgeSettings(Path("faq/entries"), Path("data/faq-cache")))
    assert isinstance(tools, FaqTools)
    settings = tools.settings
    if variables:
        given = dict(variable.partition("=")[::2] for variable in variables)
        settings = replace(settings, variables={**settings.variables, **given})
    settings = replace(settings, folder=folder or settings.folder, cache_folder=cache_folder or settings.cache_folder)
    return replace(tools, settings=settings)


class ProblemGroup(LazyGroup):
    """A group whose commands end with exit code 1 and every problem on stderr where the files cannot be used."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except FaqErrors as error:
            show_problems(error.problems)
            stop(f"{counted(error.problems)}.")
        except (FaqError, CannotEdit, OSError) as error:
            stop(str(error))


def stop(message: str) -> NoReturn:
    """End with exit code 1."""
    click.echo(message, err=True)
    raise SystemExit(1)


def show_problems(problems: Iterable[Problem]) -> None:
    """One line each on stderr, errors in red on a terminal."""
    for problem in problems:
        colour = "red" if problem.severity is Severity.ERROR else "yellow"
        place, severity, rest = str(problem).partition(f" {problem.severity}:")
        click.echo(f"{click.style(place, bold=True)}{click.style(severity, fg=colour)}{rest}", err=True)


def counted(problems: Sequence[Problem]) -> str:
    """ "2 errors, 1 warning"."""
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    warnings = len(problems) - errors
    parts = [(errors, "error"), (warnings, "warning")]
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in parts if count) or "no problems"


def as_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def problem_row(problem: Problem) -> dict[str, object]:
    place = problem.place
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "severity": str(problem.severity),
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
    }


def table(rows: Sequence[Sequence[str]], header: Sequence[str]) -> str:
    """Columns aligned with spaces (wide East Asian characters count as two)."""
    widths = [max(map(_width, column)) for column in zip(header, *rows, strict=True)]
    lines = []
    for row in (header, *rows):
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _width(text: str) -> int:
    return len(text) + sum(character >= "\u1100" for character in text)
