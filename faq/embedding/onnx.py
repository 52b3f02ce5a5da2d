"""An owner's own embedding: a folder with ``model.onnx`` and ``tokenizer.json`` of a sentence encoder.

``embedding.json`` beside them may say ``{"prefix": "query: ", "pooling": "mean" | "first", "most_tokens": 256}``.
Needs the packages onnxruntime and tokenizers (``pip install '.[onnx]'``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import tokenizers
from numpy.typing import NDArray

from faq.errors import EmbeddingUnusable

MODEL, TOKENIZER, OPTIONS = "model.onnx", "tokenizer.json", "embedding.json"
_BATCH = 32
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_POOLINGS = ("mean", "first")


@dataclass(frozen=True, slots=True)
class Options:
    """What ``embedding.json`` says: what stands before every text, how tokens become one vector, how many are read."""

    prefix: str = ""
    pooling: str = "mean"
    most_tokens: int = 256


class OnnxEmbedder:
    """Runs a local ONNX model on the CPU. Raises EmbeddingUnusable where the folder does not hold one that fits."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._options = _read_options(folder / OPTIONS)
        self._tokenizer = _read_tokenizer(folder / TOKENIZER)
        self._tokenizer.enable_truncation(self._options.most_tokens)
        self._tokenizer.enable_padding()
        model = folder / MODEL
        self._session = _open_model(model)
        self._inputs = {wanted.name for wanted in self._session.get_inputs()}
        unknown = sorted(self._inputs - set(_INPUTS))
        if unknown or "input_ids" not in self._inputs:
            asks = ", ".join(sorted(self._inputs))
            raise EmbeddingUnusable(f"{model} asks for {asks}; what can be given is {', '.join(_INPUTS)}")
        with model.open("rb") as file:
            content = hashlib.file_digest(file, "sha256")
        content.update((folder / TOKENIZER).read_bytes() + repr(self._options).encode())
        self._name = f"onnx-{content.hexdigest()[:16]}"
        self._embed(["one sentence"])  # so that a model of another kind is found out here, not by a player

    @property
    def name(self) -> str:
        return self._name

    @property
    def folder(self) -> Path | None:
        return self._folder

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        parts = [self._embed(texts[at : at + _BATCH]) for at in range(0, len(texts), _BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, 1), dtype=np.float32)

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        encoded = self._tokenizer.encode_batch([self._options.prefix + text for text in texts])
        ids = np.array([row.ids for row in encoded], dtype=np.int64)
        mask = np.array([row.attention_mask for row in encoded], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(mask)}
        try:
            hidden = self._session.run(None, {name: given[name] for name in self._inputs})[0]
        except Exception as error:  # onnxruntime raises classes of its own for everything, without a base
            raise EmbeddingUnusable(f"{self._folder / MODEL} does not run: {error}") from error
        vectors = self._pooled(np.asarray(hidden, dtype=np.float32), mask)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        result: NDArray[np.float32] = (vectors / np.maximum(length, 1e-9)).astype(np.float32)
        return result

    def _pooled(self, hidden: NDArray[np.float32], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """One vector a text: some models give it, others one a token."""
        if hidden.ndim == 2 and len(hidden) == len(mask):
            return hidden
        if hidden.ndim != 3 or hidden.shape[:2] != mask.shape:
            message = f"the first output of {self._folder / MODEL} has the shape {hidden.shape}"
            raise EmbeddingUnusable(f"{message}; wanted is a vector for each text, or for each token of each text")
        if self._options.pooling == "first":
            first: NDArray[np.float32] = hidden[:, 0]
            return first
        heavy = mask[:, :, None]
        mean: NDArray[np.float32] = (hidden * heavy).sum(axis=1) / np.maximum(heavy.sum(axis=1), 1)
        return mean


def _open_model(path: Path) -> Any:
    running = onnxruntime.SessionOptions()
    running.intra_op_num_threads = 1
    running.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), running, providers=["CPUExecutionProvider"])
    except Exception as error:  # as above
        raise EmbeddingUnusable(f"{path} is no model that onnxruntime can run: {error}") from error


def _read_tokenizer(path: Path) -> Any:
    try:
        return tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises plain Exception
        raise EmbeddingUnusable(f"{path} is no tokenizer: {error}") from error


def _read_options(path: Path) -> Options:
    if not path.is_file():
        return Options()
    try:
        options = Options(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise EmbeddingUnusable(f"{path} is not as wanted: {error}") from error
    if options.pooling not in _POOLINGS or not isinstance(options.most_tokens, int) or options.most_tokens < 1:
        raise EmbeddingUnusable(f'{path}: "pooling" is one of {", ".join(_POOLINGS)}; "most_tokens" a number from 1 on')
    return options
