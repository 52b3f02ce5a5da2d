"""``faq check``, ``test``, ``ask`` and ``status``: what the FAQ is worth as its files stand, and what is live."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import click

from bot.commands.faq_tools import (
    FaqTools,
    as_json,
    counted,
    problem_row,
    show_problems,
    stop,
    table,
)
from faq.checks import Change, Outcome, changed_answers, kept_tests, known_questions, run_tests
from faq.entry import Faq
from faq.left_out import left_out_phrasings
from faq.lint import lint
from faq.loader import read_faq
from faq.match import Answer, Match, Question, Suggest
from faq.matcher import Matcher
from faq.publishing import published_key, read_status, stored_build
from faq.traffic import Taught, choose_traffic
from storage.problems import Severity


@click.command()
@click.option("--json", "wants_json", is_flag=True, help="Print every problem as JSON.")
@click.option("--quick", is_flag=True, help="Leave out what needs the matcher to learn.")
@click.option("--thorough", is_flag=True, help="Leave phrasings out with the sentence embedding too; takes minutes.")
@click.pass_obj
def check(tools: FaqTools, wants_json: bool, quick: bool, thorough: bool) -> None:
    """Say everything that is wrong or unwise in the files.

    Errors keep a FAQ from going live: broken YAML, unknown names, one question under two entries, forbidden phrases,
    promises that the service calendar does not keep. Warnings do not: near duplicates, too few phrasings, missing
    languages, entries past their review, and phrasings that the matcher would answer otherwise if they did not stand
    there (judged by the words alone unless --thorough). Exit code 1 if there is an error.
    """
    settings = tools.settings
    loaded = read_faq(settings.folder, settings.variables, settings.zone)
    problems = [*loaded.problems, *lint(loaded.faq, settings.rules, tools.now())]
    failed = any(problem.severity is Severity.ERROR for problem in problems)
    learned: dict[str, float] = {}
    taught = Taught()
    if not failed and not quick:
        tried = settings.matcher if thorough else replace(settings.matcher, semantic=False)
        problems += left_out_phrasings(loaded.faq, tried, settings.cache_folder / "left-out")
        matcher = tools.learn(loaded.faq)
        learned = {"answer_above": matcher.answer_above, "suggest_above": matcher.suggest_above, **matcher.figures}
        taught = choose_traffic(loaded.faq, settings.matcher, settings.cache_folder)
        learned |= {"handed_on": len(taught.found.handed_on), "knows_none": taught.knows_none}
    problems.sort(key=lambda problem: problem.place)
    if wants_json:
        as_json({"problems": list(map(problem_row, problems)), "entries": len(loaded.faq.entries), "matcher": learned})
    else:
        show_problems(problems)
        click.echo(f"{_size(loaded.faq)}: {counted(problems)}.")
        if learned:
            click.echo(
                f"An entry is answered from {learned['answer_above']:.0%} confidence on and suggested from "
                f"{learned['suggest_above']:.0%}, for {settings.matcher.target_precision:.0%} right answers."
            )
            click.echo(_taught(len(taught.found.handed_on), taught.knows_none, taught.past_questions))
    if failed:
        raise SystemExit(1)


@click.command()
@click.option("--json", "wants_json", is_flag=True, help="Print every test with its outcome as JSON.")
@click.pass_obj
def test(tools: FaqTools, wants_json: bool) -> None:
    """Put the questions kept beside the entries to the matcher.

    A positive question must bring its entry, as the answer or among the suggestions; a negative one must not be
    answered by it; one under `unanswerable` must not be answered at all. Shows, too, which known questions would now
    get another answer than from the version that is live. Exit code 1 if a test fails: such a FAQ does not go live.
    """
    faq = tools.load()
    matcher = tools.learn(faq)
    outcomes = run_tests(kept_tests(faq), matcher)
    failed = [outcome for outcome in outcomes if not outcome.passed]
    changes = _changes(tools, faq, matcher)
    if wants_json:
        as_json(
            {
                "tests": [_outcome_row(outcome) for outcome in outcomes],
                "changes": [{"question": row.question, "before": row.before, "after": row.after} for row in changes],
            }
        )
    else:
        show_problems(outcome.problem() for outcome in failed)
        for change in changes:
            click.echo(f'"{change.question}": {_named(change.before)} → {_named(change.after)}')
        if changes:
            click.echo(f"{len(changes)} known questions would get another answer than now.")
        suggested = sum(outcome.passed and outcome.test.positive and bool(outcome.suggested) for outcome in outcomes)
        click.echo(
            f"{len(outcomes) - len(failed)} of {len(outcomes)} tests pass ({suggested} of them as a suggestion)."
        )
    if failed:
        raise SystemExit(1)


@click.command()
@click.argument("text")
@click.option("--language", metavar="CODE", help="What the network says the player speaks, such as en or zh-Hans.")
@click.option("--previous", metavar="TEXT", help="The player's question before this one.")
@click.option("--why", is_flag=True, help="Show the candidates with what speaks for each.")
@click.option("--json", "wants_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def ask(tools: FaqTools, text: str, language: str | None, previous: str | None, why: bool, wants_json: bool) -> None:
    """Ask the FAQ, as its files stand, what a player might ask."""
    faq = tools.load()
    matcher = tools.learn(faq)
    now = tools.now()
    excluded = frozenset(entry.id for entry in faq.entries.values() if not entry.is_valid_at(now))
    match = matcher.match([Question(text, language_hint=language, previous=previous)], excluded)[0]
    if wants_json:
        as_json(_match_row(match))
        return
    spoken = match.language or language or faq.languages[0]
    click.echo(_spoken_result(faq, match, spoken))
    if why:
        click.echo(f"\n{_reasons(faq, matcher, match)}")


@click.command()
@click.option("--json", "wants_json", is_flag=True, help="Print the status as JSON.")
@click.pass_obj
def status(tools: FaqTools, wants_json: bool) -> None:
    """Say which version is live, since when, and what became of the last save.

    The server writes this whenever files are saved. Where the last save was refused, every reason is shown with its
    file, line and column, and the exit code is 1; players are answered from the version before until it is mended.
    """
    found = read_status(tools.settings.cache_folder)
    if found is None:
        stop("No version has been live yet from here: start the server with  innkeeper serve.")
    if wants_json:
        row = {
            name: getattr(found, name)
            for name in (
                *("version", "since", "entries", "phrasings", "languages", "rejected_at"),
                *("handed_on", "knows_none", "past_questions"),
            )
        }
        as_json(row | {"problems": list(map(problem_row, found.problems))})
    else:
        size = f"{found.entries} entries, {found.phrasings} phrasings, {', '.join(found.languages)}"
        click.echo(f"Version {found.version} is live since {_moment(found.since, tools)} ({size}).")
        if found.handed_on or found.past_questions:
            click.echo(_taught(found.handed_on, found.knows_none, found.past_questions))
        if found.rejected_at is not None:
            show_problems(found.problems)
            click.echo(
                f"What was saved at {_moment(found.rejected_at, tools)} is not live: {counted(found.problems)}, above."
            )
    if found.rejected_at is not None:
        raise SystemExit(1)


def _taught(handed_on: int, knows_none: bool, past_questions: int) -> str:
    """What the FAQ makes of what players wrote before."""
    asked = f"It learned from {past_questions} questions of players too. " if past_questions else ""
    if not handed_on:
        return f"{asked}Of messages that people had to answer there are too few yet to learn from."
    known = f"{asked}{handed_on} messages that people had to answer and it cannot are known; a class of their own"
    return f"{known} measured better and is on." if knows_none else f"{known} would not help and is off."


def _moment(moment: datetime, tools: FaqTools) -> str:
    return moment.astimezone(tools.settings.zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def _size(faq: Faq) -> str:
    phrasings = sum(len(entry.phrasings) for entry in faq.entries.values())
    return f"{len(faq.entries)} entries, {phrasings} phrasings, {', '.join(faq.languages)}"


def _changes(tools: FaqTools, faq: Faq, matcher: Matcher) -> list[Change]:
    """Against the version that is live, if it is known and another."""
    cache = tools.settings.cache_folder
    key = published_key(cache)
    live = stored_build(cache, key) if key is not None else None
    if live is None or live.faq is None or live.faq.version == faq.version:
        return []
    return changed_answers([*known_questions(live.faq), *known_questions(faq)], tools.learn(live.faq), matcher)


def _named(entry_ids: tuple[str, ...]) -> str:
    return " + ".join(entry_ids) or "no answer"


def _outcome_row(outcome: Outcome) -> dict[str, object]:
    return {
        "question": outcome.test.text,
        "place": str(outcome.test.place),
        "entry": outcome.entry_id,
        "positive": outcome.test.positive,
        "passed": outcome.passed,
        "answered": outcome.answered,
        "suggested": outcome.suggested,
    }


def _match_row(match: Match) -> dict[str, object]:
    verdict = match.verdict
    return {
        "verdict": type(verdict).__name__.casefold(),
        "entries": getattr(verdict, "entry_ids", ()),
        "language": match.language,
        "faq_version": match.faq_version,
        "candidates": [
            {"entry": row.entry_id, "confidence": row.confidence, "reasons": dict(row.reasons)}
            for row in match.candidates
        ],
    }


def _spoken_result(faq: Faq, match: Match, language: str) -> str:
    """What the player would be told, as text."""
    if isinstance(match.verdict, Answer):
        answers = (faq.entries[entry_id] for entry_id in match.verdict.entry_ids)
        return "\n\n".join(entry.answers[entry.language_for(language, faq.languages)] for entry in answers)
    if isinstance(match.verdict, Suggest):
        titles = [faq.entries[entry_id].title for entry_id in match.verdict.entry_ids]
        named = [title.get(language) or next(iter(title.values())) for title in titles]
        return "Which of these?\n" + "\n".join(f"  - {title}" for title in named)
    return "Nothing in the FAQ fits: a human would be offered."


def _reasons(faq: Faq, matcher: Matcher, match: Match) -> str:
    rows = [
        (
            row.entry_id,
            f"{row.confidence:.1%}",
            ", ".join(f"{name} {_short(value)}" for name, value in row.reasons.items()),
        )
        for row in match.candidates
    ]
    verdict = type(match.verdict).__name__.casefold()
    chosen = ", ".join(getattr(match.verdict, "entry_ids", ()))
    return "\n".join(
        (
            table(rows, ("entry", "confidence", "because")) if rows else "no candidates",
            f"\nverdict    {verdict} {chosen}".rstrip(),
            f"language   {match.language or 'not clear from the text'}",
            f"thresholds answer from {matcher.answer_above:.1%}, suggest from {matcher.suggest_above:.1%}",
            f"version    {faq.version}",
        )
    )


def _short(value: float | str) -> str:
    return f"{value:.3g}" if isinstance(value, float) else f'"{value}"' if isinstance(value, str) else str(value)
