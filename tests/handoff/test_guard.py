"""The guard: what each rule of conduct means, how sure it is, and that nothing typed can upset it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from handoff.guard.draft import CODES, Draft, Finding, Kind, Severity, Stage, may_be_sent
from handoff.guard.folding import fold
from handoff.guard.guard import Guard
from handoff.guard.phrases import Phrase
from handoff.guard.rules import SHIPPED, Embargo, load_rules
from tests.handoff.guarding import (
    HELD_OUT,
    NOW,
    RELEASE,
    SAMPLES,
    Sample,
    found_in,
    samples,
    score,
    shipped_guard,
)

GUARD = shipped_guard()
ENTRIES = Path(__file__).parents[2] / "faq" / "entries"
LANGUAGES = ("en", "zh-Hans", "zh-Hant", "vi", "ja")
BY_FORM = frozenset(
    {Kind.EMAIL, Kind.PHONE, Kind.CARD, Kind.ACCOUNT, Kind.IDENTITY_NUMBER, Kind.PASSWORD, Kind.TOKEN, Kind.EMBARGO}
)


def draft(text: str, language: str = "en", **changes: object) -> Draft:
    return replace(Draft(text, language, NOW), **changes)


def kinds(text: str, language: str = "en", **changes: object) -> set[Kind]:
    return {finding.kind for finding in GUARD.check(draft(text, language, **changes))}


# --- how well it does -------------------------------------------------------------------------------------------------


def test_there_are_enough_samples_in_every_language() -> None:
    judged = samples(SAMPLES)
    assert len(judged) >= 200
    for language in LANGUAGES:
        own = [sample for sample in judged if sample.draft.language == language]
        assert len(own) >= 40
        assert sum(not sample.expected for sample in own) >= 10
    assert {kind for sample in judged for kind in sample.expected} == set(Kind)
    assert len({sample.draft for sample in judged}) == len(judged)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_knows_the_samples(language: str) -> None:
    result = score(GUARD, (sample for sample in samples(SAMPLES) if sample.draft.language == language))
    assert result.precision >= 0.97
    assert result.recall >= 0.97


def test_it_is_worth_something_on_words_it_has_not_seen() -> None:
    result = score(GUARD, samples(HELD_OUT))
    assert result.precision >= 0.95
    assert result.recall >= 0.85


def test_what_is_known_by_its_form_is_not_missed() -> None:
    missed = [
        (sample.draft.text, kind)
        for sample in samples(HELD_OUT)
        for kind in (sample.expected & BY_FORM) - found_in(GUARD, sample)
    ]
    assert missed == []


def test_the_sample_faq_passes() -> None:
    """What the owner approved is said every day: the guard must not stand in its way."""
    answers = list(_faq_answers(ENTRIES))
    assert len(answers) >= 30
    findings = [finding for answer in answers for finding in GUARD.check(answer)]
    assert [finding for finding in findings if finding.severity is Severity.BLOCK] == []
    assert len(findings) <= 0.02 * len(answers)


def _faq_answers(folder: Path) -> list[Draft]:
    entries = [entry for path in sorted(folder.glob("*.yaml")) for entry in YAML(typ="safe").load(path)["entries"]]
    by_language = [item for entry in entries for item in (entry.get("answer") or {}).items()]
    return [draft(text, language) for language, text in by_language if isinstance(text, str)]


def test_an_ordinary_draft_is_read_in_a_moment() -> None:
    taken = []
    for sample in samples(SAMPLES):
        began = thread_time()
        GUARD.check(sample.draft)
        taken.append(thread_time() - began)
    assert sorted(taken)[len(taken) * 99 // 100] < 0.020


# --- personal data and secrets ----------------------------------------------------------------------------------------


def test_a_finding_says_where_why_and_what_instead() -> None:
    text = "She wrote from jo@example.net, thanks."
    (finding,) = GUARD.check(draft(text))
    assert (finding.code, finding.severity) == ("G1", Severity.BLOCK)
    assert text[finding.start : finding.end] == "jo@example.net"
    assert finding.reason
    assert finding.suggestion


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("Sent to Lena.Voss@Example.org.", "lena.voss@example.org"),
        ("We called +44 20 7946 0958.", "020 7946 0958"),
        ("We called 020 7946 0958.", "+442079460958"),
        ("Your account UID: 4002 is at 40021877, UID 40021877.", "uid 40021877"),
        ("You live at 48 Willow Lane.", "48 willow lane, Springfield"),
        ("You signed in from 203.0.113.87.", "203.0.113.87"),
    ],
)
def test_players_may_hear_what_they_told_us(text: str, known: str) -> None:
    assert kinds(text) != set()
    assert kinds(text, known=frozenset({known})) == set()


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("Write to joann@example.org.", "ann@example.org"),
        ("Write to ann@example.org.", "joann@example.org"),
        ("UID 40021877", "UID 40021878"),
        ("+44 20 7946 0958", "+44 20 7946 0959"),
        ("It came from 203.0.113.87.", "7"),
    ],
)
def test_like_data_of_others_is_still_theirs(text: str, known: str) -> None:
    assert kinds(text, known=frozenset({known})) != set()


@pytest.mark.parametrize("text", ["The card is 4111 1111 1111 1111.", "Your password is Winter2026!"])
def test_secrets_are_never_written_out_even_to_their_owner(text: str) -> None:
    assert kinds(text, known=frozenset({"4111 1111 1111 1111", "Winter2026!"})) != set()


@pytest.mark.parametrize(
    "text",
    [
        "jo@ｅxample.net",
        "ｊｏ＠ｅｘａｍｐｌｅ．ｎｅｔ",
        "jo\u200b@exam\u00adple.net",
        "jo [at] example [dot] net",
        "JO at EXAMPLE dot NET",
    ],
)
def test_an_address_is_seen_through_its_disguise(text: str) -> None:
    assert kinds(text) == {Kind.EMAIL}


@pytest.mark.parametrize(
    "text",
    [
        "Order 4111111111111111 has arrived.",
        "The number is 4111 1111 1111 1112.",
        "Look at hearthvale.example for the news.",
        "The servers 10.0.0.12 and 192.168.100.20 are in your own home.",
        "It took 12345678901234567890 clicks.",
        "Opening hours: 2026-03-05 10:00-18:00.",
    ],
)
def test_numbers_of_things_are_not_personal(text: str) -> None:
    assert kinds(text) == set()


def test_spans_point_into_the_text_as_typed() -> None:
    text = "Ｗrite ｔo ｊｏ＠example．net \u200bnow, she said ca\u0301lm"
    (finding,) = GUARD.check(draft(text))
    assert text[finding.start : finding.end].startswith("ｊｏ＠")
    assert text[finding.start : finding.end].strip().endswith("net")


# --- conduct ----------------------------------------------------------------------------------------------------------


def test_an_embargo_ends_at_its_date() -> None:
    text = "The FROSTWYRM is here!"
    assert kinds(text, at=RELEASE - timedelta(seconds=1)) == {Kind.EMBARGO}
    assert kinds(text, at=RELEASE) == set()
    secret = Guard(load_rules(SHIPPED, NOW.tzinfo), [Embargo.of(["moon gate"], None)])
    assert [finding.code for finding in secret.check(draft("Behind the Moon  Gate.", at=RELEASE))] == ["G3"]


def test_approval_lets_a_promise_through_and_nothing_else() -> None:
    text = "I promise the refund: we will refund you."
    assert kinds(text) == {Kind.PROMISE, Kind.COMPENSATION}
    assert kinds(text, approved=frozenset({Kind.PROMISE})) == {Kind.COMPENSATION}


def test_the_first_word_greets_and_the_last_thanks() -> None:
    assert kinds("Which server?", stage=Stage.FIRST) == {Kind.GREETING}
    assert kinds("Hello! Which server?", stage=Stage.FIRST) == set()
    assert kinds("Which server is it?", stage=Stage.REPLY) == set()
    assert kinds("All right.", stage=Stage.CLOSING) == {Kind.CLOSING}
    assert kinds("Thank you, all right.", stage=Stage.CLOSING) == set()
    assert kinds("Salut.", "fr", stage=Stage.FIRST) == set()  # a language without words is not judged


def test_agents_are_read_in_whatever_language_they_answer() -> None:
    assert kinds("你冷静点", "en") == {Kind.FORBIDDEN}
    assert kinds("你冷靜點", "zh-Hans") == {Kind.FORBIDDEN}  # the other way of writing it
    assert kinds("Calm down!", "ja") == {Kind.FORBIDDEN}


def test_who_may_send_it_all_the_same() -> None:
    warning = Finding(Kind.FORBIDDEN, Severity.WARN, 0, 1, "", "")
    block = replace(warning, severity=Severity.BLOCK)
    assert may_be_sent([], "", is_lead=False)
    assert not may_be_sent([warning], " ", is_lead=False)
    assert may_be_sent([warning], "the player's own words", is_lead=False)
    assert not may_be_sent([warning, block], "agreed", is_lead=False)
    assert may_be_sent([warning, block], "agreed", is_lead=True)
    assert not may_be_sent([block], "", is_lead=True)


def test_every_kind_has_its_rule_of_conduct() -> None:
    assert set(CODES) == set(Kind)


# --- phrases ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ("calm down", "CALM   down", True),
        ("calm down", "becalm down", False),
        ("calm down", "calm downs", False),
        ("calm\tdown", "ｃａｌｍ\u200b ｄｏｗｎ", True),
        ("别急", "你别急啊", True),
        ("gm指令", "用GM指令吧", True),
        ("don't", "DON’T", True),
        ("why * sooner", "why did you not write sooner?", True),
        ("why * sooner", "why? Sooner or later", False),
        ("a.c", "abc", False),
    ],
)
def test_a_phrase_is_found_as_it_is_spoken(words: str, text: str, found: bool) -> None:
    assert Phrase.of_words(words).is_in(fold(text)) is found


def test_unless_holds_inside_its_sentence_only() -> None:
    assert kinds("We cannot guarantee that it comes back.") == set()
    assert kinds("We cannot guarantee it. I promise the other one.") == {Kind.PROMISE}


# --- whatever is typed ------------------------------------------------------------------------------------------------

FRAGMENTS = st.sampled_from(
    [sample.draft.text for sample in samples(SAMPLES)] + ["İ", "ﬁ", "\u0301", "\u200b", "👩‍👩‍👧", "ẞ", "𠮷", "\n", "が"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=20) | FRAGMENTS, max_size=4).map("".join), st.sampled_from(LANGUAGES))
def test_anything_can_be_read_and_every_span_is_inside(text: str, language: str) -> None:
    findings = GUARD.check(draft(text, language, stage=Stage.CLOSING))
    assert all(0 <= finding.start <= finding.end <= len(text) for finding in findings)
    assert list(findings) == sorted(findings, key=lambda finding: (finding.start, finding.end))
    spans = [(finding.kind, finding.start, finding.end) for finding in findings]
    assert len(set(spans)) == len(spans)


@pytest.mark.parametrize(
    "unit", ["1", "1 ", "a.", "a@b.", "eyJ", "(1", "あ", "市路", "Aa ", "password is ", "at a dot "]
)
def test_a_long_text_of_one_kind_takes_no_long_time(unit: str) -> None:
    text = (unit * 10_000)[:10_000]
    began = thread_time()
    for language in LANGUAGES:
        GUARD.check(draft(text, language))
    assert thread_time() - began < 2.0


def test_samples_are_read_alike_alone_and_in_company() -> None:
    """What follows or precedes in other sentences changes nothing."""
    for sample in samples(SAMPLES):
        if sample.draft.stage is Stage.REPLY and Kind.CURT not in sample.expected:
            longer = Sample(replace(sample.draft, text=f"OK.\n{sample.draft.text}\nOK."), sample.expected)
            assert found_in(GUARD, longer) == found_in(GUARD, sample), sample.draft.text
