"""``innkeeper check``."""

from __future__ import annotations

import click

from bot.commands.faq_tools import counted, show_problems
from bot.commands.program import Program
from bot.config import load_settings, place_of
from bot.tailoring import (
    calendar_settings,
    conduct_words,
    desk_snippets,
    guard_rules,
    load_bot_texts,
    promise_problems,
)
from faq.embedding.choice import check_folder
from faq.errors import EmbeddingUnusable
from faq.lint import lint
from faq.loader import read_faq
from handoff.calendar import Calendar
from handoff.errors import SettingsError
from storage.problems import Problem, ProblemsFound, Severity


@click.command()
@click.pass_obj
def check(program: Program) -> None:
    """Say everything that is wrong with the settings, the bot's texts, the guard's phrases, snippets and the FAQ.

    Each problem comes with its file, line and column and the likely fix. Exit code 1 if there is an error; warnings
    alone are no error. `innkeeper faq check` looks at the FAQ more closely.
    """
    problems = _problems(program)
    show_problems(problems)
    failed = any(problem.severity is Severity.ERROR for problem in problems)
    click.echo(f"{counted(problems)}." if problems else "Settings, texts and FAQ are in order.")
    raise SystemExit(1 if failed else 0)


def _problems(program: Program) -> list[Problem]:
    try:
        settings = load_settings(program.config)
    except ProblemsFound as found:
        return list(found.problems)
    problems: list[Problem] = []
    try:
        Calendar.from_settings(calendar_settings(settings.hours, settings.service.time_zone))
    except SettingsError as error:
        problems += program.hours_problems(error)
    texts = None
    try:
        texts = load_bot_texts(settings)
    except ProblemsFound as found:
        problems += found.problems
    problems += promise_problems(settings)
    try:
        conduct_words(settings)
    except ProblemsFound as found:
        problems += found.problems
    try:
        guard_rules(settings)
    except ProblemsFound as found:
        problems += found.problems
    try:
        if texts is not None:
            desk_snippets(settings, texts)
    except ProblemsFound as found:
        problems += found.problems
    if settings.faq.semantic and settings.faq.embedding is not None:
        try:
            check_folder(settings.faq.embedding)
        except EmbeddingUnusable as error:
            problems.append(Problem(place_of(program.config, "faq", "embedding"), str(error)))
    tools = program.faq_tools()
    loaded = read_faq(tools.settings.folder, tools.settings.variables, tools.settings.zone)
    everything = [*problems, *loaded.problems, *lint(loaded.faq, tools.settings.rules, tools.now())]
    return list(dict.fromkeys(everything))  # what is wrong with the guard's file is found by the FAQ's lint too
