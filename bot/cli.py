"""The ``innkeeper`` command."""

from __future__ import annotations

from pathlib import Path

import click

from bot.commands.program import Program, ProgramGroup

# Imported only when they are called: `innkeeper --help` has no use for a web server.
COMMANDS = {
    "serve": "bot.commands.serve:serve",
    "chat": "bot.commands.chat:chat",
    "check": "bot.commands.check:check",
    "faq": "bot.commands.faq:faq_group",
    "agents": "bot.commands.agents:agents_group",
    "doctor": "bot.commands.doctor:doctor",
    "migrate": "bot.commands.migrate:migrate",
    "inbox": "bot.commands.inbox:inbox_group",
    "outbox": "bot.commands.outbox:outbox_group",
    "backup": "bot.commands.backup:backup",
    "restore": "bot.commands.backup:restore",
}


@click.group(cls=ProgramGroup, commands_at=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
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
    context.meta["innkeeper.faq_tools"] = program.faq_tools
