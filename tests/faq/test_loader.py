"""From the owner's files to a FAQ, or to everything that is wrong with them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faq.entry import Handoff, Kind
from faq.errors import FaqErrors
from faq.loader import fingerprint, load_faq, read_faq
from faq.stored import from_json, to_json
from tests.faq.writing import ACCOUNT, FILES, PAYMENT, SMALL_TALK, VARIABLES, faq_of, loaded, said, write_faq

FULL = """topic: bug
title: {en: Bugs, zh-Hans: 错误}
owner: Mira
entries:
  - id: bug-crash
    title: {en: The game crashes, zh-Hans: 游戏崩溃}
    phrasings:
      en: the game crashes
      zh-Hans: [游戏崩溃, 闪退]
    answer:
      en: |
        Please **restart** {game}. {{this}} stays.
      zh-Hans: 请重启 {game}。
    channel_answers: {telegram: {en: Restart {game}.}}
    kind: question
    handoff: always
    class: major_bug
    queue_topic: bug
    links: [{url: "{site}/status", label: {en: Status}}]
    form:
      - {name: device, type: text, label: {en: Device}, hint: {en: Such as PC}, required: yes}
      - {name: picture, type: image, label: {en: A picture}}
    tags: [crash, no]
    priority: 5
    owner: Tomas
    review_by: 2027-01-31
    valid_from: 2026-01-01
    valid_until: 2027-06-30T12:00+02:00
    embargo: 2026-02-01 09:00
    tests:
      positive: {en: [it keeps crashing], zh-Hans: [又闪退了]}
      negative: {en: [my friend crashed on my couch]}
"""


def test_everything_an_entry_may_hold_is_read() -> None:
    entry = faq_of(FULL.replace("{en: Restart {game}.}", '{en: "Restart {game}."}')).entries["bug-crash"]
    assert entry.topic == "bug"
    assert [(phrasing.text, phrasing.language) for phrasing in entry.phrasings] == [
        ("the game crashes", "en"),
        ("游戏崩溃", "zh-Hans"),
        ("闪退", "zh-Hans"),
    ]
    assert str(entry.phrasings[2].place) == "a.yaml:9:23"
    assert entry.answers == {"en": "Please **restart** Emberfall. {this} stays.", "zh-Hans": "请重启 Emberfall。"}
    assert entry.channel_answers == {("en", "telegram"): "Restart Emberfall."}
    assert (entry.kind, entry.handoff) == (Kind.QUESTION, Handoff.ALWAYS)
    assert (entry.ticket_class, entry.ticket_topic, entry.priority) == ("major_bug", "bug", 5)
    assert entry.links[0].url == "https://emberfall.example/status"
    assert [(field.name, field.type, field.required) for field in entry.form] == [
        ("device", "text", True),
        ("picture", "image", False),
    ]
    assert entry.tags == ("crash", "no")
    assert (entry.owner, entry.review_by) == ("Tomas", date(2027, 1, 31))
    assert entry.valid_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert entry.valid_until == datetime(2027, 6, 30, 10, tzinfo=UTC)
    assert entry.embargo == datetime(2026, 2, 1, 9, tzinfo=UTC)
    assert [(test.text, test.positive) for test in entry.tests] == [
        ("it keeps crashing", True),
        ("又闪退了", True),
        ("my friend crashed on my couch", False),
    ]


def test_what_a_file_says_holds_for_its_entries() -> None:
    faq = faq_of(ACCOUNT, PAYMENT, SMALL_TALK)
    assert {entry.owner for entry in faq.entries.values() if entry.topic == "payment"} == {"Tomas"}
    assert faq.languages == ("en",)
    assert faq.topics["account"].title == {"en": "Account", "de": "Konto"}
    assert faq.topics["account"].entry_ids == ("account-recover", "password-reset")
    assert faq.topics["small-talk"].entry_ids == ()
    assert [test.text for test in faq.unanswerable] == ["which planet is the largest"]


def test_important_entries_come_first_in_their_topic() -> None:
    faq = faq_of(ACCOUNT.replace("    handoff: never", "    handoff: never\n    priority: 10"))
    assert faq.topics["account"].entry_ids == ("password-reset", "account-recover")


MISTAKES = {
    "unknown key": (
        ACCOUNT.replace("    answer:", "    anser:", 1),
        ['a.yaml:13:5: error: the entry "account-recover" has no "anser". Did you mean "answer"?'],
    ),
    "unknown variable": (
        ACCOUNT.replace("of {game}", "of {gmae} and {site}"),
        ['a.yaml:28:56: error: {gmae} in the answer of "password-reset" (en) is no known variable. Did you mean "ga'],
    ),
    "unknown relation": (
        ACCOUNT.replace("[password-reset]", "[hello, pasword-reset]"),
        [
            'a.yaml:15:15: error: "related" names "hello", which is no entry. Known here: account-recover',
            'a.yaml:15:22: error: "related" names "pasword-reset", which is no entry. Did you mean "password-reset"?',
        ],
    ),
    "bad id": (
        PAYMENT.replace("id: payment-refund", "id: Payment Refund!"),
        [
            'a.yaml:5:9: error: the id "Payment Refund!" may hold only a-z, 0-9 and single hyphens. '
            '"payment-refund" would do.'
        ],
    ),
    "bad language": (
        PAYMENT.replace("      en: Purchases", "      zh-hans: Purchases"),
        ['a.yaml:14:7: error: "zh-hans" in the answer of "payment-refund" is no language code. Did you mean "zh-H'],
    ),
    "bad choice": (
        PAYMENT.replace("handoff: always", "handoff: allways"),
        ['a.yaml:15:14: error: handoff of "payment-refund" cannot be "allways". Did you mean "always"?'],
    ),
    "phrasings that are no list": (
        PAYMENT.replace("        - i want a refund\n", "        a: i want a refund\n        - b\n", 1),
        ["a.yaml:10:9: error: the indentation fits nothing above"],
    ),
    "nothing in it": ("", ["a.yaml:1:1: error: the file is empty"]),
    "no mapping": ("- a\n- b\n", ["a.yaml:1:1: error: the file must be names with values, not a list"]),
    "no entries": ("topic: a\ntitle: {en: A}\n", ['a.yaml:1:1: error: the file lacks "entries"']),
    "dates the wrong way round": (
        PAYMENT.replace("    handoff: always", "    valid_from: 2027-02-01\n    valid_until: 2027-01-01"),
        ['a.yaml:16:18: error: "payment-refund" ends before it begins. Swap the two.'],
    ),
    "a button that opens nothing": (
        PAYMENT.replace("    handoff: always", "    links: [{url: javascript:x, label: {en: Go}}]"),
        ['a.yaml:15:19: error: "javascript:x" of "payment-refund" is no address that a button can open.'],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_explained_where_they_are(name: str) -> None:
    text, expected = MISTAKES[name]
    errors = [
        str(problem) for problem in loaded(text).errors if problem.code != "missing_key" or "lacks" in expected[0]
    ]
    assert len(errors) >= len(expected)
    for line in expected:
        assert any(error.startswith(line) for error in errors), errors


def test_all_mistakes_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    files = {
        "account.yaml": ACCOUNT.replace("handoff: never", "handof: never").replace("of {game}", "of {gmae}"),
        "payment.yaml": PAYMENT.replace("id: payment-missing", "id: password-reset"),
        "small-talk.yaml": SMALL_TALK.replace("topic: small-talk", "topic: payment").replace("hey bot]", "hey bot"),
    }
    write_faq(tmp_path, files)
    with pytest.raises(FaqErrors) as raised:
        load_faq(tmp_path, VARIABLES)
    codes = [(Path(problem.place.file).name, problem.code) for problem in raised.value.problems]
    assert ("account.yaml", "unknown_variable") in codes
    assert ("account.yaml", "unknown_key") in codes
    assert ("payment.yaml", "duplicate_id") in codes
    assert ("small-talk.yaml", "list") in codes
    assert str(raised.value).count("\n") == len(raised.value.problems) - 1


def test_a_broken_file_is_not_the_fault_of_those_that_relate_to_it() -> None:
    problems = loaded(
        ACCOUNT.replace("[password-reset]", "[payment-refund]"), PAYMENT.replace("{en: Pay", "{en: : Pay")
    )
    assert {problem.place.file for problem in problems.errors} == {"b.yaml"}


def test_one_topic_is_one_file() -> None:
    problems = loaded(ACCOUNT, PAYMENT.replace("topic: payment", "topic: account")).errors
    assert said(list(problems)) == [
        'b.yaml:1:1: error: the topic "account" is taken, by a.yaml:1:1. '
        "One file is one topic: join the two, or rename one."
    ]


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    for folder, words in ((tmp_path, "no .yaml files"), (tmp_path / "absent", "no such folder")):
        (problem,) = read_faq(folder, {}).problems
        assert words in problem.message


def test_a_faq_without_entries_is_none() -> None:
    empty = "topic: {}\ntitle: {{en: A}}\nentries: []\n"
    assert said(loaded(empty.format("a"), empty.format("b")).errors) == [
        "a.yaml:1:1: error: no file has an entry. Write the first one."
    ]
    assert loaded(ACCOUNT, empty.format("b")).errors == ()


def test_temporary_files_of_editors_are_no_topics(tmp_path: Path) -> None:
    write_faq(tmp_path, FILES | {".account.yaml": "{", "#payment.yaml": "{", "account.yaml~": "{", "notes.txt": "{"})
    assert len(load_faq(tmp_path, VARIABLES).entries) == 5


def test_the_version_says_what_is_said_not_how_it_is_laid_out() -> None:
    version = faq_of(ACCOUNT, PAYMENT).version
    assert faq_of(PAYMENT, ACCOUNT).version == version
    assert faq_of("# a comment\n\n" + ACCOUNT, PAYMENT).version == version
    assert faq_of(ACCOUNT.replace("i lost my account", "i have lost my account"), PAYMENT).version != version


def test_the_fingerprint_changes_with_files_and_variables(tmp_path: Path) -> None:
    write_faq(tmp_path)
    first = fingerprint(tmp_path, VARIABLES)
    assert fingerprint(tmp_path, VARIABLES) == first
    assert fingerprint(tmp_path, {**VARIABLES, "game": "Other"}) != first
    (tmp_path / "account.yaml").write_text(ACCOUNT + "# more\n")
    assert fingerprint(tmp_path, VARIABLES) != first


def test_a_faq_survives_its_way_through_json() -> None:
    faq = faq_of(FULL.replace("{en: Restart {game}.}", '{en: "Restart {game}."}'), ACCOUNT, PAYMENT, SMALL_TALK)
    assert from_json(to_json(faq)) == faq


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_files_and_entries_does_not_matter(chance: random.Random) -> None:
    texts = [ACCOUNT, PAYMENT, SMALL_TALK]
    chance.shuffle(texts)
    faq = faq_of(*texts)
    usual = faq_of(ACCOUNT, PAYMENT, SMALL_TALK)
    assert faq.version == usual.version
    assert {entry_id: entry.answers for entry_id, entry in faq.entries.items()} == {
        entry_id: entry.answers for entry_id, entry in usual.entries.items()
    }


@settings(deadline=None)
@given(
    st.integers(0, len(ACCOUNT)), st.sampled_from([":", "\t", "{", "}", '"', "- ", "\n", "*", "#", "&a ", "[", "no"])
)
def test_no_slip_of_the_finger_makes_the_loader_fail(place: int, slip: str) -> None:
    result = loaded(ACCOUNT[:place] + slip + ACCOUNT[place:], PAYMENT)
    for problem in result.problems:
        assert problem.place.line >= 1
        assert problem.message
    assert "payment-refund" in result.faq.entries
