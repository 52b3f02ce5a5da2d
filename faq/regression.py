"""Multinomial logistic regression on kernels: the solver behind the class scores. Used while learning only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.optimize import fmin_l_bfgs_b

Matrix = NDArray[np.float32]
_JITTER = 1e-4
# The inverse of the penalty on the weights; flat between 30 and 300 on the dev questions.
_STRENGTH = 90.0


def factor(kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Cholesky factor of the landmarks' kernel matrix, nudged to be positive definite."""
    lower: NDArray[np.float64] = np.linalg.cholesky(kernel + _JITTER * np.eye(len(kernel)))
    return lower


def project(kernel: Matrix, lower: NDArray[np.float64]) -> Matrix:
    """Small dense rows that stand for texts, from their kernel with the landmarks (exact where all are landmarks)."""
    rows: Matrix = solve_triangular(lower.astype(np.float32), kernel.T, lower=True).T
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
    iterations: int = 100,
) -> Matrix:
    """Weights (features + 1) x count, the last row being the bias, which goes unpenalised.

    ``importance`` weighs the rows.
    """
    total, size = rows.shape
    target = np.zeros((total, count), dtype=np.float32)
    target[np.arange(total), classes] = 1
    penalty = np.full((size + 1, 1), 1 / _STRENGTH, dtype=np.float32)
    penalty[-1] = 0

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(size + 1, count).astype(np.float32)
        scores = rows @ weights[:-1] + weights[-1]
        scores -= scores.max(axis=1, keepdims=True)
        chances = np.exp(scores)
        sums = chances.sum(axis=1, keepdims=True)
        missed = importance * (scores[np.arange(total), classes] - np.log(sums[:, 0]))
        chances /= sums
        chances -= target
        chances *= importance[:, None]
        gradient = penalty * weights
        value = 0.5 * float((gradient * weights).sum()) - float(missed.sum())
        gradient[:-1] += rows.T @ chances
        gradient[-1] += chances.sum(axis=0)
        return value, gradient.ravel().astype(np.float64)

    found, _, _ = fmin_l_bfgs_b(loss, np.zeros((size + 1) * count), m=10, maxiter=iterations, factr=1e8, pgtol=1e-4)
    solution: Matrix = found.reshape(size + 1, count).astype(np.float32)
    return solution
