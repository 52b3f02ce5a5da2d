"""Snippets: the owner's file, read strictly, anew when it changes, and never a page without words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from handoff.guard.draft import Draft
from handoff.snippets import LANGUAGES, SHIPPED, VARIABLES, Snippet, Snippets, load_snippets
from storage.problems import ProblemsFound
from tests.handoff.guarding import NOW, shipped_guard

ONE = """
still-there:
  topics: [bug]
  title: {en: Still there?}
  text:
    en: "{player}, are you there?"
"""


def write(path: Path, text: str, at: int = 0) -> Path:
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at, at))
    return path


def test_the_shipped_snippets_are_whole_in_every_language() -> None:
    found = load_snippets(SHIPPED, LANGUAGES)
    assert len(found) >= 10
    for each in found:
        assert set(each.text) == set(each.title) == set(LANGUAGES), each.name
        for language, text in each.text.items():
            assert text.format(**dict.fromkeys(VARIABLES, "X")), (each.name, language)


def test_the_guard_has_nothing_against_the_shipped_snippets() -> None:
    guard = shipped_guard()
    for each in load_snippets(SHIPPED, LANGUAGES):
        for language, text in each.text.items():
            words = text.format(player="Lena", agent="Mira", service="Lanterns")
            assert guard.check(Draft(words, language, NOW)) == (), (each.name, language)


def test_a_snippet_is_read_with_its_topics(tmp_path: Path) -> None:
    assert load_snippets(write(tmp_path / "s.yaml", ONE), ("en",)) == (
        Snippet("still-there", {"en": "Still there?"}, {"en": "{player}, are you there?"}, ("bug",)),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            ONE.replace("{player}", "{name}"),
            "s.yaml:6:9: error: still-there.text.en has no variable {name}. It may use",
        ),
        (
            ONE.replace("topics", "topic"),
            's.yaml:3:3: error: snippet "still-there" has no "topic". Did you mean "topics"?',
        ),
        (ONE.replace("en: Still", "fr: Still"), 'still-there.title has no "fr"'),
        (ONE.replace("{player}", "{player"), "still-there.text.en has a brace that is never closed"),
        ("still-there:\n  title: {en: x}\n", 'snippet "still-there" lacks "text"'),
        (ONE.replace("    en:", "    vi:"), '"still-there" has a title or a text in en, not both'),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ProblemsFound) as found:
        load_snippets(write(tmp_path / "s.yaml", text), ("en",))
    told = " ".join(str(each).replace(f"{tmp_path}/", "") for each in found.value.problems)
    assert problem in told, told


def test_a_changed_file_is_read_anew_and_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "s.yaml", ONE, at=1)
    snippets = Snippets(path, ("en",))
    write(path, ONE.replace("are you there", "are you well"), at=2)
    assert snippets.all()[0].text["en"] == "{player}, are you well?"
    write(path, ONE.replace("{player}", "{nobody}"), at=3)
    assert snippets.all()[0].text["en"] == "{player}, are you well?"
    assert [each.code for each in snippets.problems] == ["unknown_variable"]
    write(path, ONE, at=4)
    assert snippets.all()[0].text["en"] == "{player}, are you there?"
    assert snippets.problems == ()
    path.unlink()
    assert snippets.all()[0].name == "still-there"
    assert snippets.problems


def test_templates_follow_the_snippets_and_a_missing_language_falls_back(tmp_path: Path) -> None:
    template = Snippet("template:hold", {"en": "One moment"}, {"en": "One moment."}, code="W7")
    snippets = Snippets(write(tmp_path / "s.yaml", ONE), ("en", "vi"), lambda: (template,))
    assert [each.code for each in snippets.all()] == ["", "W7"]
    assert template.in_language("vi", ("en", "vi")) == "en"
