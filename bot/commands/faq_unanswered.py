"""``faq unanswered``: what players asked in vain. In a module of its own, for grouping by meaning loads scipy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from bot.commands.faq_tools import PROPOSALS, FaqTools, as_json, stop
from faq.embedding.choice import open_embedder
from faq.entry import Faq
from faq.missed import Missed, Reason, read_missed
from faq.proposals import AddPhrasings, Group, to_row
from faq.unanswered import group_missed
from storage.yaml_editor import write_atomically

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
    embedder = open_embedder(tools.settings.matcher.embedding_folder) if tools.settings.matcher.semantic else None
    groups = group_missed(_missed(tools, path), faq, tools.learn(faq), embedder)[:limit]
    cache = tools.settings.cache_folder
    cache.mkdir(parents=True, exist_ok=True)
    rows = [to_row(group) for group in groups]
    write_atomically(cache / PROPOSALS, json.dumps(rows, ensure_ascii=False).encode())
    if wants_json:
        as_json(rows)
        return
    for number, group in enumerate(groups, start=1):
        click.echo(_described(number, group, faq))
    click.echo(
        f"{len(groups)} groups. Take some over with  faq accept 1 2 …" if groups else "Nothing was left unanswered."
    )


def _missed(tools: FaqTools, path: Path | None) -> Sequence[Missed]:
    if path is not None:
        return read_missed(path)
    if tools.missed is None:
        stop("No database is configured here: give an export with  --from FILE.")
    return tools.missed()


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
