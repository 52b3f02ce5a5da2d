"""Bringing the conversations of a batch into a transaction: found or made, locked, with their newest tickets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.happenings import ActDone, EditEnded, FileFailed, Happening, Inner, PlaceMoved, TimerDue
from bot.rows import Opened
from bot.situation import Memory, PlayerFacts, TicketFacts
from handoff import tickets as ticket_store
from handoff.acts import Merge
from handoff.agents import agents
from handoff.tickets import TicketState
from messaging.conversations import conversations
from messaging.languages import nearest_language
from messaging.messages import ButtonPressed, CommandUsed, MessageEdited, MessageReceived, Person
from messaging.players import players, recognise
from storage.database import Database, among

Chat = tuple[str, str]
WITH_PERSON = (MessageReceived, MessageEdited, ButtonPressed, CommandUsed)
INNER = (FileFailed, TimerDue, ActDone, EditEnded, PlaceMoved)


class Loading:
    """Opens conversations for a batch of events. ``languages`` are the service's, first the default."""

    def __init__(self, database: Database, languages: Sequence[str]) -> None:
        self._database = database
        self._languages = languages

    async def open(
        self, connection: AsyncConnection, events: Sequence[Happening], now: datetime
    ) -> tuple[dict[int, Opened], dict[Chat, int]]:
        """The conversations by id, locked, and the ids by chat. Those that nobody has written in yet are made."""
        chats = {(event.channel, event.chat) for event in events if not isinstance(event, INNER)}
        ids = {number for event in events if isinstance(event, INNER) for number in _conversations_of(event)}
        rows = await self._lock(connection, chats, ids)
        missing = chats - {(row.channel, row.chat) for row in rows}
        writers = _first_writers(event for event in events if isinstance(event, WITH_PERSON))
        writers = {chat: person for chat, person in writers.items() if chat in missing}
        if writers:
            await self._make(connection, writers, now)
            rows = await self._lock(connection, chats, ids)
        opened = {row.id: _opened(row) for row in rows}
        await self._attach_tickets(connection, opened)
        return opened, {(row.channel, row.chat): row.id for row in rows}

    async def _lock(
        self, connection: AsyncConnection, chats: Iterable[Chat], ids: Iterable[int]
    ) -> Sequence[sa.Row[Any]]:
        wanted = []
        if chats:
            wanted.append(among(connection, (conversations.c.channel, conversations.c.chat), chats))
        if ids:
            wanted.append(conversations.c.id.in_(list(ids)))
        if not wanted:
            return ()
        query = (
            sa.select(
                conversations,
                players.c.name.label("player_name"),
                *(players.c[name] for name in ("tier", "time_zone", "muted_until", "opted_out")),
            )
            .join(players)
            .where(sa.or_(*wanted))
            # One order for everybody: two transactions never wait for each other.
            .order_by(conversations.c.id)
        )
        found = await connection.execute(self._database.lock_rows(query, of=conversations))
        rows: Sequence[sa.Row[Any]] = found.all()
        return rows

    async def _make(self, connection: AsyncConnection, writers: dict[Chat, Person], now: datetime) -> None:
        persons = {(channel, person.external_id): person for (channel, _), person in writers.items()}
        player_ids = await recognise(self._database, connection, persons, now)
        rows = [
            {
                "channel": channel,
                "chat": chat,
                "player_id": player_ids[channel, person.external_id],
                "language": self._language_of(person),
                "memory": {},
                "counter": 0,
                "language_chosen": False,
                "created_at": now,
            }
            for (channel, chat), person in writers.items()
        ]
        await connection.execute(self._database.insert(conversations).on_conflict_do_nothing(), rows)

    def _language_of(self, person: Person) -> str:
        return nearest_language(person.language_hint, self._languages)

    async def _attach_tickets(self, connection: AsyncConnection, opened: dict[int, Opened]) -> None:
        found = await ticket_store.open_or_latest(connection, list(opened))
        holders = {row.agent_id for row in found.values() if row.agent_id is not None}
        names: dict[int, str] = {}
        if holders:
            query = sa.select(agents.c.id, agents.c.desk_name).where(agents.c.id.in_(holders))
            names = {row.id: row.desk_name for row in await connection.execute(query)}
        for conversation_id, row in found.items():
            known = {name: getattr(row, name) for name in TicketFacts.__slots__ if name not in ("holder", "state")}
            opened[conversation_id].ticket = TicketFacts(
                **known, state=TicketState(row.state), holder=names.get(row.agent_id, "")
            )


def _conversations_of(event: Inner) -> Iterable[int]:
    """Those that it is about: putting two tickets together is about two."""
    yield event.conversation_id
    if isinstance(event, ActDone) and isinstance(event.act, Merge) and event.act.other_conversation is not None:
        yield event.act.other_conversation


def _first_writers(
    events: Iterable[MessageReceived | MessageEdited | ButtonPressed | CommandUsed],
) -> dict[Chat, Person]:
    writers: dict[Chat, Person] = {}
    for event in events:
        writers.setdefault((event.channel, event.chat), event.person)
    return writers


def _opened(row: sa.Row[Any]) -> Opened:
    return Opened(
        id=row.id,
        channel=row.channel,
        chat=row.chat,
        player_id=row.player_id,
        player_name=row.player_name,
        language=row.language,
        language_chosen=row.language_chosen,
        memory=Memory.from_data(row.memory),
        counter=row.counter,
        lost=row.lost,
        ticket=None,
        last_incoming_at=row.last_incoming_at,
        last_incoming_id=row.last_incoming_id,
        last_incoming_number=row.last_incoming_number,
        last_reply_number=row.last_reply_number,
        unanswered_since=row.unanswered_since,
        player=PlayerFacts(row.player_id, row.tier, row.time_zone, row.muted_until, row.opted_out),
    )
