"""``faq unanswered``, ``accept``, ``saved`` and ``evaluate``: learning from what players really asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bot.commands.faq_tools import FaqTools, as_json, stop
from faq.additions import Addition, record, recorded, savings
from faq.editor import EntryDraft, FaqEditor
from faq.embedding.choice import open_embedder
from faq.entry import Faq
from faq.missed import Missed, Reason, read_missed
from faq.unanswered import AddPhrasings, Group, NewEntry, group_missed
from storage.yaml_editor import write_atomically

_SUGGESTIONS = "unanswered.json"
_REASON_WORDS = {
    Reason.NO_MATCH: "no match",
    Reason.LOW_CONFIDENCE: "not sure enough",
    Reason.NOT_WHAT_I_MEANT: "not what I meant",
    Reason.HANDED_OVER: "handed over all the same",
}


@click.command()
@click.option(
    "--from", "path", type=click.Path(exists=True, path_type=Path), help="Read an export (TSV or JSON lines)."
)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="How many groups to show.")
@click.option("--json", "wants_json", is_flag=True, help="Print the groups as JSON.")
@click.pass_obj
def unanswered(tools: FaqTools, path: Path | None, limit: int, wants_json: bool) -> None:
    """Show what players asked in vain, grouped by meaning, with what to add.

    The group that would have helped most players comes first; personal data is taken out. `faq accept 1 3` writes the
    proposals 1 and 3 into the YAML.
    """
    faq = tools.load()
    embedder = open_embedder() if tools.settings.matcher.semantic else None
    groups = group_missed(_missed(tools, path), faq, tools.learn(faq), embedder)[:limit]
    cache = tools.settings.cache_folder
    cache.mkdir(parents=True, exist_ok=True)
    rows = [_to_row(group) for group in groups]
    write_atomically(cache / _SUGGESTIONS, json.dumps(rows, ensure_ascii=False).encode())
    if wants_json:
        as_json(rows)
        return
    for number, group in enumerate(groups, start=1):
        click.echo(_described(number, group, faq))
    click.echo(
        f"{len(groups)} groups. Take some over with  faq accept 1 2 …" if groups else "Nothing was left unanswered."
    )


@click.command()
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(1))
@click.option("--entry", metavar="ID", help="Add the phrasings to this entry instead of what was proposed.")
@click.option("--id", "new_id", metavar="ID", help="The id of the new entry.")
@click.option("--topic", metavar="ID", help="The topic of the new entry.")
@click.option("--title", help="The title of the new entry.")
@click.option("--answer", help="The answer of the new entry, where no agent has written one or a better one is due.")
@click.pass_obj
def accept(
    tools: FaqTools,
    numbers: tuple[int, ...],
    entry: str | None,
    new_id: str | None,
    topic: str | None,
    title: str | None,
    answer: str | None,
) -> None:
    """Write proposals of the last `faq unanswered` into the YAML, keeping its comments and order.

    Of each language's questions the last becomes a test and the others phrasings, if there are two or more.
    """
    path = tools.settings.cache_folder / _SUGGESTIONS
    if not path.exists():
        stop("Run  faq unanswered  first: its numbers are what is accepted.")
    groups = [_from_row(row) for row in json.loads(path.read_text(encoding="utf-8"))]
    if max(numbers) > len(groups):
        stop(f"There are {len(groups)} proposals, so no number {max(numbers)}.")
    if len(numbers) > 1 and (new_id or title or answer):
        stop("--id, --title and --answer are for one proposal at a time.")
    editor = FaqEditor(tools.settings.folder, tools.settings.variables)
    additions = []
    for number in dict.fromkeys(numbers):
        group = groups[number - 1]
        phrasings, tests = _divided(group.texts)
        proposal = AddPhrasings(entry, 1.0) if entry is not None else group.proposal
        if isinstance(proposal, AddPhrasings):
            entry_id = proposal.entry_id
            editor.add_phrasings(entry_id, phrasings, tests)
        else:
            draft = _draft(number, proposal, phrasings, tests, new_id, title, answer)
            editor.add_entry(topic or proposal.topic, draft)
            entry_id = draft.id
        said = tuple(text for texts in phrasings.values() for text in texts)
        additions.append(Addition(tools.now(), entry_id, said, group.players))
    for written in editor.save():
        click.echo(f"Written: {written}")
    for addition in additions:
        record(tools.settings.folder, addition)
        click.echo(f"  {addition.entry_id}: {len(addition.phrasings)} phrasings, asked by {addition.missed} players")


@click.command()
@click.option("--from", "path", type=click.Path(exists=True, path_type=Path), hidden=True)
@click.pass_obj
def saved(tools: FaqTools, path: Path | None) -> None:
    """Report what earlier additions have saved: players answered since by a phrasing that was accepted."""
    additions = recorded(tools.settings.folder)
    if not additions:
        stop("Nothing has been accepted from  faq unanswered  yet.")
    if tools.answered is None:
        stop("Which questions were answered is known to the server's database only, and none is configured.")
    rows = savings(additions, tools.answered(), tools.load())
    for row in sorted(rows, key=lambda row: -row.players):
        made = row.addition
        click.echo(
            f"{made.at:%Y-%m-%d}  {made.entry_id}: {row.players} players answered since ({row.messages} messages); "
            f"{made.missed} had asked in vain before"
        )
    click.echo(f"Together {sum(row.players for row in rows)} times a player did not have to wait for a human.")


def _missed(tools: FaqTools, path: Path | None) -> Sequence[Missed]:
    if path is not None:
        return read_missed(path)
    if tools.missed is None:
        stop("No database is configured here: give an export with  --from FILE.")
    return tools.missed()


def _divided(
    texts: Mapping[str, Sequence[str]],
) -> tuple[dict[str, Sequence[str]], dict[str, Sequence[str]]]:
    """Phrasings and tests: of two or more texts the last is kept to test with."""
    phrasings = {language: rows[:-1] if len(rows) > 1 else rows for language, rows in texts.items()}
    tests = {language: rows[-1:] for language, rows in texts.items() if len(rows) > 1}
    return phrasings, tests


def _draft(
    number: int,
    proposal: NewEntry,
    phrasings: Mapping[str, Sequence[str]],
    tests: Mapping[str, Sequence[str]],
    new_id: str | None,
    title: str | None,
    answer: str | None,
) -> EntryDraft:
    said = answer or proposal.answer
    if said is None:
        stop(f'Proposal {number} is a new entry that no agent has answered yet: add  --answer "…", or  --entry ID.')
    language = proposal.language
    return EntryDraft(
        id=new_id or proposal.id,
        title={language: title or proposal.title},
        phrasings=phrasings,
        answer={language: said},
        tests=tests,
    )


def _described(number: int, group: Group, faq: Faq) -> str:
    reasons = ", ".join(f"{_REASON_WORDS[reason]} {count}×" for reason, count in group.reasons.items())
    lines = [f"{number}. {group.players} players, {group.messages} messages ({reasons})"]
    for language, texts in group.texts.items():
        lines += [f"   {language}: {text}" for text in texts[:5]]
        if len(texts) > 5:
            lines.append(f"   {language}: … and {len(texts) - 5} more")
    proposal = group.proposal
    if isinstance(proposal, AddPhrasings):
        named = next(iter(faq.entries[proposal.entry_id].title.values()), "")
        lines.append(f"   → phrasings for {proposal.entry_id} ({named}), {proposal.confidence:.0%} sure")
    else:
        lines.append(f'   → a new entry {proposal.id} under {proposal.topic}: "{proposal.title}"')
        if proposal.answer:
            first = proposal.answer.strip().splitlines()[0]
            lines.append(
                f"     with an agent's answer: {first[:90]}{'…' if len(proposal.answer) > len(first[:90]) else ''}"
            )
        else:
            lines.append("     which nobody has answered yet")
    return "\n".join(lines) + "\n"


def _to_row(group: Group) -> dict[str, Any]:
    kind = "phrasings" if isinstance(group.proposal, AddPhrasings) else "entry"
    return asdict(group) | {"proposal": {"kind": kind, **asdict(group.proposal)}}


def _from_row(row: dict[str, Any]) -> Group:
    about = dict(row["proposal"])
    kind = about.pop("kind")
    proposal = AddPhrasings(**about) if kind == "phrasings" else NewEntry(**about)
    texts = {language: tuple(rows) for language, rows in row["texts"].items()}
    reasons = {Reason(reason): count for reason, count in row["reasons"].items()}
    return Group(texts, row["players"], row["messages"], reasons, proposal)


def add_to(group: click.Group) -> None:
    for command in (unanswered, accept, saved):
        group.add_command(command)
