"""Every check of the linter finds what it is for, and nothing in a sound FAQ."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from faq.lint import LintRules, lint
from storage.problems import Severity
from tests.faq.writing import ACCOUNT, PAYMENT, SMALL_TALK, faq_of

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def found(*texts: str, rules: LintRules | None = None) -> list[tuple[str, Severity, str]]:
    """Code, severity and place of each problem."""
    problems = lint(faq_of(*texts), rules or LintRules(), NOW)
    return [(problem.code, problem.severity, str(problem.place)) for problem in problems]


def test_a_sound_faq_has_no_problems() -> None:
    assert found(ACCOUNT, PAYMENT, SMALL_TALK) == []


ERRORS = {
    "one question under two entries": (
        [ACCOUNT, PAYMENT.replace("i want a refund\n        - can", "I LOST my Account!\n        - can")],
        LintRules(),
        ("same_phrasing", "b.yaml:9:11"),
    ),
    "a class of tickets that there is not": (
        [PAYMENT.replace("class: special", "class: bug")],
        LintRules(classes=("routine", "special", "major_bug")),
        ("unknown_class", "a.yaml:16:12"),
    ),
    "a link to an entry that is not there": (
        [ACCOUNT.replace("({site}/recover)", "(#pasword-reset)")],
        LintRules(),
        ("dead_link", "a.yaml:14:11"),
    ),
    "a link without an address": (
        [ACCOUNT.replace("({site}/recover)", "(/recover)")],
        LintRules(),
        ("dead_link", "a.yaml:14:11"),
    ),
    "a forbidden phrase": (
        [ACCOUNT.replace("Choose **Forgot", "It is YOUR fault. Choose **Forgot")],
        LintRules(forbidden_phrases={"en": ["your fault"]}),
        ("forbidden_phrase", "a.yaml:28:11"),
    ),
    "a forbidden phrase in every language": (
        [ACCOUNT.replace("Choose **Forgot", "这是你的错。Choose **Forgot")],
        LintRules(forbidden_phrases={"*": ["你的错"]}),
        ("forbidden_phrase", "a.yaml:28:11"),
    ),
    "a word under embargo": (
        [PAYMENT.replace("Purchases of", "Frostmoon purchases of")],
        LintRules(embargoed_words={"Frostmoon": datetime(2027, 1, 1, tzinfo=UTC)}),
        ("embargo", "a.yaml:14:11"),
    ),
    "a promise that the calendar does not keep": (
        [PAYMENT.replace("Purchases of", "Our people are there 24/7. Purchases of")],
        LintRules(always_open=False),
        ("broken_promise", "a.yaml:14:11"),
    ),
    "a promise in another language": (
        [PAYMENT.replace("Purchases of", "客服24小时在线。Purchases of")],
        LintRules(always_open=False),
        ("broken_promise", "a.yaml:14:11"),
    ),
}

WARNINGS = {
    "the same twice": (
        [ACCOUNT.replace("reset password\n", "I forgot my password?\n")],
        LintRules(),
        "repeated_phrasing",
    ),
    "nearly the same under two entries": (
        [ACCOUNT, PAYMENT.replace("i paid and got nothing", "i lost my accounts")],
        LintRules(),
        "near_phrasing",
    ),
    "one answer for two": (
        [
            PAYMENT.replace(
                "Most purchases arrive within ten minutes. Please restart {game} once.",
                "purchases of the last 14 days are paid back",
            )
        ],
        LintRules(),
        "same_answer",
    ),
    "one title for two": (
        [PAYMENT.replace("My purchase did not arrive", "I want a REFUND")],
        LintRules(),
        "same_title",
    ),
    "too few phrasings": ([SMALL_TALK.replace(", good morning, hey bot", "")], LintRules(), "few_phrasings"),
    "asked in a language without an answer": (
        [SMALL_TALK.replace("hey bot]", "hey bot]\n      vi: [xin chào]")],
        LintRules(),
        "missing_answer",
    ),
    "a language of the service is missing": ([SMALL_TALK], LintRules(languages=("en", "vi")), "missing_language"),
    "an answer without a title": (
        [SMALL_TALK.replace("for you?}", "for you?, vi: Xin chào!}")],
        LintRules(least_phrasings=0),
        "missing_title",
    ),
    "too long for a network": ([PAYMENT.replace("Purchases of", "Long " * 500)], LintRules(), "too_long"),
    "too long for a button": (
        [PAYMENT.replace("I want a refund", "I want " + "a refund " * 9)],
        LintRules(),
        "long_title",
    ),
    "over": ([PAYMENT.replace("handoff: always", "valid_until: 2026-11-01")], LintRules(), "expired"),
    "nobody's": ([SMALL_TALK.replace("owner: Mira\n", "")], LintRules(), "unowned"),
    "past its review": (
        [SMALL_TALK.replace("owner: Mira", "review_by: 2026-11-21\nowner: Mira")],
        LintRules(),
        "review_due",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    texts, rules, (code, place) = ERRORS[name]
    assert found(*texts, rules=rules) == [(code, Severity.ERROR, place)]


@pytest.mark.parametrize("name", WARNINGS)
def test_warnings(name: str) -> None:
    texts, rules, code = WARNINGS[name]
    problems = found(*texts, rules=rules)
    assert [(row[0], row[1]) for row in problems] == [(code, Severity.WARNING)]


def test_what_is_under_embargo_itself_may_say_the_word() -> None:
    text = PAYMENT.replace("Purchases of", "Frostmoon purchases of").replace("handoff: always", "embargo: 2027-01-01")
    rules = LintRules(embargoed_words={"Frostmoon": datetime(2027, 1, 1, tzinfo=UTC)})
    assert found(text, rules=rules) == []


def test_an_embargo_that_is_over_forbids_nothing() -> None:
    rules = LintRules(embargoed_words={"refund": datetime(2026, 1, 1, tzinfo=UTC)})
    assert found(PAYMENT, rules=rules) == []


def test_a_service_that_never_closes_may_say_so() -> None:
    text = PAYMENT.replace("Purchases of", "Our people are there 24/7. Purchases of")
    assert found(text, rules=LintRules(always_open=True)) == []
    assert found(text, rules=LintRules(always_open=None)) == []
