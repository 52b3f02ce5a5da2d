"""The state behind the fake Discord: simcord's backend on a real clock, mended where the real service differs."""

from __future__ import annotations

import asyncio
import mimetypes
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from simcord._clock import Clock
from simcord.backend import Backend
from simcord.backend.cdn import CdnStore
from simcord.backend.errors import BackendError
from simcord.backend.models import Channel, Message
from simcord.enums import ChannelType

NONCE_LIFETIME = timedelta(minutes=5)


def closed_dms() -> BackendError:
    return BackendError(403, 50007, "Cannot send messages to this user")


def archived_thread() -> BackendError:
    return BackendError(400, 50083, "Thread is archived")


class RealClock(Clock):
    """Wall time, plus what a test put forward with ``advance``."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.elapsed)


class ServedFiles(CdnStore):
    """The files of the fake CDN under an address that answers, until a link is made to expire."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.contents: dict[str, bytes] = {}

    def store_attachment(
        self, attachment_id: int, channel_id: int, filename: str, data: bytes, description: str | None
    ) -> dict[str, Any]:
        path = f"/attachments/{channel_id}/{attachment_id}/{filename}"
        self.contents[path] = data
        return {
            "id": str(attachment_id),
            "filename": filename,
            "description": description,
            "size": len(data),
            "url": self.base + path,
            "proxy_url": self.base + path,
            "content_type": mimetypes.guess_type(filename)[0] or "application/octet-stream",
        }

    def get(self, url: str) -> bytes | None:
        return self.contents.get(url.removeprefix(self.base))

    def expire(self, url: str) -> None:
        """Discord's links die after about a day; this one now."""
        self.contents.pop(url.removeprefix(self.base))

    def renew(self, message: Message, place: int) -> str:
        """Let the link of an attachment expire; reading the message again gives the new one, which is returned."""
        attachment = message.attachments[place]
        path = attachment["url"].removeprefix(self.base)
        self.contents[f"{path}-renewed"] = self.contents.pop(path)
        attachment["url"] += "-renewed"
        return str(attachment["url"])


@dataclass(frozen=True)
class UsedNonce:
    message_id: int
    at: datetime


class World(Backend):
    """Guilds, channels, users and messages, with what simcord leaves out: nonces, closed DMs, archived threads.

    ``changed`` is called after everything that a test may wait for.
    """

    def __init__(self, cdn_base: str) -> None:
        super().__init__(clock=RealClock())
        # simcord records everything for ever; a long run must not fill the memory.
        self.http_requests = deque(maxlen=20_000)  # type: ignore[assignment]
        self.transcript = deque(maxlen=1_000)  # type: ignore[assignment]
        self.cdn = ServedFiles(cdn_base)
        self.closed_dms: set[int] = set()
        self.nonces: dict[tuple[int, str], UsedNonce] = {}
        self.nonce_of: dict[int, str] = {}
        self._waiting: set[asyncio.Event] = set()

    def changed(self) -> None:
        for event in self._waiting:
            event.set()

    async def until(self, predicate: Callable[[], Any], within: float = 20.0) -> Any:
        """Wait until ``predicate`` holds and return its value; asked again whenever something changes."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            async with asyncio.timeout(within):
                while not (value := predicate()):
                    event.clear()
                    await event.wait()
                return value
        finally:
            self._waiting.discard(event)

    def emit(self, event: str, payload: Mapping[str, Any]) -> None:
        super().emit(event, payload)
        self.changed()

    # ------------------------------------------------------------ nonces

    def message_of_nonce(self, channel_id: int, nonce: str) -> Message | None:
        """The message made with this nonce in the past few minutes, if it still stands."""
        used = self.nonces.get((channel_id, nonce))
        if used is None or self.clock.now() - used.at > NONCE_LIFETIME:
            return None
        return self.messages.get(channel_id, {}).get(used.message_id)

    def remember_nonce(self, channel_id: int, nonce: str, message_id: int) -> None:
        self.nonces[channel_id, nonce] = UsedNonce(message_id, self.clock.now())
        self.nonce_of[message_id] = nonce

    # ------------------------------------------------------------ sending

    def check_sendable(self, channel_id: int) -> None:
        """Raise as Discord does where the bot cannot write: closed DMs, a locked archived thread."""
        channel = self.get_channel(channel_id)
        if channel.type == ChannelType.DM and self.closed_dms.intersection(channel.recipient_ids):
            raise closed_dms()
        if self.is_archived(channel) and channel.thread_metadata.locked:
            raise archived_thread()

    def check_editable(self, channel_id: int) -> None:
        if self.is_archived(self.get_channel(channel_id)):
            raise archived_thread()

    @staticmethod
    def is_archived(channel: Channel) -> bool:
        return channel.thread_metadata is not None and channel.thread_metadata.archived

    def commit_message(self, message: Message, *, broadcast: bool = True) -> Message:
        """A message in an archived thread opens it again."""
        if self.is_archived(self.get_channel(message.channel_id)):
            self.edit_channel(message.channel_id, {}, thread_metadata={"archived": False})
        return super().commit_message(message, broadcast=broadcast)

    def create_thread(self, parent_id: int, name: str, owner_id: int, **fields: Any) -> Channel:
        """A private thread leaves no notice in its parent, unlike simcord's."""
        if fields.get("type") != ChannelType.PRIVATE_THREAD:
            return super().create_thread(parent_id, name, owner_id, **fields)
        thread = super().create_thread(parent_id, name, owner_id, **(fields | {"broadcast": False}))
        self.announce_thread_create(thread)
        return thread
