"""Bytes of attachments, stored once each, named by their SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from messaging.conversations import attachments
from storage.database import EPOCH, Database, Moment, metadata

blobs = sa.Table(
    "blobs",
    metadata,
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Index("ix_blobs_created_at", "created_at", "sha256"),
)

Mark = tuple[datetime, str]
"""A place in the order of uploads: (created at, name)."""

FIRST: Mark = (EPOCH, "")


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of stored bytes without reading them."""

    content_type: str
    size: int


def name_of(content: bytes) -> str:
    """The SHA-256 of these bytes in hexadecimal: the name under which they are stored."""
    return hashlib.sha256(content).hexdigest()


async def store(
    database: Database, connection: AsyncConnection, content: bytes, content_type: str, now: datetime
) -> str:
    """Keep these bytes (once, however often they come) and return their name."""
    name = name_of(content)
    await connection.execute(
        database.insert(blobs).on_conflict_do_nothing(),
        {"sha256": name, "content_type": content_type, "size": len(content), "content": content, "created_at": now},
    )
    return name


async def forget_unsent(connection: AsyncConnection, after: Mark, before: datetime, limit: int = 100) -> Mark:
    """Drop bytes that were uploaded before then and belong to no message: attached by somebody who never sent them.

    Looks at ``limit`` of them, the oldest after ``after``; returns how far it came, to go on from there next time.
    """
    page = await connection.execute(
        sa.select(blobs.c.created_at, blobs.c.sha256)
        .where(
            sa.tuple_(blobs.c.created_at, blobs.c.sha256)
            > sa.tuple_(sa.literal(after[0], Moment), sa.literal(after[1])),
            blobs.c.created_at < before,
        )
        .order_by(blobs.c.created_at, blobs.c.sha256)
        .limit(limit)
    )
    looked_at = [(row.created_at, row.sha256) for row in page]
    if not looked_at:
        return after
    used = sa.select(attachments.c.sha256).where(attachments.c.sha256 == blobs.c.sha256)
    names = [sha256 for _, sha256 in looked_at]
    await connection.execute(sa.delete(blobs).where(blobs.c.sha256.in_(names), ~used.exists()))
    return looked_at[-1]


async def load(connection: AsyncConnection, sha256: str) -> tuple[bytes, str] | None:
    """The bytes of this name and their content type, or None."""
    row = (await connection.execute(sa.select(blobs).where(blobs.c.sha256 == sha256))).one_or_none()
    return None if row is None else (row.content, row.content_type)


async def describe(connection: AsyncConnection, names: Iterable[str]) -> dict[str, Stored]:
    """What is known of the bytes of these names; those that are not stored are left out."""
    query = sa.select(blobs.c.sha256, blobs.c.content_type, blobs.c.size).where(blobs.c.sha256.in_(list(names)))
    return {row.sha256: Stored(row.content_type, row.size) for row in await connection.execute(query)}
