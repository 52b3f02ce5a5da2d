"""Our Markdown as Discord shows it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.discord.adapter import CAPABILITIES
from channels.discord.render import LONGEST_TEXT, escape, quote, render
from channels.markdown import escape_markdown


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**bold** *slanted* ~~gone~~ `code`", "**bold** *slanted* ~~gone~~ `code`"),
        ("one\ntwo", "one\ntwo"),
        ("one\n\ntwo", "one\n\ntwo"),
        ("# One\n\n### Three\n\n#### Four", "# One\n\n### Three\n\n**Four**"),
        ("- a\n- b\n  - c", "- a\n- b\n  - c"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("> said\n> twice", "> said\n> twice"),
        ("[here](https://example.com/a_b)", "[here](https://example.com/a_b)"),
        ("https://example.com/a_b_c", "https://example.com/a_b_c"),
        ("[us](mailto:help@example.com)", "us (help@example.com)"),
        ("<help@example.com>", "help@example.com"),
        ("```py\nx = '*'\n```", "```py\nx = '*'\n```"),
        ("| a | b |\n|---|---|\n| 1 | two |", "```\na  b\n1  two\n```"),
        ("one\n\n---\n\ntwo", "one\n\n⸻\n\ntwo"),
        ("snake_case 2*3*4", "snake\\_case 2*3*4"),
        ("`` a`b ``", "`` a`b ``"),
        ("<b>raw</b>", "\\<b>raw\\</b>"),
    ],
)
def test_markdown_is_written_as_discord_has_it(markdown: str, shown: str) -> None:
    assert render(markdown) == shown


@pytest.mark.parametrize("name", ["*Ann*", "_a_", "~~x~~", "`x`", "||x||", "<@123>", "<#1>", "[x](https://y.z)", "# a"])
def test_a_players_name_in_a_text_stays_plain(name: str) -> None:
    shown = render(f"Hello {escape_markdown(name)}!")
    assert shown.removeprefix("Hello ").removesuffix("!").replace("\\", "") == name
    for sign in "*_~`|<[":
        assert shown.count(sign) == shown.count(f"\\{sign}")


def test_a_quotation_keeps_every_line_plain() -> None:
    assert quote("# one\n> two\n- three") == "> \\# one\n> \\> two\n> \\- three"


def test_three_backticks_in_code_do_not_end_it() -> None:
    shown = render("~~~\na ``` b\n~~~")
    assert shown.count("```") == 2


@given(st.text(max_size=CAPABILITIES.max_text))
def test_whatever_fits_goes_out_within_the_limit(text: str) -> None:
    assert len(render(text)) <= LONGEST_TEXT


@given(st.text(max_size=200))
def test_escaping_hides_nothing(text: str) -> None:
    shown = escape(text)
    assert len(shown) >= len(text)
    assert shown.replace("\\", "") == text.replace("\\", "")
