"""Which chat is a player's own: their thread from the panel, or else their direct messages."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import discord

from channels.discord.rest import Rest
from channels.discord.threads import Owner, PlayerThreads

_REMEMBERED = 10_000


class Homes:
    """Finds players' chats. All methods that ask Discord raise the errors of channels.errors."""

    def __init__(self, rest: Rest, threads: PlayerThreads) -> None:
        self._rest = rest
        self._threads = threads
        self._dms: OrderedDict[int, int] = OrderedDict()

    async def of(self, user: int) -> str:
        """The chat in which to answer a player who asked elsewhere."""
        thread = self._threads.active_of(Owner(user))
        return str(thread if thread is not None else await self.dm_of(user))

    async def dm_of(self, user: int) -> int:
        """The DM channel with this player, whether they take messages there or not."""
        if user not in self._dms:
            self._dms[user] = int((await self._rest.dm_channel(user))["id"])
            if len(self._dms) > _REMEMBERED:
                self._dms.popitem(last=False)
        return self._dms[user]

    async def own_chat(self, channel: Any, user: int) -> str | None:
        """The player's own chat that this channel is part of; None for a public channel or somebody else's thread."""
        if isinstance(channel, discord.DMChannel):
            return str(channel.id)
        # A thread that was put away since something was said in it is shown to nobody: it is asked for.
        is_put_away = isinstance(channel, discord.PartialMessageable)
        if not is_put_away and not self._threads.is_ours(channel):
            return None
        owner = await self._threads.owner_of(channel.id)
        return await self.chat_of(channel.id, owner) if owner is not None and owner.user == user else None

    async def chat_of(self, thread: int, owner: Owner) -> str:
        """The chat that a player's thread is part of."""
        return str(await self.dm_of(owner.user) if owner.instead_of_dms else thread)
