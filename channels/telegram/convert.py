"""Telegram's updates as our events: pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from telegram import CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Message, MessageEntity, Sticker, Update, User
from telegram.constants import ChatType

from channels.telegram.settings import CHANNEL
from messaging.commands import COMMANDS
from messaging.messages import (
    ButtonPressed,
    ChannelEvent,
    ChatLost,
    CommandUsed,
    IncomingFile,
    MessageEdited,
    MessageReceived,
    Person,
)

LATE = timedelta(minutes=5)
"""What arrives this long after it was written has waited for us."""
_UNSUPPORTED = (
    "sticker",
    "poll",
    "dice",
    "venue",
    "location",
    "contact",
    "video_note",
    "game",
    "story",
    "checklist",
    "invoice",
    "paid_media",
    "giveaway",
)


def to_events(update: Update, now: datetime) -> tuple[ChannelEvent, ...]:
    """What a player did in their private chat with the bot; nothing for anything else."""
    if update.callback_query is not None:
        return _pressed(update.callback_query, now)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member, update.update_id)
    if update.message is not None and _is_private(update.message.chat):
        return _received(update.message, now)
    if update.edited_message is not None and _is_private(update.edited_message.chat):
        return _edited(update.edited_message)
    return ()


def is_addressed(message: Message, bot: User) -> bool:
    """Whether a message in a group is meant for the bot: one of its commands, its name, or an answer to it."""
    if message.from_user is None or message.from_user.is_bot or _is_private(message.chat):
        return False
    replied = message.reply_to_message
    # In a forum every message answers the one that opened its topic, which may be the bot's.
    if replied is not None and replied.forum_topic_created is None and replied.from_user == bot:
        return True
    names = {*message.parse_entities([MessageEntity.MENTION]).values()}
    names |= {*message.parse_caption_entities([MessageEntity.MENTION]).values()}
    if f"@{bot.username}".lower() in {name.lower() for name in names}:
        return True
    name, _ = _command(message.text or "")
    addressee = (message.text or "").split(maxsplit=1)[0].partition("@")[2] if name else ""
    return name in COMMANDS and addressee.lower() in ("", str(bot.username).lower())


def person_of(user: User) -> Person:
    """Who a Telegram user is to us."""
    return Person(str(user.id), user.full_name, user.username, user.language_code)


def _received(message: Message, now: datetime) -> tuple[ChannelEvent, ...]:
    if message.from_user is None:
        return ()
    person, chat, external_id = person_of(message.from_user), str(message.chat.id), str(message.message_id)
    late = now - message.date > LATE
    text = message.text or message.caption or (message.sticker.emoji if message.sticker else None) or ""
    name, argument = _command(message.text or "")
    if name in COMMANDS:
        return (CommandUsed(CHANNEL, chat, external_id, person, message.date, name, argument, late=late),)
    files = _files(message)
    unsupported = None if text or files else _unsupported(message)
    if not text and not files and unsupported is None:
        return ()
    return (
        MessageReceived(
            channel=CHANNEL,
            chat=chat,
            external_id=external_id,
            person=person,
            sent_at=message.date,
            text=text,
            files=files,
            unsupported=unsupported,
            album=message.media_group_id,
            forwarded=message.forward_origin is not None,
            late=late,
        ),
    )


def _edited(message: Message) -> tuple[ChannelEvent, ...]:
    text = message.text or message.caption
    if message.from_user is None or message.edit_date is None or text is None:
        return ()
    person, revision = person_of(message.from_user), str(int(message.edit_date.timestamp()))
    return (
        MessageEdited(
            CHANNEL, str(message.chat.id), str(message.message_id), person, message.edit_date, revision, text
        ),
    )


def _pressed(query: CallbackQuery, now: datetime) -> tuple[ChannelEvent, ...]:
    if query.message is None or not _is_private(query.message.chat) or not query.data:
        return ()
    person = person_of(query.from_user)
    return (ButtonPressed(CHANNEL, str(query.message.chat.id), query.id, person, now, query.data),)


def _membership(change: ChatMemberUpdated, update_id: int) -> tuple[ChannelEvent, ...]:
    if not _is_private(change.chat) or change.new_chat_member.status != ChatMember.BANNED:
        return ()
    reason = "the player blocked the bot"
    return (ChatLost(CHANNEL, str(change.chat.id), str(update_id), change.date, reason),)


def _is_private(chat: Chat) -> bool:
    return chat.type == ChatType.PRIVATE


def _command(text: str) -> tuple[str, str]:
    """The command's name, lower case and without the bot's name, and what follows it; empty if there is none."""
    if not text.startswith("/"):
        return "", ""
    word, _, argument = text.partition(" ") if "\n" not in text.partition(" ")[0] else text.partition("\n")
    return word[1:].partition("@")[0].lower(), argument.strip()


def _unsupported(message: Message) -> str | None:
    """The kind of a message that cannot be read; the SDK puts what it does not know (yet) into ``api_kwargs``."""
    known = next((kind for kind in _UNSUPPORTED if getattr(message, kind) is not None), None)
    return known or next(iter(message.api_kwargs), None)


def _files(message: Message) -> tuple[IncomingFile, ...]:
    """The file of a message; a message has one at most."""
    if message.photo:
        photo = message.photo[-1]
        return (IncomingFile("photo.jpg", "image/jpeg", photo.file_size, photo.file_id),)
    if message.sticker is not None:
        return _sticker(message.sticker)
    # An animation comes with a document that is the same file.
    named = message.animation or message.document or message.video or message.audio
    if named is not None:
        kind = named.mime_type or "application/octet-stream"
        name = named.file_name or f"file.{kind.rsplit('/', 1)[1]}"
        return (IncomingFile(name, kind, named.file_size, named.file_id),)
    if message.voice is not None:
        voice = message.voice
        return (IncomingFile("voice.ogg", voice.mime_type or "audio/ogg", voice.file_size, voice.file_id),)
    return ()


def _sticker(sticker: Sticker) -> tuple[IncomingFile, ...]:
    """The picture of a sticker; an animated one is vectors that nobody else can show, its emoji has to do."""
    if sticker.is_animated:
        return ()
    name, kind = ("sticker.webm", "video/webm") if sticker.is_video else ("sticker.webp", "image/webp")
    return (IncomingFile(name, kind, sticker.file_size, sticker.file_id),)
