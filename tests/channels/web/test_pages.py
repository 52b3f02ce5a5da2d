"""What a browser loads: the page, the frame, the script, and the rules that come with them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from channels.web.pages import STATIC
from tests.channels.web.conftest import SITE, Site


def facts_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="facts">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    facts: dict[str, Any] = json.loads(found[1])
    return facts


@pytest.mark.parametrize(
    ("path", "accept", "language"),
    [
        ("/chat", "vi-VN,vi;q=0.9,en;q=0.5", "vi"),
        ("/chat", "fr,de;q=0.9", "en"),
        ("/chat", "", "en"),
        ("/chat?language=vi", "en", "vi"),
        ("/chat?language=tlh", "vi", "en"),
    ],
)
async def test_the_page_speaks_the_players_language(site: Site, path: str, accept: str, language: str) -> None:
    answer = await site.client.get(path, headers={"Accept-Language": accept})
    page = await answer.text()
    assert f'<html lang="{language}">' in page
    assert facts_of(page)["texts"]["web_send"] == f"web_send {language}"


async def test_nothing_in_the_address_becomes_part_of_the_page(site: Site) -> None:
    answer = await site.client.get("/chat", params={"name": "</script><script>alert(1)</script>"})
    page = await answer.text()
    assert "<script>alert" not in page
    assert facts_of(page)["name"] == "</script><script>alert(1)</script>"


@pytest.mark.parametrize(("path", "framing"), [("/chat", "'self'"), ("/chat/embed", f"'self' {SITE}")])
async def test_only_allowed_sites_may_frame_it_and_only_our_scripts_run(site: Site, path: str, framing: str) -> None:
    answer = await site.client.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert policy.endswith(f"frame-ancestors {framing}")
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_widget_may_be_loaded_by_other_sites(site: Site) -> None:
    answer = await site.client.get("/widget.js?language=vi")
    assert answer.content_type == "text/javascript"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert '"web_open_chat": "web_open_chat vi"' in await answer.text()


async def test_every_asset_is_served_and_nothing_else(site: Site) -> None:
    page = await (await site.client.get("/chat")).text()
    wanted = set(re.findall(r"/chat/assets/([\w.]+)", page))
    for path in STATIC.glob("*.js"):
        wanted |= set(re.findall(r'from "\./([\w.]+)"', path.read_text(encoding="utf-8")))
    assert {"chat.js", "chat.css", "storage.js"} <= wanted
    for name in wanted:
        answer = await site.client.get(f"/chat/assets/{name}")
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-cache"
    for name in ("chat.html", "widget.py", "..%2fadapter.py", "%2e%2e/adapter.py"):
        assert (await site.client.get(f"/chat/assets/{name}")).status == 404


async def test_before_the_program_is_ready_the_page_asks_to_wait(site: Site) -> None:
    await site.teller.stop()
    answer = await site.client.get("/chat")
    assert answer.status == 503
    assert "Retry-After" in answer.headers
