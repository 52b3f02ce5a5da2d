"""Why a network did not do what it was asked: the whole vocabulary, the same for every channel."""

from __future__ import annotations


class ChannelError(Exception):
    """Something went wrong on a channel; the message says what, for operators."""


class Misconfigured(ChannelError):
    """The channel cannot start as it is configured (a wrong token, a missing right). ``hint`` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class TryLater(ChannelError):
    """Surely not sent; may be tried again, after ``after`` seconds where the network said how long.

    ``whole_channel`` tells that every chat of the channel is to wait, not only this one.
    """

    def __init__(self, message: str, after: float | None = None, *, whole_channel: bool = False) -> None:
        super().__init__(message)
        self.after = after
        self.whole_channel = whole_channel


class OutcomeHidden(ChannelError):
    """The request left and no answer came: it may have been sent or not."""


class Refused(ChannelError):
    """The network will never take this send. ``chat_lost`` tells that it will take no other in this chat either."""

    def __init__(self, message: str, *, chat_lost: bool = False) -> None:
        super().__init__(message)
        self.chat_lost = chat_lost


class ChatMoved(ChannelError):
    """The chat goes on under another id."""

    def __init__(self, chat: str) -> None:
        super().__init__(f"the chat moved to {chat}")
        self.chat = chat


class FileGone(ChannelError):
    """The file cannot be fetched any more, or is larger than the network hands out."""
