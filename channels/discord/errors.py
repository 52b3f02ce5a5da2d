"""What Discord and the network answer, as the errors of channels.errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import discord

from channels.errors import ChannelError, OutcomeHidden, Refused, TryLater

# https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
UNKNOWN_WEBHOOK = 10015
UNKNOWN_INTERACTION = 10062
MISSING_ACCESS = 50001
CANNOT_SEND_TO_USER = 50007
INVALID_WEBHOOK_TOKEN = 50027
THREAD_ARCHIVED = 50083
NO_MUTUAL_GUILD = 50278
TOO_MANY_DMS = 40003

_DMS_CLOSED = {CANNOT_SEND_TO_USER, NO_MUTUAL_GUILD}
_CHAT_LOST = {UNKNOWN_CHANNEL, MISSING_ACCESS, THREAD_ARCHIVED}
_REPLY_GONE = {UNKNOWN_WEBHOOK, UNKNOWN_INTERACTION, UNKNOWN_MESSAGE, INVALID_WEBHOOK_TOKEN}
_WAIT_AFTER_TOO_MANY_DMS = 60.0


class DmsClosed(Refused):
    """The player takes no direct messages from the bot."""


class ThreadArchived(Refused):
    """The thread must be opened again before anything can be done in it."""


class ReplyGone(Refused):
    """The interaction or the message that it made is there no more."""


@contextmanager
def translated() -> Iterator[None]:
    """Raise only errors of channels.errors for whatever discord.py raises within."""
    try:
        yield
    except discord.RateLimited as error:
        raise TryLater("rate limited", error.retry_after) from error
    except discord.HTTPException as error:
        raise translate(error) from error
    except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
        raise TryLater(f"Discord cannot be reached: {error}") from error
    except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
        raise OutcomeHidden(f"the connection broke before the answer: {error!r}") from error


def translate(error: discord.HTTPException) -> ChannelError:
    """The error that says what an answer of Discord means for a send."""
    said = f"{error.status} {error.code}: {error.text}"
    if error.status in (429, 503):
        # 503, "service unavailable", was not taken up; discord.py does not try this one again by itself.
        retry_after = error.response.headers.get("Retry-After")
        return TryLater(said, float(retry_after) if retry_after else None)
    if error.status >= 500:
        return OutcomeHidden(said)
    if error.status == 401:
        return TryLater(f"{said} (is channels.discord.token still valid?)", whole_channel=True)
    return _refusal(error.code, said)


def _refusal(code: int, said: str) -> ChannelError:
    if code == TOO_MANY_DMS:
        return TryLater(said, _WAIT_AFTER_TOO_MANY_DMS)
    if code in _DMS_CLOSED:
        return DmsClosed(said, chat_lost=True)
    if code == THREAD_ARCHIVED:
        return ThreadArchived(said, chat_lost=True)
    if code in _REPLY_GONE:
        return ReplyGone(said)
    return Refused(said, chat_lost=code in _CHAT_LOST)
