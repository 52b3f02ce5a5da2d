"""From an entry of the outbox to what its network is told."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from messaging import files, outbox
from messaging.conversations import buttons_from_data
from messaging.messages import Outgoing, OutgoingFile
from messaging.outbox import Entry
from storage.database import Database


class Unsendable(Exception):
    """The entry cannot be made into something to send: what it refers to is gone."""


async def outgoing_of(database: Database, entry: Entry) -> Outgoing:
    """What the network is to be told. Raises Unsendable where that cannot be, StorageError where it cannot be read."""
    payload = entry.payload
    file, edits = None, None
    if "file" in payload or "edits" in payload:
        async with database.reading() as connection:
            if "file" in payload:
                stored = await files.load(connection, payload["file"]["sha256"])
                if stored is None:
                    raise Unsendable("the attached file is gone")
                file = OutgoingFile(payload["file"]["name"], payload["file"]["content_type"], stored[0])
            if "edits" in payload:
                edits = await _sent_as(connection, entry)
    return Outgoing(
        chat=entry.chat,
        key=entry.key,
        text=payload.get("text", ""),
        author=entry.author,
        buttons=buttons_from_data(payload.get("buttons", ())),
        file=file,
        edits=edits,
        deletes=payload.get("deletes", False),
        reply_via=payload.get("reply_via"),
        written_at=entry.created_at,
    )


async def _sent_as(connection: AsyncConnection, entry: Entry) -> str:
    """The network's id of what this entry edits: one part of a message, or its last; raises Unsendable."""
    rows = await outbox.of_message(connection, entry.conversation_id, entry.payload["edits"])
    part = entry.payload.get("entry")
    sent = [
        row.external_id for row in rows if row.external_id and "edits" not in row.payload and part in (None, row.number)
    ]
    if not sent:
        raise Unsendable("the message to edit was never sent")
    return str(sent[-1])
