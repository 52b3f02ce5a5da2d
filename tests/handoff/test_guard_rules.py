"""The owner's file of phrases: what it may say, and how it is told what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from handoff.guard.draft import Draft, Severity
from handoff.guard.guard import Guard
from handoff.guard.rules import SHIPPED, load_rules
from storage.problems import ProblemsFound

NOW = datetime(2026, 3, 3, tzinfo=UTC)


def write(folder: Path, text: str) -> Path:
    path = folder / "phrases.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_file_is_right_and_complete() -> None:
    rules = load_rules(SHIPPED, UTC)
    for language in ("en", "zh-Hans", "zh-Hant", "vi", "ja"):
        assert len({rule.kind for rule in rules.rules if rule.language == language}) == 8
        assert rules.greetings[language]
        assert rules.closings[language]


def test_an_owners_rule_has_its_words_its_weight_and_its_advice(tmp_path: Path) -> None:
    rules = load_rules(
        write(
            tmp_path,
            """
forbidden:
  fr:
    - say: calmez-vous
      pattern: 'du calme\\b'
      unless: [grand calme]
      severity: block
      reason: Cela fâche.
      instead: Je comprends.
embargo:
  - words: [Lune Noire]
    until: 2026-04-01 10:00
    instead: Bientôt.
account_ids: ['\\bK-\\d{4}\\b']
phone_regions: {fr: [FR]}
allowed: [aide@example.fr]
""",
        ),
        UTC,
    )
    guard = Guard(rules)
    found = guard.check(Draft("Calmez-vous ! Du calme. K-1234, 01 42 68 53 00, aide@example.fr, lune noire", "fr", NOW))
    assert [finding.kind for finding in found] == ["forbidden", "forbidden", "account", "phone", "embargo"]
    assert (found[0].severity, found[0].reason, found[0].suggestion) == (Severity.BLOCK, "Cela fâche.", "Je comprends.")
    assert found[-1].reason == "This may not be told before 2026-04-01 10:00 UTC."
    assert guard.check(Draft("Un grand calme : du calme", "fr", NOW)) == ()


def test_an_empty_file_forbids_nothing_by_words_and_still_finds_data(tmp_path: Path) -> None:
    guard = Guard(load_rules(write(tmp_path, "# nothing yet\n"), UTC))
    found = guard.check(Draft("Calm down, jo@example.net", "en", NOW))
    assert [finding.kind for finding in found] == ["email"]


def test_every_problem_is_named_at_its_place(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """forbiden:
  en: []
forbidden:
  en:
    - say: hello
      severity: loud
    - severity: warn
    - pattern: '(['
    - pattern: 'a*'
    - say: '*'
embargo:
  - until: 2026-13-01
    words: x
phone_regions: {en: [UK]}
""",
    )
    with pytest.raises(ProblemsFound) as caught:
        load_rules(path, UTC)
    told = [(problem.place.line, problem.message) for problem in caught.value.problems]
    assert [line for line, _ in told] == [1, 6, 7, 8, 8, 9, 9, 10, 10, 12, 14]
    assert "forbiden" in told[0][1]
    assert caught.value.problems[0].hint == 'Did you mean "forbidden"?'
    assert "loud" in told[1][1]


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ProblemsFound, match="cannot be read"):
        load_rules(tmp_path / "none.yaml", UTC)
