"""Who else looks at a ticket, and who writes: told between the open consoles of this process, kept nowhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from handoff.agents import Agent
from handoff.tickets import TicketKey
from messaging.live import Live

TYPING_SHOWN = timedelta(seconds=6)
"""For how long somebody counts as writing after each sign of it."""


@dataclass(slots=True, eq=False)
class Looking:
    """One open page that shows a ticket."""

    agent: Agent
    typed_at: datetime | None = None


class Company:
    """Which pages show which ticket."""

    def __init__(self, live: Live, now: Callable[[], datetime]) -> None:
        self._live = live
        self._now = now
        self._at: dict[TicketKey, list[Looking]] = defaultdict(list)

    @staticmethod
    def topic(key: TicketKey) -> str:
        """What is told as somebody comes to this ticket, leaves it, or writes."""
        return f"company:{key}"

    @contextmanager
    def look(self, key: TicketKey, agent: Agent) -> Iterator[None]:
        """While this lasts, others see that the agent looks at the ticket."""
        page = Looking(agent)
        self._at[key].append(page)
        self._live.tell(self.topic(key))
        try:
            yield
        finally:
            self._at[key].remove(page)
            if not self._at[key]:
                del self._at[key]
            self._live.tell(self.topic(key))

    def typing(self, key: TicketKey, agent: Agent) -> None:
        """The agent writes on this ticket, to the player or to the team."""
        for page in self._at.get(key, ()):
            if page.agent.id == agent.id:
                page.typed_at = self._now()
        self._live.tell(self.topic(key))

    def others(self, key: TicketKey, agent_id: int) -> list[dict[str, Any]]:
        """Everybody else at this ticket by desk name, each once, with whether they write just now."""
        since = self._now() - TYPING_SHOWN
        found: dict[int, dict[str, Any]] = {}
        for page in self._at.get(key, ()):
            if page.agent.id == agent_id:
                continue
            one = found.setdefault(page.agent.id, {"id": page.agent.id, "name": page.agent.desk_name, "typing": False})
            one["typing"] |= page.typed_at is not None and page.typed_at > since
        return sorted(found.values(), key=lambda each: str(each["name"]))
