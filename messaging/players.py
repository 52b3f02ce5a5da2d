"""Players and their identities: who asks, and who that is on each channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from messaging.messages import Person
from storage.database import Database, Identifier, Moment, among, metadata

players = sa.Table(
    "players",
    metadata,
    sa.Column("id", Identifier, primary_key=True, autoincrement=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("time_zone", sa.Text),
    # How soon they are served (U4), what staff remember of them (P10), and until when they are muted (G16).
    sa.Column("tier", sa.Text, nullable=False, default="standard"),
    sa.Column("memo", sa.Text, nullable=False, default=""),
    sa.Column("muted_until", Moment),
    # They want nothing from us that they did not ask for (G17).
    sa.Column("opted_out", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", Moment, nullable=False),
)

identities = sa.Table(
    "identities",
    metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("player_id", Identifier, sa.ForeignKey("players.id"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("username", sa.Text),
    sa.Column("language_hint", sa.Text),
)

Key = tuple[str, str]
"""An identity: (channel, external id)."""


async def recognise(
    database: Database, connection: AsyncConnection, persons: Mapping[Key, Person], now: datetime
) -> dict[Key, int]:
    """The player ids of these identities, newly made where unknown, their names kept up to date."""
    known = await _known(connection, persons)
    fresh = [key for key in persons if key not in known]
    if fresh:
        await _introduce(database, connection, {key: persons[key] for key in fresh}, now)
        known |= await _known(connection, fresh)
    changed = [
        {
            "of_channel": key[0],
            "of_external_id": key[1],
            "name": person.name,
            "username": person.username,
            "language_hint": person.language_hint,
        }
        for key, person in persons.items()
        if known[key][1] != replace(person, time_zone=None)
    ]
    if changed:
        await connection.execute(
            sa.update(identities).where(
                identities.c.channel == sa.bindparam("of_channel"),
                identities.c.external_id == sa.bindparam("of_external_id"),
            ),
            changed,
        )
    return {key: player_id for key, (player_id, _) in known.items()}


async def _known(connection: AsyncConnection, keys: Iterable[Key]) -> dict[Key, tuple[int, Person]]:
    found = await connection.execute(
        sa.select(identities).where(among(connection, (identities.c.channel, identities.c.external_id), keys))
    )
    return {
        (row.channel, row.external_id): (
            row.player_id,
            Person(row.external_id, row.name, row.username, row.language_hint),
        )
        for row in found
    }


async def _introduce(
    database: Database, connection: AsyncConnection, persons: Mapping[Key, Person], now: datetime
) -> None:
    made = await connection.execute(
        sa.insert(players).returning(players.c.id, sort_by_parameter_order=True),
        [{"name": person.name, "created_at": now} for person in persons.values()],
    )
    rows = [
        {
            "channel": channel,
            "external_id": external_id,
            "player_id": player_id,
            "name": person.name,
            "username": person.username,
            "language_hint": person.language_hint,
        }
        for ((channel, external_id), person), player_id in zip(persons.items(), made.scalars(), strict=True)
    ]
    # Another replica may have met the same person this very moment: its player stays, ours is left without identity.
    await connection.execute(database.insert(identities).on_conflict_do_nothing(), rows)
