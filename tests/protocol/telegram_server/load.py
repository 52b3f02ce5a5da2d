"""A crowd of players inside the server process, and how long each waited for a reply."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, Literal

from tests.protocol.telegram_server.server import FakeTelegram
from tests.protocol.telegram_server.state import Chat, Json

Mode = Literal["dialogue", "burst", "steady"]


class Load:
    """``messages`` messages from ``chats`` players, spread evenly, the texts taken in turn.

    In a ``dialogue`` each player writes their next message when the last one was answered, so ``chats`` messages are
    always under way; in a ``burst`` everything is written at once; ``steady`` writes ``rate`` of them a second whatever
    is answered, the players in turn, and reports the moment of every reply and how long it took. A reply is counted for
    the oldest unanswered message of its chat; more replies than messages are ``extra``. With ``after`` the players
    of that load write again.
    """

    def __init__(
        self,
        server: FakeTelegram,
        chats: int,
        messages: int,
        texts: Sequence[str],
        mode: Mode = "dialogue",
        rate: float = 100.0,
        after: Load | None = None,
    ) -> None:
        self._server = server
        known = after._players[:chats] if after else []
        self._players = known + [server.user(f"Player {number}") for number in range(len(known), chats)]
        self._by_chat = {player.id: player for player in self._players}
        self._left = dict.fromkeys(self._by_chat, messages // chats)
        self._texts = texts
        self._mode = mode
        self._rate = rate
        self._steady: asyncio.Task[None] | None = None
        self._moments: list[tuple[float, float]] = []
        self._written: dict[int, deque[float]] = {player.id: deque() for player in self._players}
        self._total = (messages // chats) * chats
        self._started = 0.0
        self._ended = 0.0
        self._number = 0
        self.waits: list[float] = []
        self.extra = 0
        self.done = asyncio.Event()

    def start(self) -> None:
        """Everybody writes."""
        self._server.world.on_sent = self._on_sent
        self._started = time.perf_counter()
        if self._mode == "steady":
            self._steady = asyncio.create_task(self._write_steadily())
            return
        for player in self._players:
            self._write(player.id)
            while self._mode == "burst" and self._left[player.id]:
                self._write(player.id)

    async def _write_steadily(self) -> None:
        chats = list(self._by_chat)
        for number in range(self._total):
            # By the clock, not by pauses: a late one is made up for.
            await asyncio.sleep(max(0.0, self._started + number / self._rate - time.perf_counter()))
            self._write(chats[number % len(chats)])

    def _write(self, chat_id: int) -> None:
        self._left[chat_id] -= 1
        self._written[chat_id].append(time.perf_counter())
        text = self._texts[self._number % len(self._texts)]
        self._number += 1
        self._by_chat[chat_id].writes(text)

    def _on_sent(self, chat: Chat, _message: Json) -> None:
        written = self._written.get(chat.id)
        if not written:
            self.extra += 1
            return
        self._ended = time.perf_counter()
        self.waits.append(self._ended - written.popleft())
        if self._mode == "steady":
            self._moments.append((self._ended - self._started, self.waits[-1]))
        if self._mode == "dialogue" and self._left[chat.id]:
            asyncio.get_running_loop().call_soon(self._write, chat.id)
        if len(self.waits) == self._total:
            self.done.set()

    def report(self) -> dict[str, Any]:
        """What came of it so far; times are in seconds."""
        waits = sorted(self.waits)
        seconds = max(self._ended - self._started, 1e-9)

        def quantile(share: float) -> float | None:
            return waits[min(int(len(waits) * share), len(waits) - 1)] if waits else None

        return {
            "done": self.done.is_set(),
            "messages": self._total,
            "answered": len(waits),
            "extra": self.extra,
            "seconds": seconds,
            "per_second": len(waits) / seconds,
            "p50": quantile(0.5),
            "p99": quantile(0.99),
            "unconfirmed": len(self._server.bot.pending),
            "moments": self._moments,
        }
