from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientResponse

from messaging import files
from tests.handoff.console.world import World

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


async def send(world: World, content: Any, name: str = "screen.png") -> ClientResponse:
    return await world.client.post(
        "/console/files", params={"name": name}, data=content, headers={"Origin": world.origin}
    )


async def test_a_picture_comes_back_as_it_went_in(world: World) -> None:
    await world.sign_in()
    response = await send(world, PNG)
    assert response.status == 201
    stored = await response.json()
    assert stored == {
        "sha256": files.name_of(PNG),
        "name": "screen.png",
        "content_type": "image/png",
        "size": len(PNG),
    }
    given = await world.get(f"/console/files/{stored['sha256']}?name=screen.png")
    assert await given.read() == PNG
    assert given.content_type == "image/png"
    assert given.headers["Content-Disposition"].startswith("inline")
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in given.headers["Content-Security-Policy"]
    again = await world.client.get(
        f"/console/files/{stored['sha256']}", headers={"If-None-Match": given.headers["ETag"]}
    )
    assert again.status == 304


async def test_a_page_dressed_as_a_picture_is_a_download_of_plain_bytes(world: World) -> None:
    await world.sign_in()
    response = await send(world, b"<html><script>alert(1)</script></html>", "photo.png")
    stored = await response.json()
    assert stored["content_type"] == "text/plain"
    given = await world.get(f"/console/files/{stored['sha256']}?name=photo.html")
    assert given.content_type == "application/octet-stream"
    assert given.headers["Content-Disposition"] == "attachment; filename*=UTF-8''photo.html"


async def test_a_name_cannot_break_out_of_its_header(world: World) -> None:
    await world.sign_in()
    stored = await (await send(world, b"words", 'a"\r\nSet-Cookie: x=1;../b.txt')).json()
    assert stored["name"] == "b.txt"
    given = await world.get(f"/console/files/{stored['sha256']}?name=%22%0d%0aSet-Cookie:%20x=1")
    assert "Set-Cookie" not in given.headers
    assert "\n" not in given.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "empty"),
        (b"MZ" + bytes(100), 415, "type"),
        (b"\x7fELF" + bytes(100), 415, "type"),
        (b"x" * (64 * 1024 + 1), 400, "too_large"),
    ],
)
async def test_what_is_not_taken_is_refused_with_the_reason(
    world: World, content: bytes, status: int, code: str
) -> None:
    await world.sign_in()
    response = await send(world, content)
    assert response.status == status
    assert (await response.json())["code"] == code


async def test_a_body_of_untold_length_is_cut_off_at_the_limit(world: World) -> None:
    await world.sign_in()
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(20):
            sent += 16 * 1024
            yield b"x" * 16 * 1024

    response = await send(world, endless())
    assert response.status == 400
    assert (await response.json())["code"] == "too_large"


async def test_files_are_for_agents_only(world: World) -> None:
    async with world.database.transaction() as connection:
        name = await files.store(world.database, connection, PNG, "image/png", world.clock())
    assert (await world.get(f"/console/files/{name}")).status == 401
    assert (await send(world, PNG)).status == 401
    await world.sign_in()
    assert (await world.get(f"/console/files/{name}")).status == 200
    assert (await world.get(f"/console/files/{'0' * 64}")).status == 404
    other_site = await world.client.post("/console/files", data=PNG, headers={"Origin": "https://evil.example"})
    assert other_site.status == 403
