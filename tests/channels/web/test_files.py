"""Files of the web chat: what is taken, and who may have it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

import pytest

from channels.web.access import chat_of
from channels.web.settings import WebSettings
from handoff.acts import StoredFile
from messaging import files
from messaging.messages import Direction
from storage.database import Database
from tests.channels.web.conftest import Site, Visitor, serve

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100
ID = "11111111-2222-3333-4444-{:012}"


async def send_file(site: Site, visitor: Visitor, content: bytes, name: str) -> str:
    answer = await site.upload(visitor, content, name)
    made = await answer.json()
    frame = {"type": "message", "id": ID.format(1), "text": "", "files": [{"sha256": made["sha256"], "name": name}]}
    await visitor.says(frame)
    await visitor.hears("taken")
    return str(made["sha256"])


async def test_a_picture_goes_up_and_comes_back(site: Site) -> None:
    async with site.visitor() as ann:
        sha256 = await send_file(site, ann, PICTURE, "my shot.png")
        assert sha256 == hashlib.sha256(PICTURE).hexdigest()
        answer = await site.client.get(f"/chat/files/{sha256}", headers=ann.authorization)
        assert await answer.read() == PICTURE
        assert answer.content_type == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Content-Disposition"] == "inline; filename*=UTF-8''my%20shot.png"


async def test_a_document_is_a_download_that_no_browser_runs(site: Site) -> None:
    async with site.visitor() as ann:
        sha256 = await send_file(site, ann, b"<script>alert(1)</script>", "a.html")
        answer = await site.client.get(f"/chat/files/{sha256}", headers=ann.authorization)
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment;")


async def test_nobody_else_gets_a_file(site: Site) -> None:
    async with site.visitor() as ann, site.visitor() as bob:
        sha256 = await send_file(site, ann, PICTURE, "a.png")
        assert (await site.client.get(f"/chat/files/{sha256}")).status == 401
        assert (await site.client.get(f"/chat/files/{sha256}", headers=bob.authorization)).status == 404


async def test_files_of_notes_are_not_the_players(site: Site, database: Database) -> None:
    async with site.visitor() as ann:
        await ann.says({"type": "message", "id": ID.format(1), "text": "question"})
        await ann.sees("answer")
        async with database.transaction() as connection:
            sha256 = await files.store(database, connection, PICTURE, "image/png", site.teller.now())
        stored = (StoredFile(sha256, "a.png", "image/png", len(PICTURE)),)
        chat = chat_of(ann.token) or ""
        await site.teller.says(chat, "", direction=Direction.NOTE, files=stored)
        assert (await site.client.get(f"/chat/files/{sha256}", headers=ann.authorization)).status == 404
        await site.teller.says(chat, "for you", files=stored)
        assert [each["name"] for each in (await ann.sees("for you"))["files"]] == ["a.png"]
        assert (await site.client.get(f"/chat/files/{sha256}", headers=ann.authorization)).status == 200


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 415),
        (b"MZ\x90\x00" + b"\x00" * 60, 415),
        (b"\x7fELF\x02\x01\x01" + b"\x00" * 60, 415),
        (b"\x00\x01\x02\x03", 415),
        (b"x" * 1001, 413),
        (b"plain words", 201),
    ],
)
async def test_only_allowed_kinds_and_sizes_are_taken(database: Database, content: bytes, status: int) -> None:
    async with serve(database, WebSettings(max_file=1000)) as site, site.visitor() as ann:
        # The name claims a picture; the bytes decide.
        assert (await site.upload(ann, content, "innocent.png")).status == status


async def test_a_file_that_does_not_say_how_long_it_is_is_still_measured(database: Database) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 100

    async with serve(database, WebSettings(max_file=1000)) as site, site.visitor() as ann:
        headers = {"Origin": site.origin, **ann.authorization}
        answer = await site.client.post("/chat/files", data=endless(), headers=headers)
        assert answer.status == 413


async def test_uploads_need_a_token_and_our_own_page(site: Site) -> None:
    async with site.visitor() as ann:
        assert (await site.upload(ann, PICTURE, Authorization="Bearer no")).status == 401
        assert (await site.upload(ann, PICTURE, Origin="https://evil.example")).status == 403


async def test_one_address_uploads_only_so_much(database: Database) -> None:
    async with serve(database, WebSettings(uploads_per_minute=1)) as site, site.visitor() as ann:
        assert (await site.upload(ann, PICTURE)).status == 201
        assert (await site.upload(ann, PICTURE)).status == 429
