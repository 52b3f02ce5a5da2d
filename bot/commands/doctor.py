"""``innkeeper doctor``."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import click
import sqlalchemy as sa

from bot.commands.program import Program, run
from bot.config import load_settings
from bot.networks import make_channels
from bot.settings import Settings
from bot.tailoring import load_bot_texts, utc_now
from channels.base import Check, Health
from channels.errors import Misconfigured
from faq.loader import read_faq
from handoff import agents
from messaging.live import Live
from storage import migrations
from storage.database import Database, parse_url
from storage.errors import StorageError
from storage.problems import ProblemsFound, Severity

LITTLE_DISK = 1024**3
BUILT_IN = datetime(2026, 1, 1, tzinfo=UTC)
SKEW = 5.0

MARKS = {Health.GOOD: ("ok  ", "green"), Health.WARNING: ("warn", "yellow"), Health.BAD: ("BAD ", "red")}


@click.command()
@click.pass_obj
def doctor(program: Program) -> None:
    """Look at everything that Innkeeper needs, and say what is missing and how to mend it.

    Settings, texts, FAQ, database, disk, clock, the web port, and for each channel that has a token whether the network
    accepts it and grants what the bot needs. Exit code 1 if something is bad.
    """
    try:
        settings = load_settings(program.config)
    except ProblemsFound as found:
        _show(Check("settings", Health.BAD, f"{len(found.problems)} problems", "Run innkeeper check."))
        raise SystemExit(1) from found
    _show(Check("settings", Health.GOOD, str(program.config)))
    raise SystemExit(1 if run(_examine(program, settings)) else 0)


async def _examine(program: Program, settings: Settings) -> bool:
    bad = False
    async for check in _checks(program, settings):
        _show(check)
        bad = bad or check.health is Health.BAD
    return bad


async def _checks(program: Program, settings: Settings) -> AsyncIterator[Check]:
    yield _texts(settings)
    yield _faq(program)
    database = Database.open(settings.database.url)
    try:
        async for check in _database(database, settings):
            yield check
        yield _disk(settings)
        yield _port(settings)
        async for check in _channels(settings, database):
            yield check
    finally:
        await database.close()


def _show(check: Check) -> None:
    mark, colour = MARKS[check.health]
    click.echo(f"{click.style(mark, fg=colour)}  {check.subject}: {check.message}")
    if check.remedy:
        click.echo(f"      -> {check.remedy}")


def _texts(settings: Settings) -> Check:
    try:
        texts = load_bot_texts(settings)
    except ProblemsFound as found:
        return Check("texts", Health.BAD, f"{len(found.problems)} problems", "Run innkeeper check.")
    return Check("texts", Health.GOOD, ", ".join(texts.languages))


def _faq(program: Program) -> Check:
    tools = program.faq_tools()
    loaded = read_faq(tools.settings.folder, tools.settings.variables, tools.settings.zone)
    errors = [problem for problem in loaded.problems if problem.severity is Severity.ERROR]
    if errors:
        return Check("FAQ", Health.BAD, f"{len(errors)} errors, the first: {errors[0]}", "Run innkeeper faq check.")
    return Check("FAQ", Health.GOOD, f"{len(loaded.faq.entries)} entries in {', '.join(loaded.faq.languages)}")


async def _database(database: Database, settings: Settings) -> AsyncIterator[Check]:
    shown = parse_url(settings.database.url).render_as_string(hide_password=True)
    try:
        await database.ping()
        at = await migrations.current(database)
    except StorageError as error:
        yield Check("database", Health.BAD, f"{shown} does not answer: {error}", "Is it running? See database.url.")
        return
    if at == migrations.NEWEST:
        yield Check("database", Health.GOOD, f"{shown}, revision {at}")
        yield await _admins(database)
    else:
        message = f"{shown} is at revision {at or 'nothing'}, this version needs {migrations.NEWEST}"
        yield Check("database", Health.WARNING, message, "innkeeper serve will do it, or run innkeeper migrate.")
    yield await _clock(database)


async def _admins(database: Database) -> Check:
    async with database.reading() as connection:
        found = [agent for agent in await agents.everyone(connection) if agent.disabled_at is None]
    if not found:
        return Check("agents", Health.WARNING, "nobody yet", "innkeeper serve prints the first admin's sign-in link.")
    return Check("agents", Health.GOOD, f"{len(found)} active")


async def _clock(database: Database) -> Check:
    now = utc_now()
    if now < BUILT_IN:
        return Check("clock", Health.BAD, f"it says {now:%Y-%m-%d}", "Set the machine's clock (NTP).")
    if not database.is_sqlite:
        async with database.reading() as connection:
            theirs: datetime = (await connection.execute(sa.select(sa.func.now()))).scalar_one()
        skew = abs((theirs - utc_now()).total_seconds())
        if skew > SKEW:
            return Check("clock", Health.WARNING, f"{skew:.0f} s apart from the database's", "Set both by NTP.")
    return Check("clock", Health.GOOD, f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _disk(settings: Settings) -> Check:
    url = parse_url(settings.database.url)
    folder = Path(url.database or ".").parent if url.get_backend_name() == "sqlite" else settings.faq.cache
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        return Check("disk", Health.BAD, f"{folder} cannot be written to", "Give this user the right to write there.")
    free = shutil.disk_usage(folder).free
    health = Health.GOOD if free > LITTLE_DISK else Health.WARNING
    return Check("disk", health, f"{free / 1024**3:.1f} GiB free", "" if health is Health.GOOD else "Make room.")


def _port(settings: Settings) -> Check:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.web.host, settings.web.port))
        except OSError as error:
            message = f"{settings.web.host}:{settings.web.port} is taken ({error.strerror or error})"
            remedy = "That is right if Innkeeper is running; else set web.port to a free one."
            return Check("web port", Health.WARNING, message, remedy)
    return Check("web port", Health.GOOD, f"{settings.web.host}:{settings.web.port} is free; {settings.public_url}")


async def _channels(settings: Settings, database: Database) -> AsyncIterator[Check]:
    try:
        channels, off = make_channels(settings, database, Live())
    except Misconfigured as error:
        yield Check("channels", Health.BAD, str(error), error.hint)
        return
    for name, channel in channels.items():
        try:
            for check in await channel.check():
                yield Check(f"{name}: {check.subject}", check.health, check.message, check.remedy)
        finally:
            await channel.close()
    for each in off:
        yield Check(each.name, Health.WARNING, "off", f"To switch it on, {each.remedy}.")
