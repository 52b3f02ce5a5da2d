"""Taking out of events what no database keeps, wherever a network or a desk put it."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, TypeVar

Cleaned = TypeVar("Cleaned")

# Control characters that no person types: everything below the space but tab and line feed, and half surrogates,
# which neither database keeps.
_UNKEEPABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without characters that cannot be kept, line ends as \\n, outer blanks gone."""
    return _keepable(text).strip()


def cleaned(value: Cleaned) -> Cleaned:
    """An event (or a part of one) whose every text can be kept: words, names, ids, actions, files."""
    made: Any = value
    if isinstance(value, str):
        made = _keepable(value)
    elif isinstance(value, tuple):
        parts = tuple(cleaned(part) for part in value)
        made = parts if parts != value else value
    elif is_dataclass(value) and not isinstance(value, type):
        before = {name: getattr(value, name) for name in _names(type(value))}
        after = {name: cleaned(part) for name, part in before.items()}
        changed = {name: part for name, part in after.items() if part is not before[name]}
        made = replace(value, **changed) if changed else value
    return made  # type: ignore[no-any-return]


def _keepable(text: str) -> str:
    if _UNKEEPABLE.search(text) is None:
        return text
    return _UNKEEPABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))
