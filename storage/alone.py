"""Doing something in one replica alone: whoever holds an advisory lock does it, until its connection ends."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.errors import DatabaseUnreachable

log = structlog.get_logger()

# Beside the number that migrations lock: a class of its own, so that no name can meet it.
_CLASS = 0x1222
_TRY_EVERY = 2.0
_PROVE_EVERY = 2.0
_PROVE_WITHIN = 5.0
# A process that stands still proves nothing: then the lock is free, as after a death.
_SILENT_FOR = 6.0


async def alone(
    database: Database,
    name: str,
    work: Callable[[], Awaitable[None]],
    waits: Callable[[], None],
    *,
    silent_for: float = _SILENT_FOR,
) -> None:
    """Wait until no other replica does what is called ``name``, then do it; returns when ``work`` does.

    ``waits`` is called where another replica does it now. Who stands still for ``silent_for`` seconds does it no more.
    SQLite has one process, which never waits. Raises DatabaseUnreachable, with ``work`` cancelled, where the lock can
    be held no longer; and whatever ``work`` raises.
    """
    if database.is_sqlite:
        await work()
        return
    async with database.lasting(silence=silent_for) as connection:
        if not await _locked(connection, name):
            waits()
            await asyncio.sleep(_TRY_EVERY)
            while not await _locked(connection, name):  # noqa: ASYNC110 - nobody tells that a lock is free
                await asyncio.sleep(_TRY_EVERY)
        log.info("alone", name=name)
        working, proving = asyncio.ensure_future(work()), asyncio.create_task(_prove(connection))
        try:
            done, _ = await asyncio.wait({working, proving}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (working, proving):
                task.cancel()
            await asyncio.gather(working, proving, return_exceptions=True)


async def _locked(connection: AsyncConnection, name: str) -> bool:
    # Signed 32 bits each, as PostgreSQL takes a pair.
    key = zlib.crc32(name.encode()) - 2**31
    query = sa.text("SELECT pg_try_advisory_lock(:class, :key)")
    return bool(await connection.scalar(query, {"class": _CLASS, "key": key}))


async def _prove(connection: AsyncConnection) -> None:
    """That the connection still stands, and with it the lock."""
    while True:
        await asyncio.sleep(_PROVE_EVERY)
        try:
            async with asyncio.timeout(_PROVE_WITHIN):
                await connection.execute(sa.text("SELECT 1"))
        except (TimeoutError, sa.exc.DBAPIError) as error:
            raise DatabaseUnreachable("the connection that holds a lock is lost") from error
