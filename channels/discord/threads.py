"""The players' private threads under the support channel: whose a thread is, and which thread is whose.

A thread's name carries its player's id, so that nothing needs to be kept: after a restart, or a crash between opening
a thread and storing anything, the same thread is found again.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from typing import Any

import discord

from channels.discord.rest import DM, PRIVATE_THREAD, Rest
from channels.errors import Refused

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MARK = re.compile(r" · ([0-9a-z]{8,13})$")
_MENTION = re.compile(r"<@!?(\d+)>")
_LONGEST_NAME = 100
_PAGES_OF_ARCHIVED = 10


def thread_name(player: str, user: int) -> str:
    """The player's name and their id in base 36, at most 100 characters."""
    mark = f" · {_base36(user)}"
    return f"{' '.join(player.split())[: _LONGEST_NAME - len(mark)]}{mark}"


def owner_in_name(name: str) -> int | None:
    """The player whose id the name carries, if it does."""
    found = _MARK.search(name)
    return int(found[1], 36) if found else None


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


class PlayerThreads:
    """Finds and opens players' threads under ``panel_channel``; without one there are none."""

    def __init__(self, client: discord.Client, rest: Rest, panel_channel: int | None) -> None:
        self._client = client
        self._rest = rest
        self._panel_channel = panel_channel
        self._owners: dict[int, int] = {}
        self._dm_owners: dict[int, int] = {}
        self._opening: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def possible(self) -> bool:
        return self._panel_channel is not None

    def active(self) -> list[discord.Thread]:
        """The players' threads that Discord shows as open."""
        panel = self._client.get_channel(self._panel_channel) if self._panel_channel is not None else None
        if not isinstance(panel, discord.TextChannel):
            return []
        return [thread for thread in panel.threads if self.is_ours(thread)]

    def is_ours(self, channel: Any) -> bool:
        """Whether this is a private thread that the bot opened under the support channel."""
        return (
            isinstance(channel, discord.Thread)
            and channel.parent_id == self._panel_channel
            and channel.is_private()
            and self._client.user is not None
            and channel.owner_id == self._client.user.id
        )

    def active_of(self, user: int) -> int | None:
        """The open thread of this player."""
        for thread in self.active():
            if self._owners.get(thread.id, owner_in_name(thread.name)) == user:
                return thread.id
        return None

    async def owner_of(self, chat: int) -> int | None:
        """The player whose thread or DM this is, if it is one.

        A renamed thread tells by the mention in the bot's first words.
        """
        known = self._owners.get(chat) or self._dm_owners.get(chat)
        if known is not None:
            return known
        channel = await self._rest.channel(chat)
        owner = await self._owner(channel)
        if owner is not None:
            (self._dm_owners if channel["type"] == DM else self._owners)[chat] = owner
        return owner

    async def _owner(self, channel: Any) -> int | None:
        if channel["type"] == DM:
            return int(channel["recipients"][0]["id"])
        if channel["type"] != PRIVATE_THREAD:
            return None
        owner = owner_in_name(channel["name"])
        if owner is None:
            first = await self._rest.oldest(int(channel["id"]))
            mention = _MENTION.search(first[0]["content"]) if first else None
            owner = int(mention[1]) if mention else None
        return owner

    async def open(self, user: int, name: str) -> tuple[int, bool]:
        """The id of the player's thread, and whether it was opened just now. Raises the errors of channels.errors."""
        assert self._panel_channel is not None
        async with self._opening[user]:
            known = self.active_of(user) or self._known(user) or await self._archived_of(user)
            if known is not None and await self._reopened(known, user):
                return known, False
            made = await self._rest.open_thread(self._panel_channel, thread_name(name, user), user)
            self._owners[made] = user
            return made, True

    async def _reopened(self, thread: int, user: int) -> bool:
        """Whether a thread of before could be taken up again; it may have been deleted meanwhile."""
        try:
            await self._rest.unarchive(thread)
            await self._rest.add_to_thread(thread, user)
        except Refused as error:
            if error.chat_lost:
                self.forget(thread)
                return False
            raise
        return True

    def forget(self, thread: int) -> None:
        self._owners.pop(thread, None)

    def _known(self, user: int) -> int | None:
        return next((thread for thread, owner in self._owners.items() if owner == user), None)

    async def _archived_of(self, user: int) -> int | None:
        before: str | None = None
        for _ in range(_PAGES_OF_ARCHIVED):
            page = await self._rest.archived_threads(self._panel_channel or 0, before)
            for thread in page["threads"]:
                if thread["type"] == PRIVATE_THREAD and owner_in_name(thread["name"]) == user:
                    return int(thread["id"])
            if not page["has_more"] or not page["threads"]:
                break
            before = page["threads"][-1]["id"]
        return None
