"""``innkeeper agents``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

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
    """Add, list, change, disable and enable the people who answer players."""


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
            agent.team or "-",
            ", ".join(agent.languages) or "any",
            ", ".join(agent.skills) or "-",
            str(agent.capacity),
            _state(agent),
        )
        for agent in found
    ]
    heads = ("name", "desk name", "role", "team", "languages", "skills", "takes", "state")
    click.echo(table(rows, heads) if rows else "There is nobody yet.")


def _state(agent: Agent) -> str:
    if agent.disabled_at is not None:
        return f"disabled {agent.disabled_at:%Y-%m-%d}"
    return f"{agent.presence} since {agent.presence_since:%H:%M} UTC" if agent.presence_since else agent.presence.value


@agents_group.command("set")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="What they may do.")
@click.option("--language", "languages", multiple=True, help="A language they answer in; may be repeated.")
@click.option("--any-language", is_flag=True, help="They answer in every language.")
@click.option("--skill", "skills", multiple=True, help="A topic they are good at (payment, bug …); may be repeated.")
@click.option("--no-skills", is_flag=True, help="They are good at nothing in particular.")
@click.option("--team", help="With whom they work; an empty one is none.")
@click.option("--capacity", type=int, help="How many tickets the queue gives them at once.")
@click.pass_obj
def set_agent(
    program: Program,
    name: str,
    role: str | None,
    languages: tuple[str, ...],
    any_language: bool,
    skills: tuple[str, ...],
    no_skills: bool,
    team: str | None,
    capacity: int | None,
) -> None:
    """Change NAME; what is not given stays. Languages and skills that are given replace those before."""
    if (languages and any_language) or (skills and no_skills):
        raise click.UsageError("Give either what they are, or that they are none.")
    changes = {
        "role": Role(role) if role else None,
        "languages": languages if languages or any_language else None,
        "skills": skills if skills or no_skills else None,
        "team": team,
        "capacity": capacity,
    }
    if all(value is None for value in changes.values()):
        raise click.UsageError("Say what is to change; --help shows what there is.")
    agent = run(_change(program.settings(), name, changes))
    click.echo(
        f"{agent.name}: {agent.role}, team {agent.team or '-'}, languages {', '.join(agent.languages) or 'any'}, "
        f"skills {', '.join(agent.skills) or '-'}, takes {agent.capacity} at once."
    )


@agents_group.command()
@click.argument("name")
@click.pass_obj
def enable(program: Program, name: str) -> None:
    """Let NAME in again, who was disabled; their password is as it was."""
    agent = run(_enable(program.settings(), name))
    click.echo(f"{agent.name} may sign in again.")


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


async def _change(settings: Settings, name: str, changes: dict[str, Any]) -> Agent:
    async with _opened(settings) as database, database.transaction() as connection:
        return await agents.change(connection, name, **changes)


async def _enable(settings: Settings, name: str) -> Agent:
    async with _opened(settings) as database, database.transaction() as connection:
        return await agents.enable(connection, name)
