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

    def tell(self, topic: str) -> None:
        """Wake everybody who watches ``topic``."""
        for event in self._watchers.get(topic, ()):
            event.set()
        for prefix, heard in tuple(self._listeners):
            if topic.startswith(prefix):
                heard(topic)

    @contextmanager
    def watch(self, *topics: str) -> Iterator[asyncio.Event]:
        """An event set whenever one of these topics is told; the watcher clears it before it reads the tables."""
        event = asyncio.Event()
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
