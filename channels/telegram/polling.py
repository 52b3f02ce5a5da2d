"""Receiving by long polling, confirming to Telegram only what is taken."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut

from channels.errors import TryLater
from channels.telegram.client import Client
from channels.telegram.outcome import explain

log = structlog.get_logger(__name__)

Receive = Callable[[Sequence[Update]], Awaitable[None]]
"""Takes updates in; returns when they are committed, raises if they are not."""

_ESSENTIAL = ("message_id", "date", "chat", "from", "text", "caption", "media_group_id")
_LONGEST_WAIT = 30.0


class Poller:
    """Asks for updates for as long as it is let; ``poll_timeout`` is how many seconds Telegram holds a question."""

    def __init__(
        self,
        bot: Client,
        receive: Receive,
        poll_timeout: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._bot = bot
        self._receive = receive
        self._poll_timeout = poll_timeout
        self._sleep = sleep
        self._offset: int | None = None
        self._failures = 0

    async def run(self, ready: Callable[[], None]) -> None:
        """Receive until cancelled; raises what waiting does not mend."""
        answered = False
        while True:
            raw = await self._ask(self._poll_timeout if answered else 0)
            if raw is None:
                continue
            if not answered:
                answered = True
                ready()
            if raw:
                await self._hand_on([update for each in raw if (update := parse(each, self._bot)) is not None])
                self._offset = int(raw[-1]["update_id"]) + 1

    async def _ask(self, wait: float) -> list[dict[str, Any]] | None:
        """The updates after the last confirmed one; None if there is no answer this time."""
        try:
            raw = await self._bot.raw_updates(self._offset, wait)
        except RetryAfter as error:
            told = explain(error)
            await self._pause(error, after=told.after if isinstance(told, TryLater) else None)
        except Conflict as error:
            log.warning("telegram.another_receiver", error=str(error))
            await self._pause(error)
        except InvalidToken as error:
            raise explain(error) from error
        except (TimedOut, NetworkError) as error:
            await self._pause(error)
        except TelegramError as error:
            raise explain(error) from error
        else:
            self._failures = 0
            return raw
        return None

    async def _hand_on(self, updates: Sequence[Update]) -> None:
        """Give them in until they are taken: what was not committed must not be confirmed."""
        while updates:
            try:
                await self._receive(updates)
            except Exception as error:  # noqa: BLE001 - whatever keeps us from committing, the updates wait
                log.error("telegram.not_taken", updates=len(updates), error=repr(error))
                await self._pause(error)
            else:
                self._failures = 0
                return

    async def _pause(self, error: Exception, after: float | None = None) -> None:
        wait = min(0.5 * 2**self._failures, _LONGEST_WAIT) if after is None else after
        self._failures = min(self._failures + 1, 10)
        log.info("telegram.poll_paused", seconds=wait, error=str(error))
        await self._sleep(wait)


def parse(raw: dict[str, Any], bot: Bot) -> Update | None:
    """The SDK's object.

    An update that the SDK cannot read must neither hold up the others nor be lost: of a message the words and the
    writer are kept, and that the rest is unreadable. None where not even that can be had.
    """
    for attempt in (raw, _essence(raw)):
        try:
            return Update.de_json(attempt, bot)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            log.error("telegram.unreadable_update", update_id=raw.get("update_id"), error=repr(error))
    return None


def _essence(raw: dict[str, Any]) -> dict[str, Any]:
    essence = {"update_id": raw.get("update_id")}
    message = raw.get("message")
    if isinstance(message, dict):
        kept = {name: message[name] for name in _ESSENTIAL if name in message}
        essence["message"] = kept | {"unreadable": True}
    return essence
