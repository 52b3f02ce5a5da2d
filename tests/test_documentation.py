"""The documentation keeps to what the program is: links lead somewhere, and every figure and log event is explained."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.metrics import Metrics

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
SOURCES = ("bot", "channels", "faq", "handoff", "messaging", "storage")
OPERATOR = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
LARGEST_PICTURE = 200_000

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors_of(page: Path) -> set[str]:
    """The anchors that a page's headings make, as GitHub makes them."""
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    dead = []
    for link in _LINK.findall(text):
        if link.startswith(("http:", "https:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            dead.append(link)
    assert dead == []


def test_every_page_can_be_found_from_the_first() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        links = _LINK.findall(page.read_text(encoding="utf-8"))
        found = [(page.parent / link.partition("#")[0]).resolve() for link in links if "://" not in link]
        waiting += [path for path in found if path.is_file()]
    assert set(PAGES) - seen - {ROOT / "docs" / "README.md"} == set()


def test_the_first_page_stays_short_and_its_pictures_small() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120
    pictures = list((ROOT / "docs" / "images").glob("*.png"))
    assert pictures != []
    assert [path.name for path in pictures if path.stat().st_size > LARGEST_PICTURE] == []


def test_the_container_finds_the_lines_that_it_changes() -> None:
    lines = (ROOT / "config.yaml").read_text(encoding="utf-8").splitlines()
    changed = re.findall(r"s\|\^(.+?)\$\|", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    assert len(changed) == 2
    assert set(changed) <= set(lines)


def test_every_secret_has_its_line_to_fill_in() -> None:
    offered = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        name
        for file in ("config.yaml", "compose.yaml")
        for name in re.findall(r"\$\{([A-Z]+_[A-Z]+)", (ROOT / file).read_text(encoding="utf-8"))
    }
    assert offered == named


def test_every_figure_is_explained_to_operators() -> None:
    figures = {
        f"{family.name}_total" if family.type == "counter" else family.name for family in Metrics().registry.collect()
    }
    explained = set(re.findall(r"`(innkeeper_\w+)", OPERATOR))
    assert figures == explained & figures
    assert explained - figures == set()


def test_every_log_event_is_explained_to_operators() -> None:
    explained = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)?)`", OPERATOR))
    told = {event for path in sources() for event in events_of(path)}
    assert len(told) > 30
    assert told - explained == set()


def sources() -> Iterator[Path]:
    for folder in SOURCES:
        yield from (ROOT / folder).rglob("*.py")


def events_of(path: Path) -> Iterator[str]:
    """The names of events that a module logs at info or above."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="log" | "_log"), attr="info" | "warning" | "error" | "exception"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name
