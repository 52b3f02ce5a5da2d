"""A database of each earlier schema, with something of every kind in it, is brought up and worked with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncConnection

import storage.migrations
from bot.schema import metadata
from handoff import tickets
from handoff.acts import Claim, Done, Reply
from handoff.tickets import TicketKey
from storage.database import Database
from storage.migrations import NEWEST, current, migrate, upgrade
from tests.conftest import empty_database
from tests.flows.house import Agent, House

EARLIER = sorted(
    each.revision
    for each in ScriptDirectory(str(Path(storage.migrations.__file__).parent)).walk_revisions()
    if each.revision != NEWEST
)
NOW = datetime.now(UTC).replace(microsecond=123456)
AGO = NOW - timedelta(hours=2)
FILE = b"\x89PNG\r\n\x1a\n of old"
SHA256 = "e" * 64


def message(conversation_id: int, number: int, direction: str, author: str, text: str, **more: Any) -> dict[str, Any]:
    plain = {"conversation_id": conversation_id, "number": number, "revision": number, "direction": direction}
    said = {"author": author, "text": text, "data": {}, "status": "received", "sent_at": AGO}
    return {**plain, **said, **more}


def entry(number: int, message_number: int, state: str, text: str, **more: Any) -> dict[str, Any]:
    lane = {
        "conversation_id": 1,
        "number": number,
        "message_number": message_number,
        "channel": "memory",
        "chat": "ann",
    }
    sending = {"author": "agent", "payload": {"text": text}, "state": state, "attempts": 0, "doubts": 0}
    return {**lane, **sending, "due_at": AGO, "held_by": "gone", "created_at": AGO, **more}


def ticket(conversation_id: int, number: int, state: str, **more: Any) -> dict[str, Any]:
    plain = {"conversation_id": conversation_id, "number": number, "revision": number, "state": state}
    asked = {"reason": "asked", "ticket_class": "question", "language": "en", "question": "a human please"}
    offered = {"offered": [{"entry_id": "goblin", "title": "The goblin", "confidence": 0.4}]}
    return {
        **plain, **asked, **offered, "opened_at": AGO, "waiting_since": AGO, "apologies": 1, "reopened": 0, **more
    }  # fmt: skip


# The tables and columns of revision 0001: what later ones add is not named here.
WRITTEN: dict[str, list[dict[str, Any]]] = {
    "agents": [
        {"id": 1, "name": "mira", "desk_name": "Mira", "role": "agent", "languages": ["en"], "created_at": AGO},
        {"id": 2, "name": "jo", "desk_name": "Jo", "role": "lead", "password_hash": "x", "languages": [],
         "created_at": AGO, "disabled_at": AGO},
    ],
    "sessions": [{"token_hash": "s", "agent_id": 1, "created_at": AGO, "expires_at": NOW}],
    "sign_in_links": [{"token_hash": "l", "agent_id": 1, "created_at": AGO, "expires_at": NOW}],
    "players": [{"id": n, "name": name, "created_at": AGO} for n, name in ((1, "Ann"), (2, "Ben"))],
    "identities": [{"channel": "memory", "external_id": "7", "player_id": 1, "name": "Ann", "language_hint": "en"}],
    "conversations": [
        {"id": 1, "channel": "memory", "chat": "ann", "player_id": 1, "counter": 12, "language": "en",
         "language_chosen": True, "memory": {}, "created_at": AGO, "last_incoming_at": AGO, "last_incoming_id": "m1"},
        {"id": 2, "channel": "memory", "chat": "ben", "player_id": 2, "counter": 2, "language": "en",
         "language_chosen": False, "memory": {}, "lost": "blocked", "created_at": AGO},
    ],
    "messages": [
        message(1, 1, "incoming", "player", "a human please ünïcode 黄金", external_id="m1", ticket_number=2,
                edited_at=AGO, data={"files": 1}),
        message(1, 3, "outgoing", "agent", "here I am", agent_id=1, status="sent", ticket_number=2),
        message(1, 5, "outgoing", "agent", "on its way", agent_id=1, status="waiting", ticket_number=2),
        message(1, 7, "outgoing", "agent", "perhaps", agent_id=1, status="unknown", error="cut", ticket_number=2),
        message(1, 9, "note", "agent", "an old hand", agent_id=1),
        message(2, 1, "incoming", "player", "hello?"),
    ],
    "message_versions": [{"conversation_id": 1, "number": 1, "revision": 1, "text": "a human", "replaced_at": AGO}],
    "blobs": [{"sha256": SHA256, "content_type": "image/png", "size": len(FILE), "content": FILE, "created_at": AGO}],
    "attachments": [
        {"conversation_id": 1, "number": 1, "position": 0, "name": "a.png", "content_type": "image/png",
         "size": len(FILE), "sha256": SHA256, "state": "stored", "attempts": 1}
    ],
    "inbox": [{"conversation_id": 1, "key": "message:m1", "received_at": AGO}],
    "outbox": [
        entry(4, 3, "sent", "here I am", external_id="x1", attempts=1, finished_at=AGO),
        entry(6, 5, "waiting", "on its way"),
        entry(8, 7, "unknown", "perhaps", error="cut", doubts=1, finished_at=AGO),
    ],
    "holders": [{"id": "gone", "heartbeat_at": AGO}],
    "timers": [{"conversation_id": 1, "kind": "apology", "due_at": NOW + timedelta(days=1), "data": {"ticket": 2}}],
    "tickets": [
        ticket(1, 2, "assigned", agent_id=1, claimed_at=AGO, first_reply_at=AGO, topic="account"),
        ticket(2, 2, "waiting"),
    ],
}  # fmt: skip


async def write(connection: AsyncConnection) -> None:
    for name in [table.name for table in metadata.sorted_tables if table.name in WRITTEN]:
        for row in WRITTEN[name]:
            columns = [sa.column(column, metadata.tables[name].c[column].type) for column in row]
            await connection.execute(sa.insert(sa.table(name, *columns)).values(row))


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Without any table, other than what the rest of this folder begins with."""
    return await empty_database(request, tmp_path)


@pytest.fixture(params=EARLIER)
async def old(request: pytest.FixtureRequest, database_url: str) -> str:
    """The URL of a database of an earlier schema."""
    database = Database.open(database_url)
    async with database.transaction() as connection:
        await connection.run_sync(upgrade, "0001")
        await write(connection)
        for table in metadata.sorted_tables:
            if table.name in WRITTEN:
                await database.count_on(connection, table)
        await connection.run_sync(upgrade, request.param)
    await database.close()
    return database_url


async def test_nothing_is_lost(old: str) -> None:
    database = Database.open(old)
    await migrate(database)
    assert await current(database) == NEWEST
    async with database.reading() as connection:
        for name, rows in WRITTEN.items():
            found = [dict(row) for row in (await connection.execute(sa.select(metadata.tables[name]))).mappings()]
            kept = [{column: each[column] for column in rows[0]} for each in found]
            assert len(found) == len(rows)
            for row in rows:
                assert any(row.items() <= each.items() for each in found), (name, row, kept)
    await database.close()


async def test_the_program_works_on_it(old: str, quiet_cottage: House) -> None:
    """Sends what waited, once; knows what it had handled; and the tickets go on."""
    house = quiet_cottage
    ann, ben = (house.channel.player(name, language="en", chat=chat) for name, chat in (("Ann", "ann"), ("Ben", "ben")))
    await house.begin()
    mira = Agent(house, 1, "Mira")
    await ann.reads("on its way")
    hers, his = await house.ticket(TicketKey(1, 2)), await house.ticket(TicketKey(2, 2))
    assert (hers.agent_id, hers.offered[0].entry_id, his.queue_at) == (1, "goblin", his.waiting_since)
    assert await mira.does(Reply, hers, text="still here") == Done()
    await ann.reads("still here")
    await ann.writes("thank you")
    assert await mira.does(Claim, his) == Done()
    await ben.reads("Mira")
    await ben.writes("hello again")
    assert await house.written("ben") == ["hello?", "hello again"]
    cleo = house.channel.player("Cleo", language="en")
    await cleo.writes("how do i beat the goblin")
    await cleo.reads("silver lamp")
    await house.quiet()
    said = [each.text for each in ann.messages]
    assert (said.count("on its way"), "perhaps" in said) == (1, False)
    async with house.app.database.reading() as connection:
        assert len(await tickets.assigned(connection, 1)) == 2
