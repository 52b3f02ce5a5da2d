"""Who is signed in: sessions, and the one-time links that let an agent in to set a password.

Tokens are random and only their SHA-256 is stored, so that whoever reads the database cannot sign in with it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from handoff.agents import Agent, agent_of_row, agents
from storage.database import Identifier, Moment, metadata

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("agent_id", Identifier, sa.ForeignKey("agents.id"), nullable=False, index=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False, index=True),
)

sign_in_links = sa.Table(
    "sign_in_links",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("agent_id", Identifier, sa.ForeignKey("agents.id"), nullable=False, index=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
)

LINK_LIFETIME = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lasts: ``idle`` after its last use, and ``longest`` in all."""

    idle: timedelta = timedelta(hours=16)
    longest: timedelta = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Session:
    """A session that holds, and whose it is."""

    agent: Agent
    created_at: datetime
    expires_at: datetime


async def begin(connection: AsyncConnection, agent_id: int, now: datetime, lifetime: Lifetime) -> str:
    """A new session's token. Sessions that have expired are swept out on the way."""
    await connection.execute(sa.delete(sessions).where(sessions.c.expires_at <= now))
    token = secrets.token_urlsafe(32)
    await connection.execute(
        sa.insert(sessions),
        {
            "token_hash": _hash(token),
            "agent_id": agent_id,
            "created_at": now,
            "expires_at": now + min(lifetime.idle, lifetime.longest),
        },
    )
    return token


async def find(connection: AsyncConnection, token: str, now: datetime) -> Session | None:
    """The session of this token; None where there is none, it has expired, or its agent is disabled."""
    row = (
        await connection.execute(
            sa.select(agents, sessions.c.created_at.label("begun_at"), sessions.c.expires_at)
            .join(sessions, sessions.c.agent_id == agents.c.id)
            .where(
                sessions.c.token_hash == _hash(token),
                sessions.c.expires_at > now,
                agents.c.disabled_at.is_(None),
            )
        )
    ).one_or_none()
    return None if row is None else Session(agent_of_row(row), row.begun_at, row.expires_at)


def prolonged(session: Session, now: datetime, lifetime: Lifetime) -> datetime | None:
    """When the session should end now that it was used; None while that is too little later to be worth a write."""
    wanted = min(now + lifetime.idle, session.created_at + lifetime.longest)
    return wanted if wanted - session.expires_at > lifetime.idle / 4 else None


async def prolong(connection: AsyncConnection, token: str, until: datetime) -> None:
    """Let the session of this token last until then."""
    await connection.execute(sa.update(sessions).where(sessions.c.token_hash == _hash(token)).values(expires_at=until))


async def end(connection: AsyncConnection, token: str) -> None:
    """Sign out; an unknown token is no error."""
    await connection.execute(sa.delete(sessions).where(sessions.c.token_hash == _hash(token)))


async def end_all(connection: AsyncConnection, agent_id: int) -> None:
    """End every session of this agent."""
    await connection.execute(sa.delete(sessions).where(sessions.c.agent_id == agent_id))


async def new_link(
    connection: AsyncConnection, agent_id: int, now: datetime, lifetime: timedelta = LINK_LIFETIME
) -> str:
    """A one-time link's token for this agent. Links made for them earlier stop working."""
    await connection.execute(sa.delete(sign_in_links).where(sign_in_links.c.agent_id == agent_id))
    token = secrets.token_urlsafe(32)
    await connection.execute(
        sa.insert(sign_in_links),
        {"token_hash": _hash(token), "agent_id": agent_id, "created_at": now, "expires_at": now + lifetime},
    )
    return token


async def link_agent(connection: AsyncConnection, token: str, now: datetime) -> Agent | None:
    """Whom a link would let in, without using it up; None where it was used, has expired, or the agent is disabled."""
    row = (
        await connection.execute(
            sa.select(agents)
            .join(sign_in_links, sign_in_links.c.agent_id == agents.c.id)
            .where(
                sign_in_links.c.token_hash == _hash(token),
                sign_in_links.c.expires_at > now,
                agents.c.disabled_at.is_(None),
            )
        )
    ).one_or_none()
    return None if row is None else agent_of_row(row)


async def use_link(connection: AsyncConnection, token: str, now: datetime) -> Agent | None:
    """Whom the link lets in, and it is used up; None as for ``link_agent``. Of two at once one gets the agent."""
    agent = await link_agent(connection, token, now)
    if agent is None:
        return None
    used = await connection.execute(
        sa.delete(sign_in_links).where(sign_in_links.c.token_hash == _hash(token)).returning(sign_in_links.c.token_hash)
    )
    return agent if used.one_or_none() is not None else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
