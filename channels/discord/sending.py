"""What goes out: to the player's chat, or for a few minutes as a private answer to what they used."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

import discord

from channels.discord.buttons import components
from channels.discord.errors import DmsClosed, ReplyGone, ThreadArchived
from channels.discord.reach import Reach
from channels.discord.render import render
from channels.discord.reply import PrivateMessage, ReplyVia
from channels.discord.rest import Payload, Rest
from channels.errors import ChannelError, OutcomeHidden, Refused
from messaging.messages import Outgoing, Sent

# Discord remembers a nonce for "a few minutes" and says no more; two are surely among them.
NONCE_REMEMBERED = timedelta(minutes=2)
LONGEST_NONCE = 25
_SEARCHED = 100
_REMEMBERED = 10_000
PublicQuestion = Callable[[str], tuple[int, int] | None]


class Sender:
    """Sends, edits and finds again what was sent without an answer.

    ``answered`` takes the tokens of interactions by which something was said. ``public_question`` tells where a chat's
    player had asked in public, and ``dms_closed`` is what to say there if they cannot be reached in private.
    """

    def __init__(
        self,
        rest: Rest,
        reach: Reach,
        answered: set[str],
        public_question: PublicQuestion,
        dms_closed: str,
        now: Callable[[], datetime],
    ) -> None:
        self._rest = rest
        self._reach = reach
        self._answered = answered
        self._public_question = public_question
        self._dms_closed = dms_closed
        self._now = now
        self._doubts: OrderedDict[str, datetime] = OrderedDict()

    async def send(self, outgoing: Outgoing) -> Sent:
        """Send or edit. Raises the errors of channels.errors."""
        body = body_of(outgoing)
        if outgoing.edits is not None:
            await self._edit(outgoing.chat, outgoing.edits, body)
            return Sent(outgoing.edits)
        doubted = self._doubts.get(outgoing.key)
        try:
            sent = await self._answer_or_say(outgoing, body, doubted)
        except OutcomeHidden:
            self._doubts.setdefault(outgoing.key, self._now())
            if len(self._doubts) > _REMEMBERED:
                self._doubts.popitem(last=False)
            raise
        self._doubts.pop(outgoing.key, None)
        return sent

    async def _answer_or_say(self, outgoing: Outgoing, body: Payload, doubted: datetime | None) -> Sent:
        via = ReplyVia.parse(outgoing.reply_via) if outgoing.reply_via else None
        if via is not None and via.lives(self._now()):
            try:
                return await self._answer(via, outgoing, body, doubted)
            except ReplyGone:
                pass  # the player closed it, or it went stale on the way: it is said in their chat instead
        return await self._say(outgoing, body, doubted)

    async def _answer(self, via: ReplyVia, outgoing: Outgoing, body: Payload, doubted: datetime | None) -> Sent:
        """A private answer. There is no nonce for these, so after doubt the first one is looked at."""
        if doubted is not None:
            first = await self._rest.first_answer(via.application, via.token)
            if first["content"] == body.get("content"):
                self._answered.add(via.token)
                return Sent(str(PrivateMessage(int(first["id"]), via)))
        message = await self._rest.follow_up(via.application, via.token, body, outgoing.file)
        self._answered.add(via.token)
        return Sent(str(PrivateMessage(message, via)))

    async def _say(self, outgoing: Outgoing, body: Payload, doubted: datetime | None) -> Sent:
        chat, channel = int(outgoing.chat), self._reach.channel_of(outgoing.chat)
        try:
            message = await self._write(channel, outgoing, body, doubted)
        except DmsClosed as closed:
            try:
                channel = await self._reach.instead_of(outgoing.chat, closed)
            except DmsClosed:
                await self._say_in_public(outgoing.chat)
                raise
            message = await self._write(channel, outgoing, body, doubted)
        except Refused as error:
            if channel == chat or not error.chat_lost:
                raise
            # The thread that stood in for the DMs is gone; they are tried again, and may lead to another.
            self._reach.opened(outgoing.chat)
            return await self._say(outgoing, body, doubted)
        return Sent(str(message) if channel == chat else f"{message}/{channel}")

    async def _write(self, channel: int, outgoing: Outgoing, body: Payload, doubted: datetime | None) -> int:
        """The message's id; an archived thread is opened first, and a message that was made already is found."""
        if doubted is not None and self._now() - doubted > NONCE_REMEMBERED:
            found = await self._find(channel, body.get("content", ""), doubted)
            if found is not None:
                return found
        nonce = nonce_of(outgoing)
        try:
            return await self._rest.send(channel, body, outgoing.file, nonce)
        except ThreadArchived:
            await self._rest.unarchive(channel)
            return await self._rest.send(channel, body, outgoing.file, nonce)

    async def _find(self, channel: int, content: str, since: datetime) -> int | None:
        """The id of the message that a send in doubt made, if it made one: the nonce is forgotten by now."""
        earliest = discord.utils.time_snowflake(since - timedelta(minutes=1))
        for message in await self._rest.newest(channel, _SEARCHED):
            if int(message["id"]) > earliest and message["author"].get("bot") and message["content"] == content:
                return int(message["id"])
        return None

    async def _edit(self, chat: str, external_id: str, body: Payload) -> None:
        private = PrivateMessage.parse(external_id)
        if private is None:
            message, _, channel = external_id.partition("/")
            await self._edit_in(int(channel or chat), int(message), body)
        elif private.via.lives(self._now()):
            await self._rest.edit_answer(private.via.application, private.via.token, str(private.message), body)
        else:
            raise Refused("this private answer can no longer be changed")

    async def _edit_in(self, channel: int, message: int, body: Payload) -> None:
        try:
            await self._rest.edit(channel, message, body)
        except ThreadArchived:
            await self._rest.unarchive(channel)
            await self._rest.edit(channel, message, body)

    async def _say_in_public(self, chat: str) -> None:
        question = self._public_question(chat)
        if question is None:
            return
        channel, message = question
        body = {"content": self._dms_closed, "message_reference": {"message_id": str(message)}}
        try:
            await self._rest.send(channel, body, None, f"closed-{message}"[:LONGEST_NONCE])
        except ChannelError:
            return  # nothing is lost by it: that the player cannot be reached is raised by the caller


def body_of(outgoing: Outgoing) -> Payload:
    """The message as Discord takes it. An edit without text leaves the words as they are."""
    body: Payload = {"components": components(outgoing.buttons)}
    if outgoing.text or outgoing.edits is None:
        body["content"] = render(outgoing.text)
    return body


def nonce_of(outgoing: Outgoing) -> str:
    """The same for every retry of a send, and for no other send; at most 25 characters."""
    return hashlib.sha256(f"{outgoing.chat}/{outgoing.key}".encode()).hexdigest()[:LONGEST_NONCE]
