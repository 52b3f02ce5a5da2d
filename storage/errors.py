"""What can go wrong with what is kept on disk."""

from __future__ import annotations


class StorageError(Exception):
    """Something on disk did not do what was asked; the message says what, for operators."""


class DatabaseFault(StorageError):
    """The database refused what it was told: a defect here, or a wrong URL."""


class DatabaseUnreachable(StorageError):
    """The database is gone, locked, full or read-only; trying again later may help."""
