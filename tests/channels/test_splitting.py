"""Splitting: nothing lost, nothing over the limit, nothing cut that a reader sees as one."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from channels.splitting import split

FAMILY = "👨‍👩‍👧‍👦"
pieces = st.sampled_from(
    [
        "word ",
        "A sentence. ",
        "\n\n",
        "\n",
        "`code span` ",
        "``a ` b`` ",
        "[a link](https://example.com/a(b)c) ",
        "https://example.com/?q=1 ",
        "**bold words** ",
        "- item\n",
        "10. item\n",
        "\\* ",
        "中文的一句话。",
        "日本語の文章です",
        FAMILY,
        "🇻🇳🇯🇵",
        "e\u0301\u0302",
        "[",
        "](",
        "`",
        "*",
        "    ",
        "x" * 50,
    ]
)
markdown = st.lists(pieces, max_size=60).map("".join) | st.text(max_size=300)
limits = st.integers(10, 120)


def _solid(text: str) -> str:
    return "".join(text.split())


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(markdown, limits, st.booleans())
def test_nothing_is_lost_and_every_part_fits(text: str, limit: int, utf16: bool) -> None:
    if re.search(r"^ {0,3}(```|~~~)", text, re.MULTILINE):
        return  # Closing and reopening adds lines; see the tests of fenced code.
    parts = split(text, limit, utf16=utf16)
    assert _solid("".join(parts)) == _solid(text)
    assert all(part.strip() for part in parts)
    assert all((_units(part) if utf16 else len(part)) <= limit for part in parts)


@given(markdown, limits)
def test_a_text_that_fits_stays_as_it_is(text: str, limit: int) -> None:
    for part in split(text, limit):
        assert split(part, limit) == [part]


code_lines = st.lists(st.text("ab {}\t;", max_size=30), min_size=1, max_size=40)


@given(code_lines, st.sampled_from(["```", "~~~~", "````"]), st.sampled_from(["", "python"]), st.integers(60, 200))
def test_fenced_code_keeps_its_content_and_language(lines: list[str], run: str, language: str, limit: int) -> None:
    code = "\n".join(lines)
    parts = split(f"Before.\n\n{run}{language}\n{code}\n{run}\n\nAfter.", limit)
    assert all(len(part) <= limit for part in parts)
    fences = [token for part in parts for token in MarkdownIt().parse(part) if token.type == "fence"]
    assert all(token.info == language for token in fences)
    assert "".join(token.content for token in fences).replace("\n", "") == code.replace("\n", "")
    prose = [token.content for part in parts for token in MarkdownIt().parse(part) if token.type == "inline"]
    assert prose == ["Before.", "After."]


@given(st.text(max_size=400), st.integers(2, 60), st.booleans())
def test_any_text_at_all_stays_within_the_limit(text: str, limit: int, utf16: bool) -> None:
    assert all((_units(part) if utf16 else len(part)) <= limit for part in split(text, limit, utf16=utf16))


@given(st.lists(st.sampled_from([FAMILY, "🇻🇳", "👍🏽", "e\u0301", "각", "❤️"]), min_size=1, max_size=60))
def test_what_a_reader_sees_as_one_character_stays_whole(characters: list[str]) -> None:
    text = "".join(characters)
    position, starts = 0, set()
    for character in characters:
        starts.add(position)
        position += len(character)
    position = 0
    for part in split(text, 30, utf16=True):
        assert position in starts
        position += len(part)


@pytest.mark.parametrize(
    "whole",
    [
        "[how to get it back](https://example.com/help)",
        "`innkeeper faq check`",
        "**very important words**",
        "10. First",
    ],
)
def test_links_code_and_emphasis_are_not_cut(whole: str) -> None:
    for before in range(60):
        text = "a" * before + f"\n{whole} and so on and so on and so on and so on and so on"
        assert any(whole in part for part in split(text, 60))


def test_paragraphs_come_before_lines_before_sentences_before_words() -> None:
    assert split("One two three.\n\nFour five. Six", 20) == ["One two three.", "Four five. Six"]
    assert split("One two three\nfour five. Six", 20) == ["One two three", "four five. Six"]
    assert split("One two three. Four five six", 20) == ["One two three.", "Four five six"]
    assert split("One two three four five six", 20) == ["One two three four", "five six"]
    assert split("账号被盗了怎么办？请先改密码。", 10) == ["账号被盗了怎么办？", "请先改密码。"]


def test_the_indentation_of_the_next_part_is_kept() -> None:
    assert split("- one one one one\n  - two two two", 20) == ["- one one one one", "  - two two two"]


def test_a_blank_text_has_no_parts() -> None:
    assert split(" \n\t", 10) == []
    assert split(" " * 5000, 10) == []


def test_a_limit_too_small_for_anything_is_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        split("text", 1)


@pytest.mark.parametrize(
    "unit",
    [
        "word ",
        "x",
        "*",
        "`",
        "[",
        "](",
        "[a](",
        "_",
        "\\",
        "\n",
        "```\n",
        "- a\n",
        "e\u0301",
        "\u0301",
        "🇻🇳",
        "界",
        "`a``b",
    ],
)
def test_a_hundred_thousand_characters_are_quick(unit: str) -> None:
    text = (unit * 100_000)[:100_000]
    started = time.perf_counter()
    parts = split(text, 4000, utf16=True)
    assert time.perf_counter() - started < 2
    assert all(_units(part) <= 4000 for part in parts)
