"""The far side of the memory channel: its chats, the files it holds, the faults it was told to have."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from channels.errors import ChannelError, Refused
from messaging.messages import Author, Button, OutgoingFile


@dataclass(slots=True)
class Delivered:
    """A message of ours as the player sees it now, if it was not taken away; ``versions`` are its texts before."""

    chat: str
    external_id: str
    key: str
    text: str
    author: Author
    buttons: tuple[Button, ...]
    file: OutgoingFile | None
    delivered_at: datetime
    versions: list[str] = field(default_factory=list)
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with a send: ``error`` is raised before the effect, or after it with ``takes_effect``."""

    error: ChannelError
    takes_effect: bool = False


class MemoryNetwork:
    """Chats by id. It outlives the program's runs, as a real network does."""

    def __init__(self) -> None:
        self.chats: dict[str, list[Delivered]] = {}
        self.files: dict[str, bytes] = {}
        self._by_key: dict[tuple[str, str], Delivered] = {}
        self._numbers = count(1)
        self._changed = asyncio.Event()

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers)}"

    def deliver(self, message: Delivered) -> None:
        self.chats.setdefault(message.chat, []).append(message)
        self._by_key[message.chat, message.key] = message
        self.notice()

    def replace(self, chat: str, external_id: str, text: str, buttons: tuple[Button, ...]) -> None:
        """Edit a message; raises Refused where there is none of this id."""
        message = self._find(chat, external_id)
        if message is None or message.deleted:
            raise Refused(f"no message {external_id} in chat {chat}")
        message.versions.append(message.text)
        message.text, message.buttons = text, buttons
        self.notice()

    def remove(self, chat: str, external_id: str) -> None:
        """Take a message away; where there is none that is so already."""
        message = self._find(chat, external_id)
        if message is not None:
            message.deleted = True
        self.notice()

    def _find(self, chat: str, external_id: str) -> Delivered | None:
        return next((each for each in self.chats.get(chat, ()) if each.external_id == external_id), None)

    def of_key(self, chat: str, key: str) -> Delivered | None:
        """What was delivered under this key, if anything."""
        return self._by_key.get((chat, key))

    def notice(self) -> None:
        """Wake everybody who waits for a condition."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, holds: Callable[[], bool], within: float) -> None:
        """Return once ``holds()`` is true, asked after every change; raises TimeoutError after ``within`` seconds."""
        async with asyncio.timeout(within):
            while True:
                changed = self._changed
                if holds():
                    return
                await changed.wait()
