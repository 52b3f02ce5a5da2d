"""Frames of the page as events, and messages as frames for the page. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from channels.markdown import is_safe_link, to_html
from messaging.conversations import Message
from messaging.file_types import clean_name
from messaging.files import Stored
from messaging.messages import Author, ButtonPressed, CommandUsed, Direction, IncomingFile, MessageReceived, Person

CHANNEL = "web"
_IDENTIFIER = re.compile(r"[A-Za-z0-9-]{8,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMAND = re.compile(r"/([A-Za-z]{1,32})(?:\s+(.*))?", re.DOTALL)
_LONGEST_NAME = 80
_LONGEST_ACTION = 60
_LONGEST_ZONE = 64


class Unreadable(ValueError):
    """A frame that no page of ours sends."""


@dataclass(frozen=True, slots=True)
class Hello:
    """A page's first words: whose it is, and up to where it knows the conversation."""

    token: str | None
    revision: int
    name: str
    language: str | None
    time_zone: str | None = None


def to_hello(frame: Mapping[str, Any]) -> Hello:
    """Raises Unreadable."""
    token, language, zone = frame.get("token"), frame.get("language"), frame.get("time_zone")
    if frame.get("type") != "hello":
        raise Unreadable("the first frame is no hello")
    return Hello(
        token=token if isinstance(token, str) else None,
        revision=_number(frame, "revision"),
        name=" ".join(_text(frame, "name").split())[:_LONGEST_NAME],
        language=language[:35] if isinstance(language, str) and language else None,
        time_zone=zone if isinstance(zone, str) and len(zone) <= _LONGEST_ZONE and zone else None,
    )


def identifier_of(frame: Mapping[str, Any]) -> str:
    """The id that the page gave to what it sends; raises Unreadable."""
    identifier = _text(frame, "id")
    if not _IDENTIFIER.fullmatch(identifier):
        raise Unreadable("no usable id")
    return identifier


def files_of(frame: Mapping[str, Any], most: int) -> dict[str, str]:
    """The uploaded files that a message names: what to call them, by their SHA-256; raises Unreadable."""
    named = frame.get("files", [])
    if not isinstance(named, list) or len(named) > most:
        raise Unreadable("no usable list of files")
    files: dict[str, str] = {}
    for each in named:
        if not isinstance(each, dict) or not _SHA256.fullmatch(_text(each, "sha256")):
            raise Unreadable("no usable file")
        files[each["sha256"]] = clean_name(_text(each, "name"))
    return files


def to_event(
    frame: Mapping[str, Any],
    chat: str,
    person: Person,
    now: datetime,
    *,
    longest: int,
    names: Mapping[str, str],
    stored: Mapping[str, Stored],
) -> MessageReceived | CommandUsed | ButtonPressed:
    """What the player did. ``names`` and ``stored`` are the message's files. Raises Unreadable."""
    identifier = identifier_of(frame)
    if frame.get("type") == "press":
        action = _text(frame, "action")
        if not (0 < len(action) <= _LONGEST_ACTION and action.isascii()):
            raise Unreadable("no usable action")
        return ButtonPressed(CHANNEL, chat, identifier, person, now, action)
    if frame.get("type") != "message":
        raise Unreadable("an unknown type of frame")
    if not names.keys() <= stored.keys():
        raise Unreadable("a file that was never uploaded")
    text = _text(frame, "text")
    if len(text) > longest:
        raise Unreadable("a text over the limit, which the page keeps to")
    command = _COMMAND.fullmatch(text.strip())
    if command and not names:
        argument = (command[2] or "").strip()
        return CommandUsed(CHANNEL, chat, identifier, person, now, command[1].lower(), argument)
    files = tuple(
        IncomingFile(name, stored[sha256].content_type, stored[sha256].size, sha256=sha256)
        for sha256, name in names.items()
    )
    return MessageReceived(CHANNEL, chat, identifier, person, now, text, files)


def messages_frame(messages: Sequence[Message], revision: int, *, fresh: bool, more: bool = False) -> dict[str, Any]:
    """Messages that are new or changed. ``fresh`` ones replace all the page has; ``more`` tells of earlier ones."""
    return {
        "type": "messages",
        "messages": [message_for_page(each) for each in messages],
        "revision": revision,
        "fresh": fresh,
        "more": more,
    }


def message_for_page(message: Message) -> dict[str, Any]:
    """A message as the page shows it. Only our own words become HTML, a player's stay text."""
    text = message.text if message.deleted_at is None else ""
    said = {"text": text} if message.direction is Direction.INCOMING else {"html": to_html(text) if text else ""}
    return {
        "number": message.number,
        "author": message.author,
        "name": message.data.get("agent") if message.author is Author.AGENT else None,
        "id": message.external_id,
        "sent_at": message.sent_at.isoformat(),
        "edited": message.edited_at is not None,
        "deleted": message.deleted_at is not None,
        "buttons": [
            {"label": each.label} | ({"action": each.action} if each.action else {"url": each.url})
            for each in message.buttons
            if message.deleted_at is None
            if each.action or (each.url and is_safe_link(each.url))
        ],
        "files": [
            {"sha256": each.sha256, "name": each.name, "content_type": each.content_type, "size": each.size}
            for each in message.attachments
            if each.state == "stored" and each.sha256 and message.deleted_at is None
        ],
        **said,
    }


def _text(frame: Mapping[str, Any], field: str) -> str:
    value = frame.get(field, "")
    if not isinstance(value, str):
        raise Unreadable(f"{field} is no text")
    return value


def _number(frame: Mapping[str, Any], field: str) -> int:
    value = frame.get(field, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise Unreadable(f"{field} is no number")
    return value


def earlier_than(frame: Mapping[str, Any]) -> int:
    """The number under which the page asks for messages; raises Unreadable."""
    return _number(frame, "before")
