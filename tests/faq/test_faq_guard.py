"""The FAQ is read against the guard's file (F5, G3, G6) and the service calendar."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.faq_guard import FaqGuard
from faq.knowledge import KnowledgeSettings
from faq.lint import LintRules, lint
from faq.matcher import MatcherSettings
from faq.publishing import build, build_key
from storage.problems import Problem, Severity
from tests.faq.writing import FILES, PAYMENT, VARIABLES, faq_of, write_faq

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PHRASES = """\
forbidden:
  en:
    - say: [calm down, "relax*now"]
      unless: [please do not]
      reason: It makes it worse.
      instead: I understand.
    - {say: [shut up], severity: block, reason: Rude, instead: Leave it out.}
  zh-Hans:
    - {say: [不关我的事], severity: block}
embargo:
  - words: [Frostmoon, 霜月]
    until: 2027-01-01 09:00
  - words: [project nightjar]
"""


@pytest.fixture
def guard(tmp_path: Path) -> FaqGuard:
    path = tmp_path / "phrases.yaml"
    path.write_text(PHRASES, encoding="utf-8")
    return FaqGuard.of(path, "Asia/Shanghai")


def found(guard: FaqGuard, says: str, more: str = "") -> list[Problem]:
    text = PAYMENT.replace("Purchases of the last", f"{says} Purchases of the last").replace(
        "    handoff: always\n", f"    handoff: always\n{more}"
    )
    return lint(faq_of(text), LintRules(more=(guard,)), NOW)


def test_a_phrase_that_agents_are_warned_of_is_a_warning(guard: FaqGuard) -> None:
    (problem,) = found(guard, "Please CALM   down.")
    assert (problem.severity, problem.code) == (Severity.WARNING, "forbidden_phrase")
    assert str(problem.place) == "a.yaml:14:11"
    assert 'says "CALM   down": It makes it worse' in problem.message
    assert problem.hint == "Instead: I understand."


@pytest.mark.parametrize("says", ["Shut up.", "這不關我的事。"])
def test_a_phrase_that_agents_may_not_send_is_an_error(guard: FaqGuard, says: str) -> None:
    (problem,) = found(guard, says)
    assert (problem.severity, problem.code) == (Severity.ERROR, "forbidden_phrase")


def test_the_guards_exceptions_count_here_too(guard: FaqGuard) -> None:
    assert found(guard, "Please do not calm down.") == []
    assert len(found(guard, "Now relax right now.")) == 1


@pytest.mark.parametrize("says", ["Frostmoon is near.", "霜月就要来了。", "frostmoon!"])
def test_words_under_embargo_are_an_error(guard: FaqGuard, says: str) -> None:
    (problem,) = found(guard, says)
    assert (problem.severity, problem.code) == (Severity.ERROR, "embargo")
    assert "2027-01-01 09:00 CST" in problem.message


def test_an_entry_that_is_hidden_as_long_may_say_them(guard: FaqGuard) -> None:
    assert found(guard, "Frostmoon is near.", "    embargo: 2027-01-01T09:00+08:00\n") == []
    assert len(found(guard, "Frostmoon is near.", "    embargo: 2026-12-31\n")) == 1
    late = replace(guard)
    faq = faq_of(PAYMENT.replace("Purchases of", "Frostmoon purchases of"))
    assert lint(faq, LintRules(more=(late,)), datetime(2027, 1, 2, tzinfo=UTC)) == []


def test_a_title_says_the_players_words(guard: FaqGuard) -> None:
    text = PAYMENT.replace("I want a refund}", "Shut up and pay me back}")
    assert lint(faq_of(text), LintRules(more=(guard,)), NOW) == []
    (problem,) = lint(faq_of(text.replace("Shut up", "Frostmoon")), LintRules(more=(guard,)), NOW)
    assert problem.code == "embargo"


def test_what_may_never_be_told_may_not_be_hidden_either(guard: FaqGuard) -> None:
    (problem,) = found(guard, "Project Nightjar.", "    embargo: 2099-01-01\n")
    assert "may never be told" in problem.message


def test_a_guards_file_with_mistakes_is_said(tmp_path: Path) -> None:
    path = tmp_path / "phrases.yaml"
    path.write_text("forbiden: {}\n")
    (problem,) = found(FaqGuard.of(path, "UTC"), "")
    assert "phrases.yaml:1:1" in str(problem)
    assert found(FaqGuard.of(tmp_path / "none.yaml", "UTC"), "")


def test_a_build_reads_the_guards_file_and_other_phrases_make_another_build(tmp_path: Path, guard: FaqGuard) -> None:
    """In the child process, for a save is judged there."""
    says = FILES | {"payment.yaml": PAYMENT.replace("Purchases of", "Frostmoon purchases of")}
    settings = KnowledgeSettings(
        write_faq(tmp_path / "entries", says), tmp_path / "cache", VARIABLES, MatcherSettings(semantic=False)
    )
    guarded = replace(settings, rules=LintRules(more=(guard,)))
    result = build(pickle.loads(pickle.dumps(guarded)), NOW)
    assert result.faq is None
    assert [problem.code for problem in result.problems] == ["embargo"]
    key = build_key(guarded)
    guard.path.write_text(PHRASES.replace("Frostmoon", "Moonfrost"), encoding="utf-8")
    assert build_key(replace(settings, rules=LintRules(more=(FaqGuard.of(guard.path, guard.time_zone),)))) != key


@pytest.mark.parametrize(
    ("says", "is_promise"),
    [
        ("Our team is there 24/7.", True),
        ("We are open 24 hours.", True),
        ("Live support 24 hours a day.", True),
        ("24-hour support for all.", True),
        ("客服24小时在线。", True),
        ("24時間対応です。", True),
        ("You hear from us within 24 hours.", False),
        ("A bank check can take 24 h.", False),
        ("24小时内到账。", False),
        ("24時間以内に届きます。", False),
        ("trong vòng 24 giờ", False),
    ],
)
def test_a_time_limit_is_no_promise_of_open_hours(says: str, is_promise: bool) -> None:
    text = PAYMENT.replace("Purchases of", f"{says} Purchases of")
    codes = [problem.code for problem in lint(faq_of(text), LintRules(always_open=False), NOW)]
    assert codes == (["broken_promise"] if is_promise else [])


@pytest.mark.parametrize("says", ["seven days a week", "7 days per week", "每周七天", "年中無休"])
def test_days_off_make_every_day_a_broken_promise(says: str) -> None:
    text = PAYMENT.replace("Purchases of", f"We are there {says}. Purchases of")
    assert [problem.code for problem in lint(faq_of(text), LintRules(closed_days=True), NOW)] == ["broken_promise"]
    assert lint(faq_of(text), LintRules(), NOW) == []
