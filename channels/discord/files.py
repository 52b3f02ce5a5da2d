"""The bytes of what players attach, from Discord's CDN."""

from __future__ import annotations

import aiohttp

from channels.discord.rest import Rest
from channels.errors import FileGone, Refused, TryLater

_GONE = {403, 404, 410}
_CHUNK = 64 * 1024


class Files:
    """Fetches attachments. A link lasts about a day; one that expired is renewed by reading the message again."""

    def __init__(self, answer_within: float) -> None:
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=answer_within, sock_read=answer_within)
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, rest: Rest, remote: str, limit: int) -> bytes:
        """At most ``limit`` bytes; ``remote`` is what convert.incoming_file made of the attachment."""
        channel, message, attachment, address = remote.split(":", 3)
        content = await self._download(address, limit)
        if content is None:
            content = await self._download(await self._renewed(rest, int(channel), int(message), attachment), limit)
        if content is None:
            raise FileGone("Discord no longer has this file")
        return content

    async def _renewed(self, rest: Rest, channel: int, message: int, attachment: str) -> str:
        try:
            found = await rest.message(channel, message)
        except Refused as error:
            raise FileGone(f"the message of this file is gone: {error}") from error
        parts = [found, *(snapshot["message"] for snapshot in found.get("message_snapshots") or [])]
        for part in parts:
            for each in part["attachments"]:
                if each["id"] == attachment:
                    return str(each["url"])
        raise FileGone("the file was taken out of its message")

    async def _download(self, address: str, limit: int) -> bytes | None:
        """The bytes behind a link; None where the link leads nowhere (any more)."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        try:
            async with self._session.get(address) as answer:
                if answer.status in _GONE:
                    return None
                if answer.status != 200:
                    raise TryLater(f"the CDN answered {answer.status}")
                return await self._read(answer, limit)
        except (aiohttp.ClientError, OSError) as error:
            raise TryLater(f"the file could not be fetched: {error!r}") from error

    @staticmethod
    async def _read(answer: aiohttp.ClientResponse, limit: int) -> bytes:
        content = bytearray()
        async for chunk in answer.content.iter_chunked(_CHUNK):
            content += chunk
            if len(content) > limit:
                raise FileGone(f"the file has more than {limit} bytes")
        return bytes(content)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
