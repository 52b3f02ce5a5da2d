"""``innkeeper chat``."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import click

from bot.building import build_app
from bot.commands.program import Program, run
from bot.logs import configure_logs
from bot.networks import Off
from bot.settings import DatabaseSettings, LogSettings, Settings
from channels.base import Channel
from channels.terminal.adapter import TerminalChannel
from messaging.live import Live
from storage.database import Database


@click.command()
@click.option("--language", help="The language that the network would say you speak, such as vi.")
@click.option("--keep", is_flag=True, help="Use the real database, so that agents see the conversation.")
@click.pass_obj
def chat(program: Program, language: str | None, keep: bool) -> None:
    """Talk to the bot here, as a player would: no server needed.

    Type a question, the number of a button, or a command such as /human. Ctrl-D ends it. From a pipe it answers each
    line in turn:  echo "how do i get my account back" | innkeeper chat
    """
    settings = program.settings()
    configure_logs(LogSettings(level="error"))
    if keep:
        run(_chat(settings, language))
        return
    with tempfile.TemporaryDirectory(prefix="innkeeper-chat-") as folder:
        url = f"sqlite:///{Path(folder) / 'chat.db'}"
        run(_chat(replace(settings, database=DatabaseSettings(url)), language))


async def _chat(settings: Settings, language: str | None) -> None:
    def networks(_settings: Settings, database: Database, _live: Live) -> tuple[dict[str, Channel], list[Off]]:
        return {"terminal": TerminalChannel(database, language=language)}, []

    app = await build_app(settings, networks=networks)
    try:
        await app.start()
        terminal = app.channels["terminal"]
        assert isinstance(terminal, TerminalChannel)
        await terminal.ended.wait()
    finally:
        await app.close()
