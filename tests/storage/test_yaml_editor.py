"""Changing YAML in place: nothing but the change changes, and no reader sees half a file."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml.comments import CommentedMap

from storage.problems import ProblemsFound
from storage.yaml_editor import ChangedMeanwhile, YamlEditor, append, dump_yaml, write_atomically
from storage.yaml_file import ListNode, MappingNode, ScalarNode, parse_yaml

SOURCE = """# The account topic
topic: account   # the id
title: {en: Account,   zh-Hans: "账号"}

entries:
  # first
  - id: account-recover      # keep
    phrasings:
      en: [I lost my account, "how do I get it back",]   # inline
      zh-Hans:
        - 账号没了
        - 怎么找回账号    # a remark

    answer:
      en: |
        Hello {game}

        - one # not a comment
      zh-Hans: >-
        folded
        text

  # second
  - id: two
    phrasings:
        en:
            - deep indentation
            # a comment in between
            - no
    answer: {en: 'x'}
# the end
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "account.yaml"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def changes(path: Path) -> list[str]:
    new = path.read_text(encoding="utf-8")
    return [line for line in difflib.ndiff(SOURCE.splitlines(), new.splitlines()) if line[:2] in ("+ ", "- ")]


def test_nothing_changed_is_byte_for_byte_the_same(path: Path) -> None:
    editor = YamlEditor(path)
    assert not editor.is_changed
    editor.save()
    assert path.read_text(encoding="utf-8") == SOURCE


def test_a_phrasing_is_one_new_line(path: Path) -> None:
    editor = YamlEditor(path)
    append(editor.data["entries"][0]["phrasings"]["zh-Hans"], "新的")
    editor.save()
    assert changes(path) == ["+         - 新的"]
    assert "# a remark\n        - 新的\n\n    answer:" in path.read_text(encoding="utf-8")


def test_an_odd_stretch_is_tidied_only_where_it_changes(path: Path) -> None:
    editor = YamlEditor(path)
    append(editor.data["entries"][1]["phrasings"]["en"], "new: one")
    editor.save()
    text = path.read_text(encoding="utf-8")
    assert "title: {en: Account,   zh-Hans" in text
    assert "# a comment in between" in text
    assert "- 'new: one'" in text
    assert all("deep" in line or "en:" in line or "- no" in line or "new" in line or "comment" in line
               for line in changes(path))  # fmt: skip


def test_a_new_entry_follows_the_last_after_a_blank_line(path: Path) -> None:
    editor = YamlEditor(path)
    append(editor.data["entries"], CommentedMap({"id": "three"}), blank_line_before=True)
    editor.save()
    assert path.read_text(encoding="utf-8").endswith("    answer: {en: 'x'}\n\n  - id: three\n# the end\n")


def test_windows_line_ends_stay(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"a:\r\n  - x # one\r\n")
    editor = YamlEditor(path)
    append(editor.data["a"], "y")
    editor.save()
    assert path.read_bytes() == b"a:\r\n  - x # one\r\n  - y\r\n"


def test_a_file_saved_by_somebody_else_meanwhile_is_left_alone(path: Path) -> None:
    editor = YamlEditor(path)
    append(editor.data["entries"][1]["phrasings"]["en"], "mine")
    path.write_text(SOURCE + "# theirs\n", encoding="utf-8")
    with pytest.raises(ChangedMeanwhile):
        editor.save()
    assert path.read_text(encoding="utf-8") == SOURCE + "# theirs\n"


def test_a_broken_file_is_not_edited(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("a: [1\n")
    with pytest.raises(ProblemsFound, match="not closed"):
        YamlEditor(path)


def test_writing_keeps_the_permissions_and_leaves_nothing_behind(path: Path) -> None:
    path.chmod(0o640)
    write_atomically(path, b"a: 1\n")
    assert path.read_bytes() == b"a: 1\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(path.parent) == [path.name]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "f.yaml"
    folder.mkdir()
    (folder / "inside").touch()
    with pytest.raises(OSError, match="directory"):
        write_atomically(folder, b"a: 1\n")
    assert os.listdir(tmp_path) == ["f.yaml"]


def test_a_symbolic_link_stays_one(tmp_path: Path, path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    editor = YamlEditor(link)
    append(editor.data["entries"][0]["phrasings"]["zh-Hans"], "新的")
    editor.save()
    assert link.is_symlink()
    assert "新的" in path.read_text(encoding="utf-8")


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=30), max_size=5))
def test_whatever_is_written_is_read_back(texts: list[str]) -> None:
    written = dump_yaml(CommentedMap({"texts": texts}))
    document = parse_yaml(written.encode(), "f")
    assert document.problems == ()
    assert isinstance(document.root, MappingNode)
    items = document.root.fields["texts"]
    assert isinstance(items, ListNode)
    assert [item.text for item in items.items if isinstance(item, ScalarNode)] == texts
