"""Markdown: what players wrote never becomes formatting, what we wrote never becomes dangerous HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.markdown import escape_markdown, plain, to_html

SAMPLE = """# Getting it back

Write **your name** and *server* to [support](https://example.com/help), or `/human`:
then wait.

- one
  1. inner
- two ~~gone~~

> quoted
> twice

```text
*code*
```

| a | b |
|---|---|
| 1 | 2 |
"""


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def _elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Elements()
    parser.feed(html)
    parser.close()
    return parser.found


TRICKS = """<script> <b> &lt; [x]( javascript: JaVaScRiPt: data:text/html, ) < > " ' onerror= https://e.com/ ` * ![ ]
[a]: [a] mailto: //e.com &#106;"""
hostile = st.lists(st.sampled_from([*TRICKS.split(), "\n", "\x00", " "]), max_size=25).map("".join)


@given(hostile | st.text())
def test_html_holds_only_what_markdown_makes_and_safe_links(text: str) -> None:
    for tag, attributes in _elements(to_html(text)):
        assert tag not in {"script", "img", "b", "iframe", "style", "svg"}
        assert set(attributes) <= {"href", "title", "target", "rel", "start", "class", "style"}
        if tag == "a":
            assert re.match(r"(?i)(https?|mailto):", str(attributes["href"]))
            assert (attributes["target"], attributes["rel"]) == ("_blank", "noopener nofollow")


@given(st.text())
def test_an_escaped_value_is_shown_as_it_is(value: str) -> None:
    shown = " ".join(value.replace("\x00", "\ufffd").split())
    assert plain(f"Hello {escape_markdown(value)}!") == f"Hello {shown}!"
    assert all(tag == "p" for tag, _ in _elements(to_html(f"Hello {escape_markdown(value)}!")))


@pytest.mark.parametrize(
    "value", ["# head", "1. list", "- list", "> q", "~~~", "    code", "[a](https://b.c)", "<@123>"]
)
def test_an_escaped_value_formats_nothing_at_the_start_of_a_line_either(value: str) -> None:
    assert [tag for tag, _ in _elements(to_html(escape_markdown(value)))] == ["p"]


def test_plain_text_keeps_the_words_and_the_addresses() -> None:
    assert plain(SAMPLE) == (
        "Getting it back\n\n"
        "Write your name and server to support (https://example.com/help), or /human:\nthen wait.\n\n"
        "- one\n  1. inner\n- two gone\n\n"
        "> quoted\n> twice\n\n"
        "*code*\n\n"
        "a | b\n1 | 2"
    )


def test_a_bare_address_becomes_a_link_without_the_full_stop_behind_it() -> None:
    links = [
        attributes["href"]
        for tag, attributes in _elements(to_html("See https://e.com/a_b_c?d=1. Or not"))
        if tag == "a"
    ]
    assert links == ["https://e.com/a_b_c?d=1"]
    assert plain("See https://e.com/x.") == "See https://e.com/x."


def test_an_address_inside_a_link_or_code_stays_as_it_is() -> None:
    elements = _elements(to_html("[https://a.com/](https://b.com/) `https://c.com/`"))
    assert [attributes["href"] for tag, attributes in elements if tag == "a"] == ["https://b.com/"]


def test_a_link_to_nowhere_is_only_words() -> None:
    assert to_html("[two *words*]() and [more](https://e.com/)") == (
        '<p>two <em>words</em> and <a href="https://e.com/" target="_blank" rel="noopener nofollow">more</a></p>\n'
    )


@pytest.mark.parametrize("text", ["[" * 100_000, "*" * 100_000, "<" * 100_000, "> " * 50_000, "`a``b" * 20_000])
def test_a_hundred_thousand_characters_are_rendered(text: str) -> None:
    assert plain(text)
