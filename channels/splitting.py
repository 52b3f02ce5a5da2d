"""Long Markdown in parts that each fit a network's limit."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

_CJK = "\u2e80-\u2fdf\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uff66-\uff9f"
_NOT_FIRST = "、。，．！？：；）」』】〉》”’ーっゃゅょッャュョ々\u3099\u309a\uff9e\uff9f"

# No pattern may look at the same stretch of text again and again: players write 100,000 stars, too.
_FENCE = re.compile(r"^ {0,3}(?:(`{3,})[ \t]*([^\s`]*)[^`\n]*|(~{3,})[ \t]*(\S*)[^\n]*)$", re.MULTILINE)
_INSEPARABLE = re.compile(
    r"""
      ^[ \t]*(?:[-*+]|\d{1,9}[.)]|\#{1,6}|>)[ \t]+\S  # the sign of a list item, heading or quotation, and what follows
    | \\[^\w\s]                                       # an escaped character
    | \bhttps?://[^\s<>]+
    | \*{1,3}[^*\n]+\*{1,3}
    | ~~[^~\n]+~~
    | (?<!\w)_{1,3}[^_\n]+_{1,3}(?!\w)
    """,
    re.MULTILINE | re.VERBOSE,
)
_BACKTICKS = re.compile(r"`+")
_BRACKETS = re.compile(
    r"""\\. | (?P<opening>\[)
    | \](?P<target>\((?:<[^<>\n]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?:\s"[^"\n]*")?\))?""",
    re.VERBOSE,
)
_PREFERENCES = (
    re.compile(r"(?=\n[ \t]*\n)"),
    re.compile(r"(?=\n)"),
    re.compile(r"(?<![\d\s.!?])[.!?…]+[\"'”’)\]]*(?=\s)|[。！？]+[」』”’）]*"),
    re.compile(rf"(?<=\S)(?=\s)|(?<=[{_CJK}{_NOT_FIRST}])(?=[{_CJK}])(?![{_NOT_FIRST}])"),
)
"""Where a text may be parted, the best first: paragraph, line, sentence, word."""
_LOOKAHEAD = 64
_SPACE_AT_BORDER = re.compile(r"(?:[^\S\n]*\n)+|[^\S\n]+")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Fence:
    """Fenced code from ``start`` to ``end``; its lines are ``body`` to ``body_end``."""

    start: int
    body: int
    body_end: int
    end: int
    reopening: str
    closing: str


def split(text: str, limit: int, *, utf16: bool = False) -> list[str]:
    """The text in parts of at most ``limit`` characters (UTF-16 units with ``utf16``), in order; none is blank.

    Parts end after paragraphs, lines, sentences or words, in this preference. Links, code spans, emphasis and fenced
    code stay whole where they fit; longer fenced code is closed and opened again with its language. What has no such
    border is cut between characters as a reader sees them. Only white space at the borders is lost.
    """
    if limit < 2:
        raise ValueError(f"a limit of {limit} holds no text")
    if not text.strip():
        return []
    measure = _utf16_length if utf16 else len
    if measure(text) <= limit:
        return [text]
    return [part for part in _Splitter(text, limit, measure).parts() if part.strip()]


class _Splitter:
    def __init__(self, text: str, limit: int, measure: Callable[[str], int]) -> None:
        self._text = text
        self._limit = limit
        self._measure = measure
        self._fences = [fence for fence in _fences(text) if self._can_be_reopened(fence)]
        self._fence_ends = [fence.end for fence in self._fences]
        inseparable = sorted(span for span in _inseparable(text, self._fences) if self._fits(span))
        self._starts = [start for start, _ in inseparable]
        self._ends = list(accumulate((end for _, end in inseparable), max))

    def parts(self) -> Iterator[str]:
        position, reopening = 0, ""
        while (
            len(self._text) - position > self._limit or self._measure(reopening + self._text[position:]) > self._limit
        ):
            border = self._border(position, self._limit - self._measure(reopening))
            part = reopening + self._text[position:border]
            fence = self._fence_around(border)
            if fence is None:
                yield part.rstrip()
                space = _SPACE_AT_BORDER.match(self._text, border)
                position, reopening = (space.end() if space else border), ""
            else:
                yield f"{part}\n{fence.closing}"
                position, reopening = border + (self._text[border] == "\n"), fence.reopening
        yield reopening + self._text[position:]

    def _is_within_limit(self, reopening: str, position: int) -> bool:
        rest = len(self._text) - position
        return rest <= self._limit and self._measure(reopening + self._text[position:]) <= self._limit

    def _border(self, position: int, room: int) -> int:
        """Where the part that starts at ``position`` ends, so that it takes at most ``room``."""
        end = self._reach(position, room)
        cut = self._fence_around(end)
        # Only in fenced code that goes on beyond the part does the closing line need room that is not there yet.
        end_in_code = end if cut is None else self._reach(position, room - 1 - self._measure(cut.closing))

        def allowed(border: int) -> bool:
            fence = self._fence_around(border)
            in_place = fence is None or fence.body < border < min(fence.body_end, end_in_code + 1)
            return position < border <= end and in_place and _between_characters(self._text, border)

        preferences = [self._matches(pattern, position, end) for pattern in _PREFERENCES]
        middle = position + (end - position) // 2
        for borders in preferences:
            best = self._last_separable(borders, allowed)
            if best is not None and best > middle:
                return best
        everywhere = sorted(border for borders in preferences for border in borders)
        characters = range(position + 1, end + 1)
        candidates = (
            self._last_separable(everywhere, allowed),
            next(filter(allowed, reversed(everywhere)), None),
            next(filter(allowed, reversed(characters)), None),
        )
        return next((border for border in candidates if border is not None), end if cut is None else end_in_code)

    def _last_separable(self, borders: list[int], allowed: Callable[[int], bool]) -> int | None:
        return next((each for each in reversed(borders) if not self._is_inseparable(each) and allowed(each)), None)

    def _matches(self, pattern: re.Pattern[str], position: int, end: int) -> list[int]:
        return [found.end() for found in pattern.finditer(self._text, position, end + _LOOKAHEAD)]

    def _reach(self, position: int, room: int) -> int:
        """The largest end so that ``text[position:end]`` takes at most ``room``, but at least one character."""
        end = min(position + room, len(self._text))
        while end > position + 1 and (excess := self._measure(self._text[position:end]) - room) > 0:
            end -= (excess + 1) // 2
        return max(end, position + 1)

    def _is_inseparable(self, border: int) -> bool:
        index = bisect_left(self._starts, border)
        return index > 0 and self._ends[index - 1] > border

    def _fence_around(self, border: int) -> _Fence | None:
        index = bisect_left(self._fence_ends, border + 1)
        return self._fences[index] if index < len(self._fences) and self._fences[index].start < border else None

    def _can_be_reopened(self, fence: _Fence) -> bool:
        opening = max(self._text[fence.start : fence.body], fence.reopening, key=self._measure)
        return self._measure(f"{opening}\n{fence.closing}") <= self._limit // 2

    def _fits(self, span: Span) -> bool:
        return self._measure(self._text[slice(*span)]) <= self._limit


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _fences(text: str) -> Iterator[_Fence]:
    """The fenced code in the text; one that is never closed goes on to the end."""
    opening: re.Match[str] | None = None
    for line in _FENCE.finditer(text):
        run, language = line[1] or line[3], line[2] or line[4] or ""
        if opening is None:
            opening, opening_run, reopening = line, run, f"{run}{language}\n"
        elif run.startswith(opening_run) and line[0].strip() == run:
            yield _Fence(opening.start(), opening.end() + 1, line.start() - 1, line.end(), reopening, line[0])
            opening = None
    if opening is not None:
        yield _Fence(opening.start(), opening.end() + 1, len(text), len(text), reopening, opening_run)


def _inseparable(text: str, fences: Iterable[_Fence]) -> Iterator[Span]:
    """What is not to be parted: whole fences, code spans, links, emphasis, addresses; they may overlap."""
    borders = [0]
    for fence in fences:
        yield fence.start, fence.end
        borders += [fence.start, fence.end]
    borders.append(len(text))
    for start, end in list(pairwise(borders))[::2]:
        yield from _code_spans(text, start, end)
        yield from _links(text, start, end)
        yield from (found.span() for found in _INSEPARABLE.finditer(text, start, end))


def _code_spans(text: str, start: int, end: int) -> Iterator[Span]:
    """From each run of backticks to the next one of the same length."""
    runs = [found.span() for found in _BACKTICKS.finditer(text, start, end)]
    places: dict[int, list[int]] = defaultdict(list)
    for run_start, run_end in runs:
        places[run_end - run_start].append(run_end)
    position = start
    for run_start, run_end in runs:
        if run_start < position:
            continue
        same = places[run_end - run_start]
        index = bisect_left(same, run_end) + 1
        if index < len(same):
            position = same[index]
            yield run_start, position


def _links(text: str, start: int, end: int) -> Iterator[Span]:
    open_brackets: list[int] = []
    for found in _BRACKETS.finditer(text, start, end):
        if found["opening"]:
            open_brackets.append(found.start())
        elif found[0][0] == "]" and open_brackets:
            opening = open_brackets.pop()
            if found["target"]:
                yield opening, found.end()


def _between_characters(text: str, border: int) -> bool:
    """Whether a reader sees one character end and another begin here (the usual cases of Unicode's annex 29)."""
    if not 0 < border < len(text):
        return True
    before, after = text[border - 1], text[border]
    if after < "\u0300":
        return before + after != "\r\n"
    if before == "\u200d" or _extends(after) or (_is_high(before) and _is_low(after)):
        return False
    if _is_flag_letter(after):
        letters = 0
        while letters < border and _is_flag_letter(text[border - 1 - letters]):
            letters += 1
        return letters % 2 == 0
    return not ("\u1100" <= before <= "\u115f" and ("\u1100" <= after <= "\u115f" or "\uac00" <= after <= "\ud7a3"))


def _extends(character: str) -> bool:
    """Marks, joiners, skin tones, tags, and the vowels and finals of Korean syllables."""
    return (
        unicodedata.category(character) in {"Mn", "Me", "Mc"}
        or character in "\u200c\u200d\uff9e\uff9f"
        or "\u1160" <= character <= "\u11ff"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _is_high(character: str) -> bool:
    return "\ud800" <= character <= "\udbff"


def _is_low(character: str) -> bool:
    return "\udc00" <= character <= "\udfff"
