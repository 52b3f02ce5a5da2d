"""``faq import`` and ``faq export``."""

from __future__ import annotations

from pathlib import Path

import click

from bot.commands.faq_tools import FaqTools
from faq.editor import FaqEditor
from faq.exchange.formats import READERS, WRITERS
from faq.loader import read_faq


@click.command("import")
@click.argument("format_name", metavar="FORMAT", type=click.Choice(sorted(READERS)))
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--language", default="en", show_default=True, help="The language of what does not say it itself.")
@click.option("--topic", metavar="ID", help="Put everything under this topic.")
@click.option("--dry-run", is_flag=True, help="Only say what would be added.")
@click.pass_obj
def import_(tools: FaqTools, format_name: str, path: Path, language: str, topic: str | None, dry_run: bool) -> None:
    """Add the entries of another tool's export: csv, markdown, chatwoot, zendesk or rasa.

    New entries go to the file of their topic, made where there is none. To an entry whose id is there already only its
    new phrasings are added; its answer stays. Nothing is written if the result would not load.
    """
    settings = tools.settings
    known = read_faq(settings.folder, settings.variables, settings.zone).faq.entries
    editor = FaqEditor(settings.folder, settings.variables)
    entries = phrasings = 0
    for found in READERS[format_name](path, language):
        if found.draft.id in known:
            phrasings += editor.add_phrasings(found.draft.id, found.draft.phrasings, found.draft.tests)
        else:
            editor.add_entry(topic or found.topic, found.draft, found.topic_title)
            entries += 1
    files = sorted(editor.render()) if dry_run else editor.save()
    would = "would be " if dry_run else ""
    click.echo(f"{entries} entries and {phrasings} phrasings of known entries {would}added, in {len(files)} files:")
    for file in files:
        click.echo(f"  {file}")


@click.command("export")
@click.argument("format_name", metavar="FORMAT", type=click.Choice(sorted(WRITERS)))
@click.argument("path", type=click.Path(path_type=Path, allow_dash=True), default="-")
@click.option("--language", help="Only this language. Markdown, Rasa and HTML hold one: by default the most common.")
@click.pass_obj
def export(tools: FaqTools, format_name: str, path: Path, language: str | None) -> None:
    """Write the FAQ as csv, markdown, chatwoot, zendesk, rasa or one html page, to a file or the terminal."""
    text = WRITERS[format_name](tools.load(), language)
    if str(path) == "-":
        click.echo(text, nl=False)
    else:
        path.write_text(text, encoding="utf-8", newline="")
        click.echo(f"Written to {path}.")
