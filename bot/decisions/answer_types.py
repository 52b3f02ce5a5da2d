"""What an answer to a question of a form may look like: pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, time

LONGEST_TEXT = 200
LONGEST_LONG_TEXT = 2000
_NUMBER = re.compile(r"[+-]?\d{1,3}(?:[ ,.'’]\d{3})+(?:[.,]\d+)?|[+-]?\d+(?:[.,]\d+)?")
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年년]\s*(\d{1,2})\s*[-/.月월]\s*(\d{1,2})\s*[日일]?")
_YEAR_LAST = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4})")
_TIME = re.compile(r"(\d{1,2})\s*[:h時时点點.]\s*(\d{2})?\s*(?:分)?\s*([ap]m)?|(\d{1,2})\s*([ap]m)", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,24}")
_URL = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)
_YES = frozenset("yes y yeah yep sure ok 是 是的 对 對 有 好 はい うん ええ co có vang vâng da dạ dung đúng".split())
_NO = frozenset("no n nope not 否 不 不是 没有 沒有 不对 不對 いいえ いや ない khong không ko".split())
_FILE = "📎"


def read_answer(kind: str, text: str, *, has_files: bool) -> str | None:
    """The answer as it is kept; None where it is not of this kind."""
    if kind in ("image", "file"):
        return f"{_FILE} {text}".strip() if has_files else None
    words = unicodedata.normalize("NFKC", text).strip()
    return _READERS[kind](words) if words else None


def _text(words: str) -> str | None:
    return words if len(words) <= LONGEST_TEXT else None


def _long_text(words: str) -> str | None:
    return words[:LONGEST_LONG_TEXT]


def _number(words: str) -> str | None:
    """The number alone, or with a little around it (``about 20 $``)."""
    found = _NUMBER.findall(words)
    return words if len(found) == 1 and len(words) - len(found[0]) <= 20 else None


def _date(words: str) -> str | None:
    """As YYYY-MM-DD where there is one way to read it, else as it was written."""
    found = _YEAR_FIRST.search(words)
    if found:
        return _iso(found[1], found[2], found[3])
    found = _YEAR_LAST.search(words)
    if not found:
        return None
    ways = {_iso(found[3], found[2], found[1]), _iso(found[3], found[1], found[2])} - {None}
    if len(ways) == 1:
        return ways.pop()
    return found[0] if ways else None


def _iso(year: str, month: str, day: str) -> str | None:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _time(words: str) -> str | None:
    found = _TIME.search(words)
    if not found:
        return None
    hours, half = int(found[1] or found[4]), (found[3] or found[5] or "").lower()
    if half and not 1 <= hours <= 12:
        return None
    if half:
        hours = hours % 12 + (12 if half == "pm" else 0)
    try:
        return f"{time(hours, int(found[2] or 0)):%H:%M}"
    except ValueError:
        return None


def _email(words: str) -> str | None:
    return words if _EMAIL.fullmatch(words) else None


def _url(words: str) -> str | None:
    return words if _URL.fullmatch(words) else None


def _yes_no(words: str) -> str | None:
    word = words.casefold().strip(" .!。！")
    return "yes" if word in _YES else "no" if word in _NO else None


_READERS: Mapping[str, Callable[[str], str | None]] = {
    "text": _text,
    "long_text": _long_text,
    "number": _number,
    "date": _date,
    "time": _time,
    "email": _email,
    "url": _url,
    "yes_no": _yes_no,
}
