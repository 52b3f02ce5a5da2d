"""Whether agents are at their desks: as they say themselves, and as their silence tells.

Online takes tickets. Away is a short absence that the agent told of (T13): their players hear a word, and after
``away`` their tickets go back. Offline takes none and keeps none. Whoever is active counts as online, unless they
themselves said that they are away or offline.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from handoff import absences
from handoff.agents import Colleague, Presence, agents
from storage.database import Moment

FRESH = timedelta(seconds=15)
"""An agent seen more recently than this is not written down again."""


@dataclass(frozen=True, slots=True)
class PresenceRules:
    """``silence`` makes offline whoever was not heard of; ``away`` is T13, ``absence`` T14.

    ``unanswered`` is how long a player may wait for the next word of an agent who has their ticket.
    """

    silence: timedelta = timedelta(minutes=5)
    away: timedelta = timedelta(minutes=10)
    absence: timedelta = timedelta(minutes=30)
    unanswered: timedelta = timedelta(minutes=30)


async def seen(connection: AsyncConnection, agent_id: int, now: datetime) -> bool:
    """The agent is there: an open console or an act tells. Returns whether that made them online.

    Cheap to call often: what is fresh is not written again.
    """
    stale = sa.or_(agents.c.last_seen_at.is_(None), agents.c.last_seen_at < now - FRESH)
    changed = await connection.execute(
        sa.update(agents)
        .where(agents.c.id == agent_id, agents.c.disabled_at.is_(None), sa.or_(stale, _fell_silent()))
        .values(
            last_seen_at=now,
            presence=sa.case((_fell_silent(), Presence.ONLINE), else_=agents.c.presence),
            presence_since=sa.case((_fell_silent(), sa.literal(now, Moment)), else_=agents.c.presence_since),
        )
        .returning(agents.c.presence, agents.c.presence_since)
    )
    row = changed.one_or_none()
    came = row is not None and row.presence == Presence.ONLINE and row.presence_since == now
    if came:
        await absences.end(connection, agent_id, now)
    return came


async def set(  # noqa: A001 - it is called presence.set
    connection: AsyncConnection, agent_id: int, presence: Presence, now: datetime
) -> None:
    """The agent says so; it stays until they say otherwise, or are not heard of for long."""
    await connection.execute(
        sa.update(agents)
        .where(agents.c.id == agent_id, agents.c.disabled_at.is_(None))
        .values(
            last_seen_at=now,
            presence=presence,
            presence_said=True,
            presence_since=sa.case(
                (agents.c.presence == presence, agents.c.presence_since), else_=sa.literal(now, Moment)
            ),
        )
    )
    if presence is Presence.ONLINE:
        await absences.end(connection, agent_id, now)


async def fall_silent(connection: AsyncConnection, agent_id: int, rules: PresenceRules, now: datetime) -> bool:
    """Put an agent who was not heard of offline; False where they were, meanwhile."""
    changed = await connection.execute(
        sa.update(agents)
        .where(
            agents.c.id == agent_id,
            agents.c.presence != Presence.OFFLINE,
            sa.or_(agents.c.last_seen_at.is_(None), agents.c.last_seen_at <= now - rules.silence),
        )
        .values(presence=Presence.OFFLINE, presence_said=False, presence_since=now)
    )
    return changed.rowcount > 0


def silent(staff: Iterable[Colleague], rules: PresenceRules, now: datetime) -> list[int]:
    """Who is to be put offline: not heard of for long, and not on an absence that is still allowed."""
    return [
        each.id
        for each in staff
        if each.presence is not Presence.OFFLINE
        and (each.last_seen_at is None or now - each.last_seen_at >= rules.silence)
        and not (each.presence is Presence.AWAY and _since(each, now) < rules.absence)
    ]


def long_absent(staff: Iterable[Colleague], rules: PresenceRules, now: datetime) -> list[Colleague]:
    """Who is away for longer than may be without the lead (T14)."""
    return [each for each in staff if each.presence is Presence.AWAY and _since(each, now) >= rules.absence]


def why_absent(colleague: Colleague | None, rules: PresenceRules, now: datetime) -> str | None:
    """Why this agent may not keep what they have in hand: ``disabled``, ``offline`` or ``away``; None where they may.

    Somebody who is not on the staff any more is given as None.
    """
    if colleague is None:
        return "disabled"
    if colleague.presence is Presence.OFFLINE:
        return "offline"
    if colleague.presence is Presence.AWAY and _since(colleague, now) >= rules.away:
        return "away"
    return None


def _since(colleague: Colleague, now: datetime) -> timedelta:
    return now - colleague.presence_since if colleague.presence_since is not None else timedelta()


def _fell_silent() -> sa.ColumnElement[bool]:
    """Offline without having said so: they are back as soon as they are heard of."""
    return sa.and_(agents.c.presence == Presence.OFFLINE, agents.c.presence_said.is_(False))
