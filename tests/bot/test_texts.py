"""The bot's own words: complete in every language; an owner's mistakes in them are said before anybody hears them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.texts import SHIPPED, available, load_texts, problems_of
from channels.markdown import escape_markdown

LANGUAGES = ("en", "zh-Hans", "zh-Hant", "vi", "ja")
ENGLISH = (SHIPPED / "en.yaml").read_text(encoding="utf-8")


def said(tmp_path: Path, changed: str) -> list[str]:
    (tmp_path / "en.yaml").write_text(changed, encoding="utf-8")
    return [str(each).replace(f"{tmp_path}/", "") for each in problems_of(tmp_path, ("en",))]


def instead(key: str, text: str) -> str:
    """The English texts with this one written otherwise."""
    lines = ENGLISH.splitlines(keepends=True)
    number = next(number for number, line in enumerate(lines) if line.startswith(f"{key}:"))
    rest = lines[number + 1 :]
    while rest[0].startswith(" "):
        rest.pop(0)
    return "".join([*lines[:number], f"{key}: {text}\n", *rest])


def test_every_language_has_every_text_and_only_known_variables() -> None:
    assert problems_of(SHIPPED, LANGUAGES) == ()
    assert set(LANGUAGES) <= set(available(SHIPPED))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_can_be_said(language: str) -> None:
    texts = load_texts(SHIPPED, LANGUAGES, escape_markdown, {"service": "The *Inn*"})
    names = (
        "agent player limit types language languages opens when day result summary reason topic topics channel "
        "number label place of hint until zone"
    )
    values = dict.fromkeys(names.split(), "x_y")
    for key in texts.languages[language].texts:
        for count in (0, 1, 2, 5):
            words = texts.fill(key, language, {**values, "count": count, "minutes": count})
            assert words
            assert "{" not in words


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (instead("solved", "Good, {agnet}!"), "no variable {agnet}"),
        (instead("solved", "Good {"), "a brace that is never closed"),
        (instead("solved", "Good {0} {}"), "no variable {0}"),
        (instead("solved", "Good {player.__class__}"), "no variable {player.__class__}"),
        (instead("solved", "[a, list]"), '"solved" must be a text'),
        (instead("solved", ""), '"solved"'),
        (instead("queue_place", "{one: '{count} person'}"), 'lacks "other"'),
        (ENGLISH.replace("solved:", "sovled:"), 'Did you mean "solved"?'),
        (ENGLISH + "solved: again\n", "given twice"),
        (ENGLISH + "\tx: y\n", "tab"),
        ("", "the file is empty"),
        ("# only a comment\n", "the file is empty"),
        ("- a list\n", "must be names with values"),
    ],
)
def test_an_owners_mistake_is_said_with_its_line(tmp_path: Path, changed: str, expected: str) -> None:
    found = said(tmp_path, changed)
    assert any(expected in each for each in found), found[:5]
    assert all(each.startswith("en.yaml:") for each in found)


def test_a_language_that_nobody_wrote_is_said_so(tmp_path: Path) -> None:
    (problem, *_) = problems_of(tmp_path, ("tlh",))
    assert "cannot be read" in problem.message


def test_what_is_filled_in_never_becomes_formatting_and_is_not_filled_in_again() -> None:
    texts = load_texts(SHIPPED, ("en",), escape_markdown, {"service": "Inn"})
    greeting = texts.fill("waiting_greeting", "en", {"player": "**{service}** [x](http://evil.example)"})
    assert "**{service}**" not in greeting
    assert "Inn" not in greeting.split(",")[0]
    # Who has no name is called by none.
    assert texts.fill("waiting_greeting", "en", {"player": ""}) == texts.fill("waiting_greeting", "en", {})


def test_numbers_are_told_in_each_languages_own_way() -> None:
    texts = load_texts(SHIPPED, LANGUAGES, str, {})
    assert texts.fill("queue_place", "en", {"count": 1}) == "There is 1 person before you."
    assert texts.fill("queue_place", "en", {"count": 21}) == "There are 21 people before you."
    assert "1" in texts.fill("queue_place", "ja", {"count": 1})
    # A language that the service does not speak is answered in its first.
    assert texts.fill("solved", "tlh") == texts.fill("solved", "en")
    with pytest.raises(KeyError):
        texts.fill("no such text", "en")


def test_a_moment_is_told_with_its_day_unless_it_is_today() -> None:
    texts = load_texts(SHIPPED, LANGUAGES, str, {})
    now = datetime(2026, 3, 4, 20, tzinfo=UTC)
    zone = ZoneInfo("Europe/Berlin")
    assert texts.moment(now + timedelta(hours=1), now, zone, "en").endswith("(CET)")
    assert "Thu" in texts.moment(now + timedelta(hours=12), now, zone, "en")
    assert "木" in texts.moment(now + timedelta(hours=12), now, zone, "ja")
