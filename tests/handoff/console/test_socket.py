from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import WSServerHandshakeError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.schema import metadata
from handoff import agents
from handoff.console.history import PAGE
from handoff.tickets import TicketState
from messaging.conversations import conversations, message_versions, messages
from storage.database import Database
from storage.errors import DatabaseUnreachable
from tests.handoff.console.world import World


class Unsteady(Database):
    """A database that can be sent away."""

    away = False

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        if self.away:
            raise DatabaseUnreachable("gone for a walk")
        async with super().reading() as connection:
            yield connection


async def test_the_lists_tell_who_waits_what_is_mine_and_what_was_closed(world: World) -> None:
    mira = await world.sign_in()
    tom, _ = await world.hire("tom")
    now = world.clock()
    longest = await world.ticket("Ken", waiting_since=now - timedelta(minutes=9))
    shorter = await world.ticket("Lena")
    mine = await world.ticket("Ann", state=TicketState.ASSIGNED, agent_id=mira.id, claimed_at=now)
    theirs = await world.ticket("Bo", state=TicketState.ASSIGNED, agent_id=tom.id, claimed_at=now)
    closed = await world.ticket("Cy", state=TicketState.RESOLVED, agent_id=tom.id, resolved_at=now)
    async with world.socket() as ears:
        mine_frame = await ears.hear("mine")
        lists = await ears.hear("lists")
    assert [each["key"] for each in lists["waiting"]] == [str(longest), str(shorter)]
    assert lists["waiting_count"] == 2
    assert [each["key"] for each in mine_frame["mine"]] == [str(mine)]
    assert {each["key"] for each in lists["assigned"]} == {str(mine), str(theirs)}
    assert [each["key"] for each in lists["resolved"]] == [str(closed)]
    assert lists["staff"] == {str(mira.id): "Mira", str(tom.id): "Tom"}
    first = lists["waiting"][0]
    assert (first["player"], first["channel"], first["question"]) == ("Ken", "telegram", "Where is my cloak?")


async def test_a_hint_brings_the_new_list_at_once(world: World) -> None:
    await world.sign_in()
    async with world.socket() as ears:
        assert (await ears.hear("lists"))["waiting"] == []
        key = await world.ticket()
        world.live.tell("queue")
        assert [each["key"] for each in (await ears.hear("lists"))["waiting"]] == [str(key)]


async def test_a_watched_ticket_comes_with_its_conversation_and_notes(world: World) -> None:
    await world.sign_in()
    key = await world.ticket()
    await world.said(key.conversation_id, 4, "he is a regular", direction="note", author="agent", agent_id=1)
    async with world.socket() as ears:
        await ears.say(type="watch", ticket=str(key), revision=0)
        ticket = (await ears.hear("ticket"))["shown"]
        frame = await ears.hear("messages")
    assert ticket["offered"] == [{"entry_id": "cloak", "title": "Where do I find a cloak?", "confidence": 0.42}]
    assert (ticket["question"], ticket["reason"], ticket["state"]) == ("Where is my cloak?", "asked", "waiting")
    assert [(each["number"], each["direction"], each["text"]) for each in frame["messages"]] == [
        (1, "incoming", "Where is my cloak?"),
        (2, "outgoing", "I will ask a human."),
        (4, "note", "he is a regular"),
    ]
    assert (frame["fresh"], frame["more"]) == (True, False)


async def test_what_is_said_arrives_as_it_is_committed(world: World) -> None:
    await world.sign_in()
    key = await world.ticket()
    async with world.socket() as ears:
        await ears.say(type="watch", ticket=str(key), revision=0)
        await ears.hear("messages")
        await world.said(key.conversation_id, 4, "hello?")
        world.live.tell(f"conversation:{key.conversation_id}")
        frame = await ears.hear("messages")
    assert [each["text"] for each in frame["messages"]] == ["hello?"]
    assert not frame["fresh"]


async def test_after_a_drop_only_what_was_missed_comes_also_changes_of_old_messages(world: World) -> None:
    await world.sign_in()
    key = await world.ticket()
    conversation = key.conversation_id
    async with world.socket() as ears:
        await ears.say(type="watch", ticket=str(key), revision=0)
        seen = (await ears.hear("messages"))["messages"]
    await world.said(conversation, 4, "new one")
    async with world.database.transaction() as connection:
        await connection.execute(
            sa.update(messages)
            .where(messages.c.conversation_id == conversation, messages.c.number == 1)
            .values(text="Where is my red cloak?", revision=5, edited_at=world.clock())
        )
        await connection.execute(
            sa.insert(message_versions).values(
                conversation_id=conversation,
                number=1,
                revision=1,
                text="Where is my cloak?",
                replaced_at=world.clock(),
            )
        )
    async with world.socket() as ears:
        await ears.say(type="watch", ticket=str(key), revision=max(each["revision"] for each in seen))
        frame = await ears.hear("messages")
    assert [(each["number"], each["text"]) for each in frame["messages"]] == [
        (4, "new one"),
        (1, "Where is my red cloak?"),
    ]
    assert [each["text"] for each in frame["messages"][1]["versions"]] == ["Where is my cloak?"]


async def test_a_long_absence_comes_back_whole_in_pages(world: World) -> None:
    await world.sign_in()
    key = await world.ticket()
    for number in range(4, 460):
        await world.said(key.conversation_id, number, f"message {number}")
    heard: list[int] = []
    async with world.socket() as ears:
        await ears.say(type="watch", ticket=str(key), revision=3)
        while not heard or heard[-1] < 459:
            heard += [each["number"] for each in (await ears.hear("messages"))["messages"]]
    assert heard == list(range(4, 460))


async def test_a_long_conversation_begins_with_its_end_and_reads_back(world: World) -> None:
    await world.sign_in()
    key = await world.ticket()
    for number in range(4, PAGE + 20):
        await world.said(key.conversation_id, number, f"message {number}")
    async with world.socket() as ears:
        await ears.say(type="watch", ticket=str(key), revision=0)
        frame = await ears.hear("messages")
    numbers = [each["number"] for each in frame["messages"]]
    assert (len(numbers), numbers[-1], frame["more"]) == (PAGE, PAGE + 19, True)
    earlier = await (await world.get(f"/console/tickets/{key}/messages?before={numbers[0]}")).json()
    # Number 3 is the ticket's: the conversation counts everything that happens in it.
    assert [each["number"] for each in earlier["messages"]] == [n for n in range(1, numbers[0]) if n != 3]
    assert not earlier["more"]
    assert (await world.get(f"/console/tickets/{key}/messages?before=x")).status == 400


async def test_a_word_in_a_ticket_of_mine_is_told_though_another_is_open(world: World) -> None:
    mira = await world.sign_in()
    mine = await world.ticket("Ann", state=TicketState.ASSIGNED, agent_id=mira.id, claimed_at=world.clock())
    other = await world.ticket("Bo")
    async with world.socket() as ears:
        await ears.say(type="watch", ticket=str(other), revision=0)
        await ears.hear("mine")
        await ears.hear("messages")
        world.clock.advance(minutes=1)
        async with world.database.transaction() as connection:
            await connection.execute(
                sa.update(conversations)
                .where(conversations.c.id == mine.conversation_id)
                .values(last_incoming_at=world.clock())
            )
        world.live.tell(f"conversation:{mine.conversation_id}")
        [line] = (await ears.hear("mine"))["mine"]
    assert line["last_incoming_at"] == world.clock().isoformat()


async def test_the_ticket_is_told_again_when_it_changes(world: World) -> None:
    mira = await world.sign_in()
    key = await world.ticket()
    async with world.socket() as ears:
        await ears.say(type="watch", ticket=str(key), revision=0)
        assert (await ears.hear("ticket"))["shown"]["state"] == "waiting"
        await world.change(key, state=TicketState.ASSIGNED, agent_id=mira.id, claimed_at=world.clock())
        world.live.tell(f"conversation:{key.conversation_id}")
        shown = (await ears.hear("ticket"))["shown"]
    assert (shown["state"], shown["agent_id"]) == ("assigned", mira.id)


async def test_a_ticket_that_is_not_there_is_gone(world: World) -> None:
    await world.sign_in()
    async with world.socket() as ears:
        await ears.say(type="watch", ticket="999-1", revision=0)
        assert (await ears.hear("gone"))["ticket"] == "999-1"


async def test_nonsense_is_passed_over(world: World) -> None:
    await world.sign_in()
    key = await world.ticket()
    nonsense: list[Any] = [
        {},
        [],
        "text",
        {"type": "watch"},
        {"type": "watch", "ticket": 5},
        {"type": "watch", "ticket": "x-y"},
        {"type": "watch", "ticket": "99999999999999999999-1"},
        {"type": "watch", "ticket": str(key), "revision": 10**30},
        {"type": "watch", "ticket": str(key), "revision": "all"},
        {"type": "watch", "ticket": str(key), "revision": -1},
        {"type": "fly"},
        {"type": "typing"},
    ]
    async with world.socket() as ears:
        await ears.raw.send_str("{not json")
        await ears.raw.send_bytes(b"\x00")
        for frame in nonsense:
            await ears.raw.send_json(frame)
        await ears.say(type="watch", ticket=str(key), revision=0)
        assert (await ears.hear("ticket"))["ticket"] == str(key)


async def test_typing_is_told_to_the_player_by_the_one_who_has_the_ticket(world: World) -> None:
    mira = await world.sign_in()
    key = await world.ticket()
    topic = f"typing:{key.conversation_id}"
    with world.live.watch(topic) as typing:
        async with world.socket() as ears:
            await ears.say(type="watch", ticket=str(key), revision=0)
            await ears.hear("ticket")
            await ears.say(type="typing")
            await world.change(key, state=TicketState.ASSIGNED, agent_id=mira.id)
            world.live.tell(f"conversation:{key.conversation_id}")
            await ears.hear("ticket")
            assert not typing.is_set(), "the ticket was nobody's then"
            await ears.say(type="typing")
            async with asyncio.timeout(10):
                await typing.wait()


async def test_the_player_s_typing_is_told_of_the_ticket_that_is_shown(world: World) -> None:
    await world.sign_in()
    shown, other = await world.ticket("Lena"), await world.ticket("Ken")
    async with world.socket() as ears:
        await ears.say(type="watch", ticket=str(other), revision=0)
        await ears.hear("messages")
        await ears.say(type="watch", ticket=str(shown), revision=0)
        await ears.hear("messages")
        world.live.tell(f"player-typing:{other.conversation_id}")
        world.live.tell(f"player-typing:{shown.conversation_id}")
        assert (await ears.hear("typing"))["ticket"] == str(shown)


async def test_nobody_listens_without_signing_in_or_from_another_site(world: World) -> None:
    for origin in (world.origin, "https://evil.example"):
        with pytest.raises(WSServerHandshakeError) as refused:
            await world.client.ws_connect("/console/socket", headers={"Origin": origin})
        assert refused.value.status == (401 if origin == world.origin else 403)
    await world.sign_in()
    for origin in ("https://evil.example", "null"):
        with pytest.raises(WSServerHandshakeError) as refused:
            await world.client.ws_connect("/console/socket", headers={"Origin": origin})
        assert refused.value.status == 403


async def test_signing_out_closes_the_open_pages(world: World) -> None:
    await world.sign_in()
    async with world.socket() as ears:
        await ears.hear("lists")
        await world.client.delete("/console/session", headers={"Origin": world.origin})
        assert await ears.close_code() == 4401


async def test_a_disabled_agent_hears_nothing_more(world: World) -> None:
    mira = await world.sign_in()
    async with world.socket() as ears:
        await ears.hear("lists")
        async with world.database.transaction() as connection:
            await agents.disable(connection, "mira", world.clock())
        world.live.tell(f"agent:{mira.id}")
        await world.ticket()
        world.live.tell("queue")
        assert await ears.close_code() == 4401


async def test_closing_the_console_closes_its_sockets_so_that_pages_come_back(world: World) -> None:
    await world.sign_in()
    async with world.socket() as ears:
        await ears.hear("lists")
        closing = asyncio.create_task(world.console.close())
        assert await ears.close_code() == 1001
        await closing


class TestDatabaseAway:
    @pytest.fixture
    def console_settings(self) -> dict[str, Any]:
        return {"poll": 0.02}

    @pytest.fixture
    async def sqlite(self, tmp_path: Path) -> AsyncIterator[Database]:
        opened = Unsteady.open(f"sqlite:///{tmp_path / 'innkeeper.db'}")
        async with opened.transaction() as connection:
            await connection.run_sync(metadata.create_all)
        yield opened
        await opened.close()

    async def test_the_page_is_told_and_goes_on_when_it_is_back(self, world: World) -> None:
        await world.sign_in()
        assert isinstance(world.database, Unsteady)
        async with world.socket() as ears:
            await ears.hear("lists")
            world.database.away = True
            await ears.hear("trouble")
            assert (await world.get("/console/session")).status == 503
            world.database.away = False
            await ears.hear("time")
            await world.ticket()
            assert len((await ears.hear("lists"))["waiting"]) == 1


class TestWithoutHints:
    """The tables are the truth: a lost hint costs a moment, never a message."""

    @pytest.fixture
    def console_settings(self) -> dict[str, Any]:
        return {"poll": 0.02}

    async def test_everything_arrives_by_the_slow_poll(self, world: World) -> None:
        mira = await world.sign_in()
        async with world.socket() as ears:
            await ears.hear("lists")
            key = await world.ticket()
            assert [each["key"] for each in (await ears.hear("lists"))["waiting"]] == [str(key)]
            await ears.say(type="watch", ticket=str(key), revision=0)
            await ears.hear("messages")
            await world.said(key.conversation_id, 4, "hello?")
            assert [each["text"] for each in (await ears.hear("messages"))["messages"]] == ["hello?"]
            async with world.database.transaction() as connection:
                await agents.disable(connection, "mira", world.clock())
            assert await ears.close_code() == 4401
        assert mira.disabled_at is None
