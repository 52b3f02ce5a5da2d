"""What was said in a conversation, as agents see it: notes and earlier versions too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from handoff import tickets
from handoff.console import views
from handoff.console.access import PATH, Access, refusal
from handoff.tickets import TicketKey
from messaging import conversations, timers
from messaging.conversations import Message, message_versions
from storage.database import Database

PUT_OFF = "reply"
"""The kind of the timers that say a reply, ``reply:<the act's id>``."""
PAGE = 60
CHANGES = 200


class History:
    """The route that reads further back."""

    def __init__(self, database: Database, access: Access) -> None:
        self._database = database
        self._access = access

    def routes(self) -> Sequence[web.RouteDef]:
        return (web.get(f"{PATH}/tickets/{{key}}/messages", self._earlier),)

    async def _earlier(self, request: web.Request) -> web.Response:
        """``?before=`` a message's number: the page of messages before it."""
        await self._access.agent(request)
        key = ticket_key(request.match_info["key"])
        try:
            before = whole_number(request.query.get("before", ""))
        except ValueError as error:
            raise refusal(web.HTTPBadRequest, "malformed", "before must be a number.") from error
        async with self._database.reading() as connection:
            messages = await page(connection, key.conversation_id, before)
        return web.json_response({"messages": messages, "more": len(messages) == PAGE})


def ticket_key(text: str) -> TicketKey:
    """The ticket's key. Raises 404 where ``text`` is none."""
    try:
        return parse_key(text)
    except ValueError as error:
        raise refusal(web.HTTPNotFound, "gone", "There is no such ticket.") from error


def parse_key(text: object) -> TicketKey:
    """The ticket's key. Raises ValueError where ``text`` is none that a table could hold."""
    key = TicketKey.parse(str(text))
    return TicketKey(whole_number(key.conversation_id), whole_number(key.number))


def whole_number(value: object) -> int:
    """A number that a column could hold, from a number or its digits. Raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(value)
    number = int(value)
    if not 0 <= number < 2**63:
        raise ValueError(value)
    return number


async def page(connection: AsyncConnection, conversation_id: int, before: int | None = None) -> list[dict[str, Any]]:
    """The newest messages (before this number), oldest first."""
    found = await conversations.latest(connection, conversation_id, limit=PAGE, before=before, with_notes=True)
    return await _with_versions(connection, conversation_id, found)


async def changes(connection: AsyncConnection, conversation_id: int, after: int) -> list[dict[str, Any]]:
    """What is new or changed since this revision, at most CHANGES messages, in the order it changed."""
    found = await conversations.changes(connection, conversation_id, after, limit=CHANGES, with_notes=True)
    return await _with_versions(connection, conversation_id, found)


async def ticket(connection: AsyncConnection, key: TicketKey) -> dict[str, Any] | None:
    """The ticket with the others of its conversation, or None where there is none."""
    found = await tickets.of_conversation(connection, key.conversation_id)
    this = next((each for each in found if each.key == key), None)
    if this is None:
        return None
    siblings = [views.listed(each) for each in found if each.key != key]
    return views.opened(this) | {"siblings": siblings, "pending": await _pending(connection, key)}


async def _pending(connection: AsyncConnection, key: TicketKey) -> list[dict[str, Any]]:
    """Replies on this ticket that wait out the seconds in which they can be taken back, the one begun first on top."""
    waiting = await timers.of_kind(connection, (key.conversation_id,), PUT_OFF)
    return [
        {
            "reply": each.kind.removeprefix(f"{PUT_OFF}:"),
            "agent_id": each.data["agent_id"],
            "text": each.data["text"],
            "files": len(each.data["files"]),
            "due_at": views.moment(each.due_at),
        }
        for each in waiting
        if each.data["ticket"] == str(key)
    ]


async def _with_versions(
    connection: AsyncConnection, conversation_id: int, found: Iterable[Message]
) -> list[dict[str, Any]]:
    messages = list(found)
    changed = [each.number for each in messages if each.edited_at or each.deleted_at]
    versions: dict[int, list[dict[str, Any]]] = {}
    if changed:
        rows = await connection.execute(
            sa.select(message_versions)
            .where(message_versions.c.conversation_id == conversation_id, message_versions.c.number.in_(changed))
            .order_by(message_versions.c.number, message_versions.c.revision)
        )
        for row in rows:
            versions.setdefault(row.number, []).append({"text": row.text, "replaced_at": views.moment(row.replaced_at)})
    return [views.message(each, versions.get(each.number, ())) for each in messages]
