"""Changing the owner's YAML in place: comments, order and untouched lines stay, and no reader ever sees half a file."""

from __future__ import annotations

import os
import re
import tempfile
from difflib import SequenceMatcher
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.tokens import CommentToken

from storage.problems import ProblemsFound, Severity
from storage.yaml_file import ListNode, MappingNode, Node, ScalarNode, parse_yaml

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$", re.MULTILINE)


class CannotEdit(Exception):
    """The file cannot be changed without harm; the message says why. Nothing was written."""


class ChangedMeanwhile(CannotEdit):
    """The file was saved by somebody else between reading and writing."""


class YamlEditor:
    """One file opened for changes: alter ``data`` (ruamel's round-trip types), then ``save``.

    Raises ``ProblemsFound`` where the file is not valid YAML, for a broken file cannot be edited safely.
    """

    def __init__(self, path: Path, shown_as: str | None = None) -> None:
        self.path = path.resolve()
        self._file = shown_as or str(path)
        self._original = self.path.read_bytes()
        document = parse_yaml(self._original, self._file)
        errors = [problem for problem in document.problems if problem.severity is Severity.ERROR]
        if errors:
            raise ProblemsFound(errors)
        text = self._original.decode("utf-8-sig")
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._text = text.replace("\r\n", "\n")
        self._yaml = _round_trip(self._text)
        self.data: CommentedMap = self._yaml.load(self._text) or CommentedMap()
        self._unchanged_dump = self._dump()

    @property
    def is_changed(self) -> bool:
        return self._dump() != self._unchanged_dump

    def render(self) -> str:
        """The file's text with the changes made so far, lines that no change touches as the owner wrote them.

        Raises ``CannotEdit`` where a comment would be lost.
        """
        dumped = self._dump()
        if dumped == self._unchanged_dump:
            return self._text
        merged = _with_same_changes(self._text, self._unchanged_dump, dumped)
        for candidate in (merged, dumped):
            if self._holds(candidate, dumped):
                return candidate
        raise CannotEdit(f"{self._file} cannot be edited without losing a comment; edit it by hand")

    def ensure_unchanged(self) -> None:
        """Raises ``ChangedMeanwhile`` if the file is no longer what was read."""
        if self.path.read_bytes() != self._original:
            raise ChangedMeanwhile(f"{self._file} was changed meanwhile; nothing was written")

    def save(self) -> None:
        """Write the changes in one step. Raises ``CannotEdit``."""
        data = self.render().replace("\n", self._newline).encode()
        self.ensure_unchanged()
        write_atomically(self.path, data)
        self._original = data

    def _dump(self) -> str:
        stream = StringIO()
        self._yaml.dump(self.data, stream)
        return stream.getvalue()

    def _holds(self, candidate: str, dumped: str) -> bool:
        """Whether a text says what was meant and has kept every comment."""
        kept = _comments(candidate)
        if any(kept.get(comment, 0) < count for comment, count in _comments(self._text).items()):
            return False
        document = parse_yaml(candidate.encode(), self._file)
        wanted = parse_yaml(dumped.encode(), self._file)
        return not document.problems and _plain(document.root) == _plain(wanted.root)


def dump_yaml(data: CommentedMap) -> str:
    """The text of a new file in the usual format."""
    stream = StringIO()
    _round_trip("").dump(data, stream)
    return stream.getvalue()


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file's content in one step that survives a crash; its permissions stay."""
    folder = path.parent
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=folder)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder, and journals the rename by itself
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _round_trip(text: str) -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes = True
    yaml.width = 1_000_000
    yaml.allow_unicode = True
    dashes = [len(match[1]) for match in re.finditer(r"^( *)- ", text, re.MULTILINE)]
    indented = not dashes or min(dashes) > 0
    yaml.indent(mapping=2, sequence=4 if indented else 2, offset=2 if indented else 0)
    return yaml


def append(items: CommentedSeq, value: Any, blank_line_before: bool = False) -> None:
    """Add a value to a list; blank lines and comments that followed the list still follow it."""
    last = len(items) - 1
    items.append(value)
    token = items.ca.items.get(last, [None])[0]
    if token is not None and "\n" in token.value:
        own, following = token.value.split("\n", 1)
        if following:
            token.value = f"{own}\n"
            items.ca.items[last + 1] = [CommentToken(f"\n{following}", token.start_mark, None), None, None, None]
    if blank_line_before and last >= 0:
        items.yaml_set_comment_before_after_key(last + 1, before="\n")


def _with_same_changes(original: str, before: str, after: str) -> str:
    """The original with the lines changed between ``before`` and ``after`` changed.

    ``before`` is the original as the YAML writer would format it, so that the writer's habits touch no line but the
    changed ones and their neighbours in the same odd format.
    """
    if before == original:
        return after
    original_lines, before_lines, after_lines = (text.splitlines(keepends=True) for text in (original, before, after))
    place: dict[int, int] = {0: 0, len(before_lines): len(original_lines)}
    same: set[int] = set()
    for block in SequenceMatcher(None, before_lines, original_lines, autojunk=False).get_matching_blocks():
        same.update(range(block.a, block.a + block.size))
        place.update((block.a + offset, block.b + offset) for offset in range(block.size + 1) if block.size)
    same -= _beside_odd_lines(before_lines, same)
    result: list[str] = []
    done = new_done = 0
    for kind, start, end, new_start, new_end in SequenceMatcher(
        None, before_lines, after_lines, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            continue
        odd_before = odd_after = 0
        while start - odd_before > 0 and start - odd_before - 1 not in same:
            odd_before += 1
        while end + odd_after < len(before_lines) and end + odd_after not in same:
            odd_after += 1
        first = place[start - odd_before]
        if first >= done:
            result += original_lines[done:first] + after_lines[new_start - odd_before : new_end + odd_after]
        else:  # two changes in one oddly formatted stretch: go on where the first left off
            result += after_lines[new_done : new_end + odd_after]
        done, new_done = place[end + odd_after], new_end + odd_after
    return "".join(result + original_lines[done:])


def _beside_odd_lines(lines: list[str], same: set[int]) -> set[int]:
    """Comments and blank lines next to lines that are not the same: too weak to tell where these end."""
    beside: set[int] = set()
    for numbers in (range(len(lines)), reversed(range(len(lines)))):
        odd = False
        for number in numbers:
            if number not in same:
                odd = True
            elif odd and (not lines[number].strip() or lines[number].lstrip().startswith("#")):
                beside.add(number)
            else:
                odd = False
    return beside


def _comments(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for match in _COMMENT.finditer(text):
        comment = match[0].rstrip()
        found[comment] = found.get(comment, 0) + 1
    return found


def _plain(node: Node | None) -> Any:
    """A tree as plain values, for comparison."""
    if isinstance(node, ListNode):
        return [_plain(item) for item in node.items]
    if isinstance(node, MappingNode):
        return [(name, _plain(value)) for name, value in node.fields.items()]
    return node.text if isinstance(node, ScalarNode) else None
