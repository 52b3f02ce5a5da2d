"""What was added to the FAQ from questions that had failed, and what that has saved since."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from rapidfuzz import fuzz, process

from faq.entry import Faq
from faq.language.folding import fold
from faq.missed import Answered

FILE_NAME = "additions.jsonl"


@dataclass(frozen=True, slots=True)
class Addition:
    """Phrasings that an accepted group brought to an entry; ``missed`` players had asked in vain until then."""

    at: datetime
    entry_id: str
    phrasings: tuple[str, ...]
    missed: int


@dataclass(frozen=True, slots=True)
class Saving:
    """How many players (and messages) an addition has answered since it was made."""

    addition: Addition
    players: int
    messages: int


def record(folder: Path, addition: Addition) -> None:
    """Note an addition in the FAQ folder, beside the entries."""
    row = asdict(addition) | {"at": addition.at.isoformat()}
    with (folder / FILE_NAME).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def recorded(folder: Path) -> list[Addition]:
    """Every addition noted in a FAQ folder, the oldest first."""
    path = folder / FILE_NAME
    if not path.exists():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Addition(datetime.fromisoformat(row["at"]), row["entry_id"], tuple(row["phrasings"]), row["missed"])
        for row in rows
    ]


def savings(additions: Sequence[Addition], answered: Iterable[Answered], faq: Faq) -> list[Saving]:
    """For each addition the later questions whose nearest phrasing of the entry that answered is one of its own."""
    found: list[list[Answered]] = [[] for _ in additions]
    for row in answered:
        entry = faq.entries.get(row.entry_id)
        if entry is None or not any(addition.entry_id == row.entry_id for addition in additions):
            continue
        known = [fold(phrasing.text) for phrasing in entry.phrasings]
        nearest = process.extractOne(fold(row.text), known, scorer=fuzz.token_sort_ratio)
        for place, addition in enumerate(additions):
            if addition.entry_id == row.entry_id and addition.at <= row.at and nearest is not None:
                found[place] += [row] if nearest[0] in {fold(text) for text in addition.phrasings} else []
    return [
        Saving(addition, len({row.player for row in rows}), len(rows))
        for addition, rows in zip(additions, found, strict=True)
    ]
