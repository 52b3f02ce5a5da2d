"""Taking proposals over."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from faq.accepting import NothingToSay, Wish, accept
from faq.entry import Faq
from faq.errors import UnknownEntry
from faq.loader import load_faq
from faq.missed import Reason
from faq.proposals import AddPhrasings, Group, NewEntry, from_row, to_row
from tests.faq.matching import SpokenMatcher
from tests.faq.writing import VARIABLES, write_faq

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TEXTS = {"en": ("pay me back", "reverse the charge", "undo my purchase"), "vi": ("hoàn tiền",)}
REFUND = Group(TEXTS, 3, 4, {Reason.NO_MATCH: 4}, AddPhrasings("payment-refund", 0.8))
CONTROLLER = Group(
    {"en": ("gamepad", "controller support")},
    2,
    2,
    {Reason.NO_MATCH: 2},
    NewEntry("controller", "how-to-play", "Gamepad", "en", None),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_faq(tmp_path / "entries")


def taken(folder: Path, group: Group, wish: Wish, table: dict[str, dict[str, float]]) -> Faq:
    accepted = accept([group], wish, folder, VARIABLES, lambda _: SpokenMatcher(table), NOW)
    accepted.editor.save()
    return load_faq(folder, VARIABLES)


def test_the_last_question_becomes_a_test_that_passes(folder: Path) -> None:
    faq = taken(folder, REFUND, Wish(), {"undo my purchase": {"payment-refund": 0.95}})
    entry = faq.entries["payment-refund"]
    assert [phrasing.text for phrasing in entry.phrasings][4:] == ["pay me back", "reverse the charge", "hoàn tiền"]
    assert [test.text for test in entry.tests] == ["undo my purchase"]


def test_a_test_that_would_fail_becomes_a_phrasing(folder: Path) -> None:
    entry = taken(folder, REFUND, Wish(), {"undo my purchase": {"hello": 0.95}}).entries["payment-refund"]
    assert [phrasing.text for phrasing in entry.phrasings][4:] == [*TEXTS["en"], "hoàn tiền"]
    assert entry.tests == ()


def test_a_new_entry_needs_an_answer(folder: Path) -> None:
    with pytest.raises(NothingToSay, match='--answer "…"'):
        accept([CONTROLLER], Wish(), folder, VARIABLES, lambda _: SpokenMatcher({}), NOW)
    faq = taken(
        folder, CONTROLLER, Wish(id="pad", title="Controllers", answer="Yes."), {"controller support": {"pad": 1.0}}
    )
    entry = faq.entries["pad"]
    assert (entry.topic, entry.title, entry.answers) == ("how-to-play", {"en": "Controllers"}, {"en": "Yes."})
    assert [test.text for test in entry.tests] == ["controller support"]


def test_the_admin_knows_better_where_it_belongs(folder: Path) -> None:
    faq = taken(folder, CONTROLLER, Wish(entry="hello"), {"controller support": {"hello": 1.0}})
    assert "gamepad" in [phrasing.text for phrasing in faq.entries["hello"].phrasings]
    with pytest.raises(UnknownEntry, match='did you mean "hello"'):
        accept([CONTROLLER], Wish(entry="hallo"), folder, VARIABLES, lambda _: SpokenMatcher({}), NOW)


@pytest.mark.parametrize("group", [REFUND, CONTROLLER])
def test_groups_survive_their_way_through_json(group: Group) -> None:
    assert from_row(to_row(group)) == group
