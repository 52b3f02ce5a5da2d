"""Where a player is answered in private: their open thread, or else their direct messages."""

from __future__ import annotations

from collections import OrderedDict

from channels.discord.rest import Rest
from channels.discord.threads import PlayerThreads

_REMEMBERED = 10_000


class Homes:
    """Finds the chat in which to answer a player who asked elsewhere."""

    def __init__(self, rest: Rest, threads: PlayerThreads) -> None:
        self._rest = rest
        self._threads = threads
        self._dms: OrderedDict[int, int] = OrderedDict()

    async def of(self, user: int) -> str:
        """The player's chat. Raises the errors of channels.errors."""
        thread = self._threads.active_of(user)
        if thread is not None:
            return str(thread)
        if user not in self._dms:
            self._dms[user] = int((await self._rest.dm_channel(user))["id"])
            if len(self._dms) > _REMEMBERED:
                self._dms.popitem(last=False)
        return str(self._dms[user])
