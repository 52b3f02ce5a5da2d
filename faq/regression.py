"""Multinomial logistic regression on kernels: the solver behind the class scores. Used while learning only."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve, solve_triangular

from faq.scorers.candidates import softmax

Matrix = NDArray[np.float32]
Loss = Callable[[Matrix], tuple[float, Matrix]]
_JITTER = 1e-4
# The inverse of the penalty on the weights; flat between 30 and 300 on the dev questions.
_STRENGTH = 90.0
# Holds least squares towards nothing; flat between 0.1 and 0.6 on the dev questions.
_RIDGE = 0.3
# What a question that was asked before weighs beside a phrasing; .3 and .5 do the same on the few-shot sets.
_ASKED = 0.3
_REMEMBERED_STEPS = 10
_SHORTEST_STEP = 1e-3


def factor(kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Cholesky factor of the landmarks' kernel matrix, nudged to be positive definite."""
    return np.asarray(np.linalg.cholesky(kernel + _JITTER * np.eye(len(kernel))), dtype=np.float64)


def project(kernel: Matrix, lower: NDArray[np.float64]) -> Matrix:
    """Small dense rows that stand for texts, from their kernel with the landmarks (exact where all are landmarks)."""
    rows = solve_triangular(lower.astype(np.float32), kernel.T, lower=True).T
    return np.ascontiguousarray(rows)


def dual_weights(lower: NDArray[np.float64], weights: Matrix) -> Matrix:
    """From weights over projected rows to one coefficient per landmark and class."""
    dual: NDArray[np.float64] = solve_triangular(lower, weights.astype(np.float64), lower=True, trans="T")
    return dual.astype(np.float32)


def fit(
    rows: Matrix,
    classes: NDArray[np.int64],
    count: int,
    importance: Matrix,
    *,
    iterations: int = 60,
    start: Matrix | None = None,
) -> Matrix:
    """Weights (features + 1) x count, the last row being the bias, which goes unpenalised.

    ``importance`` weighs the rows; ``start`` are weights that are near already.
    """
    total, size = rows.shape
    target = np.zeros((total, count), dtype=np.float32)
    target[np.arange(total), classes] = 1
    penalty = np.full((size + 1, 1), 1 / _STRENGTH, dtype=np.float32)
    penalty[-1] = 0

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        scores = rows @ weights[:-1]
        scores += weights[-1]
        scores -= scores.max(axis=1, keepdims=True)
        own = scores[np.arange(total), classes].copy()
        np.exp(scores, out=scores)
        sums = scores.sum(axis=1, keepdims=True)
        missed = float((importance * (np.log(sums[:, 0]) - own)).sum())
        scores /= sums
        scores -= target
        scores *= importance[:, None]
        gradient = penalty * weights
        value = missed + 0.5 * float(np.vdot(gradient, weights))
        gradient[:-1] += rows.T @ scores
        gradient[-1] += scores.sum(axis=0)
        return value, gradient

    return _minimise(loss, np.zeros((size + 1, count), dtype=np.float32) if start is None else start, iterations)


def evenly(classes: NDArray[np.int64], entries: int) -> Matrix:
    """What each row weighs, 1 in the mean: every entry counts the same, however many phrasings its owner thought of,
    since that does not say how often it is asked for. What belongs to none of the ``entries`` weighs 1."""
    own = classes < entries
    importance = np.ones(len(classes), dtype=np.float32)
    sizes = np.bincount(classes[own], minlength=entries)
    importance[own] = own.sum() / max(1, np.count_nonzero(sizes)) / sizes[classes[own]]
    return importance


def fit_with_asked(
    rows: Matrix,
    learned: NDArray[np.int64],
    classes: NDArray[np.int64],
    count: int,
    entries: int,
    asked: NDArray[np.int64],
    *,
    iterations: int = 60,
) -> Matrix:
    """As ``fit`` to the rows ``learned``, then once more with those ``asked`` beside them: each as what the first fit
    takes it for, weighed by how sure that is. Nobody has labelled them, so they weigh less than what somebody wrote.

    Of the ``count`` classes the first ``entries`` are entries.
    """
    labelled = evenly(classes, entries)
    weights = fit(rows[learned], classes, count, labelled, iterations=iterations)
    if not len(asked):
        return weights
    chances = softmax(rows[asked] @ weights[:-1] + weights[-1])
    taken_for, sure = chances.argmax(axis=1), chances.max(axis=1)
    both = np.concatenate((learned, asked))
    importance = np.concatenate((labelled, _ASKED * sure)).astype(np.float32)
    return fit(
        rows[both], np.concatenate((classes, taken_for)), count, importance, iterations=iterations // 2, start=weights
    )


def least_squares(rows: Matrix, classes: NDArray[np.int64], count: int) -> Matrix:
    """Weights features x count of a ridge regression towards 1 for the own class and 0 for all others, without a bias:
    what is like nothing among the rows comes out near 0 everywhere."""
    size = rows.shape[1]
    target = np.zeros((size, count), dtype=np.float32)
    np.add.at(target.T, classes, rows)
    curvature = rows.T @ rows
    curvature[np.diag_indices(size)] += np.float32(_RIDGE)
    return np.asarray(solve(curvature, target, assume_a="pos"), dtype=np.float32)


def _minimise(loss: Loss, point: Matrix, iterations: int, tolerance: float = 1e-5) -> Matrix:
    """L-BFGS (Liu and Nocedal 1989) with backtracking, in single precision: twice as quick here as scipy's."""
    value, gradient = loss(point)
    steps: deque[tuple[Matrix, Matrix, float]] = deque(maxlen=_REMEMBERED_STEPS)
    for _ in range(iterations):
        direction = _descent(gradient, steps)
        slope = float(np.vdot(gradient, direction))
        length = 1.0
        while True:
            step = length * direction
            new_value, new_gradient = loss(point + step)
            if new_value <= value + 1e-4 * length * slope or length < _SHORTEST_STEP:
                break
            length /= 2
        change = new_gradient - gradient
        curvature = float(np.vdot(step, change))
        if curvature > 0:
            steps.append((step, change, curvature))
        better = value - new_value
        point, value, gradient = point + step, new_value, new_gradient
        if better < tolerance * abs(value):
            break
    return point


def _descent(gradient: Matrix, steps: deque[tuple[Matrix, Matrix, float]]) -> Matrix:
    """The two-loop recursion; without a history, a short step downhill."""
    direction = -gradient
    if not steps:
        return direction / max(1.0, float(np.linalg.norm(gradient)))
    shares = []
    for step, change, curvature in reversed(steps):
        share = float(np.vdot(step, direction)) / curvature
        direction -= share * change
        shares.append(share)
    _, newest, curvature = steps[-1]
    direction *= curvature / float(np.vdot(newest, newest))
    for (step, change, curvature), share in zip(steps, reversed(shares), strict=True):
        direction += (share - float(np.vdot(change, direction)) / curvature) * step
    return direction
