"""Every table of the program in one place, for migrations: importing this module declares them all."""

from __future__ import annotations

from handoff import absences, agents, feedback, records, sessions, tickets
from messaging import conversations, files, inbox, outbox, players, positions, set_aside, timers
from storage.database import metadata

FOLDERS = (
    absences,
    agents,
    feedback,
    records,
    sessions,
    tickets,
    conversations,
    files,
    inbox,
    outbox,
    players,
    positions,
    set_aside,
    timers,
)

__all__ = ["FOLDERS", "metadata"]
