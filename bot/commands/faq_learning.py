"""``faq accept`` and ``faq saved``: what players asked in vain becomes part of the FAQ."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import click

from bot.commands.faq_tools import PROPOSALS, FaqTools, stop
from faq.additions import Addition, record, recorded, savings
from faq.editor import EntryDraft, FaqEditor
from faq.proposals import AddPhrasings, NewEntry, from_row


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
    path = tools.settings.cache_folder / PROPOSALS
    if not path.exists():
        stop("Run  faq unanswered  first: its numbers are what is accepted.")
    groups = [from_row(row) for row in json.loads(path.read_text(encoding="utf-8"))]
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
@click.pass_obj
def saved(tools: FaqTools) -> None:
    """Report what earlier additions have saved.

    Counts, for everything taken over with `faq accept`, the players who have been answered since because their question
    is nearest to one of the phrasings that it added.
    """
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
