"""Reading the owner's YAML with the place of every value, and every problem of a file at once.

The tree is built from the parser's events: nothing is ever expanded, constructed or executed, so a file can cost no
more than its own length. Values stay as written; their type is the business of who reads them (``yaml_reader``),
which is how a phrasing that says ``no`` or ``404`` remains a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from storage.problems import Place, Problem
from storage.yaml_syntax import explain_syntax_error, stray_tabs, without_broken_item

_UNSEEN_BREAK = re.compile("[\x85\u2028\u2029]")  # a new line to a YAML parser, and to no editor
_LINE_BREAK = re.compile("\r\n|\n|\r")
BYTES_AT_MOST = 32 * 1024 * 1024
DEPTH_AT_MOST = 40
SYNTAX_ERRORS_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One value as written. ``plain`` is false for quoted and block texts; ``end_line`` is its last line."""

    place: Place
    text: str
    plain: bool
    end_line: int
    cut_by_comment: bool = False


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list of values."""

    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Named values in the order written; ``key_places`` says where each name stands."""

    place: Place
    fields: dict[str, Node]
    key_places: dict[str, Place]


Node = ScalarNode | ListNode | MappingNode


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its tree (None where it is empty or beyond reading) and what is wrong with its YAML."""

    file: str
    root: Node | None
    problems: tuple[Problem, ...]
    lines: tuple[str, ...] = field(default=(), repr=False)

    @property
    def start(self) -> Place:
        return Place(self.file, 1, 1)


def read_yaml(path: Path, shown_as: str | None = None) -> Document:
    """Read a file; whatever is wrong, a missing file included, is in the document's ``problems``."""
    file = shown_as or str(path)
    try:
        size = path.stat().st_size
        if size > BYTES_AT_MOST:
            message = f"the file has {size / 1_048_576:.1f} MB, more than the {BYTES_AT_MOST // 1_048_576} MB allowed"
            return _unreadable(file, message, "Split it into several files.")
        data = path.read_bytes()
    except OSError as error:
        return _unreadable(file, f"cannot be read: {error.strerror or error}")
    return parse_yaml(data, file)


def parse_yaml(data: bytes, file: str) -> Document:
    """Parse what a file holds. A broken list item is left out so that the problems after it are found too."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", errors="replace")
        place = Place(file, before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
        return Document(file, None, (Problem(place, "this is not UTF-8", "Save the file as UTF-8.", code="encoding"),))
    text = _UNSEEN_BREAK.sub(" ", text)
    lines = tuple(_LINE_BREAK.split(text))
    problems: list[Problem] = []
    remaining = text
    root: Node | None = None
    for _ in range(SYNTAX_ERRORS_AT_MOST):
        builder = _TreeBuilder(file, lines)
        try:
            root = builder.build(remaining)
        except YAMLError as error:
            problems.append(explain_syntax_error(error, file, lines))
            line = _line_of(error) or problems[-1].place.line
            shorter = without_broken_item(remaining, line)
            if shorter is None:
                break
            remaining = shorter
        else:
            problems += builder.problems
            break
    if any(problem.code == "tab" for problem in problems):
        known = {problem.place.line for problem in problems}
        problems += [problem for problem in stray_tabs(file, lines) if problem.place.line not in known]
    return Document(file, root, tuple(sorted(problems, key=lambda problem: problem.place)), lines)


def _line_of(error: YAMLError) -> int | None:
    """The line where the construct that broke begins, so that all of it can be left out."""
    if not isinstance(error, MarkedYAMLError):
        return None
    mark = error.context_mark if "quoted" in (error.context or "") else error.problem_mark
    mark = mark or error.context_mark
    return mark.line + 1 if mark is not None else None


def _unreadable(file: str, message: str, hint: str | None = None) -> Document:
    return Document(file, None, (Problem(Place(file, 1, 1), message, hint, code="unreadable"),))


@dataclass(slots=True)
class _OpenList:
    place: Place
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class _OpenMapping:
    place: Place
    fields: dict[str, Node] = field(default_factory=dict)
    key_places: dict[str, Place] = field(default_factory=dict)
    key: str | None = None
    key_place: Place | None = None
    skip_value: bool = False


class _TreeBuilder:
    """Builds a tree from parser events without recursion, so that no nesting can exhaust the stack."""

    def __init__(self, file: str, lines: tuple[str, ...]) -> None:
        self.file = file
        self.lines = lines
        self.problems: list[Problem] = []
        self.stack: list[_OpenList | _OpenMapping] = []
        self.root: Node | None = None
        self.documents = 0

    def build(self, text: str) -> Node | None:
        for event in _events(text):
            if isinstance(event, DocumentStartEvent):
                self.documents += 1
                if self.documents > 1:
                    self._report(event, "a second document starts here", "Remove the line ---.", "second_document")
                    break
            elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                self._close()
            elif isinstance(event, NodeEvent) and not self._node(event):
                break
        return self.root if not self.stack else None

    def _node(self, event: NodeEvent) -> bool:
        """Take one value in; False ends the reading of this file."""
        place = self._place(event)
        if isinstance(event, AliasEvent):
            self._report(
                event,
                f"*{event.anchor} is read as a reference to another value, and these are not used here",
                'Write the value out, or put a text that begins with * in "quotes".',
                "alias",
            )
            self._add(ScalarNode(place, "", plain=True, end_line=place.line))
            return True
        self._refuse_anchor_and_tag(event)
        if isinstance(event, ScalarEvent):
            self._add(self._scalar(event, place))
            return True
        if len(self.stack) >= DEPTH_AT_MOST:
            self._report(event, f"nested more than {DEPTH_AT_MOST} levels deep", None, "nesting")
            self.stack.clear()
            self.root = None
            return False
        if isinstance(event, MappingStartEvent):
            self.stack.append(_OpenMapping(place))
        elif isinstance(event, SequenceStartEvent):
            self.stack.append(_OpenList(place))
        return True

    def _refuse_anchor_and_tag(self, event: Any) -> None:
        if event.anchor:
            hint = 'Remove it, or put a text that begins with & in "quotes".'
            self._report(event, f"&{event.anchor} names a value for reuse, which is not used here", hint, "anchor")
        if event.tag is not None:
            hint = 'Remove it, or put a text that begins with ! in "quotes".'
            self._report(event, "! begins a type tag, and these are not used here", hint, "tag")

    def _scalar(self, event: ScalarEvent, place: Place) -> ScalarNode:
        plain = event.style in {None, ""}
        end = event.end_mark
        rest = self.lines[end.line][end.column :].lstrip() if plain and end.line < len(self.lines) else ""
        cut = len(rest) > 1 and rest[0] == "#" and not rest[1].isspace()
        return ScalarNode(place, str(event.value), plain, max(place.line, end.line + (end.column > 0)), cut)

    def _add(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if isinstance(parent, _OpenList):
            parent.items.append(node)
        elif parent.key_place is None:
            self._key(parent, node)
        else:
            if not parent.skip_value and parent.key is not None:
                parent.fields[parent.key] = node
                parent.key_places[parent.key] = parent.key_place
            parent.key, parent.key_place, parent.skip_value = None, None, False

    def _key(self, parent: _OpenMapping, node: Node) -> None:
        parent.key_place = node.place
        if not isinstance(node, ScalarNode):
            parent.skip_value = True
            hint = 'If it is a text, put it in "quotes"; {variables} at the start of a text need that too.'
            self.problems.append(Problem(node.place, "a name was expected before the colon", hint, code="key"))
        elif node.text in parent.fields:
            parent.skip_value = True
            first = parent.key_places[node.text]
            message = f'"{node.text}" is given twice, first in line {first.line}'
            hint = "Keep one of the two, or join them."
            self.problems.append(Problem(node.place, message, hint, code="duplicate_key"))
        else:
            parent.key = node.text

    def _close(self) -> None:
        closed = self.stack.pop()
        if isinstance(closed, _OpenList):
            self._add(ListNode(closed.place, tuple(closed.items)))
        else:
            self._add(MappingNode(closed.place, closed.fields, closed.key_places))

    def _place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _report(self, event: Any, message: str, hint: str | None, code: str) -> None:
        self.problems.append(Problem(self._place(event), message, hint, code=code))


def _events(text: str) -> Iterator[Any]:
    parser = YAML(typ="safe", pure=True)
    yield from parser.parse(text)
