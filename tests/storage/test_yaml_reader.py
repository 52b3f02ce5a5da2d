"""Typed values out of YAML, and what is said of wrong ones."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from storage.problems import Severity, nearest
from storage.yaml_file import MappingNode, Node, parse_yaml
from storage.yaml_reader import YamlReader


def fields(text: str) -> dict[str, Node]:
    document = parse_yaml(text.encode(), "f.yaml")
    assert document.problems == ()
    assert isinstance(document.root, MappingNode)
    return document.root.fields


def only(text: str) -> Node:
    return fields(f"v: {text}")["v"]


def said(reader: YamlReader) -> list[str]:
    return [str(problem) for problem in reader.problems]


def test_unknown_names_get_the_nearest_valid_one() -> None:
    reader = YamlReader()
    root = parse_yaml(b"phrasing: x\nanswers: y\nqqqq: z\n", "f.yaml").root
    found = reader.mapping(root, "an entry", ["phrasings", "answer", "owner"])
    assert found == {}
    assert said(reader) == [
        'f.yaml:1:1: error: an entry has no "phrasing". Did you mean "phrasings"?',
        'f.yaml:2:1: error: an entry has no "answers". Did you mean "answer"?',
        'f.yaml:3:1: error: an entry has no "qqqq". Known here: answer, owner, phrasings.',
    ]


def test_a_misspelt_name_is_not_also_missing() -> None:
    reader = YamlReader()
    reader.mapping(parse_yaml(b"phrasing: x\n", "f").root, "an entry", ["phrasings", "id"], ["phrasings", "id"])
    assert [problem.code for problem in reader.problems] == ["unknown_key", "missing_key"]
    assert '"id"' in reader.problems[1].message


def test_texts_are_texts_whatever_they_look_like() -> None:
    reader = YamlReader()
    values = [node.text for node in reader.texts(only("[no, yes, 404, 1.5, 2027-01-31, 'null']"), "words")]
    assert values == ["no", "yes", "404", "1.5", "2027-01-31", "null"]
    assert reader.problems == []


@pytest.mark.parametrize("text", ["", "~", "null", "''", "' '"])
def test_an_empty_text_is_a_problem(text: str) -> None:
    reader = YamlReader()
    assert reader.text(only(text), "the title") is None
    assert [problem.code for problem in reader.problems] == ["empty"]


def test_a_text_with_a_colon_that_became_a_mapping_is_explained() -> None:
    reader = YamlReader()
    assert list(reader.texts(only("[{how: do I}]"), "a phrasing")) == []
    assert said(reader) == [
        "f.yaml:1:5: error: a phrasing must be a text, not names with values. "
        'A text with ": " in it, or one that begins with [ or {, needs "quotes" around it.'
    ]


@pytest.mark.parametrize(("text", "value"), [("true", True), ("no", False), ("Yes", True), ("off", False)])
def test_booleans_in_all_their_spellings(text: str, value: bool) -> None:
    reader = YamlReader()
    assert reader.boolean(only(text), "required") is value
    assert reader.problems == []


def test_long_ids_keep_every_digit() -> None:
    assert YamlReader().integer(only("1574052062885314567"), "channel", 0) == 1574052062885314567


def test_wrong_numbers_name_the_limit() -> None:
    reader = YamlReader()
    assert reader.number(only("1.5"), "share", 0.5, 0, 1) == 0.5
    assert reader.integer(only("2.5"), "count", 3) == 3
    assert reader.integer(only("many"), "count", 3) == 3
    assert [problem.message for problem in reader.problems] == [
        "share must be at least 0 and at most 1, not 1.5",
        "count must be a whole number",
        'count must be a number, not "many"',
    ]


def test_dates_and_moments() -> None:
    reader = YamlReader()
    berlin = ZoneInfo("Europe/Berlin")
    assert reader.day(only("2027-01-31"), "d") == date(2027, 1, 31)
    assert reader.moment(only("2027-01-31 09:00"), "m", berlin) == datetime(2027, 1, 31, 8, tzinfo=UTC)
    assert reader.moment(only("2027-01-31T09:00+02:00"), "m", berlin) == datetime(2027, 1, 31, 7, tzinfo=UTC)
    assert reader.moment(only("2027-01-31"), "m", UTC) == datetime(2027, 1, 31, tzinfo=UTC)
    end = reader.moment(only("2027-01-31"), "m", UTC, end_of_day=True)
    assert end is not None
    assert end.hour == 23
    assert reader.problems == []
    assert reader.day(only("31.1.2027"), "d") is None
    assert reader.moment(only("tomorrow"), "m", UTC) is None
    assert [problem.code for problem in reader.problems] == ["not_date", "not_moment"]


def test_a_choice_offers_the_nearest() -> None:
    reader = YamlReader()
    assert reader.choice(only("offers"), "handoff", ["never", "offer", "always"], "offer") == "offer"
    assert said(reader) == ['f.yaml:1:4: error: handoff cannot be "offers". Did you mean "offer"?']


def test_a_comment_that_swallowed_half_a_text_is_a_warning() -> None:
    reader = YamlReader()
    assert reader.text(only("how to be #1 in the arena"), "a phrasing") == "how to be"
    assert [problem.severity for problem in reader.problems] == [Severity.WARNING]


def test_nearest_ignores_case_and_hyphens() -> None:
    assert nearest("Review-By", ["review_by", "owner"]) == "review_by"
    assert nearest("zzz", ["review_by", "owner"]) is None
