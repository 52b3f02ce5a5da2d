"""``innkeeper faq``: everything an admin does with the FAQ from a terminal."""

from __future__ import annotations

from pathlib import Path

import click

from bot.commands.faq_tools import ProblemGroup, tools_for

COMMANDS = {
    "check": "bot.commands.faq_judging:check",
    "test": "bot.commands.faq_judging:test",
    "ask": "bot.commands.faq_judging:ask",
    "status": "bot.commands.faq_judging:status",
    "evaluate": "bot.commands.faq_evaluate:evaluate",
    "unanswered": "bot.commands.faq_unanswered:unanswered",
    "accept": "bot.commands.faq_learning:accept",
    "saved": "bot.commands.faq_learning:saved",
    "import": "bot.commands.faq_exchange:import_",
    "export": "bot.commands.faq_exchange:export",
}


@click.group("faq", cls=ProblemGroup, commands_at=COMMANDS)
@click.option("--folder", type=click.Path(path_type=Path), help="The folder with the FAQ's YAML files.")
@click.option("--cache-folder", type=click.Path(path_type=Path), help="Where what was learned is kept.")
@click.option("--variable", "variables", multiple=True, metavar="NAME=VALUE", help="A {variable} of the texts.")
@click.pass_context
def faq_group(
    context: click.Context, folder: Path | None, cache_folder: Path | None, variables: tuple[str, ...]
) -> None:
    """Check, test, ask, extend, import and export the FAQ.

    The FAQ is a folder with one YAML file for each topic. A server that is running takes a saved file live by itself
    once it passes; `faq status` tells what is live, and why the last save was refused if it was.
    """
    if context.invoked_subcommand != "evaluate":  # which measures other people's questions, wherever it is run
        context.obj = tools_for(context, folder, cache_folder, variables)
