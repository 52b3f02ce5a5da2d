"""What can go wrong with what is kept on disk."""

from __future__ import annotations


class StorageError(Exception):
    """Something on disk did not do what was asked; the message says what, for operators."""


class DatabaseFault(StorageError):
    """The database refused the values that it was given: a defect here, or a wrong URL."""


class DatabaseUnreachable(StorageError):
    """The database is gone, locked, full, read-only or of another version; trying again later may help."""


class BackupError(StorageError):
    """A backup could not be written, or is not one that can be restored here; the message says what to do."""
