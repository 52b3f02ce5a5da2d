"""What is known of a candidate besides its score: the evidence that calibration weighs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from faq.calibration import logit

Floats = NDArray[np.float64]


def softmax(scores: NDArray[Any]) -> Floats:
    """Row-wise, to probabilities that sum to one."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True), dtype=np.float64)
    result: Floats = raised / raised.sum(axis=1, keepdims=True)
    return result


def evidence(chance: Floats, similarity: Floats, closeness: Floats) -> Floats:
    """For each candidate, along a new last axis: the log odds of its class score, and how near its phrasings are.

    Of many features tried (score, margin, entropy, unknown words, length, distance to the runner-up) these three
    told known from unknown best on every set, and more of them did worse.
    """
    return np.stack((logit(chance), similarity, closeness), axis=-1)
