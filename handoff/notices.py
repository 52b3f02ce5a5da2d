"""What staff should know of the service itself, for as long as it holds: whoever gathers it, every desk can show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from handoff.agents import Role

EVERYONE = frozenset(Role)
LEADS = frozenset({Role.LEAD, Role.ADMIN})
AGENTS = frozenset({Role.AGENT})


class Severity(StrEnum):
    """A warning can wait until somebody has time; an error keeps players from us, or us from players."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to know: what it is and what to do about it, for these roles. ``key`` is the same while it holds.

    With ``agent_id`` it is for that one of the staff alone, whatever their role.
    """

    key: str
    severity: Severity
    text: str
    remedy: str = ""
    roles: frozenset[Role] = EVERYONE
    agent_id: int | None = None


Notices = Callable[[], Sequence[Notice]]
"""Everything that holds now, the gravest first; quick, since every open desk asks. Changes are told as ``notices``."""

TOPIC = "notices"


def for_role(notices: Iterable[Notice], role: Role, agent_id: int | None = None) -> list[Notice]:
    """Those that concern this role, and those for this one of the staff."""
    return [
        notice
        for notice in notices
        if (role in notice.roles if notice.agent_id is None else notice.agent_id == agent_id)
    ]
