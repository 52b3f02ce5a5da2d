"""``faq accept`` and ``faq saved``: what players asked in vain becomes part of the FAQ."""

from __future__ import annotations

import json

import click

from bot.commands.faq_tools import PROPOSALS, FaqTools, stop
from faq.accepting import Wish
from faq.accepting import accept as take_over
from faq.additions import record, recorded, savings
from faq.proposals import from_row


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

    Of each language's questions the last becomes a test and the others phrasings, if there are two or more and the FAQ
    passes that test once it has learned the others.
    """
    path = tools.settings.cache_folder / PROPOSALS
    if not path.exists():
        stop("Run  faq unanswered  first: its numbers are what is accepted.")
    groups = [from_row(row) for row in json.loads(path.read_text(encoding="utf-8"))]
    if max(numbers) > len(groups):
        stop(f"There are {len(groups)} proposals, so no number {max(numbers)}.")
    if len(numbers) > 1 and (new_id or title or answer):
        stop("--id, --title and --answer are for one proposal at a time.")
    chosen = [groups[number - 1] for number in dict.fromkeys(numbers)]
    settings = tools.settings
    wish = Wish(entry, new_id, topic, title, answer)
    accepted = take_over(chosen, wish, settings.folder, settings.variables, tools.learn, tools.now())
    for written in accepted.editor.save():
        click.echo(f"Written: {written}")
    for addition in accepted.additions:
        record(settings.folder, addition)
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
