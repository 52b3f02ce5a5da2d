"""Rehearsing strangers: how sure to be is learned from refits that hide entries and phrasings.

A hidden phrasing is a question the FAQ can answer; the phrasings of a hidden entry are questions near the FAQ but not
in it; background sentences are questions far from it. Each kind is weighed as its share of real traffic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from faq.calibration import (
    NEVER,
    Calibration,
    expected_calibration_error,
    fit_calibration,
    threshold_for,
)
from faq.regression import fit_with_asked, least_squares
from faq.scorers.candidates import evidence, softmax
from faq.scorers.nearest import PhrasingIndex, spaced
from faq.space import Matrix, Shares

if TYPE_CHECKING:
    from faq.training import Material

_MOST_REFITS, _FEWEST_REFITS = 60, 2
# So many questions tell four weights and two thresholds well enough; more refits would only take time.
_ENOUGH_ASKED = 2_000
_MOST_ASKED = 3_000
_HIDDEN_ENTRIES = 0.25
_HIDDEN_PHRASINGS = 0.3
_ITERATIONS = 30
# Words settle a question where they err this many times more seldom than the owner allows.
_SETTLED = 4
_STRANGE_SHARE = 0.8
# Shares of the traffic: known questions, questions near the FAQ, what people had to answer, questions far from the FAQ.
_TRAFFIC = (0.7, 0.15, 0.15, 0.15)
# A FAQ of fewer entries knows less of what players ask: all but the first share grow in proportion.
_FEW_ENTRIES = 20
# From so many messages of before, learning from them is tried.
_ENOUGH_BEFORE = 20


class Rehearsal(NamedTuple):
    """What the refits taught: the calibration, thresholds for the target precision, and how well it all does."""

    calibration: Calibration
    answer_above: float
    suggest_above: float
    settles_above: float
    figures: dict[str, float]


@dataclass(slots=True)
class _Rehearsed:
    """Questions of all refits: what is known of the first candidate, whether it was right, how much it counts."""

    features: list[NDArray[np.float64]] = field(default_factory=list)
    right: list[NDArray[np.bool_]] = field(default_factory=list)
    weight: list[NDArray[np.float64]] = field(default_factory=list)
    known: list[float] = field(default_factory=list)


def untaught() -> Rehearsal:
    """Where nothing could be hidden and asked for: the bot suggests at most, since nobody knows how sure to be."""
    return Rehearsal(Calibration((1.0, 1.0, 1.0, 1.0), -2.0), NEVER, 0.5, NEVER, {})


def best_rehearsal(material: Material, rows: Matrix, shares: Shares) -> tuple[Rehearsal, bool, NDArray[np.int64]]:
    """The best rehearsal; whether it has a class of its own for what people handed on; the questions asked before that
    it learned from. Either is used only where the rehearsal is better with it.

    ``rows`` are projected, one per text of the material.
    """
    asked = material.asked[:0]
    best, knows_none = rehearse(material, rows, shares, knows_none=False, asked=asked), False
    if len(material.asked) >= _ENOUGH_BEFORE:
        other = rehearse(material, rows, shares, knows_none=False, asked=material.asked)
        if _knows_more(other, best):
            best, asked = other, material.asked
    if material.first_asked - material.count >= _ENOUGH_BEFORE:
        other = rehearse(material, rows, shares, knows_none=True, asked=asked)
        if _is_better(other, best):
            best, knows_none = other, True
    return best, knows_none, asked


def _knows_more(one: Rehearsal, other: Rehearsal) -> bool:
    """More of what was hidden is recognised, and confidence tells right from wrong no worse for it."""
    mine, its = one.figures, other.figures
    is_surer = mine.get("share_answered", 0.0) > its.get("share_answered", 0.0) or _is_better(one, other)
    return mine.get("accuracy", 0.0) > its.get("accuracy", 0.0) and is_surer


def _is_better(one: Rehearsal, other: Rehearsal) -> bool:
    return one.figures.get("log_loss", 1.0) < other.figures.get("log_loss", 1.0)


def classes(material: Material, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """The class of each text: its entry, or one after the last for what was handed on."""
    none = np.full(material.first_asked - material.count, len(material.lesson.entry_ids), dtype=np.int64)
    return np.concatenate((material.entries, none))[places]


def rehearse(
    material: Material, rows: Matrix, shares: Shares, *, knows_none: bool, asked: NDArray[np.int64]
) -> Rehearsal:
    """Refit without some entries and phrasings, ask for what was hidden, and calibrate on what came out.

    Of what was ``asked`` before, a refit knows nothing that a hidden entry would have answered.
    """
    chance = np.random.default_rng(7)
    rehearsed = _Rehearsed()
    count = len(material.lesson.entry_ids)
    answered_by = _answered_by(material, rows, asked)
    titles = np.asarray(material.lesson.is_title)
    strangers = _true_strangers(material, shares)
    traffic = _traffic(count)
    for _ in range(_refits(material.count)):
        hidden_entries = chance.random(count) < _HIDDEN_ENTRIES
        hidden = hidden_entries[material.entries]
        known = ~hidden & ~titles & (chance.random(material.count) < _HIDDEN_PHRASINGS)
        handed_on = chance.permutation(np.arange(material.count, material.first_asked))
        half = len(handed_on) // 2
        own = np.flatnonzero(~hidden & ~known)
        if len(np.unique(material.entries[own])) < 2:
            continue
        kept = np.concatenate((own, handed_on[:half])) if knows_none else own
        truth_of_kept = classes(material, kept)
        known_before = asked[~hidden_entries[answered_by]]
        weights = fit_with_asked(
            rows, kept, truth_of_kept, count + knows_none, count, known_before, iterations=_ITERATIONS
        )
        weights[-1, :count][hidden_entries] = -np.inf
        likeness = least_squares(rows[kept], truth_of_kept, count + knows_none)
        groups = (np.flatnonzero(known), np.flatnonzero(hidden & ~titles), handed_on[half:], strangers)
        for place, (group, share) in enumerate(zip(groups, traffic, strict=True)):
            questions = chance.permutation(group)[:_MOST_ASKED]
            if len(questions):
                truth = material.entries[questions] if place == 0 else np.full(len(questions), -1)
                _ask(material, rows, shares, (weights, likeness), own, questions, truth, share, rehearsed)
    return _conclude(rehearsed, material.lesson.target_precision)


def _answered_by(material: Material, rows: Matrix, asked: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whose these questions are, as far as the whole FAQ can tell."""
    if not len(asked):
        return asked
    own, count = np.arange(material.count), len(material.lesson.entry_ids)
    weights = fit_with_asked(rows, own, material.entries, count, count, asked[:0])
    return np.asarray((rows[asked] @ weights[:-1] + weights[-1]).argmax(axis=1), dtype=np.int64)


def _traffic(entries: int) -> tuple[float, ...]:
    unknown = max(1.0, _FEW_ENTRIES / max(1, entries))
    return (_TRAFFIC[0], *(unknown * share for share in _TRAFFIC[1:]))


def _refits(count: int) -> int:
    asked = (_HIDDEN_ENTRIES + (1 - _HIDDEN_ENTRIES) * _HIDDEN_PHRASINGS) * count
    return int(np.clip(np.ceil(_ENOUGH_ASKED / max(1.0, asked)), _FEWEST_REFITS, _MOST_REFITS))


def _true_strangers(material: Material, shares: Shares) -> NDArray[np.int64]:
    """The background sentences, but for those nearest to the FAQ: it may well answer some of them."""
    dense = material.blocks.embedding if shares.embeds else material.blocks.meaning
    own, strange = dense[: material.count], dense[material.first_stranger :]
    if not len(strange):
        return np.zeros(0, dtype=np.int64)
    nearness = (strange @ own.T).max(axis=1)
    return material.first_stranger + np.argsort(nearness, kind="stable")[: int(len(strange) * _STRANGE_SHARE)]


def _ask(
    material: Material,
    rows: Matrix,
    shares: Shares,
    learned: tuple[Matrix, Matrix],
    kept: NDArray[np.int64],
    questions: NDArray[np.int64],
    truth: NDArray[np.int64],
    share: float,
    rehearsed: _Rehearsed,
) -> None:
    weights, likeness = learned
    chances = softmax(rows[questions] @ weights[:-1] + weights[-1])
    best = chances[:, : len(material.lesson.entry_ids)].argmax(axis=1)
    dense = material.blocks.embedding if shares.embeds else material.blocks.meaning
    index = PhrasingIndex([material.folded[place] for place in kept], material.entries[kept].tolist(), dense[kept])
    near = [
        index.nearest(spaced(material.folded[question]), dense[question], int(entry))
        for question, entry in zip(questions, best, strict=True)
    ]
    rehearsed.features.append(
        evidence(
            chances[np.arange(len(best)), best],
            np.einsum("qf,fq->q", rows[questions], likeness[:, best]),
            np.array([found.similarity for found in near]),
            np.array([found.closeness for found in near]),
        )
    )
    rehearsed.right.append(best == truth)
    if truth[0] >= 0:
        rehearsed.known.append(float((best == truth).mean()))
    rehearsed.weight.append(np.full(len(best), share / len(best)))


def _conclude(rehearsed: _Rehearsed, target_precision: float) -> Rehearsal:
    if not rehearsed.features:
        return untaught()
    features = np.concatenate(rehearsed.features)
    right = np.concatenate(rehearsed.right)
    weight = np.concatenate(rehearsed.weight)
    weight *= len(weight) / weight.sum()
    half = np.arange(len(features)) % 2 == 0
    held_out = np.empty(len(features))
    for part in (half, ~half):
        held_out[~part] = fit_calibration(features[part], right[part], weight[part])(features[~part])
    answer = threshold_for(target_precision, held_out, right, weight)
    unsure = held_out < answer
    suggest = threshold_for(target_precision / 2, held_out[unsure], right[unsure], weight[unsure])
    above = held_out >= answer
    figures = {
        "expected_calibration_error": expected_calibration_error(held_out, right, weight),
        "precision_at_answer": float((weight * right)[above].sum() / max(1e-9, weight[above].sum())),
        "share_answered": float(weight[above].sum() / weight.sum()),
        "log_loss": float(-(weight * np.log(np.where(right, held_out, 1 - held_out) + 1e-9)).mean()),
        "questions_rehearsed": float(len(features)),
        "accuracy": float(np.mean(rehearsed.known)),
    }
    return Rehearsal(
        calibration=fit_calibration(features, right, weight),
        answer_above=answer,
        suggest_above=min(answer, suggest),
        # Together they may be right often enough, and one of them yet be less sure than the owner asks.
        settles_above=max(
            target_precision, threshold_for(1 - (1 - target_precision) / _SETTLED, held_out, right, weight)
        ),
        figures=figures,
    )
