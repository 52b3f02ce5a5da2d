"""Hints that something changed. The tables are the truth: a hint that is lost costs a moment, never a message."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Live:
    """Wakes whoever watches a topic: ``conversation:12``, ``queue``, ``outbox`` …"""

    def __init__(self) -> None:
        self._watchers: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._listeners: list[tuple[str, Callable[[str], None]]] = []
        self.forward: Callable[[str], None] | None = None
        """Called with everything that is told in this process, to pass it on to others."""

    def tell(self, topic: str) -> None:
        """Wake everybody who watches ``topic``, here and wherever it is passed on to."""
        self.hear(topic)
        if self.forward is not None:
            self.forward(topic)

    def hear(self, topic: str) -> None:
        """Wake everybody here who watches ``topic``."""
        for event in self._watchers.get(topic, ()):
            event.set()
        for prefix, heard in tuple(self._listeners):
            if topic.startswith(prefix):
                heard(topic)

    def wake_all(self) -> None:
        """Hints may have been missed: everybody looks at the tables."""
        for events in self._watchers.values():
            for event in events:
                event.set()

    @contextmanager
    def watch(self, *topics: str, event: asyncio.Event | None = None) -> Iterator[asyncio.Event]:
        """An event (this one) set whenever one of these topics is told; clear it before reading the tables."""
        event = event or asyncio.Event()
        for topic in topics:
            self._watchers[topic].add(event)
        try:
            yield event
        finally:
            for topic in topics:
                self._watchers[topic].discard(event)
                if not self._watchers[topic]:
                    del self._watchers[topic]

    @contextmanager
    def listen(self, prefix: str, heard: Callable[[str], None]) -> Iterator[None]:
        """Call ``heard`` with every topic told that begins with ``prefix``; it must be quick and never fail."""
        listener = (prefix, heard)
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)
