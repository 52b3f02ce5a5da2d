"""The commands that players have on every network: what menus offer, and what typed words count as one."""

from __future__ import annotations

COMMANDS = (
    "start",
    "help",
    "topics",
    "human",
    "status",
    "close",
    "feedback",
    "bug",
    "suggest",
    "language",
    "timezone",
    "privacy",
)
"""In the order of the menus. The text ``command_<name>`` describes each."""

WORDED = frozenset({"human", "feedback", "bug", "suggest", "language", "timezone"})
"""Those that words may follow."""
