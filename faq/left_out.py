"""Would the matcher find a phrasing if it had never seen it? Each is left out once, a fifth of all at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from faq.entry import Faq, Phrasing
from faq.language.folding import fold
from faq.match import Answer, Question
from faq.matcher import MatcherSettings, learn
from storage.problems import Problem, Severity

_PARTS = 5


def left_out_phrasings(faq: Faq, settings: MatcherSettings, cache_folder: Path) -> Iterator[Problem]:
    """Phrasings that, left out, would be answered by another entry: the two are too alike, or one is misplaced.

    Learns five times (from the cache where nothing changed); blocks for as long as that takes.
    """
    for part in range(_PARTS):
        hidden, shown = _split(faq, part)
        if not hidden:
            continue
        matcher = learn(shown, settings, cache_folder)
        matches = matcher.match([Question(phrasing.text, language_hint=phrasing.language) for _, phrasing in hidden])
        for (entry_id, phrasing), match in zip(hidden, matches, strict=True):
            if isinstance(match.verdict, Answer) and entry_id not in match.verdict.entry_ids and match.best is not None:
                other = match.best
                message = (
                    f'"{phrasing.text}" would be answered by "{other.entry_id}" ({other.confidence:.0%} sure) '
                    "if it did not stand here"
                )
                hint = f'Give "{entry_id}" more phrasings like it, or move it to "{other.entry_id}".'
                yield Problem(phrasing.place, message, hint, Severity.WARNING, "left_out")


def _split(faq: Faq, part: int) -> tuple[list[tuple[str, Phrasing]], Faq]:
    """A fifth of the phrasings, and the FAQ without them; the only phrasing of an entry is never left out."""
    hidden: list[tuple[str, Phrasing]] = []
    entries = {}
    for entry in faq.entries.values():
        ordered = sorted(entry.phrasings, key=lambda phrasing: fold(phrasing.text))
        out = {phrasing for place, phrasing in enumerate(ordered) if place % _PARTS == part and len(ordered) > 1}
        hidden += [(entry.id, phrasing) for phrasing in ordered if phrasing in out]
        kept = tuple(phrasing for phrasing in entry.phrasings if phrasing not in out)
        entries[entry.id] = replace(entry, phrasings=kept)
    return hidden, replace(faq, entries=entries, version=f"{faq.version}-{part}")
