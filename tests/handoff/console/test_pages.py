from __future__ import annotations

import re
from pathlib import Path

import pytest
from aiohttp import ClientSession

from handoff.console.settings import ConsoleSettings
from tests.handoff.console.world import World

STATIC = Path(__file__).parents[3] / "handoff/console/static"


async def test_the_page_is_served_to_anybody_and_holds_nothing_of_anybody(world: World) -> None:
    response = await world.get("/console")
    assert response.url.path == "/console/"
    assert response.content_type == "text/html"
    assert '<script type="module" src="/console/static/main.js">' in await response.text()


async def test_every_module_and_style_that_is_named_is_served(world: World) -> None:
    named = set(re.findall(r"/console/static/([\w.]+)", (STATIC / "index.html").read_text()))
    for path in STATIC.glob("*.js"):
        named |= set(re.findall(r"from \"\./([\w.]+)\"", path.read_text()))
    assert len(named) > 15
    for name in named:
        response = await world.get(f"/console/static/{name}")
        assert response.status == 200, name
        kind = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}[name.rpartition(".")[2]]
        assert response.content_type == kind
        assert response.headers["Cache-Control"] == "no-cache"


async def test_nothing_else_is_served(world: World) -> None:
    async with ClientSession() as session:
        for path in ("static/../console.py", "static/%2e%2e%2fconsole.py", "static/nothing.js", "static/"):
            async with session.get(f"{world.origin}/console/{path}") as response:
                assert response.status == 404, path


def test_the_pages_need_no_inline_script_or_style_and_read_no_html() -> None:
    page = (STATIC / "index.html").read_text()
    assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]*\ssrc=)", page)
    for path in STATIC.glob("*.js"):
        code = path.read_text()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", code), (
            path
        )


@pytest.mark.parametrize(
    ("url", "link", "secure"),
    [
        ("http://localhost:8080", "http://localhost:8080/console/#link=token", False),
        ("https://support.example.com/", "https://support.example.com/console/#link=token", True),
    ],
)
def test_the_link_hides_its_token_from_logs_and_https_makes_the_cookie_secure(
    url: str, link: str, secure: bool
) -> None:
    settings = ConsoleSettings(public_url=url)
    assert settings.link("token") == link
    assert settings.secure is secure
