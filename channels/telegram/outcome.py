"""What the SDK's errors mean for a send."""

from __future__ import annotations

from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from channels.errors import ChannelError, ChatMoved, OutcomeHidden, Refused, TryLater
from channels.telegram.request import NotSent, Unavailable

_CHAT_IS_LOST = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "group chat was deactivated",
    "message thread not found",
    "topic_deleted",
    "topic_id_invalid",
    "have no rights to send a message",
    "not enough rights to send",
    "chat_write_forbidden",
)
_NOT_PARSED = ("can't parse entities", "can't parse message text", "can't find end of the entity")
_NOT_A_PHOTO = ("image_process_failed", "photo_invalid_dimensions", "photo_ext_invalid", "photo_save_file")
_TOKEN_TROUBLE_WAIT = 60.0


def explain(error: TelegramError, *, repeatable: bool = False) -> ChannelError:
    """The channel's word for it. ``repeatable`` is for calls that do no harm when they happen twice."""
    if isinstance(error, RetryAfter):
        wait = error.retry_after
        return TryLater(str(error), wait.total_seconds() if isinstance(wait, timedelta) else float(wait))
    if isinstance(error, ChatMigrated):
        return ChatMoved(str(error.new_chat_id))
    if isinstance(error, Forbidden):
        return Refused(str(error), chat_lost=True)
    if isinstance(error, BadRequest):
        return Refused(str(error), chat_lost=_mentions(error, _CHAT_IS_LOST))
    if isinstance(error, InvalidToken):
        # 401 or 404: the token was revoked, or something between us and Telegram answers in its place.
        return TryLater(f"Telegram does not know the bot: {error}", _TOKEN_TROUBLE_WAIT, whole_channel=True)
    if isinstance(error, NotSent):
        return TryLater(str(error), whole_channel=True)
    if isinstance(error, Unavailable) or repeatable:
        return TryLater(str(error))
    # A time-out, a cut connection, an answer that makes no sense: it may have happened.
    return OutcomeHidden(str(error))


def is_not_parsed(error: BadRequest) -> bool:
    """Whether Telegram did not understand our formatting."""
    return _mentions(error, _NOT_PARSED)


def is_not_modified(error: BadRequest) -> bool:
    """Whether an edit changed nothing, which is what we wanted."""
    return _mentions(error, ("message is not modified",))


def is_deleted(error: BadRequest) -> bool:
    """Whether the message to delete is gone already."""
    return _mentions(error, ("message to delete not found",))


def has_no_text(error: BadRequest) -> bool:
    """Whether the message to edit has a caption instead of a text."""
    return _mentions(error, ("there is no text in the message to edit",))


def is_not_a_photo(error: BadRequest) -> bool:
    """Whether Telegram could not make a photo of the bytes; as a document they go through."""
    return _mentions(
        error, ("image_process_failed", "photo_invalid_dimensions", "photo_ext_invalid", "photo_save_file")
    )


def is_stale(error: BadRequest) -> bool:
    """Whether a pressed button waited too long for its answer."""
    return _mentions(error, ("query is too old", "query id is invalid"))


def _mentions(error: TelegramError, phrases: tuple[str, ...]) -> bool:
    message = str(error).lower()
    return any(phrase in message for phrase in phrases)
