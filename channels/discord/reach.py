"""How a chat is reached: in itself, or in a thread that stands in for direct messages that the player does not take."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from channels.discord.errors import DmsClosed
from channels.discord.panel import Panel
from channels.discord.rest import Rest
from channels.discord.threads import Owner, PlayerThreads
from channels.errors import Refused

_REMEMBERED = 10_000


class Reach:
    """Remembers which DMs are closed, and opens the threads that stand in for them."""

    def __init__(self, rest: Rest, threads: PlayerThreads, panel: Panel, default_language: str) -> None:
        self._rest = rest
        self._threads = threads
        self._panel = panel
        self._language = default_language
        self._closed: OrderedDict[int, int] = OrderedDict()

    def channel_of(self, chat: str) -> int:
        """Where to write: the chat itself, as far as we know."""
        return self._closed.get(int(chat), int(chat))

    def opened(self, chat: str) -> None:
        """The player wrote in this chat, so they can be reached there."""
        self._closed.pop(int(chat), None)

    def thread_gone(self, thread: int) -> bool:
        """Whether this thread stood in for DMs; it does not any more."""
        for chat, instead in self._closed.items():
            if instead == thread:
                del self._closed[chat]
                return True
        return False

    async def instead_of(self, chat: str, closed: DmsClosed) -> int:
        """The thread for a chat whose player takes no DMs; raises ``closed`` where there can be none."""
        if not self._threads.possible:
            raise closed
        player: Any = (await self._rest.channel(int(chat)))["recipients"][0]
        user = int(player["id"])
        try:
            thread, is_new = await self._threads.open(
                Owner(user, instead_of_dms=True), player["global_name"] or player["username"]
            )
            if is_new:
                await self._panel.greet(thread, user, self._language)
        except Refused as error:
            raise closed from error
        self._closed[int(chat)] = thread
        if len(self._closed) > _REMEMBERED:
            self._closed.popitem(last=False)
        return thread
