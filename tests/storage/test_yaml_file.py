"""Reading YAML: the place of everything, and every problem at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.yaml_file import BYTES_AT_MOST, DEPTH_AT_MOST, ListNode, MappingNode, ScalarNode, parse_yaml, read_yaml

# What an admin may save by mistake: the text, where the problem is, what the message and the hint say of it.
NASTY = {
    "tab": ("a:\n\tb: 1\n", [(2, 1)], "a tab", "spaces"),
    "tabs, all of them": ("a:\n\tb: 1\n\tc: 1\n", [(2, 1), (3, 1)], "a tab", "spaces"),
    "tab after a colon": ("a:\t1\n", [(1, 3)], "a tab", "spaces"),
    "duplicate key": ("a: 1\nb: 2\na: 3\n", [(3, 1)], '"a" is given twice, first in line 1', "Keep one"),
    "duplicate key, CRLF": ("a: 1\r\nb: 2\r\na: 3\r\n", [(3, 1)], "given twice", None),
    "duplicate key deep inside": ("x:\n  - {p: 1, q: 2, p: 3}\n", [(2, 18)], "given twice", None),
    "colon in a text": ("- how: do I: pay\n- fine\n", [(1, 12)], "a second colon", '"quotes"'),
    "open quote": ('- "abc\n- def\n', [(1, 3)], "never closed", "Close it"),
    "open list": ("a: [x, y\nb: 1\n", [(1, 4)], "[list is not closed", '"quotes"'),
    "open mapping": ("a: {x, y\nb: 1\n", [(1, 4)], "{mapping is not closed", "{variable}"),
    "starts with bold": ("- *bold* text\n", [(1, 3)], "begins with *", '"quotes"'),
    "starts with an ampersand": ("- &co and more\n", [(1, 3)], "&co names a value", '"quotes"'),
    "starts with a variable": ("- {game} is down\n", [(1, 3)], "begins with {", '"quotes"'),
    "text after a quote": ('- "abc" def\n', [(1, 3)], 'begins with "', '"quotes"'),
    "at signs, all of them": ("- @name\n- ok\n- `x`\n", [(1, 3), (3, 3)], "may not begin", '"quotes"'),
    "exclamation mark": ("- !wow\n", [(1, 3)], "type tag", '"quotes"'),
    "python object": ("!!python/object/apply:os.system ['x']\n", [(1, 1)], "type tag", None),
    "alias": ("a: &x 1\nb: *x\n", [(1, 4), (2, 4)], None, '"quotes"'),
    "bad indentation": ("a:\n  b: 1\n c: 2\n", [(3, 2)], "indentation", "Align"),
    "escape": ('- "a\\d"\n', [(1, 6)], "escape", "single quotes"),
    "control character": ("a: b\nc: x\x00y\n", [(2, 5)], "U+0000", "Delete"),
    "text over two lines": ("a: foo\nbar\nb: 1\n", [(2, 1)], "a name without", "|"),
    "second document": ("a: 1\n---\nb: 2\n", [(2, 1)], "second document", "---"),
    "list as a name": ("? [a]\n: b\n", [(1, 3)], "a name was expected", "{variables}"),
    "percent sign": ("a: %x\n", [(1, 4)], "may not begin", '"quotes"'),
}


@pytest.mark.parametrize("name", NASTY)
def test_nasty_yaml_is_explained_at_its_place(name: str) -> None:
    text, places, message, hint = NASTY[name]
    document = parse_yaml(text.encode(), "f.yaml")
    assert [(problem.place.line, problem.place.column) for problem in document.problems] == places
    for problem in document.problems:
        assert message is None or message in problem.message
        assert hint is None or hint in (problem.hint or "")
        assert str(problem).startswith(f"f.yaml:{problem.place.line}:{problem.place.column}: error: ")


def test_broken_items_do_not_hide_what_is_wrong_after_them() -> None:
    text = '- a: b: c\n- ok: 1\n- "x\n- c: "x" y\n- {d: 1, d: 2}\n'
    lines = [problem.place.line for problem in parse_yaml(text.encode(), "f").problems]
    assert lines == [1, 3, 4, 5]


@pytest.mark.parametrize(
    ("data", "place"),
    [(b"a: \xff\xfe", (1, 4)), (b"a: 1\nb: \xe4\n", (2, 4)), ("a: 1".encode("utf-16"), (1, 1))],
)
def test_what_is_not_utf8_is_said(data: bytes, place: tuple[int, int]) -> None:
    (problem,) = parse_yaml(data, "f").problems
    assert (problem.place.line, problem.place.column) == place
    assert problem.hint == "Save the file as UTF-8."


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    document = parse_yaml(b"\xef\xbb\xbfa: 1\n", "f")
    assert document.problems == ()
    assert isinstance(document.root, MappingNode)
    assert list(document.root.fields) == ["a"]


def test_values_stay_as_written() -> None:
    document = parse_yaml(b"no: no\nyes: 'yes'\nn: 0123\nd: 2027-01-31\nf: 1e3\n", "f")
    assert isinstance(document.root, MappingNode)
    values = {name: node.text for name, node in document.root.fields.items() if isinstance(node, ScalarNode)}
    assert values == {"no": "no", "yes": "yes", "n": "0123", "d": "2027-01-31", "f": "1e3"}


def test_every_value_knows_its_place() -> None:
    document = parse_yaml(b"a: x\nb:\n  - 'y'\n  - |\n    one\n    two\n", "f")
    assert isinstance(document.root, MappingNode)
    assert str(document.root.key_places["b"]) == "f:2:1"
    items = document.root.fields["b"]
    assert isinstance(items, ListNode)
    assert [str(item.place) for item in items.items] == ["f:3:5", "f:4:5"]
    assert [item.end_line for item in items.items if isinstance(item, ScalarNode)] == [3, 6]


def test_a_text_cut_short_by_a_hash_is_marked() -> None:
    document = parse_yaml(b"- what is #1\n- fine # a comment\n- 'quoted #1'\n", "f")
    assert isinstance(document.root, ListNode)
    assert [item.cut_by_comment for item in document.root.items if isinstance(item, ScalarNode)] == [True, False, False]


def test_a_bomb_of_references_costs_no_more_than_its_length() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    started = time.perf_counter()
    document = parse_yaml("\n".join(levels).encode(), "f")
    assert time.perf_counter() - started < 5
    assert len(document.problems) == 30 + 29 * 9


def test_nesting_beyond_use_is_refused_without_recursion() -> None:
    for text in ("[" * 100_000, "{a: " * 100_000, "- " * 50_000):
        document = parse_yaml(text.encode(), "f")
        assert document.root is None
        assert any(f"more than {DEPTH_AT_MOST} levels" in problem.message for problem in document.problems)


def test_ten_megabytes_are_read(tmp_path: Path) -> None:
    item = "  - id: entry\n    text: " + "words " * 340 + "\n"
    path = tmp_path / "large.yaml"
    path.write_text("entries:\n" + item * (10_500_000 // len(item)))
    assert path.stat().st_size > 10_000_000
    document = read_yaml(path)
    assert document.problems == ()
    assert isinstance(document.root, MappingNode)


def test_larger_files_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as stream:
        stream.truncate(BYTES_AT_MOST + 1)
    (problem,) = read_yaml(path).problems
    assert "MB" in problem.message
    assert "Split" in (problem.hint or "")


def test_a_file_that_is_not_there_is_a_problem_too(tmp_path: Path) -> None:
    (problem,) = read_yaml(tmp_path / "absent.yaml", "absent.yaml").problems
    assert str(problem) == "absent.yaml:1:1: error: cannot be read: No such file or directory."


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    document = parse_yaml(text.encode("utf-8", errors="surrogatepass"), "f")
    lines = max(1, len(document.lines))
    for problem in document.problems:
        assert 1 <= problem.place.line <= lines + 1
        assert problem.place.column >= 1


@settings(deadline=None)
@given(st.text(alphabet=" \n\t-:{}[]&*!|>'\"%@`#,?ab", max_size=60))
def test_no_punctuation_makes_the_reader_fail(text: str) -> None:
    for problem in parse_yaml(text.encode(), "f").problems:
        assert problem.message
