from __future__ import annotations

import asyncio

from yarl import URL

from handoff import agents, sessions
from handoff.console.access import COOKIE
from tests.handoff.console.world import PASSWORD, World


async def credentials(world: World, password: str = PASSWORD, name: str = "mira") -> int:
    return (await world.post("/console/session", {"name": name, "password": password})).status


async def leave(world: World) -> None:
    response = await world.client.delete("/console/session", headers={"Origin": world.origin})
    assert response.status == 200


async def test_a_link_leads_to_a_password_and_in(world: World) -> None:
    agent, token = await world.hire()
    looked = await world.post("/console/link", {"token": token})
    assert (await looked.json())["desk_name"] == "Mira"
    response = await world.post("/console/password", {"token": token, "password": PASSWORD})
    assert response.status == 200
    cookie = response.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == "/console"
    assert not cookie["secure"], "the public URL is plain http"
    who = await (await world.get("/console/session")).json()
    assert (who["id"], who["name"], who["role"]) == (agent.id, "mira", "agent")


async def test_a_link_works_once(world: World) -> None:
    _, token = await world.hire()
    await world.post("/console/password", {"token": token, "password": PASSWORD})
    for path, body in (("link", {}), ("password", {"password": "another password"})):
        response = await world.post(f"/console/{path}", {"token": token, **body})
        assert response.status == 403
        assert (await response.json())["code"] == "link_spent"
    await leave(world)
    assert await credentials(world) == 200


async def test_a_password_that_is_refused_leaves_the_link_as_it_was(world: World) -> None:
    _, token = await world.hire()
    refused = await world.post("/console/password", {"token": token, "password": "short"})
    assert refused.status == 400
    assert "at least 10 characters" in (await refused.json())["reason"]
    assert (await world.post("/console/password", {"token": token, "password": PASSWORD})).status == 200


async def test_a_new_password_ends_the_sessions_of_the_old_one(world: World) -> None:
    agent = await world.sign_in()
    async with world.database.transaction() as connection:
        token = await sessions.new_link(connection, agent.id, world.clock())
    stolen = world.client.session.cookie_jar.filter_cookies(URL(world.origin) / "console/")[COOKIE].value
    await world.post("/console/password", {"token": token, "password": "a second password"})
    async with world.database.reading() as connection:
        assert await sessions.find(connection, stolen, world.clock()) is None
    assert (await world.get("/console/session")).status == 200


async def test_name_and_password_let_in_and_signing_out_lets_out(world: World) -> None:
    await world.sign_in()
    await leave(world)
    assert (await world.get("/console/session")).status == 401
    assert await credentials(world, name=" MIRA ") == 200
    assert (await world.get("/console/session")).status == 200


async def test_wrong_password_unknown_name_and_disabled_agent_sound_the_same(world: World) -> None:
    await world.sign_in()
    await leave(world)
    wrong = await world.post("/console/session", {"name": "mira", "password": "not the password"})
    unknown = await world.post("/console/session", {"name": "nobody", "password": PASSWORD})
    async with world.database.transaction() as connection:
        await agents.disable(connection, "mira", world.clock())
    disabled = await world.post("/console/session", {"name": "mira", "password": PASSWORD})
    answers = [(each.status, await each.text()) for each in (wrong, unknown, disabled)]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 403


async def test_guessing_is_stopped_and_told_how_long(world: World) -> None:
    await world.sign_in()
    await leave(world)
    assert [await credentials(world, "a wrong password") for _ in range(5)] == [403] * 5
    stopped = await world.post("/console/session", {"name": "mira", "password": PASSWORD})
    assert stopped.status == 429
    assert stopped.headers["Retry-After"] == "900"
    assert "wait 15 minutes" in (await stopped.json())["reason"]
    assert await credentials(world, name="tom") == 403, "others are not stopped by it"
    world.clock.advance(minutes=15)
    assert await credentials(world) == 200


async def test_guesses_made_at_once_are_counted_one_by_one(world: World) -> None:
    await world.hire()
    outcomes = await asyncio.gather(*(credentials(world, f"guess number {number}") for number in range(20)))
    assert sorted(outcomes) == [403] * 5 + [429] * 15


async def test_one_address_cannot_try_many_names(world: World) -> None:
    outcomes = [await credentials(world, name=f"name{number}") for number in range(31)]
    assert outcomes == [403] * 30 + [429]


async def test_signing_in_rightly_is_no_failure(world: World) -> None:
    await world.sign_in()
    for _ in range(40):
        assert await credentials(world) == 200


async def test_a_session_ends_by_itself_and_use_keeps_it(world: World) -> None:
    await world.sign_in()
    for _ in range(4):
        world.clock.advance(hours=10)
        assert (await world.get("/console/session")).status == 200
    world.clock.advance(hours=16)
    assert (await world.get("/console/session")).status == 401


async def test_a_disabled_agent_is_out_at_once(world: World) -> None:
    await world.sign_in()
    async with world.database.transaction() as connection:
        await agents.disable(connection, "mira", world.clock())
    assert (await world.get("/console/session")).status == 401


async def test_other_sites_cannot_sign_anybody_in_or_out(world: World) -> None:
    await world.sign_in()
    body = {"name": "mira", "password": PASSWORD}
    for origin in ("https://evil.example", "null", ""):
        assert (await world.post("/console/session", body, origin=origin)).status == 403
        assert (await world.client.delete("/console/session", headers={"Origin": origin})).status == 403
    assert (await world.get("/console/session")).status == 200


async def test_what_is_no_json_object_is_refused(world: World) -> None:
    for body in (b"", b"[]", b"\xff", b'"text"', b"{" * 1000):
        response = await world.client.post("/console/session", data=body, headers={"Origin": world.origin})
        assert response.status == 400
    numbers = await world.post("/console/session", {"name": 1, "password": None})
    assert numbers.status == 400
    large = await world.post("/console/session", {"name": "x" * 300_000, "password": "x"})
    assert large.status == 400
