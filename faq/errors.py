"""What can go wrong with a FAQ."""

from __future__ import annotations

from storage.problems import ProblemsFound


class FaqError(Exception):
    """The base of what this package raises by itself."""


class FaqErrors(FaqError, ProblemsFound):
    """The owner's files cannot be used as they are; ``problems`` names every one with its place and likely fix."""


class LearningError(FaqError):
    """The child process that learns failed; the message is the end of what it said."""


class EmbeddingUnusable(FaqError):
    """The owner's own embedding cannot be used; the message says why and, where that is known, what to do."""


class UnknownEntry(FaqError):
    """There is no entry with this id; the message names the nearest one."""


class ImportFailed(FaqError):
    """What was to be imported is not in the format it was said to be."""
