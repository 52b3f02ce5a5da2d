"""An owner's own embedding: a folder with ``model.onnx`` and ``tokenizer.json`` of a sentence encoder.

``embedding.json`` beside them may say ``{"prefix": "query: ", "pooling": "mean" | "first", "most_tokens": 256}``.
Needs the packages onnxruntime and tokenizers, which the owner installs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import tokenizers
from numpy.typing import NDArray

_BATCH = 32


class OnnxEmbedder:
    """Runs a local ONNX model on the CPU."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        options = folder / "embedding.json"
        about: dict[str, Any] = json.loads(options.read_text(encoding="utf-8")) if options.is_file() else {}
        self._prefix = str(about.get("prefix", ""))
        self._first = about.get("pooling", "mean") == "first"
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(int(about.get("most_tokens", 256)))
        self._tokenizer.enable_padding()
        running = onnxruntime.SessionOptions()
        running.intra_op_num_threads = 1
        model = folder / "model.onnx"
        self._session = onnxruntime.InferenceSession(str(model), running, providers=["CPUExecutionProvider"])
        self._inputs = {wanted.name for wanted in self._session.get_inputs()}
        with model.open("rb") as file:
            self._name = f"onnx-{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}-{self._prefix}"

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
        encoded = self._tokenizer.encode_batch([self._prefix + text for text in texts])
        mask = np.array([row.attention_mask for row in encoded], dtype=np.int64)
        given = {
            "input_ids": np.array([row.ids for row in encoded], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        hidden = self._session.run(None, {name: value for name, value in given.items() if name in self._inputs})[0]
        if hidden.ndim == 3:
            heavy = mask[:, :, None]
            hidden = hidden[:, 0] if self._first else (hidden * heavy).sum(axis=1) / heavy.sum(axis=1)
        result: NDArray[np.float32] = (hidden / np.linalg.norm(hidden, axis=1, keepdims=True)).astype(np.float32)
        return result
