"""The database: the only file that asks "SQLite or PostgreSQL?"."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from weakref import WeakSet

import aiosqlite
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool, StaticPool

from storage.ailments import told
from storage.errors import DatabaseFault, DatabaseUnreachable

# A month's players are spread over the whole file: 16 MB of it are kept at hand, and up to 32 MB of what was written
# wait in the log, so that a page that is written often is carried over seldom (make bench-month).
_PRAGMAS = (
    *("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"),
    *("cache_size=-16384", "wal_autocheckpoint=8000"),
)
metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every feature folder declares its own tables on this."""

Identifier = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A 64-bit key. SQLite counts up by itself only in a column that it calls INTEGER."""

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

# Any number will do, as long as every replica takes the same: one of them migrates, the others wait for it.
MIGRATIONS_LOCK = 0x1222_4EE9

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_LAST_WORDS_WITHIN = 5.0
STANDS_STILL = 10.0
"""Seconds after which PostgreSQL ends a transaction whose process says nothing more, and gives its locks to others."""


class Moment(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite keeps microseconds since 1970, so that order and index are plain numbers."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.BigInteger())
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs a time zone: {value!r}")
        if dialect.name == "sqlite":
            return (value - EPOCH) // MICROSECOND
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return EPOCH + timedelta(microseconds=value)
        result: datetime = value
        return result.astimezone(UTC)


class Database:
    """One database, SQLite or PostgreSQL. Made by ``open``; ``close`` lets go of every connection."""

    def __init__(self, writing: AsyncEngine, reading: AsyncEngine) -> None:
        self._writing = writing
        self._reading = reading
        # Why the last transaction could not be written, until one can be again.
        self._refused: str | None = None
        # SQLite takes one writer at a time: queueing here is fair and cheap, waiting on its file lock is neither.
        self._writer = asyncio.Lock() if self.is_sqlite else None
        self._threads: WeakSet[Thread] = WeakSet()

    @classmethod
    def open(cls, url: str, *, pool_size: int = 10, stands_still: float = STANDS_STILL) -> Database:
        """Engines for ``url``; nothing is connected yet.

        A process that stands still for ``stands_still`` seconds within a transaction loses it: others want its rows.
        Raises DatabaseFault for a URL that is not understood, DatabaseUnreachable where its folder cannot be made.
        """
        parsed = parse_url(url)
        # Errors are logged, and what players wrote is not.
        if parsed.get_backend_name() != "sqlite":
            engine = create_async_engine(
                parsed,
                pool_size=pool_size,
                max_overflow=pool_size,
                pool_pre_ping=False,
                connect_args={"server_settings": {"idle_in_transaction_session_timeout": _milliseconds(stands_still)}},
                hide_parameters=True,
            )
            return cls(engine, engine)
        if parsed.database in (None, "", ":memory:"):
            engine = create_async_engine(parsed, poolclass=StaticPool, hide_parameters=True)
            database = cls(engine, engine)
            _prepare_sqlite(engine, "BEGIN IMMEDIATE", database._threads)
            return database
        folder = Path(str(parsed.database)).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseUnreachable(f"cannot make the folder {folder}: {error.strerror or error}") from error
        writing = create_async_engine(parsed, pool_size=1, max_overflow=0, hide_parameters=True)
        reading = create_async_engine(parsed, pool_size=4, max_overflow=4, hide_parameters=True)
        database = cls(writing, reading)
        _prepare_sqlite(writing, "BEGIN IMMEDIATE", database._threads)
        _prepare_sqlite(reading, "BEGIN", database._threads)
        return database

    @property
    def is_sqlite(self) -> bool:
        return self._writing.dialect.name == "sqlite"

    @property
    def engine(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._writing.dialect.name

    @property
    def shares_one_connection(self) -> bool:
        """A database in memory: readers and writers use the same connection, one at a time."""
        return self.is_sqlite and self._writing is self._reading

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One writing transaction: committed when the block ends, rolled back when it raises.

        Raises DatabaseUnreachable where the database is gone, locked, full or read-only, DatabaseFault otherwise.
        """
        try:
            async with self._writer or nullcontext(), self._translated(), self._writing.begin() as connection:
                yield connection
        except DatabaseUnreachable as error:
            self._refused = str(error)
            raise
        self._refused = None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading one consistent state; never waits for a writer."""
        if self.shares_one_connection:
            async with self.transaction() as connection:
                yield connection
            return
        async with self._translated(), self._reading.begin() as connection:
            yield connection

    @asynccontextmanager
    async def lasting(self, *, silence: float | None = None) -> AsyncIterator[AsyncConnection]:
        """A connection outside of the pool and of any transaction, for locks and notifications that last as long as it.

        With ``silence`` it ends by itself when nothing was asked of it for so many seconds. PostgreSQL alone has those.
        Raises DatabaseUnreachable where it is lost.
        """
        # A machine that is gone says no farewell: its locks are free as soon as the server misses it.
        lasting = {"tcp_keepalives_idle": "4", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "2"}
        if silence is not None:
            lasting["idle_session_timeout"] = _milliseconds(silence)
        engine = create_async_engine(
            self._writing.url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"server_settings": lasting},
            hide_parameters=True,
        )
        try:
            async with self._translated(), engine.connect() as connection:
                yield connection
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees the database as it is at its first statement, however long it reads and whoever writes
        meanwhile; it waits for nobody and holds nobody up.
        """
        if self.is_sqlite:
            # A reading transaction of SQLite is one.
            async with self.reading() as connection:
                yield connection
            return
        async with self._translated(), self._reading.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            async with connection.begin():
                # It holds nobody up, however long whoever reads does something else.
                await connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))
                yield connection

    async def lock_migrations(self, connection: AsyncConnection) -> None:
        """One transaction at a time changes the schema; the others wait here. SQLite's writer is alone anyway."""
        if not self.is_sqlite:
            await connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATIONS_LOCK})

    async def count_on(self, connection: AsyncConnection, table: sa.Table) -> None:
        """Let the ids of new rows follow those that were given to rows by hand. SQLite does so by itself."""
        column = table.autoincrement_column
        if self.is_sqlite or column is None:
            return
        highest = await connection.scalar(sa.select(sa.func.max(column)))
        if highest is not None:
            sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
            await connection.execute(sa.select(sa.func.setval(sequence, highest)))

    def lock_rows(self, query: sa.Select[Any], of: sa.Table) -> sa.Select[Any]:
        """The query, locking the rows of ``of`` that it finds until the transaction ends; SQLite's writer is alone."""
        return query if self.is_sqlite else query.with_for_update(of=of)

    def skip_locked(self, query: sa.Select[Any]) -> sa.Select[Any]:
        """The query, locking what it finds and passing over what another transaction holds."""
        return query if self.is_sqlite else query.with_for_update(skip_locked=True)

    def insert(self, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
        """An INSERT that knows ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    async def ping(self) -> None:
        """Raises DatabaseUnreachable unless the database answers, and took what was written last: a full disk can still
        be read. (A process that serves writes every few seconds.)
        """
        async with self.reading() as connection:
            await connection.execute(sa.text("SELECT 1"))
        if self._refused is not None:
            raise DatabaseUnreachable(self._refused)

    def room(self) -> int | None:
        """Bytes that are free on the disk of a SQLite file; None where that cannot be seen, as that of a server."""
        path = self._writing.url.database
        if not self.is_sqlite or not path or path == ":memory:":
            return None
        try:
            return shutil.disk_usage(Path(path).parent).free
        except OSError:
            # The folder is gone, or out of reach: whoever next reads or writes tells so.
            return None

    @asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        """The drivers' many errors as two of ours: unreachable (may pass by itself) and fault."""
        try:
            yield
        except DBAPIError as error:
            if _may_pass(error):
                raise DatabaseUnreachable(told(error, self._place)) from error
            raise DatabaseFault(told(error, self._place)) from error
        except (sa.exc.TimeoutError, OSError, TimeoutError) as error:
            raise DatabaseUnreachable(told(error, self._place)) from error

    @property
    def _place(self) -> str:
        """Where the database is, for people."""
        url = self._writing.url
        return str(url.database) if self.is_sqlite else f"{url.host or url.query.get('host', '')}/{url.database}"

    async def close(self) -> None:
        await self._writing.dispose()
        if self._reading is not self._writing:
            await self._reading.dispose()
        # A connection that was broken off ends in its own thread, which has a last word for this event loop.
        await asyncio.to_thread(_join, list(self._threads), _LAST_WORDS_WITHIN)


def among(
    connection: AsyncConnection, columns: Sequence[sa.Column[Any]], keys: Iterable[Sequence[Any]]
) -> sa.ColumnElement[bool]:
    """Whether a row's ``columns`` have one of these keys; both engines find such rows by the index of the columns."""
    wanted = list(keys)
    if connection.dialect.name != "sqlite":
        return sa.tuple_(*columns).in_(wanted)
    # Of a list of two keys or more SQLite makes a look at every row, unless each key is looked up by itself.
    table, listed = columns[0].table, sa.func.json_each(json.dumps(wanted)).table_valued("value", name="listed")
    same = table.alias("same")
    equal = [same.c[each.name] == sa.func.json_extract(listed.c.value, f"$[{n}]") for n, each in enumerate(columns)]
    found: sa.Select[Any] = sa.select(sa.literal_column("same.rowid")).select_from(listed, same).where(*equal)
    return sa.literal_column(f"{table.name}.rowid").in_(found)


def parse_url(url: str) -> URL:
    """``sqlite:///path`` or ``postgresql://…`` with the asynchronous driver filled in; raises DatabaseFault."""
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError as error:
        raise DatabaseFault(f"not a database URL: {url!r}") from error
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
    backend = parsed.drivername.split("+")[0]
    if backend not in drivers:
        raise DatabaseFault(f"no such database: {backend!r} (use sqlite:///… or postgresql://…)")
    return parsed.set(drivername=drivers[backend])


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))


def _join(threads: Iterable[Thread], within: float) -> None:
    end = time.monotonic() + within
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))


def _prepare_sqlite(engine: AsyncEngine, begin: str, threads: WeakSet[Thread]) -> None:
    def connect(*arguments: Any, **options: Any) -> aiosqlite.Connection:
        connection = aiosqlite.connect(*arguments, **options)
        # Known from its first moment: whoever asked for it may be cancelled before it is open.
        threads.add(connection._thread)
        # As SQLAlchemy does: a program that ends waits for none of them.
        connection._thread.daemon = True
        return connection

    def connecting(_dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
        options["async_creator_fn"] = connect

    def connected(connection: Any, _record: Any) -> None:
        # The driver's own transactions begin too late and without IMMEDIATE: it is told to keep out of it.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begins(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    sa.event.listen(engine.sync_engine, "do_connect", connecting)
    sa.event.listen(engine.sync_engine, "connect", connected)
    sa.event.listen(engine.sync_engine, "begin", begins)


# What a database says of the values that it was given; everything else it says of itself, and may pass: also that a
# table is missing, since that is a database of another version, and what is brought to it must come again.
# https://www.postgresql.org/docs/current/errcodes-appendix.html, https://www.sqlite.org/rescode.html
_FAULT_CLASSES = frozenset({"21", "22", "23", "54"})
_FAULT_CODES = frozenset({18, 19, 20, 25})


def _may_pass(error: DBAPIError) -> bool:
    """Whether it is the database that cannot work now, and not the values that are wrong."""
    state: str | None = getattr(error.orig, "sqlstate", None)
    code: int | None = getattr(error.orig, "sqlite_errorcode", None)
    if error.connection_invalidated:
        return True
    if state:
        return state[:2] not in _FAULT_CLASSES
    if code is not None:
        return code & 0xFF not in _FAULT_CODES
    return isinstance(error, OperationalError | InterfaceError) or "closed" in str(error.orig)


Row = Mapping[str, Any]
Rows = Sequence[Row]
