"""What counts as an answer to a question of a form."""

from __future__ import annotations

import pytest

from bot.decisions.answer_types import read_answer
from faq.entry_reader import FIELD_TYPES


@pytest.mark.parametrize(
    ("kind", "written", "kept"),
    [
        ("text", " Bramble ", "Bramble"),
        ("text", "x" * 201, None),
        ("long_text", "x" * 3000, "x" * 2000),
        ("number", "about 20 $", "about 20 $"),
        ("number", "１２", "12"),
        ("number", "1,234.50", "1,234.50"),
        ("number", "twelve", None),
        ("number", "12 or 13", None),
        ("date", "2026-03-14", "2026-03-14"),
        ("date", "2026年3月14日", "2026-03-14"),
        ("date", "on 14.3.2026", "2026-03-14"),
        ("date", "3/14/2026", "2026-03-14"),
        ("date", "3/4/2026", "3/4/2026"),
        ("date", "31/31/2026", None),
        ("date", "2026-02-30", None),
        ("date", "yesterday", None),
        ("time", "18:30", "18:30"),
        ("time", "18時30分", "18:30"),
        ("time", "6 pm", "18:00"),
        ("time", "12:05 am", "00:05"),
        ("time", "25:00", None),
        ("time", "evening", None),
        ("email", "ann@example.com", "ann@example.com"),
        ("email", "ann at example", None),
        ("url", "https://example.com/a", "https://example.com/a"),
        ("url", "example.com", None),
        ("yes_no", "Yes!", "yes"),
        ("yes_no", "いいえ", "no"),
        ("yes_no", "không", "no"),
        ("yes_no", "maybe", None),
        ("image", "no file", None),
        ("text", "", None),
    ],
)
def test_an_answer_is_read_as_what_was_asked_for(kind: str, written: str, kept: str | None) -> None:
    assert read_answer(kind, written, has_files=False) == kept


@pytest.mark.parametrize("kind", FIELD_TYPES)
def test_every_type_that_an_entry_may_ask_for_can_be_read(kind: str) -> None:
    assert read_answer(kind, "", has_files=False) is None
    if kind in ("image", "file"):
        assert read_answer(kind, "", has_files=True) == "📎"
