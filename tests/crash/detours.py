"""A network that brings what happens in different chats in another order; within a chat order holds."""

from __future__ import annotations

import random
from collections.abc import Callable

SHARE = 0.2
"""Of what happens in a chat, how much waits until something else has passed by."""


class Detours:
    """What waits, chat by chat. Nothing of a chat passes by what waits of it. Until ``begin`` nothing waits."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._waiting: dict[str, list[Callable[[], object]]] = {}
        self._share = 0.0

    def begin(self) -> None:
        self._share = SHARE

    def bring(self, chat: str, deliver: Callable[[], object]) -> None:
        """Deliver now, or some time later."""
        if chat in self._waiting:
            self._waiting[chat].append(deliver)
        elif self._chance.random() < self._share:
            self._waiting[chat] = [deliver]
        else:
            deliver()

    def go_on(self) -> None:
        """What waits of one chat arrives."""
        if self._waiting:
            for deliver in self._waiting.pop(self._chance.choice(list(self._waiting))):
                deliver()

    def end(self) -> None:
        """Everything arrives, and nothing waits any more."""
        self._share = 0.0
        while self._waiting:
            self.go_on()
