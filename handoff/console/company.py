"""Who else looks at a ticket, and who writes: told between all open consoles, of other processes too; kept nowhere."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from handoff.agents import Agent
from handoff.tickets import TicketKey
from messaging.live import Live

TYPING_SHOWN = timedelta(seconds=6)
"""For how long somebody counts as writing after each sign of it."""
TOLD_AGAIN = timedelta(seconds=10)
_BELIEVED = 3 * TOLD_AGAIN
"""For how long another process is believed that says nothing more: it may have died."""


@dataclass(slots=True, eq=False)
class Looking:
    """One open page that shows a ticket."""

    agent_id: int
    name: str
    typed_at: datetime | None = None

    def is_typing(self, now: datetime) -> bool:
        return self.typed_at is not None and now - self.typed_at < TYPING_SHOWN


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The pages of another process at a ticket, by the last that it told of them."""

    count: int
    heard_at: datetime
    pages: tuple[Looking, ...]


class Company:
    """Which pages show which ticket."""

    def __init__(self, live: Live, now: Callable[[], datetime]) -> None:
        self._live = live
        self._now = now
        self._process = secrets.token_hex(4)
        self._count = 0
        self._at: dict[TicketKey, list[Looking]] = defaultdict(list)
        self._elsewhere: dict[TicketKey, dict[str, Elsewhere]] = defaultdict(dict)

    @staticmethod
    def topic(key: TicketKey) -> str:
        """What is told in this process as somebody comes to this ticket, leaves it, or writes."""
        return f"company:{key}"

    @contextmanager
    def look(self, key: TicketKey, agent: Agent) -> Iterator[None]:
        """While this lasts, others see that the agent looks at the ticket."""
        page = Looking(agent.id, agent.desk_name)
        self._at[key].append(page)
        with self._live.listen(_told_of(key), partial(self._heard, key)):
            self._tell(key, asks=True)
            try:
                yield
            finally:
                self._at[key].remove(page)
                self._tell(key)
                if not self._at[key]:
                    del self._at[key]
                    self._elsewhere.pop(key, None)

    def typing(self, key: TicketKey, agent: Agent) -> None:
        """The agent writes on this ticket, to the player or to the team."""
        for page in self._at.get(key, ()):
            if page.agent_id == agent.id:
                page.typed_at = self._now()
        self._tell(key)

    def tell_again(self, key: TicketKey) -> None:
        """Whoever is here is here still: to be called every ``TOLD_AGAIN``, so that no process is taken for dead."""
        self._tell(key)

    def others(self, key: TicketKey, agent_id: int) -> list[dict[str, Any]]:
        """Everybody else at this ticket by desk name, each once, with whether they write just now."""
        now = self._now()
        pages = list(self._at.get(key, ()))
        for each in self._elsewhere.get(key, {}).values():
            if now - each.heard_at < _BELIEVED:
                pages += each.pages
        found: dict[int, dict[str, Any]] = {}
        for page in pages:
            if page.agent_id != agent_id:
                one = found.setdefault(page.agent_id, {"id": page.agent_id, "name": page.name, "typing": False})
                one["typing"] |= page.is_typing(now)
        return sorted(found.values(), key=lambda each: str(each["name"]))

    def _tell(self, key: TicketKey, *, asks: bool = False) -> None:
        """Tell the pages here that something stirred, and other processes who is here; ``asks`` who is there."""
        self._live.tell(self.topic(key))
        now = self._now()
        pages = [(page.agent_id, page.name, page.is_typing(now)) for page in self._at.get(key, ())]
        self._count += 1
        self._live.tell(_told_of(key) + json.dumps([self._process, self._count, asks, pages]))

    def _heard(self, key: TicketKey, topic: str) -> None:
        process, count, asks, pages = json.loads(topic.removeprefix(_told_of(key)))
        known = self._elsewhere[key].get(process)
        if process == self._process or (known is not None and count <= known.count):
            return
        now = self._now()
        looking = tuple(Looking(agent_id, name, now if typing else None) for agent_id, name, typing in pages)
        self._elsewhere[key][process] = Elsewhere(count, now, looking)
        self._live.hear(self.topic(key))
        if asks:
            self._tell(key)


def _told_of(key: TicketKey) -> str:
    """How what processes tell each other of the ticket begins."""
    return f"at:{key}:"
