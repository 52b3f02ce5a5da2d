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


def evidence(chances: Floats, chosen: NDArray[np.int64], similarity: Floats) -> Floats:
    """One row per question: log odds of the chosen entry and its similarity to the nearest phrasing."""
    chance = chances[np.arange(len(chances)), chosen]
    return np.stack((logit(chance), similarity), axis=1)
