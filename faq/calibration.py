"""From scores to probabilities, and from a wished precision to thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# A threshold that no confidence reaches.
NEVER = 1.01
_BINS = 15
_STEPS = 50
_PENALTY = 1.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression from what is known of a candidate to the probability that it is right."""

    weights: tuple[float, ...]
    bias: float

    def __call__(self, features: Floats) -> Floats:
        """``features``: what is known of each candidate along the last axis."""
        return sigmoid(features @ np.asarray(self.weights) + self.bias)


def sigmoid(scores: Floats) -> Floats:
    """The logistic function, without overflow."""
    result: Floats = 1 / (1 + np.exp(-np.clip(scores, -40, 40)))
    return result


def logit(probability: Floats) -> Floats:
    """The log odds, of probabilities held off 0 and 1."""
    held = np.clip(probability, 1e-6, 1 - 1e-6)
    result: Floats = np.log(held / (1 - held))
    return result


def fit_calibration(features: Floats, right: NDArray[np.bool_], weights: Floats) -> Calibration:
    """Fitted so that more of any feature never means less sure; ``weights`` says how much each row counts.

    A feature that would speak against a candidate is left out, the strongest first.
    """
    kept = list(range(features.shape[1]))
    while True:
        found = _fit(features[:, kept], right, weights)
        worst = int(np.argmin(found.weights))
        if found.weights[worst] >= 0 or len(kept) == 1:
            break
        del kept[worst]
    every = np.zeros(features.shape[1])
    every[kept] = np.maximum(found.weights, 0)
    return Calibration(tuple(every.tolist()), found.bias)


def _fit(features: Floats, right: NDArray[np.bool_], weights: Floats) -> Calibration:
    """Newton's method on the penalised likelihood."""
    count, size = features.shape
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    rows = np.concatenate(((features - mean) / spread, np.ones((count, 1))), axis=1)
    ridge = np.diag([_PENALTY] * size + [1e-3])
    solution = np.zeros(size + 1)
    for _ in range(_STEPS):
        probability = sigmoid(rows @ solution)
        gradient = rows.T @ (weights * (probability - right)) + ridge @ solution
        curvature = (rows * (weights * probability * (1 - probability))[:, None]).T @ rows + ridge
        step = np.linalg.solve(curvature, gradient)
        solution -= step
        if np.abs(step).max() < 1e-8:
            break
    scaled = solution[:-1] / spread
    return Calibration(tuple(map(float, scaled)), float(solution[-1] - scaled @ mean))


def threshold_for(precision: float, confidence: Floats, right: NDArray[np.bool_], weights: Floats) -> float:
    """The lowest confidence from which on, taken together, ``precision`` of the answers are right; else ``NEVER``."""
    order = np.argsort(-confidence, kind="stable")
    heavy = weights[order]
    reached = np.cumsum(heavy * right[order]) / np.cumsum(heavy)
    good = np.flatnonzero(reached >= precision)
    return float(confidence[order][good[-1]]) if len(good) else NEVER


def expected_calibration_error(confidence: Floats, right: NDArray[np.bool_], weights: Floats | None = None) -> float:
    """The mean gap between confidence and share right, over fifteen equally filled bins (0 is perfect)."""
    if not len(confidence):
        return 0.0
    heavy = np.ones(len(confidence)) if weights is None else weights
    order = np.argsort(confidence, kind="stable")
    gaps = 0.0
    for part in np.array_split(order, min(_BINS, len(order))):
        gaps += abs(float((heavy[part] * (confidence[part] - right[part])).sum()))
    return gaps / float(heavy.sum())
