"""Who may take a ticket, and who gets the next one (H9). Pure, and the same for the same input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from handoff.agents import Colleague, Role
from handoff.tickets import TicketKey

LEVELS = {
    "agent": frozenset(Role),
    "lead": frozenset({Role.LEAD, Role.ADMIN}),
    "supervisor": frozenset({Role.ADMIN}),
}
"""Who serves which level (H6)."""

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Waiting(Protocol):
    """A ticket that waits, as far as it matters who gets it."""

    @property
    def language(self) -> str: ...
    @property
    def topic(self) -> str | None: ...
    @property
    def team(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def wanted_agent_id(self) -> int | None: ...
    @property
    def wanted_since(self) -> datetime | None: ...
    @property
    def waiting_since(self) -> datetime: ...


class Listed(Waiting, Protocol):
    """The same, with its key."""

    @property
    def key(self) -> TicketKey: ...


@dataclass(frozen=True, slots=True)
class Pair:
    """This ticket is for this agent."""

    ticket: TicketKey
    agent_id: int


def serves(role: Role, level: str) -> bool:
    """Whether somebody of this role answers what waits for this level; an unknown one is everybody's."""
    return role in LEVELS.get(level, LEVELS["agent"])


def is_kept(ticket: Waiting, colleague: Colleague, wanted_for: timedelta, now: datetime) -> bool:
    """Whether the ticket still waits for another agent alone."""
    if ticket.wanted_agent_id is None or ticket.wanted_agent_id == colleague.id:
        return False
    return now - (ticket.wanted_since or ticket.waiting_since) < wanted_for


def is_of_team(ticket: Waiting, colleague: Colleague) -> bool:
    """Whether the ticket waits for anybody, or for the agent's own team."""
    return not ticket.team or ticket.team == colleague.team


def speaks(colleague: Colleague, language: str) -> bool:
    """Whether the agent answers in this language; who names none answers in any. ``zh`` covers ``zh-Hant``."""
    if not colleague.languages:
        return True
    wanted = language.lower()
    return any(wanted == each.lower() or wanted.startswith(f"{each.lower()}-") for each in colleague.languages)


def suits(ticket: Waiting, colleague: Colleague, wanted_for: timedelta, now: datetime) -> bool:
    """Whether the queue may give this ticket to this agent, as far as it is not about how busy they are."""
    return (
        serves(colleague.role, ticket.level)
        and is_of_team(ticket, colleague)
        and not is_kept(ticket, colleague, wanted_for, now)
        and speaks(colleague, ticket.language)
    )


def assign(
    waiting: Sequence[Listed], staff: Mapping[int, Colleague], wanted_for: timedelta, now: datetime
) -> tuple[list[Pair], Mapping[int, Colleague]]:
    """Who gets which of these tickets, which come in the queue's order, and the staff by id with what they have then.

    Some tickets may find nobody. Of those whom a ticket suits and who have room comes first: whom it waits for, who
    knows its topic, who is least busy for what they can take, who has waited longest for a ticket.
    """
    known = dict(staff)
    free = {each.id for each in known.values() if each.has_room}
    pairs = []
    for ticket in waiting:
        if not free:
            break
        suitable = [known[each] for each in free if suits(ticket, known[each], wanted_for, now)]
        if not suitable:
            continue
        chosen = min(suitable, key=lambda each: _preference(ticket, each))
        pairs.append(Pair(ticket.key, chosen.id))
        known[chosen.id] = replace(chosen, assigned=chosen.assigned + 1, last_ticket_at=now)
        if not known[chosen.id].has_room:
            free.remove(chosen.id)
    return pairs, known


def _preference(ticket: Waiting, colleague: Colleague) -> tuple[bool, bool, float, datetime, int]:
    return (
        ticket.wanted_agent_id != colleague.id,
        ticket.topic is None or ticket.topic not in colleague.skills,
        colleague.assigned / colleague.capacity,
        colleague.last_ticket_at or LONG_AGO,
        colleague.id,
    )
