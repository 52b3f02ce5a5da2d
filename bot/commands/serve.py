"""``innkeeper serve``."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path

import click
import structlog
from aiohttp import web

from bot.app import App
from bot.building import build_app
from bot.commands.alone import alone
from bot.commands.faq_tools import stop
from bot.commands.program import Program, run
from bot.logs import configure_logs
from bot.settings import Settings
from bot.steadiness import be_steady, stay_steady
from bot.tailoring import console_settings
from handoff import agents, sessions
from storage.database import Database
from storage.migrations import NEWEST, current

log = structlog.get_logger()

SETTLE_WITHIN = 5.0


@click.command()
@click.pass_obj
def serve(program: Program) -> None:
    """Serve players and agents until Ctrl-C.

    Creates the database if there is none and brings an older one up to date, loads the FAQ, starts the web chat, the
    console and every channel that has a token, and prints where they are. The first admin gets a one-time sign-in link.
    """
    settings = program.settings()
    configure_logs(settings.log)
    click.echo("Starting. A new or changed FAQ is learned first, which takes a moment …")
    with alone(settings):
        run(_serve(settings, program.config))


async def _serve(settings: Settings, config: Path) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopping.set)
    app = await build_app(settings, bring_up_to_date=partial(_migrate_apart, config))
    be_steady()
    steadying = asyncio.create_task(stay_steady(app.knowledge), name="steadiness")
    try:
        await app.start()
        runner = web.AppRunner(app.web(), access_log=None, shutdown_timeout=3.0)
        await runner.setup()
        try:
            await _listen(runner, settings)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SETTLE_WITHIN):
                    await app.supervisor.settled.wait()
            click.echo(await _welcome(app))
            await stopping.wait()
            click.echo("Finishing what is in hand …")
        finally:
            await runner.cleanup()
    finally:
        steadying.cancel()
        await app.close()
    click.echo("Ended cleanly. What was not sent yet is kept and goes out at the next start.")


async def _migrate_apart(config: Path, database: Database) -> None:
    """Migrate in a process of its own where there is something to do: what that needs is not kept in memory here."""
    if await current(database) == NEWEST:
        return
    migrating = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "migrate", "--config", str(config), stdout=asyncio.subprocess.DEVNULL
    )
    if await migrating.wait() != 0:
        stop("The database could not be brought up to date; innkeeper migrate tells why.")


async def _listen(runner: web.AppRunner, settings: Settings) -> None:
    try:
        await web.TCPSite(runner, settings.web.host, settings.web.port).start()
    except OSError as error:
        stop(
            f"Cannot listen on {settings.web.host}:{settings.web.port}: {error.strerror or error}. Is another program "
            f"(or another Innkeeper) there? End it, or set web.port in config.yaml to a free one."
        )


async def _welcome(app: App) -> str:
    settings = app.settings
    faq = app.knowledge.faq
    lines = [f"Innkeeper {version('innkeeper')} is serving {settings.service.name}.", ""]
    if "web" in app.channels:
        lines.append(f"  Web chat   {settings.public_url}/chat")
    lines.append(f"  Console    {settings.public_url}/console")
    link = await _first_link(app)
    if link is not None:
        lines += [
            "             The first admin signs in once, within 24 hours, with this link:",
            f"             {link}",
        ]
    lines.append(f"  FAQ        {len(faq.entries)} entries in {', '.join(faq.languages)}")
    status = app.knowledge.status
    if status.rejected_at is not None:
        lines.append(
            f"             The files were changed since and hold {len(status.problems)} problems: innkeeper faq status"
        )
    elif status.problems:
        lines.append(f"             {len(status.problems)} of its own tests fail: innkeeper faq status")
    lines += ["", "  Channels", *_channel_lines(app), "", "  Ctrl-C ends it."]
    return "\n".join(lines)


def _channel_lines(app: App) -> Iterator[str]:
    watched = app.supervisor
    for name in app.channels:
        broken, failure = watched.misconfigured.get(name), watched.failing.get(name)
        if broken is not None:
            yield f"    {name:<9} NOT ON: {broken}. {broken.hint}"
        elif name in watched.up:
            yield f"    {name:<9} on"
        else:
            yield f"    {name:<9} not yet: {failure or 'still connecting'}; it is tried again, and the log tells"
    for off in app.off:
        yield f"    {off.name:<9} off: to switch it on, {off.remedy}"


async def _first_link(app: App) -> str | None:
    async with app.database.transaction() as connection:
        admin = await agents.first_admin(app.database, connection, app.now())
        if admin is None:
            return None
        token = await sessions.new_link(connection, admin.id, app.now())
    return console_settings(app.settings).link(token)
