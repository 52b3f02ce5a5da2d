"""The ``innkeeper`` command."""

from __future__ import annotations

from pathlib import Path

import click

from bot.commands.agents import agents_group
from bot.commands.chat import chat
from bot.commands.check import check
from bot.commands.doctor import doctor
from bot.commands.faq import faq_group
from bot.commands.faq_tools import TOOLS_KEY
from bot.commands.migrate import migrate
from bot.commands.program import Program, ProgramGroup
from bot.commands.serve import serve


@click.group(cls=ProgramGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("config.yaml"),
    show_default=True,
    help="The settings; may stand before or after the command's name.",
)
@click.version_option(package_name="innkeeper")
@click.pass_context
def main(context: click.Context, config: Path) -> None:
    """Answer the players of a game on Telegram, Discord and the web: from the FAQ, or through your agents.

    Start with `innkeeper serve`, or try the bot at once with `innkeeper chat`. `innkeeper doctor` tells what is set up,
    what is missing, and how to mend it.
    """
    program = Program(config)
    context.obj = program
    context.meta[TOOLS_KEY] = program.faq_tools


for command in (serve, chat, check, migrate, agents_group, faq_group, doctor):
    main.add_command(command)
