"""Everything that the one path handles: what networks tell, what agents do, and what falls due inside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from handoff.acts import Act, Outcome
from messaging.messages import ChannelEvent
from messaging.timers import Timer


@dataclass(frozen=True, slots=True)
class FileFailed:
    """A file that a player sent could not be had: ``reason`` is ``lost``, ``refused`` or ``large``."""

    conversation_id: int
    number: int
    position: int
    reason: str

    @property
    def key(self) -> str:
        return f"file:{self.number}:{self.position}"


@dataclass(frozen=True, slots=True)
class TimerDue:
    """An alarm whose time has come. It counts only if it still stands as it was read."""

    timer: Timer

    @property
    def conversation_id(self) -> int:
        return self.timer.conversation_id

    @property
    def key(self) -> str:
        return f"timer:{self.timer.kind}:{self.timer.due_at.isoformat()}"


@dataclass(frozen=True, slots=True)
class ActDone:
    """An agent's act."""

    act: Act

    @property
    def conversation_id(self) -> int:
        return self.act.ticket.conversation_id

    @property
    def key(self) -> str:
        return f"act:{self.act.act_id}"


@dataclass(frozen=True, slots=True)
class EditEnded:
    """The network changed (or took away) a part of our message ``message``, or would not; ``is_last`` of its parts.

    ``entry`` is the number of the outbox entry that asked for it.
    """

    conversation_id: int
    message: int
    entry: int
    is_made: bool
    is_last: bool

    @property
    def key(self) -> str:
        return f"edit-ended:{self.entry}"


@dataclass(frozen=True, slots=True)
class PlaceMoved:
    """So many players are before this one now, which is not what our message ``number`` told."""

    conversation_id: int
    number: int
    ahead: int
    found_at: datetime

    @property
    def key(self) -> str:
        return f"place:{self.number}:{self.found_at.isoformat()}"


Inner = FileFailed | TimerDue | ActDone | EditEnded | PlaceMoved
Happening = ChannelEvent | Inner

Submit = Callable[[Sequence[Happening]], Awaitable[list[Outcome]]]
"""Hands events to the one path; returns what came of each once they are committed."""


def happened_at(event: Happening, now: datetime) -> datetime:
    """When it happened, as the network or the desk tells; never later than ``now``."""
    for name in ("sent_at", "edited_at", "deleted_at", "pressed_at", "lost_at"):
        moment: datetime | None = getattr(event, name, None)
        if moment is not None:
            return min(moment, now)
    return now
