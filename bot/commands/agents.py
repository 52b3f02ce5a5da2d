"""``innkeeper agents``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import click

from bot.commands.faq_tools import table
from bot.commands.program import Program, run
from bot.settings import Settings
from bot.tailoring import console_settings, utc_now
from handoff import agents, sessions
from handoff.agents import Agent, Role
from storage.database import Database
from storage.migrations import migrate


@click.group("agents")
def agents_group() -> None:
    """Add, list and disable the people who answer players."""


@agents_group.command()
@click.argument("name")
@click.option("--desk-name", help="What players see, such as Mira or Desk 4; never a private name. Default: NAME.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.AGENT.value, show_default=True)
@click.option("--language", "languages", multiple=True, help="A language they answer in (en, vi …); may be repeated.")
@click.pass_obj
def add(program: Program, name: str, desk_name: str | None, role: str, languages: tuple[str, ...]) -> None:
    """Add the agent NAME and print the one-time link with which they set their password.

    The link works once and for 24 hours; `innkeeper agents link NAME` makes a new one.
    """
    settings = program.settings()
    agent, link = run(_add(settings, name, desk_name or name, Role(role), languages))
    click.echo(f"Added {agent.name} ({agent.role}), whom players see as {agent.desk_name!r}.")
    click.echo(f"They sign in once, within 24 hours, with this link, and choose a password:\n{link}")


@agents_group.command("list")
@click.pass_obj
def list_agents(program: Program) -> None:
    """List everybody, disabled agents too."""
    found = run(_everyone(program.settings()))
    rows = [
        (
            agent.name,
            agent.desk_name,
            agent.role.value,
            ", ".join(agent.languages) or "any",
            f"disabled {agent.disabled_at:%Y-%m-%d}" if agent.disabled_at else "active",
        )
        for agent in found
    ]
    click.echo(table(rows, ("name", "desk name", "role", "languages", "state")) if rows else "There is nobody yet.")


@agents_group.command()
@click.argument("name")
@click.pass_obj
def link(program: Program, name: str) -> None:
    """Print a new one-time sign-in link for NAME, who forgot their password; earlier links stop working."""
    click.echo(run(_new_link(program.settings(), name)))


@agents_group.command()
@click.argument("name")
@click.pass_obj
def disable(program: Program, name: str) -> None:
    """Shut NAME out at once, from open consoles too. What they wrote stays."""
    agent = run(_disable(program.settings(), name))
    click.echo(f"{agent.name} is disabled and signed out everywhere.")


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    database = Database.open(settings.database.url)
    try:
        await migrate(database)
        yield database
    finally:
        await database.close()


async def _add(
    settings: Settings, name: str, desk_name: str, role: Role, languages: tuple[str, ...]
) -> tuple[Agent, str]:
    async with _opened(settings) as database, database.transaction() as connection:
        agent = await agents.add(
            database, connection, name=name, desk_name=desk_name, role=role, now=utc_now(), languages=languages
        )
        token = await sessions.new_link(connection, agent.id, utc_now())
    return agent, console_settings(settings).link(token)


async def _new_link(settings: Settings, name: str) -> str:
    async with _opened(settings) as database, database.transaction() as connection:
        agent = await agents.named(connection, name)
        if agent is None or agent.disabled_at is not None:
            raise click.ClickException(f"There is no active agent named {name!r}; see innkeeper agents list.")
        token = await sessions.new_link(connection, agent.id, utc_now())
    return console_settings(settings).link(token)


async def _everyone(settings: Settings) -> list[Agent]:
    async with _opened(settings) as database, database.reading() as connection:
        return await agents.everyone(connection)


async def _disable(settings: Settings, name: str) -> Agent:
    async with _opened(settings) as database, database.transaction() as connection:
        agent = await agents.disable(connection, name, utc_now())
        await sessions.end_all(connection, agent.id)
    return agent
