"""Whether what this process is about to send is still its own to send, where several share one outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from messaging.holding import still_held
from messaging.outbox import Entry
from storage.database import Database


class Holdings:
    """A process that stood still (a paused machine, a database out of reach) may have been taken for dead.

    Others have then sent what it holds: from the first sign of that, entries are looked up before they are sent.
    """

    def __init__(self, database: Database, holder: str, now: Callable[[], datetime], patience: timedelta) -> None:
        """``patience`` is how long after a heartbeat nobody takes the process for dead."""
        self._database = database
        self._holder = holder
        self._now = now
        self._patience = patience
        self._beaten_at: datetime | None = None
        self._doubted: set[str] = set()

    def beaten(self, at: datetime, held: Iterable[str]) -> None:
        """Others have heard of the process, as of ``at``; ``held`` are the keys of what it is about to send."""
        if self._is_overdue():
            self.doubt(held)
        self._beaten_at = at

    def doubt(self, keys: Iterable[str]) -> None:
        """These entries may be finished, or somebody else's."""
        self._doubted.update(keys)

    async def confirmed(self, entry: Entry) -> Entry | None:
        """The entry as it is to be sent, or None where it is not this process's to send any more.

        Raises StorageError where that cannot be found out.
        """
        if self._database.is_sqlite or (entry.key not in self._doubted and not self._is_overdue()):
            return entry
        async with self._database.reading() as connection:
            found = await still_held(connection, self._holder, entry)
        self._doubted.discard(entry.key)
        return found

    def _is_overdue(self) -> bool:
        return self._beaten_at is not None and self._now() - self._beaten_at > self._patience
