"""The named steps at which a process can be made to die, each wrapped around the real code from outside."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

Die = Callable[[], None]


def arm(named: str) -> None:
    """Kill this process (SIGKILL) when it comes to a step the given number of times: ``send:before:3``."""
    step, _, times = named.rpartition(":")
    if step not in STEPS:
        raise ValueError(f"no such step: {named!r}")
    left = int(times)

    def die() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    STEPS[step](die)


def _before(owner: Any, name: str, die: Die) -> None:
    original: Callable[..., Awaitable[Any]] = getattr(owner, name)

    async def wrapped(*arguments: Any, **named: Any) -> Any:
        die()
        return await original(*arguments, **named)

    setattr(owner, name, wrapped)


def _after(owner: Any, name: str, die: Die, counts: Callable[[Any], bool] = lambda _result: True) -> None:
    original: Callable[..., Awaitable[Any]] = getattr(owner, name)

    async def wrapped(*arguments: Any, **named: Any) -> Any:
        result = await original(*arguments, **named)
        if counts(result):
            die()
        return result

    setattr(owner, name, wrapped)


def _commit_before(die: Die) -> None:
    from bot.work import Work

    # Every statement is done, the COMMIT is not.
    _after(Work, "flush", die)


def _commit_after(die: Die) -> None:
    from bot.pipeline import Pipeline

    # The lanes have their entries and did not run yet.
    _after(Pipeline, "_commit", die)


def _networks() -> tuple[Any, ...]:
    from channels.discord.adapter import DiscordChannel
    from channels.telegram.adapter import TelegramChannel

    return TelegramChannel, DiscordChannel


def _send_before(die: Die) -> None:
    for network in _networks():
        _before(network, "send", die)


def _send_after(die: Die) -> None:
    for network in _networks():
        _after(network, "send", die)


def _agent_marked(die: Die) -> None:
    def wrap(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def send(self: Any, outgoing: Any) -> Any:
            # Written down as being sent, and not sent.
            if outgoing.author == "agent":
                die()
            return await original(self, outgoing)

        return send

    for network in _networks():
        network.send = wrap(network.send)


def _agent_sent(die: Die) -> None:
    def wrap(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def send(self: Any, outgoing: Any) -> Any:
            sent = await original(self, outgoing)
            if outgoing.author == "agent":
                die()
            return sent

        return send

    for network in _networks():
        network.send = wrap(network.send)


def _mark_before(die: Die) -> None:
    from bot.marks import Marks

    _after(Marks, "_write", die)


def _mark_after(die: Die) -> None:
    from bot.marks import Marks

    _after(Marks, "_commit", die)


def _confirm(die: Die, *, afterwards: bool) -> None:
    from channels.telegram.client import Client

    original = Client.raw_updates
    confirmed: int | None = None

    async def raw_updates(self: Client, offset: int | None, wait: float) -> list[dict[str, Any]]:
        nonlocal confirmed
        confirms, confirmed = offset is not None and offset != confirmed, offset
        if confirms and not afterwards:
            die()
        updates = await original(self, offset, wait)
        if confirms and afterwards:
            die()
        return updates

    Client.raw_updates = raw_updates  # type: ignore[method-assign]


def _answer_before(die: Die) -> None:
    from channels.telegram.webhook import Webhook

    # Everything is committed, Telegram was not told so.
    _after(Webhook, "handle", die)


def _act_before(die: Die) -> None:
    from handoff.console.desk_acts import DeskActs

    _before(DeskActs, "_ended", die)


def _act_after(die: Die) -> None:
    from handoff.console.desk_acts import DeskActs

    _after(DeskActs, "_ended", die)


def _take_over_before(die: Die) -> None:
    from messaging import outbox

    _after(outbox, "take_over", die, counts=bool)


def _take_over_after(die: Die) -> None:
    from bot.sender import Sender

    original = Sender._go_on_with

    def go_on_with(self: Sender, entries: Any) -> None:
        # They are this process's by the table, and in none of its lanes.
        if entries:
            die()
        original(self, entries)

    Sender._go_on_with = go_on_with  # type: ignore[method-assign]


def _history_read(die: Die) -> None:
    from channels.discord.rest import Rest

    # What was missed is known to this process alone.
    _after(Rest, "history", die, counts=bool)


def _history_kept(die: Die) -> None:
    from channels.discord.inbound import Inbound

    # A page of one chat's history is stored; what follows it, and what waits live behind it, is not.
    _after(Inbound, "commit_missed", die)


def _missed_told(die: Die) -> None:
    from channels.discord.missed import Missed

    # What the session of before was told is known to this process alone.
    _after(Missed, "end", die, counts=lambda told: bool(told.events))


def _position_kept(die: Die) -> None:
    from channels.discord.session import Session

    # How far all is committed is kept; some of what follows may be committed too.
    _after(Session, "_keep_position", die)


STEPS: dict[str, Callable[[Die], None]] = {
    "commit:before": _commit_before,
    "commit:after": _commit_after,
    "send:before": _send_before,
    "send:after": _send_after,
    "agent:marked": _agent_marked,
    "agent:sent": _agent_sent,
    "mark:before": _mark_before,
    "mark:after": _mark_after,
    "confirm:before": lambda die: _confirm(die, afterwards=False),
    "confirm:after": lambda die: _confirm(die, afterwards=True),
    "answer:before": _answer_before,
    "act:before": _act_before,
    "act:after": _act_after,
    "takeover:before": _take_over_before,
    "takeover:after": _take_over_after,
    "history:read": _history_read,
    "history:kept": _history_kept,
    "missed:told": _missed_told,
    "position:kept": _position_kept,
}
POLLING = frozenset({"confirm:before", "confirm:after"})
WEBHOOK = frozenset({"answer:before"})
DISCORD = frozenset({"history:read", "history:kept", "missed:told", "position:kept"})
