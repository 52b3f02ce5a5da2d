"""A YAML parser's complaints in words that help, and reading on after a broken list item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from storage.problems import Place, Problem

QUOTE_IT = 'Put the whole text in "quotes".'
SPACES = "Indent with spaces; two for each level are usual."

# A value that was meant as a text but opens with a reference, a quote or a {variable}, and has words after that.
_BEGINS_LIKE_SYNTAX = re.compile(
    r"""(?:^\s*-\s+|:\s+)(?P<text>[*&][^\s,\[\]{}]+\s+\S|(?:"[^"]*"|'[^']*'|\{\w+\})\s*[^\s,:#\]}])"""
)

# (what the parser says, whether it counts from where the broken construct begins, message, hint, code)
_EXPLANATIONS: tuple[tuple[str, bool, str, str, str], ...] = (
    (r"mapping values are not allowed", False, "a second colon in one line", QUOTE_IT, "colon"),
    (r"quoted scalar.*(unexpected end|document separator)", True, "this quote is never closed", "Close it.", "quote"),
    (
        r"unknown escape character|expected escape sequence",
        False,
        "a backslash in double quotes begins an escape that does not exist",
        "Use 'single quotes', where a backslash is just a backslash.",
        "escape",
    ),
    (
        r"flow sequence.*(expected ',' or '\]'|stream end)",
        True,
        "this [list is not closed, or a comma is missing",
        'Close it with ]; a text that begins with [ needs "quotes".',
        "list",
    ),
    (
        r"flow mapping.*(expected ',' or '\}'|stream end)",
        True,
        "this {mapping is not closed, or a comma is missing",
        'Close it with }; a text that begins with a {variable} needs "quotes".',
        "mapping",
    ),
    (
        r"could not find expected ':'",
        True,
        'a name without ": " after it, or a text that goes on in the next line',
        f"{QUOTE_IT} For several lines write | after the colon and indent the text.",
        "colon",
    ),
    (
        r"block collection|block mapping|block sequence|bad indentation|expected <block end>|sequence entries",
        False,
        "the indentation fits nothing above, or something stands after a closed value",
        "Align it with its neighbours; text after a closing quote belongs inside it.",
        "indentation",
    ),
    (
        r"expected alphabetic or numeric character|scanning an? (alias|anchor)",
        True,
        "a text may not begin with * or & here",
        QUOTE_IT,
        "quote",
    ),
    (
        r"cannot start any token|scanning a directive",
        False,
        "a text may not begin with this character",
        QUOTE_IT,
        "quote",
    ),
    (r"parsing a node.*document start|expected the node content", False, "a value is missing", QUOTE_IT, "value"),
    (r"tag|handle", True, "! begins a type tag, and these are not used here", QUOTE_IT, "tag"),
)


def explain_syntax_error(error: YAMLError, file: str, lines: Sequence[str]) -> Problem:
    """The parser's error as a problem with its place, what is wrong and the likely fix."""
    if isinstance(error, ReaderError):
        return _control_character(error, file, lines)
    if not isinstance(error, MarkedYAMLError):
        return Problem(Place(file, 1, 1), f"this is not YAML: {error}", code="syntax")
    place = _place(error.problem_mark or error.context_mark, file)
    said = " ".join(str(part) for part in (error.context, error.problem) if part)
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    if _is_tab(said, line, place.column):
        return Problem(place, "a tab; YAML is indented with spaces", SPACES, code="tab")
    beginning = _BEGINS_LIKE_SYNTAX.search(line)
    if beginning is not None and beginning.start("text") < place.column:
        place = Place(file, place.line, beginning.start("text") + 1)
        message = f"a text that begins with {beginning['text'][0]} is read as something else"
        return Problem(place, message, QUOTE_IT, code="quote")
    for pattern, from_start, message, hint, code in _EXPLANATIONS:
        if re.search(pattern, said, re.DOTALL):
            if from_start and error.context_mark is not None:
                place = _place(error.context_mark, file)
            return Problem(place, message, hint, code=code)
    return Problem(place, f"this is not YAML: {said}", code="syntax")


def stray_tabs(file: str, lines: Sequence[str]) -> Iterator[Problem]:
    """Every line whose indentation holds a tab."""
    for number, line in enumerate(lines, start=1):
        indentation = line[: len(line) - len(line.lstrip())]
        if "\t" in indentation and line.strip():
            place = Place(file, number, indentation.index("\t") + 1)
            yield Problem(place, "a tab; YAML is indented with spaces", SPACES, code="tab")


def without_broken_item(text: str, line: int) -> str | None:
    """The text with the outermost-but-one list item around ``line`` blanked, line numbers kept; None if there is none.

    The outermost list of these files holds the entries, so one broken entry does not hide what is wrong with others.
    """
    lines = text.split("\n")
    starts = [(number, _dash(content)) for number, content in enumerate(lines) if _dash(content) is not None]
    if not starts:
        return None
    outermost = min(indentation for _, indentation in starts if indentation is not None)
    items = [number for number, indentation in starts if indentation == outermost]
    before = [number for number in items if number <= line - 1]
    if not before:
        return None
    start = before[-1]
    end = next((number for number in items if number > start), len(lines))
    for number in range(start, end):
        lines[number] = ""
    return "\n".join(lines)


def _dash(line: str) -> int | None:
    stripped = line.lstrip(" ")
    return len(line) - len(stripped) if stripped.startswith("- ") else None


def _is_tab(said: str, line: str, column: int) -> bool:
    if "'\\t'" in said or "tab" in said:
        return True
    return "\t" in line[: max(column, len(line) - len(line.lstrip()))] and not line[:column].strip()


def _control_character(error: ReaderError, file: str, lines: Sequence[str]) -> Problem:
    code = error.character if isinstance(error.character, int) else ord(str(error.character)[:1] or "\0")
    for number, line in enumerate(lines, start=1):
        column = line.find(chr(code))
        if column >= 0:
            place = Place(file, number, column + 1)
            return Problem(
                place, f"the invisible control character U+{code:04X}", "Delete it.", code="control_character"
            )
    return Problem(
        Place(file, 1, 1), f"the invisible control character U+{code:04X}", "Delete it.", code="control_character"
    )


def _place(mark: object, file: str) -> Place:
    return Place(file, getattr(mark, "line", 0) + 1, getattr(mark, "column", 0) + 1)
