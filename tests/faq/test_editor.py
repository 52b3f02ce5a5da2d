"""Adding to the owner's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from faq.editor import EntryDraft, FaqEditor
from faq.errors import FaqErrors, UnknownEntry
from faq.loader import load_faq
from storage.yaml_editor import ChangedMeanwhile
from tests.faq.writing import ACCOUNT, FILES, VARIABLES, write_faq

DRAFT = EntryDraft(
    id="controller",
    title={"en": "Play with a controller"},
    phrasings={"en": ["does it work with a gamepad", "404: controller not found"], "zh-Hans": ["手柄能用吗"]},
    answer={"en": "Yes.\n\n- Plug it in.\n- Say {hello}.  \n"},
    tags=["controls"],
    tests={"en": ["controller support"]},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_faq(tmp_path / "entries")


def test_phrasings_and_tests_are_added_after_the_others(folder: Path) -> None:
    editor = FaqEditor(folder, VARIABLES)
    added = editor.add_phrasings(
        "payment-refund", {"en": ["money back now", "I want a refund!"]}, {"en": ["pay me back"]}
    )
    assert added == 1
    assert editor.save() == [folder / "payment.yaml"]
    entry = load_faq(folder, VARIABLES).entries["payment-refund"]
    assert [phrasing.text for phrasing in entry.phrasings][-1] == "money back now"
    assert [test.text for test in entry.tests] == ["pay me back"]
    assert (folder / "account.yaml").read_text() == ACCOUNT


def test_a_new_language_gets_its_own_list(folder: Path) -> None:
    editor = FaqEditor(folder, VARIABLES)
    editor.add_phrasings("hello", {"vi": ["xin chào"]})
    editor.save()
    assert {phrasing.language for phrasing in load_faq(folder, VARIABLES).entries["hello"].phrasings} == {"en", "vi"}


def test_an_entry_is_added_to_its_topic(folder: Path) -> None:
    editor = FaqEditor(folder, VARIABLES)
    assert editor.add_entry("account", DRAFT) == folder / "account.yaml"
    editor.save()
    text = (folder / "account.yaml").read_text()
    assert text.startswith(ACCOUNT)
    entry = load_faq(folder, VARIABLES).entries["controller"]
    assert entry.answers["en"] == "Yes.\n\n- Plug it in.\n- Say {hello}."
    assert [phrasing.text for phrasing in entry.phrasings] == [
        "does it work with a gamepad",
        "404: controller not found",
        "手柄能用吗",
    ]
    assert entry.tags == ("controls",)
    assert [test.text for test in entry.tests] == ["controller support"]


def test_a_new_topic_is_a_new_file(folder: Path) -> None:
    editor = FaqEditor(folder, VARIABLES)
    editor.add_entry("how-to-play", DRAFT, {"en": "How to play"})
    editor.add_phrasings("controller", {"en": ["gamepad"]})
    editor.save()
    faq = load_faq(folder, VARIABLES)
    assert faq.topics["how-to-play"].title == {"en": "How to play"}
    assert "gamepad" in [phrasing.text for phrasing in faq.entries["controller"].phrasings]


def test_an_unknown_entry_names_the_nearest(folder: Path) -> None:
    with pytest.raises(UnknownEntry, match='did you mean "payment-refund"'):
        FaqEditor(folder, VARIABLES).add_phrasings("payment-refunds", {"en": ["x y"]})


def test_what_would_not_load_is_not_written(folder: Path) -> None:
    editor = FaqEditor(folder, VARIABLES)
    editor.add_entry("account", EntryDraft("hello", {"en": "Hi"}, {"en": ["hiya"]}, {"en": "Hi"}))
    with pytest.raises(FaqErrors, match='the id "hello" is taken'):
        editor.save()
    assert {path.name: path.read_text() for path in folder.iterdir()} == FILES


def test_all_is_written_or_nothing(folder: Path) -> None:
    editor = FaqEditor(folder, VARIABLES)
    editor.add_phrasings("account-recover", {"en": ["bring it back"]})
    editor.add_phrasings("payment-refund", {"en": ["money back now"]})
    theirs = (folder / "payment.yaml").read_text() + "# theirs\n"
    (folder / "payment.yaml").write_text(theirs)
    with pytest.raises(ChangedMeanwhile):
        editor.save()
    assert (folder / "account.yaml").read_text() == ACCOUNT
    assert (folder / "payment.yaml").read_text() == theirs


def test_a_broken_file_is_not_edited(folder: Path) -> None:
    (folder / "payment.yaml").write_text((folder / "payment.yaml").read_text() + "  - id: [x\n")
    with pytest.raises(FaqErrors, match="not closed"):
        FaqEditor(folder, VARIABLES).add_phrasings("payment-refund", {"en": ["x y"]})
