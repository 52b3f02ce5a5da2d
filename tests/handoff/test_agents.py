from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from handoff import agents
from handoff.agents import Agent, Presence, Role
from handoff.errors import AgentRefused
from storage.database import Database

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


async def hire(database: Database, name: str = "mira", desk_name: str = "Mira", role: Role = Role.AGENT) -> Agent:
    async with database.transaction() as connection:
        return await agents.add(database, connection, name=name, desk_name=desk_name, role=role, now=NOW)


async def test_an_agent_is_found_by_any_way_of_writing_the_name(database: Database) -> None:
    hired = await hire(database, name="  Mira.K ")
    assert hired.name == "mira.k"
    async with database.reading() as connection:
        assert await agents.named(connection, "MIRA.K") == hired
        assert await agents.named(connection, "ｍｉｒａ.k") == hired
        assert await agents.find(connection, hired.id) == hired
        assert await agents.named(connection, "nobody") is None
        assert await agents.find(connection, hired.id + 1) is None


async def test_everything_about_an_agent_is_kept(database: Database) -> None:
    async with database.transaction() as connection:
        hired = await agents.add(
            database,
            connection,
            name="quân",
            desk_name="  Agent   7 ",
            role=Role.LEAD,
            languages=["vi", "zh-Hans"],
            now=NOW,
        )
    async with database.reading() as connection:
        found = await agents.find(connection, hired.id)
    assert found is not None
    assert (found.id, found.name, found.desk_name, found.role) == (hired.id, "quân", "Agent 7", Role.LEAD)
    assert (found.languages, found.skills, found.team, found.capacity) == (("vi", "zh-Hans"), (), "", 5)
    assert (found.presence, found.has_password, found.disabled_at) == (Presence.OFFLINE, False, None)
    assert found.created_at == NOW


async def test_a_taken_name_is_refused(database: Database) -> None:
    await hire(database)
    with pytest.raises(AgentRefused, match="there is an agent named 'mira' already"):
        await hire(database, name="MIRA", desk_name="Another")


async def test_of_many_at_once_one_gets_the_name(database: Database) -> None:
    outcomes = await asyncio.gather(
        *(hire(database, desk_name=f"Desk {number}") for number in range(8)), return_exceptions=True
    )
    assert sum(isinstance(outcome, Agent) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, AgentRefused) for outcome in outcomes) == 7


async def test_players_must_be_able_to_tell_agents_apart(database: Database) -> None:
    await hire(database)
    with pytest.raises(AgentRefused, match="already used by mira"):
        await hire(database, name="tom", desk_name="mira")
    async with database.transaction() as connection:
        await agents.disable(connection, "mira", NOW)
    assert (await hire(database, name="tom", desk_name="Mira")).desk_name == "Mira"


@pytest.mark.parametrize("name", ["", " ", "two words", "a" * 65, "semi;colon", ".dot", "new\nline"])
async def test_names_that_cannot_be_typed_are_refused(database: Database, name: str) -> None:
    with pytest.raises(AgentRefused, match="cannot be a sign-in name"):
        await hire(database, name=name)


@pytest.mark.parametrize("desk_name", ["", "   ", "x" * 41, "@everyone", "**Boss**", "[link](x)", "a\u202eb", "a\x00b"])
async def test_desk_names_that_would_become_formatting_or_pings_are_refused(database: Database, desk_name: str) -> None:
    with pytest.raises(AgentRefused, match="a desk name"):
        await hire(database, desk_name=desk_name)


async def test_a_language_is_a_tag(database: Database) -> None:
    async with database.transaction() as connection:
        with pytest.raises(AgentRefused, match="'english please' is not a language tag"):
            await agents.add(
                database,
                connection,
                name="mira",
                desk_name="Mira",
                role=Role.AGENT,
                languages=["english please"],
                now=NOW,
            )


async def test_disabling_is_kept_and_happens_once(database: Database) -> None:
    hired = await hire(database)
    later = NOW + timedelta(hours=1)
    async with database.transaction() as connection:
        gone = await agents.disable(connection, "Mira", later)
        assert (gone.id, gone.disabled_at) == (hired.id, later)
        with pytest.raises(AgentRefused, match="disabled already, since 2026-03-02 11:00 UTC"):
            await agents.disable(connection, "mira", later)
        with pytest.raises(AgentRefused, match="no agent named 'tom'"):
            await agents.disable(connection, "tom", later)
        assert [agent.name for agent in await agents.everyone(connection)] == ["mira"]


async def test_the_first_admin_is_made_once_and_let_in_until_a_password_is_set(database: Database) -> None:
    async with database.transaction() as connection:
        made = await agents.first_admin(database, connection, NOW)
        assert made is not None
        assert (made.name, made.role, made.has_password) == ("admin", Role.ADMIN, False)
        assert await agents.first_admin(database, connection, NOW) == made
        await agents.set_password_hash(connection, made.id, "$argon2id$…")
        assert await agents.first_admin(database, connection, NOW) is None


async def test_where_every_admin_is_disabled_another_is_made(database: Database) -> None:
    async with database.transaction() as connection:
        made = await agents.first_admin(database, connection, NOW)
        assert made is not None
        await agents.set_password_hash(connection, made.id, "$argon2id$…")
        await agents.disable(connection, "admin", NOW)
        second = await agents.first_admin(database, connection, NOW)
    assert second is not None
    assert second.name == "admin2"
