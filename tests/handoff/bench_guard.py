"""How well and how fast the guard reads: `make bench-guard`. Fails where a check takes too long."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from time import thread_time_ns

from handoff.guard.draft import Draft, Kind
from handoff.guard.guard import Guard
from tests.handoff.guarding import HELD_OUT, NOW, SAMPLES, Sample, Score, samples, score, shipped_guard

P99_AT_MOST_MS = 20.0
LONG = 4000


def main() -> int:
    guard = shipped_guard()
    for title, judged in (("samples", samples(SAMPLES)), ("held out", samples(HELD_OUT))):
        _print_scores(guard, title, judged)
    slow = [_print_speed(guard, title, drafts) > P99_AT_MOST_MS for title, drafts in _loads().items()]
    return int(any(slow))


def _print_scores(guard: Guard, title: str, judged: list[Sample]) -> None:
    print(
        f"\n{title}: {len(judged)} drafts, {sum(not sample.expected for sample in judged)} of them with nothing to find"
    )
    print(f"{'':18}{'right':>6}{'wrong':>6}{'missed':>7}{'precision':>11}{'recall':>8}")
    _print_row("all", score(guard, judged))
    for language in sorted({sample.draft.language for sample in judged}):
        _print_row(language, score(guard, (sample for sample in judged if sample.draft.language == language)))
    for kind in Kind:
        _print_row(kind, _of_kind(guard, judged, kind))


def _of_kind(guard: Guard, judged: Iterable[Sample], kind: Kind) -> Score:
    """The score of one kind alone."""
    right = wrong = missed = 0
    for sample in judged:
        found = any(finding.kind is kind for finding in guard.check(sample.draft))
        expected = kind in sample.expected
        right, wrong, missed = right + (found and expected), wrong + (found > expected), missed + (expected > found)
    return Score(right, wrong, missed)


def _print_row(title: str, result: Score) -> None:
    shares = f"{result.precision:>11.3f}{result.recall:>8.3f}"
    print(f"{title:18}{result.right:>6}{result.wrong:>6}{result.missed:>7}{shares}")


def _loads() -> dict[str, list[Draft]]:
    drafts = [sample.draft for sample in samples(SAMPLES)]
    long = []
    for language in ("en", "zh-Hans", "zh-Hant", "vi", "ja"):
        together = " ".join(draft.text for draft in drafts if draft.language == language)
        long += [Draft(together[start : start + LONG], language, NOW) for start in range(0, len(together), 500)]
    return {
        "as agents write": drafts,
        f"up to {LONG} characters": [*long, *(replace(draft, language="") for draft in long)],
    }


def _print_speed(guard: Guard, title: str, drafts: list[Draft]) -> float:
    taken = []
    for _ in range(5):
        for draft in drafts:
            began = thread_time_ns()
            guard.check(draft)
            taken.append((thread_time_ns() - began) / 1e6)
    taken.sort()
    p50, p99 = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
    print(f"{title:24} n={len(taken)} p50 {p50:.2f} ms  p99 {p99:.2f} ms  max {taken[-1]:.2f} ms")
    return p99


if __name__ == "__main__":
    sys.exit(main())
