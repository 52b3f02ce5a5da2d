"""What the FAQ failed at, as the program that keeps the conversations hands it over (or exports it to a file)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from faq.errors import ImportFailed


class Reason(StrEnum):
    """How a question failed."""

    NO_MATCH = "no_match"
    LOW_CONFIDENCE = "low_confidence"
    NOT_WHAT_I_MEANT = "not_what_i_meant"
    HANDED_OVER = "handed_over"


@dataclass(frozen=True, slots=True)
class Missed:
    """One question that the FAQ did not settle.

    ``player`` is any stable id, used only to count people. ``offered`` are the entries that were shown; ``settled_by``
    the entry that did fit in the end, where the player or an agent picked one; ``reply`` what an agent answered;
    ``went_to_people`` says whether a ticket was opened for it.
    """

    text: str
    at: datetime
    player: str
    reason: Reason
    language: str | None = None
    offered: tuple[str, ...] = ()
    settled_by: str | None = None
    reply: str | None = None
    went_to_people: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """One question that an entry answered, for the report of what additions have saved."""

    text: str
    at: datetime
    player: str
    entry_id: str


_FIELDS = ("text", "at", "player", "reason", "language", "offered", "settled_by", "reply", "went_to_people")


def read_missed(path: Path) -> list[Missed]:
    """Read an export: tab-separated with a header line, or one JSON object a line. Raises ImportFailed."""
    missed = []
    for number, row in enumerate(_rows(path), start=1):
        try:
            missed.append(_missed(row))
        except (KeyError, ValueError, AttributeError) as error:
            message = f"{path}, record {number}: {error!r}; expected are the fields {', '.join(_FIELDS)}"
            raise ImportFailed(message) from error
    return missed


def write_missed(rows: Iterable[Missed], path: Path) -> None:
    """Write an export as one JSON object a line."""
    with path.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(asdict(row) | {"at": row.at.isoformat()}, ensure_ascii=False) + "\n")


def _rows(path: Path) -> Iterator[Mapping[str, object]]:
    text = path.read_text(encoding="utf-8-sig")
    if text.lstrip().startswith("{"):
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise ImportFailed(f"{path}, line {number} is not JSON: {error}") from error
    else:
        yield from csv.DictReader(text.splitlines(), delimiter="\t")


def _missed(row: Mapping[str, object]) -> Missed:
    offered = row.get("offered") or ()
    at = datetime.fromisoformat(str(row["at"]))
    if at.tzinfo is None:
        raise ValueError(f'"{row["at"]}" has no time zone')
    return Missed(
        text=str(row["text"]),
        at=at,
        player=str(row["player"]),
        reason=Reason(str(row["reason"])),
        language=_optional(row.get("language")),
        offered=tuple(offered.split()) if isinstance(offered, str) else tuple(map(str, _list(offered))),
        settled_by=_optional(row.get("settled_by")),
        reply=_optional(row.get("reply")),
        went_to_people=row.get("went_to_people") in (True, "true"),
    )


def _list(value: object) -> list[object]:
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"{value!r} is not a list")
    return list(value)


def _optional(value: object) -> str | None:
    return None if value in (None, "") else str(value)
