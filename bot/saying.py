"""From what is to be said to rows: the message as it is stored, and one thing to send for each part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.effects import OwnTickets, Part, QueuePlace, Say, Text
from bot.remembered import PlaceTold
from bot.rendering import Reader
from bot.rows import Opened, Row, message_row, offered_now, payloads
from handoff import tickets as ticket_store
from handoff.tickets import Ticket
from messaging.conversations import buttons_as_data
from messaging.messages import Direction, Status

if TYPE_CHECKING:
    from bot.work import Work

OWN_TICKETS = 5
"""How many of their requests a player is shown."""


@dataclass(slots=True)
class Saying:
    """Something to say, its number taken; rendered when the queue is known. ``ticket`` was open as it was said."""

    conversation: Opened
    say: Say
    number: int
    now: datetime
    language: str
    reply_via: str | None
    ticket: int | None = None


def words(
    work: Work,
    conversation: Opened,
    parts: Sequence[Part],
    language: str,
    now: datetime,
    ahead: int,
    reader: Reader,
) -> str:
    """These parts as Markdown, a blank line between them; ``ahead`` and ``reader`` as they were found for them."""
    texts = [work.renderer.text(part, language, conversation.channel, now, ahead, reader) for part in parts]
    return "\n\n".join(each for each in texts if each)


async def ahead_of(connection: AsyncConnection, conversation: Opened, parts: Sequence[Part]) -> int:
    """How many players wait before this one; 0 where the parts tell no place."""
    ticket = conversation.ticket
    if ticket is None or not any(isinstance(part, QueuePlace) for part in parts):
        return 0
    return await ticket_store.ahead(connection, ticket.queue_at or ticket.waiting_since)


def place_told(conversation: Opened, say: Say, number: int, ahead: int, now: datetime) -> PlaceTold | None:
    """What is to be remembered of a message that tells the place in the queue beside the bot's own words; else None."""
    tells_place = any(isinstance(part, QueuePlace) for part in say.parts)
    is_plain = all(isinstance(part, QueuePlace | Text) for part in say.parts)
    if conversation.open_ticket_number is None or not (tells_place and is_plain):
        return None
    plain = tuple(_plain(part) if isinstance(part, Text) else None for part in say.parts)
    return PlaceTold(number, ahead, now, plain)


def parts_of_place(place: PlaceTold) -> tuple[Part, ...]:
    """The parts of the message that told it."""
    return tuple(QueuePlace() if part is None else Text(*part) for part in place.parts)


def _plain(text: Text) -> tuple[str, Mapping[str, str | int]]:
    return text.key, {name: value for name, value in text.values.items() if isinstance(value, str | int)}


async def reader_of(work: Work, connection: AsyncConnection, conversation: Opened, parts: Sequence[Part]) -> Reader:
    """Who reads these parts, with what the parts ask of them."""
    zone = ZoneInfo(conversation.player.time_zone) if conversation.player.time_zone else None
    listed: Sequence[Ticket] = ()
    if any(isinstance(part, OwnTickets) for part in parts):
        listed = await ticket_store.of_player(connection, conversation.player_id, OWN_TICKETS)
    return Reader(zone, work.limits(conversation).own_clock, listed)


async def render(work: Work, connection: AsyncConnection, saying: Saying) -> tuple[Row, list[Row]]:
    """The row of the message, and the payloads to send (none where players read from the tables)."""
    conversation, say, number = saying.conversation, saying.say, saying.number
    ahead = await ahead_of(connection, conversation, say.parts)
    reader = await reader_of(work, connection, conversation, say.parts)
    text = words(work, conversation, say.parts, saying.language, saying.now, ahead, reader)
    told = place_told(conversation, say, number, ahead, saying.now)
    if told is not None:
        conversation.memory = replace(conversation.memory, place=told)
    choices = offered_now(
        say.choices,
        conversation,
        is_open=lambda: work.renderer.hours.is_open(saying.now),
        own_clock=reader.own_clock,
    )
    buttons = [work.renderer.button(each, saying.language, number, saying.now, reader) for each in choices]
    buttons = [link for part in say.parts for link in work.renderer.links(part, saying.language)] + buttons
    limits = work.limits(conversation)
    data: Row = {**say.data}
    if buttons:
        data["buttons"] = buttons_as_data(buttons)
    if say.files:
        data["files"] = len(say.files)
    if "entries" in data:
        data["faq_version"] = work.renderer.faq.version
    row = message_row(
        conversation,
        number,
        direction=Direction.OUTGOING,
        author=say.author,
        agent_id=say.agent_id,
        text=text,
        data=data,
        status=Status.SENT if limits.pulls else Status.WAITING,
        sent_at=saying.now,
        ticket_number=saying.ticket,
    )
    sends = [] if limits.pulls else payloads(text, data.get("buttons", []), say.files, limits)
    if saying.reply_via:
        for payload in sends:
            payload["reply_via"] = saying.reply_via
    return row, sends
