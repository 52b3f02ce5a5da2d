"""Faults planted into the real program from outside, to prove that the checker sees each of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any


def plant(name: str) -> None:
    """Break the program of this process in one way."""
    FAULTS[name]()


def _confirm_before_commit() -> None:
    """Telegram forgets a batch as soon as it is read."""
    from channels.telegram.polling import Poller

    original = Poller._hand_on

    async def hand_on(self: Poller, updates: Any) -> None:
        await self._bot.raw_updates(updates[-1].update_id + 1, 0)
        await original(self, updates)

    Poller._hand_on = hand_on  # type: ignore[method-assign]


def _mark_before_send() -> None:
    """An entry is marked as sent before it is."""
    from bot.sender import Sender
    from messaging.outbox import EntryState

    original = Sender._send

    async def send(self: Sender, channel: Any, entry: Any, outgoing: Any) -> Any:
        await self._done(entry, EntryState.SENT)
        return await original(self, channel, entry, outgoing)

    Sender._send = send  # type: ignore[method-assign]


def _leftovers_forgotten() -> None:
    """What a dead process held is never taken over."""
    from messaging import outbox

    async def take_over(*_arguments: Any, **_named: Any) -> list[Any]:
        return []

    outbox.take_over = take_over


def _lease_ignored() -> None:
    """What is held, and perhaps being sent, is offered again at every beat."""
    from bot.clockwork import Clockwork
    from messaging import outbox

    original = Clockwork.beat

    async def beat(self: Clockwork) -> None:
        await original(self)
        async with self._database.reading() as connection:
            held = await outbox.held_by(connection, self._holder, self._now() + timedelta(seconds=1))
        for lane in outbox.lanes_of(held):
            self._sender._lanes.pop(lane, None)
            self._sender._tasks.pop(lane, None)
        self._sender.offer(held)

    Clockwork.beat = beat  # type: ignore[method-assign]


def _dedupe_off() -> None:
    """Nobody remembers what arrived."""
    from bot import pipeline
    from bot.work import Work

    async def seen(*_arguments: Any) -> set[Any]:
        return set()

    setattr(pipeline, "seen", seen)  # noqa: B010 - it is only imported there
    Work.arrived = lambda *_arguments: None  # type: ignore[method-assign]


def _agent_repeated() -> None:
    """What an agent wrote is sent again though nobody knows what became of it."""
    from bot.sender import Sender

    async def after_silence(_self: Sender, entry: Any) -> Any:
        return entry

    Sender._after_silence = after_silence  # type: ignore[method-assign, assignment]


def _order_lost() -> None:
    """The newest entry of a lane goes first."""
    from bot.sender import Sender

    original = Sender.offer

    def offer(self: Sender, entries: Any) -> None:
        original(self, list(entries)[::-1])

    Sender.offer = offer  # type: ignore[method-assign]


def _nonce_lost() -> None:
    """Discord is told another nonce at every attempt."""
    from itertools import count

    from channels.discord import rest

    attempts = count()

    def nonce_of(channel: int, key: str) -> str:
        return f"{os.getpid()}-{next(attempts)}"

    rest.nonce_of = nonce_of


def _history_unread() -> None:
    """Nobody looks at what was said on Discord meanwhile, or asks to be told."""
    from channels.discord.progress import Position
    from channels.discord.rest import Rest

    async def history(*_arguments: Any) -> list[Any]:
        return []

    Rest.history = history  # type: ignore[method-assign]
    Position.parse = classmethod(lambda _cls, _text: None)  # type: ignore[method-assign,assignment]


def _position_too_early() -> None:
    """How far the gateway's events have come is kept as soon as they arrive."""
    from channels.discord.progress import Progress, Step

    original = Progress.done

    def hold(_self: Progress, _step: Step) -> None:
        """Nobody is waited for."""

    def done(self: Progress, step: Step) -> None:
        if step.at_work:
            original(self, step)

    Progress.hold = hold  # type: ignore[method-assign]
    Progress.done = done  # type: ignore[method-assign]


def _taken_too_early() -> None:
    """A page is told that its words are taken before they are kept."""
    import asyncio

    from channels.web.visit import Visit

    original = Visit._hand_in
    under_way: set[asyncio.Task[bool]] = set()

    async def hand_in(self: Visit, frame: Any) -> bool:
        task = asyncio.create_task(original(self, frame))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        return True

    Visit._hand_in = hand_in  # type: ignore[method-assign]


FAULTS: dict[str, Callable[[], None]] = {
    "confirm_before_commit": _confirm_before_commit,
    "mark_before_send": _mark_before_send,
    "leftovers_forgotten": _leftovers_forgotten,
    "lease_ignored": _lease_ignored,
    "dedupe_off": _dedupe_off,
    "agent_repeated": _agent_repeated,
    "order_lost": _order_lost,
    "nonce_lost": _nonce_lost,
    "history_unread": _history_unread,
    "position_too_early": _position_too_early,
    "taken_too_early": _taken_too_early,
}
