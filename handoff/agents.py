"""Agents: the staff who answer tickets, what they may do, and the name that players see of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from handoff.errors import AgentRefused
from storage.database import Database, Identifier, Json, Moment, metadata

agents = sa.Table(
    "agents",
    metadata,
    sa.Column("id", Identifier, primary_key=True, autoincrement=True),
    # What they sign in with: folded, so that capitals do not matter. Players never see it.
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("desk_name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    # Argon2, or null until the first password is set through a one-time link.
    sa.Column("password_hash", sa.Text),
    sa.Column("languages", Json, nullable=False),
    # What kinds of tickets they are good at (topics of the FAQ), and with whom they work.
    sa.Column("skills", Json, nullable=False, default=list),
    sa.Column("team", sa.Text, nullable=False, default=""),
    # How many tickets they take at once.
    sa.Column("capacity", sa.Integer, nullable=False, default=5),
    # online, away or offline, as they said or as their silence tells; see handoff.presence.
    sa.Column("presence", sa.Text, nullable=False, default="offline"),
    # Whether they said so themselves: then being active does not change it.
    sa.Column("presence_said", sa.Boolean, nullable=False, default=False),
    sa.Column("presence_since", Moment),
    sa.Column("last_seen_at", Moment),
    # When they were given a ticket last: who waits longest for one gets the next (H9).
    sa.Column("last_ticket_at", Moment),
    sa.Column("disabled_at", Moment),
    sa.Column("created_at", Moment, nullable=False),
)

_NAME = re.compile(r"\w[\w.@+-]{0,63}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_LONGEST_DESK_NAME = 40
MOST_AT_ONCE = 100
"""The largest capacity of an agent."""
# A desk name stands inside Markdown on networks where some of these make formatting, a link or a ping.
_NOT_IN_DESK_NAMES = frozenset("*_~`|<>[]@\\")


class Role(StrEnum):
    """What an agent may do: answer tickets; lead a shift; edit the FAQ and the settings."""

    AGENT = "agent"
    LEAD = "lead"
    ADMIN = "admin"


class Presence(StrEnum):
    """Whether an agent takes tickets now."""

    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Agent:
    """One member of staff. ``name`` is the sign-in name, ``desk_name`` what players see."""

    id: int
    name: str
    desk_name: str
    role: Role
    languages: tuple[str, ...]
    skills: tuple[str, ...]
    team: str
    capacity: int
    presence: Presence
    presence_since: datetime | None
    last_seen_at: datetime | None
    last_ticket_at: datetime | None
    has_password: bool
    disabled_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody on the staff as the queue sees them; ``assigned`` is how many tickets they have in hand."""

    id: int
    desk_name: str
    role: Role
    languages: tuple[str, ...]
    skills: tuple[str, ...]
    team: str
    capacity: int
    presence: Presence
    presence_since: datetime | None
    assigned: int
    last_seen_at: datetime | None = None
    last_ticket_at: datetime | None = None

    @property
    def is_lead(self) -> bool:
        return self.role in (Role.LEAD, Role.ADMIN)

    @property
    def has_room(self) -> bool:
        """Whether the queue may give them one more."""
        return self.presence is Presence.ONLINE and self.assigned < self.capacity


async def add(
    database: Database,
    connection: AsyncConnection,
    *,
    name: str,
    desk_name: str,
    role: Role,
    now: datetime,
    languages: Sequence[str] = (),
) -> Agent:
    """A new agent, who has no password yet. Raises AgentRefused where the name is taken or a value cannot be used."""
    folded = _checked_name(name)
    shown = _checked_desk_name(desk_name)
    _check_languages(languages)
    await _check_desk_name_free(connection, folded, shown)
    row = (
        await connection.execute(
            database.insert(agents).on_conflict_do_nothing(index_elements=["name"]).returning(agents),
            {
                "name": folded,
                "desk_name": shown,
                "role": role,
                "languages": list(languages),
                "created_at": now,
            },
        )
    ).one_or_none()
    if row is None:
        raise AgentRefused(f"there is an agent named {folded!r} already")
    return agent_of_row(row)


async def change(
    connection: AsyncConnection,
    name: str,
    *,
    role: Role | None = None,
    languages: Sequence[str] | None = None,
    skills: Sequence[str] | None = None,
    team: str | None = None,
    capacity: int | None = None,
) -> Agent:
    """Change what is given of this agent; None leaves what stands. Raises AgentRefused where there is none, or for a
    value that cannot be used."""
    agent = await _known(connection, name)
    if languages is not None:
        _check_languages(languages)
    if capacity is not None and not 1 <= capacity <= MOST_AT_ONCE:
        raise AgentRefused(f"an agent takes 1 to {MOST_AT_ONCE} tickets at once, not {capacity}")
    given = {
        "role": role,
        "languages": list(languages) if languages is not None else None,
        "skills": sorted({each.strip() for each in skills if each.strip()}) if skills is not None else None,
        "team": team.strip() if team is not None else None,
        "capacity": capacity,
    }
    changes = {column: value for column, value in given.items() if value is not None}
    if not changes:
        return agent
    changed = await connection.execute(
        sa.update(agents).where(agents.c.id == agent.id).values(changes).returning(agents)
    )
    return agent_of_row(changed.one())


async def enable(connection: AsyncConnection, name: str) -> Agent:
    """Let an agent in again who was shut out; they sign in as before. Raises AgentRefused where that cannot be."""
    agent = await _known(connection, name)
    if agent.disabled_at is None:
        raise AgentRefused(f"{agent.name!r} is not disabled")
    await _check_desk_name_free(connection, agent.name, agent.desk_name)
    row = (
        await connection.execute(
            sa.update(agents)
            .where(agents.c.id == agent.id)
            .values(disabled_at=None, presence=Presence.OFFLINE, presence_said=False, presence_since=None)
            .returning(agents)
        )
    ).one()
    return agent_of_row(row)


async def disable(connection: AsyncConnection, name: str, now: datetime) -> Agent:
    """Shut this agent out of every desk from now on. Raises AgentRefused where there is none or it was done before."""
    agent = await _known(connection, name)
    if agent.disabled_at is not None:
        raise AgentRefused(f"{agent.name!r} is disabled already, since {agent.disabled_at:%Y-%m-%d %H:%M} UTC")
    row = (
        await connection.execute(
            sa.update(agents).where(agents.c.id == agent.id).values(disabled_at=now).returning(agents)
        )
    ).one()
    return agent_of_row(row)


async def find(connection: AsyncConnection, agent_id: int) -> Agent | None:
    """The agent of this id, disabled or not, or None."""
    row = (await connection.execute(sa.select(agents).where(agents.c.id == agent_id))).one_or_none()
    return None if row is None else agent_of_row(row)


async def named(connection: AsyncConnection, name: str) -> Agent | None:
    """The agent who signs in with this name, in whatever capitals, disabled or not, or None."""
    row = (await connection.execute(sa.select(agents).where(agents.c.name == fold(name)))).one_or_none()
    return None if row is None else agent_of_row(row)


async def everyone(connection: AsyncConnection) -> list[Agent]:
    """All agents by name, disabled ones too."""
    return [agent_of_row(row) for row in await connection.execute(sa.select(agents).order_by(agents.c.name))]


async def first_admin(database: Database, connection: AsyncConnection, now: datetime) -> Agent | None:
    """The admin to be let in by a one-time link; None where some admin can sign in by password already.

    Where there is no admin at all one named ``admin`` is made.
    """
    admins = (
        await connection.execute(
            sa.select(agents)
            .where(agents.c.role == Role.ADMIN, agents.c.disabled_at.is_(None))
            .order_by(agents.c.password_hash.is_(None), agents.c.id)
        )
    ).all()
    if admins:
        return None if admins[0].password_hash is not None else agent_of_row(admins[0])
    taken = set(await connection.scalars(sa.select(agents.c.name)))
    name = next(name for name in ("admin", *(f"admin{number}" for number in range(2, 1000))) if name not in taken)
    return await add(database, connection, name=name, desk_name=name.capitalize(), role=Role.ADMIN, now=now)


async def password_hash(connection: AsyncConnection, agent_id: int) -> str | None:
    """The agent's password hash, or None where none is set."""
    found: str | None = await connection.scalar(sa.select(agents.c.password_hash).where(agents.c.id == agent_id))
    return found


async def set_password_hash(connection: AsyncConnection, agent_id: int, hashed: str) -> None:
    """Keep this hash (made by handoff.passwords) as the agent's."""
    await connection.execute(sa.update(agents).where(agents.c.id == agent_id).values(password_hash=hashed))


def fold(name: str) -> str:
    """The form in which sign-in names are stored and compared."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def agent_of_row(row: sa.Row[Any]) -> Agent:
    """The agent that a row of ``agents`` (or of a join with all its columns) holds."""
    return Agent(
        id=row.id,
        name=row.name,
        desk_name=row.desk_name,
        role=Role(row.role),
        languages=tuple(row.languages),
        skills=tuple(row.skills),
        team=row.team,
        capacity=row.capacity,
        presence=Presence(row.presence),
        presence_since=row.presence_since,
        last_seen_at=row.last_seen_at,
        last_ticket_at=row.last_ticket_at,
        has_password=row.password_hash is not None,
        disabled_at=row.disabled_at,
        created_at=row.created_at,
    )


async def _known(connection: AsyncConnection, name: str) -> Agent:
    agent = await named(connection, name)
    if agent is None:
        raise AgentRefused(f"there is no agent named {name!r}")
    return agent


def _check_languages(languages: Sequence[str]) -> None:
    for language in languages:
        if not _LANGUAGE.fullmatch(language):
            raise AgentRefused(f"{language!r} is not a language tag; write it as en or zh-Hans")


async def _check_desk_name_free(connection: AsyncConnection, name: str, shown: str) -> None:
    colleague = await connection.scalar(
        sa.select(agents.c.name).where(
            sa.func.lower(agents.c.desk_name) == sa.func.lower(shown), agents.c.disabled_at.is_(None)
        )
    )
    if colleague is not None and colleague != name:
        raise AgentRefused(f"the desk name {shown!r} is already used by {colleague}; players could not tell them apart")


def _checked_name(name: str) -> str:
    folded = fold(name)
    if not _NAME.fullmatch(folded):
        raise AgentRefused(
            f"{name!r} cannot be a sign-in name: it takes 1 to 64 letters, digits, and . _ - + @, without spaces"
        )
    return folded


def _checked_desk_name(desk_name: str) -> str:
    shown = unicodedata.normalize("NFC", " ".join(desk_name.split()))
    if not 0 < len(shown) <= _LONGEST_DESK_NAME:
        raise AgentRefused(f"a desk name has 1 to {_LONGEST_DESK_NAME} characters; players see it")
    refused = sorted({each for each in shown if each in _NOT_IN_DESK_NAMES or not each.isprintable()})
    if refused:
        raise AgentRefused(f"a desk name cannot contain {' '.join(map(repr, refused))}; players see it")
    return shown
