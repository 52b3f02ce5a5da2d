"""What ``innkeeper check`` says of the guard's phrases and settings."""

from __future__ import annotations

from tests.commands.conftest import Owner


def test_the_shipped_phrases_are_in_order_and_need_not_be_copied(owner: Owner) -> None:
    result = owner.types("check")
    assert result.exit_code == 0, result.output


def test_mistakes_in_the_owner_s_phrases_are_named_with_their_places(owner: Owner) -> None:
    owner.writes("guard: {phrases: mine.yaml}\n")
    phrases = owner.folder / "mine.yaml"
    phrases.write_text("forbidden:\n  en:\n    - say: [x]\n      severty: block\n", encoding="utf-8")
    result = owner.types("check")
    assert result.exit_code == 1
    assert f"{phrases}:4:7: error" in result.output
    assert 'Did you mean "severity"?' in result.output
    phrases.write_text("forbidden:\n  en:\n    - say: [x]\n", encoding="utf-8")
    assert owner.types("check").exit_code == 0


def test_a_file_of_phrases_that_is_not_there_is_said_so(owner: Owner) -> None:
    owner.writes("guard: {phrases: mine.yaml}\n")
    result = owner.types("check")
    assert result.exit_code == 1
    assert "mine.yaml" in result.output


def test_account_numbers_that_are_no_pattern_are_named_with_their_place(owner: Owner) -> None:
    owner.writes("guard:\n  account_ids: ['P-(', 'x*', 'P-\\d{8}']\n")
    result = owner.types("check")
    assert result.exit_code == 1
    line = owner.config.read_text(encoding="utf-8").splitlines().index("guard:") + 2
    assert f"{owner.config}:{line}:" in result.output
    assert 'has "P-(", which is no regular expression' in result.output
    assert 'has "x*", which would find a text of nothing' in result.output


def test_a_guard_that_is_off_asks_for_no_file(owner: Owner) -> None:
    owner.writes("guard: {enabled: false, phrases: mine.yaml}\n")
    assert owner.types("check").exit_code == 0
