"""The owner's choices for what agents do with tickets; see ``handoff`` in config.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class ActRules:
    """``undo``: how long a reply can be taken back before it goes out (0: it goes out at once).

    ``categories``: what a ticket may have been about (P7), and whether closing one needs to say so. ``follows_within``:
    how soon after a close a new ticket is taken for a follow-up of the one before (K9).
    """

    undo: timedelta = timedelta(0)
    categories: tuple[str, ...] = ()
    category_required: bool = False
    follows_within: timedelta = timedelta(days=14)
