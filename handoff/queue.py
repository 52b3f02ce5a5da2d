"""The queue's order: who has waited longest comes first, with a head start for some (G15). Pure.

A head start is time that counts as waited already. It is the same whenever somebody comes, so that it ages by itself:
whoever arrives later than the largest head start after a ticket can never come before it, and nobody starves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

STANDARD = "standard"
"""The tier of a player who was put into none."""

NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class QueueRules:
    """What classes and tiers are worth; every tier that there is stands in ``tiers``.

    ``wanted_for`` is how long a ticket that waits for one agent is kept from the others.
    """

    classes: Mapping[str, timedelta] = field(default_factory=dict)
    tiers: Mapping[str, timedelta] = field(default_factory=lambda: {STANDARD: NOTHING})
    wanted_for: timedelta = timedelta(minutes=10)

    def head_start(self, ticket_class: str, tier: str) -> timedelta:
        """What this class and tier are worth; those that are not known are worth nothing."""
        return self.classes.get(ticket_class, NOTHING) + self.tiers.get(tier, NOTHING)

    def place(self, waiting_since: datetime, ticket_class: str, tier: str) -> datetime:
        """The ticket's ``queue_at``: the queue is served in the order of it."""
        return waiting_since - self.head_start(ticket_class, tier)

    @property
    def bound(self) -> timedelta:
        """The largest head start: nobody is overtaken by anybody who came later than this after them."""
        return max(self.classes.values(), default=NOTHING) + max(self.tiers.values(), default=NOTHING)

    @property
    def known_tiers(self) -> tuple[str, ...]:
        """Every tier that a player can be put into, the plain one first."""
        return (STANDARD, *(each for each in self.tiers if each != STANDARD))
