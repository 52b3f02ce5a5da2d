"""What can be wrong with what the owner set, and with what is asked about staff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong setting: its path below the section it stands in (``week.monday``), and why it cannot be used."""

    setting: str
    reason: str

    def __str__(self) -> str:
        return f"{self.setting}: {self.reason}"


class SettingsError(Exception):
    """Settings that cannot be used. ``problems`` has every one of them, in the order they stand."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class AgentRefused(Exception):
    """Something about a member of staff that cannot be done; the message says what and why."""
