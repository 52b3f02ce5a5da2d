from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from handoff import agents, sessions
from handoff.agents import Agent, Role
from handoff.sessions import Lifetime
from storage.database import Database

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
LIFETIME = Lifetime(idle=timedelta(hours=8), longest=timedelta(days=2))


@pytest.fixture
async def mira(database: Database) -> Agent:
    async with database.transaction() as connection:
        return await agents.add(
            database, connection, name="mira", desk_name="Mira", role=Role.AGENT, languages=["en"], now=NOW
        )


async def test_a_session_holds_until_it_expires(database: Database, mira: Agent) -> None:
    async with database.transaction() as connection:
        token = await sessions.begin(connection, mira.id, NOW, LIFETIME)
    async with database.reading() as connection:
        found = await sessions.find(connection, token, NOW + timedelta(hours=7, minutes=59))
        assert found is not None
        assert found.agent == mira
        assert await sessions.find(connection, token, NOW + timedelta(hours=8)) is None
        assert await sessions.find(connection, "another", NOW) is None


async def test_the_database_does_not_hold_what_one_signs_in_with(database: Database, mira: Agent) -> None:
    async with database.transaction() as connection:
        tokens = {
            await sessions.begin(connection, mira.id, NOW, LIFETIME),
            await sessions.new_link(connection, mira.id, NOW),
        }
        kept = set(await connection.scalars(sa.select(sessions.sessions.c.token_hash)))
        kept |= set(await connection.scalars(sa.select(sessions.sign_in_links.c.token_hash)))
        assert len(kept) == 2
        assert not kept & tokens
        for stolen in kept:
            assert await sessions.find(connection, stolen, NOW) is None
            assert await sessions.use_link(connection, stolen, NOW) is None


async def test_use_prolongs_a_session_but_not_for_ever(database: Database, mira: Agent) -> None:
    async with database.transaction() as connection:
        token = await sessions.begin(connection, mira.id, NOW, LIFETIME)
        now = NOW
        ended = None
        for _ in range(100):
            session = await sessions.find(connection, token, now)
            if session is None:
                ended = now
                break
            until = sessions.prolonged(session, now, LIFETIME)
            if until is not None:
                await sessions.prolong(connection, token, until)
            now += timedelta(hours=1)
    assert ended is not None
    assert LIFETIME.longest - LIFETIME.idle / 4 <= ended - NOW <= LIFETIME.longest


async def test_a_use_soon_after_another_writes_nothing(database: Database, mira: Agent) -> None:
    async with database.transaction() as connection:
        token = await sessions.begin(connection, mira.id, NOW, LIFETIME)
        session = await sessions.find(connection, token, NOW)
    assert session is not None
    assert sessions.prolonged(session, NOW + timedelta(minutes=30), LIFETIME) is None


async def test_signing_out_ends_one_session_and_end_all_the_rest(database: Database, mira: Agent) -> None:
    async with database.transaction() as connection:
        first, second, third = [await sessions.begin(connection, mira.id, NOW, LIFETIME) for _ in range(3)]
        await sessions.end(connection, first)
        assert await sessions.find(connection, first, NOW) is None
        assert await sessions.find(connection, second, NOW) is not None
        await sessions.end_all(connection, mira.id)
        assert await sessions.find(connection, second, NOW) is None
        assert await sessions.find(connection, third, NOW) is None


async def test_a_disabled_agent_has_no_session_and_no_link(database: Database, mira: Agent) -> None:
    async with database.transaction() as connection:
        token = await sessions.begin(connection, mira.id, NOW, LIFETIME)
        link = await sessions.new_link(connection, mira.id, NOW)
        await agents.disable(connection, "mira", NOW)
        assert await sessions.find(connection, token, NOW) is None
        assert await sessions.link_agent(connection, link, NOW) is None
        assert await sessions.use_link(connection, link, NOW) is None


async def test_expired_sessions_are_swept_out(database: Database, mira: Agent) -> None:
    async with database.transaction() as connection:
        await sessions.begin(connection, mira.id, NOW, LIFETIME)
        await sessions.begin(connection, mira.id, NOW + timedelta(days=3), LIFETIME)
        count = await connection.scalar(sa.select(sa.func.count()).select_from(sessions.sessions))
    assert count == 1


async def test_a_link_lets_in_once(database: Database, mira: Agent) -> None:
    async with database.transaction() as connection:
        link = await sessions.new_link(connection, mira.id, NOW)
    async with database.transaction() as connection:
        assert await sessions.link_agent(connection, link, NOW) == mira
        assert await sessions.use_link(connection, link, NOW) == mira
    async with database.transaction() as connection:
        assert await sessions.use_link(connection, link, NOW) is None


async def test_of_many_uses_at_once_one_is_let_in(database: Database, mira: Agent) -> None:
    async with database.transaction() as connection:
        link = await sessions.new_link(connection, mira.id, NOW)

    async def use() -> Agent | None:
        async with database.transaction() as connection:
            return await sessions.use_link(connection, link, NOW)

    outcomes = await asyncio.gather(*(use() for _ in range(8)))
    assert [outcome for outcome in outcomes if outcome] == [mira]


async def test_a_link_expires_and_is_replaced_by_the_next(database: Database, mira: Agent) -> None:
    async with database.transaction() as connection:
        first = await sessions.new_link(connection, mira.id, NOW)
        second = await sessions.new_link(connection, mira.id, NOW)
        assert await sessions.link_agent(connection, first, NOW) is None
        assert await sessions.link_agent(connection, second, NOW + sessions.LINK_LIFETIME) is None
        assert await sessions.link_agent(connection, second, NOW + timedelta(hours=23)) == mira
