"""What goes out: to the player's chat, or for a few minutes as a private answer to what they used."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import discord

from channels.discord.acknowledging import Acknowledging
from channels.discord.buttons import components
from channels.discord.errors import DmsClosed, ReplyGone, ThreadArchived
from channels.discord.reach import Reach
from channels.discord.render import render
from channels.discord.reply import PrivateMessage, ReplyVia
from channels.discord.rest import Payload, Rest
from channels.errors import ChannelError, Refused
from messaging.messages import Outgoing, Sent

# Discord remembers a nonce for "a few minutes" and says no more; two are surely among them.
NONCE_REMEMBERED = timedelta(minutes=2)
# Private answers have no nonce: one that is older than this may have been given already.
ANSWERED_WITHIN = timedelta(seconds=10)
_CLOCKS_DIFFER = timedelta(minutes=1)
# A player may have written very much since.
_PAGE, _PAGES_SEARCHED = 100, 20
PublicQuestion = Callable[[str], tuple[int, int] | None]
LastSent = Callable[[str], Awaitable[str | None]]


class Sender:
    """Sends, edits, and looks before it sends what is so old that it may have been sent already.

    ``awaiting`` holds the tokens of interactions for whose answer somebody watches; what is said takes them out.
    ``public_question`` tells where a chat's player had asked in public, and ``dms_closed`` is what to say there if
    they cannot be reached in private. ``last_sent`` is Surroundings'. Answers wait for ``acknowledging``.
    """

    def __init__(
        self,
        rest: Rest,
        reach: Reach,
        awaiting: set[str],
        acknowledging: Acknowledging,
        public_question: PublicQuestion,
        dms_closed: str,
        now: Callable[[], datetime],
        last_sent: LastSent,
        bot: int,
    ) -> None:
        self._rest = rest
        self._reach = reach
        self._awaiting = awaiting
        self._acknowledging = acknowledging
        self._public_question = public_question
        self._dms_closed = dms_closed
        self._now = now
        self._last_sent = last_sent
        self._bot = bot

    async def send(self, outgoing: Outgoing) -> Sent:
        """Send, edit or delete. Raises the errors of channels.errors."""
        body = body_of(outgoing)
        if outgoing.edits is not None and outgoing.deletes:
            await self._delete(outgoing.chat, outgoing.edits)
            return Sent(outgoing.edits)
        if outgoing.edits is not None:
            await self._edit(outgoing.chat, outgoing.edits, body)
            return Sent(outgoing.edits)
        via = ReplyVia.parse(outgoing.reply_via) if outgoing.reply_via else None
        if via is not None and via.lives(self._now()):
            try:
                return await self._answer(via, outgoing, body)
            except ReplyGone:
                pass  # the player closed it, or it went stale on the way: it is said in their chat instead
        return await self._say(outgoing, body)

    def _is_older(self, outgoing: Outgoing, age: timedelta) -> bool:
        return outgoing.written_at is not None and self._now() - outgoing.written_at > age

    async def _answer(self, via: ReplyVia, outgoing: Outgoing, body: Payload) -> Sent:
        """A private answer. There is no nonce for these and no history: at least the first one can be looked at."""
        await self._acknowledging.over(via.token)
        if self._is_older(outgoing, ANSWERED_WITHIN):
            first = await self._rest.first_answer(via.application, via.token)
            if _is_made(first, body, outgoing):
                return Sent(str(PrivateMessage(int(first["id"]), via)))
        message = await self._rest.follow_up(via.application, via.token, body, outgoing.file)
        self._awaiting.discard(via.token)
        return Sent(str(PrivateMessage(message, via)))

    async def _say(self, outgoing: Outgoing, body: Payload) -> Sent:
        await self._acknowledging.over(outgoing.chat)
        chat, channel = int(outgoing.chat), self._reach.channel_of(outgoing.chat)
        try:
            message = await self._write(channel, outgoing, body)
        except DmsClosed as closed:
            try:
                channel = await self._reach.instead_of(outgoing.chat, closed)
            except DmsClosed:
                await self._say_in_public(outgoing.chat)
                raise
            message = await self._write(channel, outgoing, body)
        except Refused as error:
            if channel == chat or not error.chat_lost:
                raise
            # The thread that stood in for the DMs is gone; they are tried again, and may lead to another.
            self._reach.opened(outgoing.chat)
            return await self._say(outgoing, body)
        return Sent(str(message) if channel == chat else f"{message}/{channel}")

    async def _write(self, channel: int, outgoing: Outgoing, body: Payload) -> int:
        """The message's id; an archived thread is opened first, and a message that was made already is found."""
        if outgoing.written_at is not None and self._is_older(outgoing, NONCE_REMEMBERED):
            found = await self._find(channel, outgoing, body, outgoing.written_at)
            if found is not None:
                return found
        try:
            return await self._rest.send(channel, body, outgoing.file, outgoing.key)
        except ThreadArchived:
            await self._rest.unarchive(channel)
            return await self._rest.send(channel, body, outgoing.file, outgoing.key)

    async def _find(self, channel: int, outgoing: Outgoing, body: Payload, since: datetime) -> int | None:
        """The id of the message that an earlier attempt made, if one did: the nonce is forgotten by now."""
        earliest = max(discord.utils.time_snowflake(since - _CLOCKS_DIFFER), await self._newest(outgoing.chat, channel))
        for _ in range(_PAGES_SEARCHED):
            page = await self._rest.oldest(channel, _PAGE, after=earliest)
            made = [each for each in page if int(each["author"]["id"]) == self._bot and _is_made(each, body, outgoing)]
            if made:
                return min(int(message["id"]) for message in made)
            if len(page) < _PAGE:
                break
            earliest = max(int(message["id"]) for message in page)
        return None

    async def _newest(self, chat: str, channel: int) -> int:
        """The newest message that we know to have made there: the same words before it are not these."""
        sent = await self._last_sent(chat)
        if sent is None or PrivateMessage.parse(sent) is not None:
            return 0
        message, where = _place(chat, sent)
        return message if where == channel else 0

    async def _edit(self, chat: str, external_id: str, body: Payload) -> None:
        private = self._private(external_id)
        if private is not None:
            await self._rest.edit_answer(private.via.application, private.via.token, str(private.message), body)
            return
        message, channel = _place(chat, external_id)
        await self._in_open_thread(channel, lambda: self._rest.edit(channel, message, body))

    async def _delete(self, chat: str, external_id: str) -> None:
        private = self._private(external_id)
        with suppress(ReplyGone):
            if private is not None:
                await self._rest.delete_answer(private.via.application, private.via.token, str(private.message))
                return
            message, channel = _place(chat, external_id)
            await self._in_open_thread(channel, lambda: self._rest.delete(channel, message))

    def _private(self, external_id: str) -> PrivateMessage | None:
        """The private answer that this is, or None; raises Refused where Discord does not let go of it any more."""
        private = PrivateMessage.parse(external_id)
        if private is not None and not private.via.lives(self._now()):
            raise Refused("this private answer can no longer be changed")
        return private

    async def _in_open_thread(self, channel: int, call: Callable[[], Awaitable[None]]) -> None:
        """Call it, in a thread that is archived after opening that again."""
        try:
            await call()
        except ThreadArchived:
            await self._rest.unarchive(channel)
            await call()

    async def _say_in_public(self, chat: str) -> None:
        question = self._public_question(chat)
        if question is None:
            return
        channel, message = question
        body = {"content": self._dms_closed, "message_reference": {"message_id": str(message)}}
        try:
            await self._rest.send(channel, body, None, f"closed-{message}")
        except ChannelError:
            return  # nothing is lost by it: that the player cannot be reached is raised by the caller


def _place(chat: str, external_id: str) -> tuple[int, int]:
    """The message's own id and the channel that it stands in: the chat's, or one that stood in for it."""
    message, _, channel = external_id.partition("/")
    return int(message), int(channel or chat)


def body_of(outgoing: Outgoing) -> Payload:
    """The message as Discord takes it. An edit without text leaves the words as they are."""
    body: Payload = {"components": components(outgoing.buttons)}
    if outgoing.text or outgoing.edits is None:
        body["content"] = render(outgoing.text)
    return body


def _is_made(message: Any, body: Payload, outgoing: Outgoing) -> bool:
    """Whether Discord made this message of ``body``: the same words, and a file of the same size or none."""
    sizes = [attachment["size"] for attachment in message["attachments"]]
    same_file = sizes == ([len(outgoing.file.content)] if outgoing.file is not None else [])
    return bool(message["content"] == body.get("content", "") and same_file)
