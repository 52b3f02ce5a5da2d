"""One message as the things that a network takes: within its limits, in order, nothing lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.rows import payloads
from channels.base import Capabilities
from handoff.acts import StoredFile

FILE = StoredFile("sha", "map.png", "image/png", 4)
BUTTONS = [{"label": "Yes", "action": "yes"}]
characters = st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.sampled_from("😀 a*_`[](\n")
words = st.text(characters, max_size=300)


@given(words, st.integers(0, 3), st.booleans(), st.integers(20, 120), st.booleans())
def test_every_part_fits_and_nothing_is_lost(text: str, files: int, pressed: bool, limit: int, utf16: bool) -> None:
    limits = Capabilities(max_text=limit, max_caption=limit // 2, max_file=10, counts_utf16=utf16)
    made = payloads(text, BUTTONS if pressed else [], [FILE] * files, limits)
    for part in made:
        assert part["text"].strip() or "file" in part
        size = len(part["text"].encode("utf-16-le")) // 2 if utf16 else len(part["text"])
        assert size <= (limits.max_caption if "file" in part else limits.max_text)
    assert sum("file" in part for part in made) == files
    # Fenced code is closed and opened again: only then a part has more than its share of the text.
    if "```" not in text:
        assert "".join("".join(part["text"] for part in made).split()) == "".join(text.split())
    # Buttons stand once, under the last.
    assert [bool(part.get("buttons")) for part in made] == [False] * (len(made) - 1) + [pressed] * bool(made)


def test_a_caption_is_counted_as_its_network_counts() -> None:
    limits = Capabilities(max_text=100, max_caption=50, max_file=10, counts_utf16=True)
    assert [part["text"] for part in payloads("😀" * 30, [], [FILE], limits)] == ["😀" * 30, ""]
    assert [part["text"] for part in payloads("😀" * 25, [], [FILE], limits)] == ["😀" * 25]


def test_one_picture_and_a_few_words_are_one_message() -> None:
    limits = Capabilities(max_text=100, max_caption=50, max_file=10)
    (only,) = payloads("look", BUTTONS, [FILE], limits)
    assert (only["text"], only["file"]["sha256"], only["buttons"]) == ("look", "sha", BUTTONS)
    assert [part["text"] for part in payloads("x" * 60, [], [FILE], limits)] == ["x" * 60, ""]
    assert payloads("", [], [], limits) == []
    assert payloads(" \n ", BUTTONS, [], limits) == []
