"""The players' private threads under the support channel: whose a thread is, and which thread is whose.

A thread's name carries its player's id, so that nothing needs to be kept: after a restart, or a crash between opening
a thread and storing anything, the same thread is found again. There are two kinds: one that the player opened at the
panel, which is a chat of its own, and one that stands in for the direct messages of a player who takes none.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any, NamedTuple, TypeGuard

import discord

from channels.discord.rest import PRIVATE_THREAD, Rest
from channels.errors import Refused

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_OWN_CHAT, _INSTEAD_OF_DMS = "·", "✉"
_MARK = re.compile(rf" ({_OWN_CHAT}|{_INSTEAD_OF_DMS}) ([0-9a-z]{{8,13}})$")
_MENTION = re.compile(r"<@!?(\d+)>")
_LONGEST_NAME = 100
_PAGES_OF_ARCHIVED = 10


class Owner(NamedTuple):
    """Whose a thread is, and whether it stands in for their direct messages."""

    user: int
    instead_of_dms: bool = False


def thread_name(player: str, owner: Owner) -> str:
    """The player's name, a sign for the kind of thread, and their id in base 36; at most 100 characters."""
    mark = f" {_INSTEAD_OF_DMS if owner.instead_of_dms else _OWN_CHAT} {_base36(owner.user)}"
    return f"{' '.join(player.split())[: _LONGEST_NAME - len(mark)]}{mark}"


def owner_in_name(name: str) -> Owner | None:
    """What the thread's name tells, if it tells anything."""
    found = _MARK.search(name)
    return Owner(int(found[2], 36), found[1] == _INSTEAD_OF_DMS) if found else None


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
        self._owners: dict[int, Owner] = {}
        self._opening = asyncio.Lock()

    @property
    def possible(self) -> bool:
        return self._panel_channel is not None

    def active(self) -> list[discord.Thread]:
        """The players' threads that Discord shows as open."""
        panel = self._client.get_channel(self._panel_channel) if self._panel_channel is not None else None
        if not isinstance(panel, discord.TextChannel):
            return []
        return [thread for thread in panel.threads if self.is_ours(thread)]

    def is_ours(self, channel: Any) -> TypeGuard[discord.Thread]:
        """Whether this is a private thread that the bot opened under the support channel."""
        return (
            isinstance(channel, discord.Thread)
            and channel.parent_id == self._panel_channel
            and channel.is_private()
            and self._client.user is not None
            and channel.owner_id == self._client.user.id
        )

    def is_active(self, thread: int) -> bool:
        return any(each.id == thread for each in self.active())

    def active_of(self, owner: Owner) -> int | None:
        """The open thread of this player and kind."""
        for thread in self.active():
            if self._owners.get(thread.id, owner_in_name(thread.name)) == owner:
                return thread.id
        return None

    async def owner_of(self, thread: int) -> Owner | None:
        """Whose thread this is, None where it is no thread of a player.

        A renamed one tells by the mention in the bot's first words, and counts as a chat of its own.
        """
        if thread not in self._owners:
            cached = self._client.get_channel(thread)
            found = owner_in_name(cached.name) if self.is_ours(cached) else None
            found = found or await self._read_owner(await self._rest.channel(thread))
            if found is None:
                return None
            self._owners[thread] = found
        return self._owners[thread]

    async def _read_owner(self, channel: Any) -> Owner | None:
        if channel["type"] != PRIVATE_THREAD or channel.get("parent_id") != str(self._panel_channel):
            return None
        owner = owner_in_name(channel["name"])
        if owner is None:
            first = await self._rest.oldest(int(channel["id"]), 1)
            mention = _MENTION.search(first[0]["content"]) if first else None
            owner = Owner(int(mention[1])) if mention else None
        return owner

    async def open(self, owner: Owner, name: str) -> tuple[int, bool]:
        """The id of the player's thread, and whether it was opened just now. Raises the errors of channels.errors."""
        assert self._panel_channel is not None
        async with self._opening:
            known = self.active_of(owner) or self._known(owner) or await self._archived_of(owner)
            if known is not None and await self._reopened(known, owner.user):
                return known, False
            made = await self._rest.open_thread(self._panel_channel, thread_name(name, owner), owner.user)
            self._owners[made] = owner
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

    def _known(self, owner: Owner) -> int | None:
        return next((thread for thread, known in self._owners.items() if known == owner), None)

    async def _archived_of(self, owner: Owner) -> int | None:
        before: str | None = None
        for _ in range(_PAGES_OF_ARCHIVED):
            page = await self._rest.archived_threads(self._panel_channel or 0, before)
            for thread in page["threads"]:
                if thread["type"] == PRIVATE_THREAD and owner_in_name(thread["name"]) == owner:
                    return int(thread["id"])
            if not page["has_more"] or not page["threads"]:
                break
            before = page["threads"][-1]["id"]
        return None
