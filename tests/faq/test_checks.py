"""The questions kept beside the entries."""

from __future__ import annotations

from faq.checks import Change, changed_answers, kept_tests, known_questions, run_tests
from tests.faq.matching import SpokenMatcher
from tests.faq.writing import ACCOUNT, SMALL_TALK, faq_of

POSITIVE = "how can i recover my account"
NEGATIVE = "i forgot my password"
STRANGE = "which planet is the largest"


def problems_when(table: dict[str, dict[str, float]]) -> list[str]:
    faq = faq_of(ACCOUNT, SMALL_TALK)
    outcomes = run_tests(kept_tests(faq), SpokenMatcher(table))
    assert len(outcomes) == 3
    return [str(outcome.problem()) for outcome in outcomes if not outcome.passed]


def test_all_pass() -> None:
    assert problems_when({POSITIVE: {"account-recover": 0.95}, NEGATIVE: {"password-reset": 0.95}}) == []


def test_a_suggestion_is_enough_for_a_positive_question_and_harmless_for_a_negative() -> None:
    assert (
        problems_when({POSITIVE: {"password-reset": 0.6, "account-recover": 0.5}, NEGATIVE: {"account-recover": 0.6}})
        == []
    )


def test_failures_say_where_the_question_stands_and_what_came() -> None:
    table = {POSITIVE: {"password-reset": 0.95}, NEGATIVE: {"account-recover": 0.91}, STRANGE: {"hello": 0.92}}
    assert problems_when(table) == [
        f'a.yaml:17:23: error: test: "{POSITIVE}" should bring "account-recover", but is answered by '
        '"password-reset" (95% sure). Add phrasings like it to the entry, or see  faq ask --why.',
        f'a.yaml:18:23: error: test: "{NEGATIVE}" should not be answered by "account-recover", but is. '
        "Add a phrasing like it to the entry that should answer it.",
        f'b.yaml:12:8: error: test: "{STRANGE}" should not be answered, but is answered by "hello" (92% sure). '
        "See  faq ask --why  for the phrasing that attracts it.",
    ]


def test_nothing_found_is_a_failure_of_a_positive_question() -> None:
    (problem,) = problems_when({POSITIVE: {"hello": 0.1}})
    assert 'but brings no answer; nearest is "hello" (10% sure)' in problem


def test_changed_answers_are_those_whose_entry_changes() -> None:
    before = SpokenMatcher({"a": {"x": 0.95}, "b": {"x": 0.95}, "c": {"x": 0.5}, "d": {}})
    after = SpokenMatcher({"a": {"x": 0.92}, "b": {"y": 0.95}, "c": {"x": 0.95}, "d": {"x": 0.5}})
    assert changed_answers(["a", "b", "b", "c", "d"], before, after) == [
        Change("b", ("x",), ("y",)),
        Change("c", (), ("x",)),
    ]


def test_known_questions_are_phrasings_and_tests() -> None:
    known = list(known_questions(faq_of(ACCOUNT, SMALL_TALK)))
    assert len(known) == 8 + 2 + 4 + 1
    assert {POSITIVE, STRANGE, "hello"} <= set(known)
