"""What the matcher asks of a sentence embedding."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Embedder(Protocol):
    """Turns texts into vectors of length 1. Safe to call from several threads; heavy, so never on the event loop."""

    @property
    def name(self) -> str:
        """Names the model and its version: vectors of another name never compare."""

    @property
    def folder(self) -> Path | None:
        """Where the owner's own model lies; None for the one of the extra."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row per text."""
