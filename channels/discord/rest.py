"""Discord's REST calls that the adapter makes, each raising only the errors of channels.errors.

They go through discord.py's own HTTP client (rate limit buckets, retries, multipart) with payloads of ours, so that
no view or webhook object is kept alive for every message that was ever sent.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from typing import Any

import aiohttp
import discord
from discord.http import Route

from channels.discord.errors import translated
from channels.errors import TryLater
from messaging.messages import OutgoingFile

NO_PINGS: dict[str, Any] = {"parse": [], "replied_user": False}
EPHEMERAL = 1 << 6
DM, PRIVATE_THREAD = 1, 12
MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE = 4, 5, 6
LONGEST_NONCE = 25
_WEEK_IN_MINUTES = 10080
Payload = dict[str, Any]


class Rest:
    """The REST side of a logged-in client. ``answer_within`` bounds one attempt, in seconds."""

    def __init__(self, client: discord.Client, answer_within: float) -> None:
        self._client = client
        self._timeout = aiohttp.ClientTimeout(total=answer_within)

    async def _request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        file: OutgoingFile | None = None,
        params: Payload | None = None,
        **places: Any,
    ) -> Any:
        given: Payload = {"timeout": self._timeout}
        if params is not None:
            given["params"] = params
        if file is not None:
            given |= _multipart(body, file)
        elif body is not None:
            given["json"] = body
        if self._client.is_closed():
            raise TryLater("not connected to Discord")
        with translated():
            return await self._client.http.request(Route(method, path, **places), **given)

    # ------------------------------------------------------------ messages

    async def send(self, channel: int, body: Payload, file: OutgoingFile | None, key: str) -> int:
        """Send a message and return its id. For some minutes a second call with the same key returns the first's."""
        body = body | {"allowed_mentions": NO_PINGS, "nonce": nonce_of(channel, key), "enforce_nonce": True}
        made = await self._request("POST", "/channels/{channel_id}/messages", body=body, file=file, channel_id=channel)
        return int(made["id"])

    async def edit(self, channel: int, message: int, body: Payload) -> None:
        await self._request(
            "PATCH",
            "/channels/{channel_id}/messages/{message_id}",
            body=body | {"allowed_mentions": NO_PINGS},
            channel_id=channel,
            message_id=message,
        )

    async def delete(self, channel: int, message: int) -> None:
        path = "/channels/{channel_id}/messages/{message_id}"
        await self._request("DELETE", path, channel_id=channel, message_id=message)

    async def message(self, channel: int, message: int) -> Any:
        path = "/channels/{channel_id}/messages/{message_id}"
        return await self._request("GET", path, channel_id=channel, message_id=message)

    async def newest(self, channel: int, limit: int) -> Any:
        """The newest messages of a channel as Discord gives them, newest first."""
        return await self._request(
            "GET", "/channels/{channel_id}/messages", params={"limit": limit}, channel_id=channel
        )

    async def oldest(self, channel: int, limit: int, after: int = 0) -> Any:
        """The first messages of a channel after the id ``after``, as Discord gives them, newest first."""
        params = {"limit": limit, "after": after}
        return await self._request("GET", "/channels/{channel_id}/messages", params=params, channel_id=channel)

    async def history(self, channel: int, after: int, limit: int) -> list[discord.Message]:
        """The oldest ``limit`` messages after the id ``after``, oldest first."""
        place = self._client.get_partial_messageable(channel)
        with translated():
            read = place.history(limit=limit, after=discord.Object(after), oldest_first=True)
            return [message async for message in read]

    async def typing(self, channel: int) -> None:
        await self._request("POST", "/channels/{channel_id}/typing", channel_id=channel)

    async def react(self, channel: int, message: int, emoji: str) -> None:
        await self._request(
            "PUT",
            "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me",
            channel_id=channel,
            message_id=message,
            emoji=emoji,
        )

    # ------------------------------------------------------------ interactions

    async def respond(self, interaction: int, token: str, kind: int, data: Payload | None = None) -> None:
        """The first answer to an interaction, due within three seconds."""
        body: Payload = {"type": kind}
        if data is not None:
            body["data"] = data
        await self._request(
            "POST",
            "/interactions/{webhook_id}/{webhook_token}/callback",
            body=body,
            webhook_id=interaction,
            webhook_token=token,
        )

    async def follow_up(self, application: int, token: str, body: Payload, file: OutgoingFile | None) -> int:
        """A further answer, shown to the one user only; the first after a deferred one takes its place."""
        made = await self._request(
            "POST",
            "/webhooks/{webhook_id}/{webhook_token}",
            body=body | {"allowed_mentions": NO_PINGS, "flags": EPHEMERAL},
            file=file,
            params={"wait": "true"},
            webhook_id=application,
            webhook_token=token,
        )
        return int(made["id"])

    async def edit_answer(self, application: int, token: str, message: str, body: Payload) -> None:
        """Change an answer; ``message`` is its id, or ``@original`` for the first."""
        await self._request(
            "PATCH",
            "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}",
            body=body | {"allowed_mentions": NO_PINGS},
            webhook_id=application,
            webhook_token=token,
            message_id=message,
        )

    async def delete_answer(self, application: int, token: str, message: str) -> None:
        """Take an answer away; ``message`` is its id, or ``@original`` for the first."""
        path = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
        await self._request("DELETE", path, webhook_id=application, webhook_token=token, message_id=message)

    async def first_answer(self, application: int, token: str) -> Any:
        path = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
        return await self._request("GET", path, webhook_id=application, webhook_token=token)

    async def delete_first_answer(self, application: int, token: str) -> None:
        await self.delete_answer(application, token, "@original")

    # ------------------------------------------------------------ channels, threads, commands

    async def dm_channel(self, user: int) -> Any:
        """The DM channel with this user; made where there was none, even if its messages are refused."""
        return await self._request("POST", "/users/@me/channels", body={"recipient_id": str(user)})

    async def channel(self, channel: int) -> Any:
        return await self._request("GET", "/channels/{channel_id}", channel_id=channel)

    async def open_thread(self, parent: int, name: str, user: int) -> int:
        """A private thread with this user in it; returns its id."""
        body = {"name": name, "type": PRIVATE_THREAD, "invitable": False, "auto_archive_duration": _WEEK_IN_MINUTES}
        thread = await self._request("POST", "/channels/{channel_id}/threads", body=body, channel_id=parent)
        await self.add_to_thread(int(thread["id"]), user)
        return int(thread["id"])

    async def add_to_thread(self, thread: int, user: int) -> None:
        path = "/channels/{channel_id}/thread-members/{user_id}"
        await self._request("PUT", path, channel_id=thread, user_id=user)

    async def unarchive(self, thread: int) -> None:
        await self._request("PATCH", "/channels/{channel_id}", body={"archived": False}, channel_id=thread)

    async def archived_threads(self, parent: int, before: str | None) -> Any:
        """A page of the bot's archived private threads, newest first; ``before`` is a thread's id."""
        params: Payload = {"limit": 100}
        if before is not None:
            params["before"] = before
        path = "/channels/{channel_id}/users/@me/threads/archived/private"
        return await self._request("GET", path, params=params, channel_id=parent)

    async def commands(self, application: int) -> Any:
        path = "/applications/{application_id}/commands"
        params = {"with_localizations": "true"}
        return await self._request("GET", path, params=params, application_id=application)

    async def replace_commands(self, application: int, commands: Sequence[Payload]) -> None:
        path = "/applications/{application_id}/commands"
        await self._request("PUT", path, body=list(commands), application_id=application)


def nonce_of(channel: int, key: str) -> str:
    """The same for every retry of a send, and for no other send; at most 25 characters."""
    return hashlib.sha256(f"{channel}/{key}".encode()).hexdigest()[:LONGEST_NONCE]


def _multipart(body: Any, file: OutgoingFile) -> Payload:
    """``form`` and ``files`` as discord.py's HTTP client takes them; it rewinds the files before each attempt."""
    attachment = discord.File(io.BytesIO(file.content), filename=file.name)
    described = (body or {}) | {"attachments": [{"id": 0, "filename": attachment.filename}]}
    form = [
        {"name": "payload_json", "value": json.dumps(described)},
        {
            "name": "files[0]",
            "value": attachment.fp,
            "filename": attachment.filename,
            "content_type": file.content_type,
        },
    ]
    return {"form": form, "files": [attachment]}
