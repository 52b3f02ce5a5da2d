"""The labelled samples, the guard they are read by, and how well it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from handoff.guard.draft import Draft, Kind, Stage
from handoff.guard.guard import Guard
from handoff.guard.rules import SHIPPED, Embargo, load_rules

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
RELEASE = datetime(2026, 4, 1, tzinfo=UTC)
SAMPLES = Path(__file__).parent / "guard_samples.yaml"
HELD_OUT = Path(__file__).parent / "guard_samples_held_out.yaml"
HELD_BACK = ("Frostwyrm", "霜龙", "霜龍", "rồng băng", "氷竜", "project lantern")


@dataclass(frozen=True)
class Sample:
    """A draft and the kinds the guard should find in it."""

    draft: Draft
    expected: frozenset[Kind]


@dataclass(frozen=True)
class Score:
    """Kinds found and rightly so, found wrongly, and missed, each counted once a sample."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def shipped_guard() -> Guard:
    """The guard with the rules as shipped, and what the samples' game holds back and may send."""
    rules = load_rules(SHIPPED, UTC)
    return Guard(
        replace(rules, allowed=rules.allowed | {"support@hearthvale.example"}), [Embargo.of(HELD_BACK, RELEASE)]
    )


def samples(path: Path) -> list[Sample]:
    loaded: Mapping[str, list[dict[str, Any]]] = YAML(typ="safe").load(path)
    return [
        Sample(
            Draft(
                text=entry["text"],
                language=language,
                at=NOW,
                stage=Stage(entry.get("stage", "reply")),
                known=frozenset(entry.get("known", ())),
                approved=frozenset(map(Kind, entry.get("approved", ()))),
            ),
            frozenset(map(Kind, entry.get("expect", ()))),
        )
        for language, entries in loaded.items()
        for entry in entries
    ]


def found_in(guard: Guard, sample: Sample) -> frozenset[Kind]:
    return frozenset(finding.kind for finding in guard.check(sample.draft))


def score(guard: Guard, judged: Iterable[Sample]) -> Score:
    counts: Counter[str] = Counter()
    for sample in judged:
        found = found_in(guard, sample)
        counts.update(
            right=len(found & sample.expected), wrong=len(found - sample.expected), missed=len(sample.expected - found)
        )
    return Score(counts["right"], counts["wrong"], counts["missed"])
