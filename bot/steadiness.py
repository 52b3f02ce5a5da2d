"""Keeping the event loop from standing still for what is none of its own work."""

from __future__ import annotations

import gc
import sys
from typing import Protocol

TURN_SECONDS = 0.001
# Of Python's own figures only the last is another: a whole collection comes a hundred times more seldom, so that none
# comes while a new FAQ is being made, when there is the most to look through.
COLLECT_AFTER = (700, 10, 1000)


class Publishing(Protocol):
    """What tells when a FAQ was judged."""

    async def next_status(self) -> object: ...


def be_steady() -> None:
    """Once everything is made: threads take turns five times as often as usual, so that one that computes delays the
    loop by a millisecond; and the collector of garbage no longer looks through what stays for good (modules, the FAQ,
    the model: some hundred thousand objects, 60 ms each time)."""
    sys.setswitchinterval(TURN_SECONDS)
    gc.set_threshold(*COLLECT_AFTER)
    gc.collect()
    gc.freeze()


async def stay_steady(publishing: Publishing) -> None:
    """The same for every FAQ that goes live, until cancelled. The one before is freed by itself: it has no cycles."""
    while True:
        await publishing.next_status()
        gc.freeze()
