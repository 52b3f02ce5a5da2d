"""What discord.py delivers, as our events: pure."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import discord

from channels.discord.commands import LANGUAGES, NAMES
from messaging.messages import CommandUsed, IncomingFile, MessageEdited, MessageReceived, Person

CHANNEL = "discord"
# Less than this ago is no absence that the player would have felt.
LATE_AFTER = 60.0
_CUSTOM_EMOJI = re.compile(r"<a?(:\w+:)\d+>")
_TYPED_COMMAND = re.compile(rf"^[/!](start|{'|'.join(NAMES[1:])})\b[ \t]*(.*)$", re.IGNORECASE | re.DOTALL)
_SPOKEN_TYPES = (discord.MessageType.default, discord.MessageType.reply)


def is_spoken(message: discord.Message) -> bool:
    """Whether a person said this, and not a bot, a webhook or Discord itself."""
    return message.type in _SPOKEN_TYPES and not message.author.bot and message.webhook_id is None


def message_event(
    message: discord.Message, chat: str, *, bot_id: int, late: bool = False
) -> MessageReceived | CommandUsed:
    """A message as an event of ``chat``. A typed ``/human`` and the like is a command."""
    text = plain_text(message, bot_id)
    person = person_of(message.author)
    typed = _TYPED_COMMAND.match(text)
    if typed:
        return CommandUsed(
            channel=CHANNEL,
            chat=chat,
            external_id=str(message.id),
            person=person,
            sent_at=message.created_at,
            name=typed[1].lower(),
            argument=typed[2].strip(),
            late=late,
        )
    files = [*message.attachments]
    for snapshot in message.message_snapshots:
        files += snapshot.attachments
        text = "\n".join(filter(None, [text, snapshot.content]))
    return MessageReceived(
        channel=CHANNEL,
        chat=chat,
        external_id=str(message.id),
        person=person,
        sent_at=message.created_at,
        text=text,
        files=tuple(incoming_file(message, attachment) for attachment in files),
        unsupported=None if text or files else unsupported_kind(message),
        forwarded=bool(message.message_snapshots),
        late=late,
    )


def unreadable_event(payload: Any, now: datetime) -> MessageReceived | None:
    """What can be told of a direct message that discord.py could not read; None where that is too little."""
    try:
        if payload.get("guild_id") is not None or payload["author"].get("bot"):
            return None
        return MessageReceived(
            channel=CHANNEL,
            chat=str(int(payload["channel_id"])),
            external_id=str(int(payload["id"])),
            person=Person(str(int(payload["author"]["id"])), str(payload["author"].get("username") or "?")),
            sent_at=now,
            text=str(payload.get("content") or ""),
            unsupported=None if payload.get("content") else "unreadable",
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def edit_event(message: discord.Message, chat: str, *, bot_id: int) -> MessageEdited | None:
    """The change that a player made; None where Discord changed the message itself (a link preview, a pin)."""
    if message.edited_at is None:
        return None
    return MessageEdited(
        channel=CHANNEL,
        chat=chat,
        external_id=str(message.id),
        person=person_of(message.author),
        edited_at=message.edited_at,
        revision=message.edited_at.isoformat(),
        text=plain_text(message, bot_id),
    )


def plain_text(message: discord.Message, bot_id: int) -> str:
    """The words alone: the bot's own mention left out, other mentions and custom emoji by their names."""
    text = re.sub(rf"<@!?{bot_id}>", "", message.content)
    for user in message.mentions:
        text = re.sub(rf"<@!?{user.id}>", f"@{user.display_name}", text)
    return _CUSTOM_EMOJI.sub(r"\1", text).strip()


def unsupported_kind(message: discord.Message) -> str | None:
    """What a message is that has neither words nor files."""
    if message.stickers:
        return "sticker"
    if message.poll is not None:
        return "poll"
    return None


def person_of(user: discord.User | discord.Member, locale: str | None = None) -> Person:
    return Person(
        external_id=str(user.id),
        name=user.display_name,
        username=user.name,
        language_hint=LANGUAGES.get(locale, locale) if locale else None,
    )


def incoming_file(message: discord.Message, attachment: discord.Attachment) -> IncomingFile:
    """A file with what it takes to fetch it: where its message is, so that a link that expired can be renewed."""
    return IncomingFile(
        name=attachment.filename,
        content_type=(attachment.content_type or "application/octet-stream").partition(";")[0],
        size=attachment.size,
        remote=f"{message.channel.id}:{message.id}:{attachment.id}:{attachment.url}",
    )


def is_late(sent_at: datetime, now: datetime, after: float) -> bool:
    """Whether a message read from the history waited longer than ``after`` seconds."""
    return (now - sent_at).total_seconds() > after
