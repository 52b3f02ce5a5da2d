"""Grouping short texts by meaning. Imports scipy, so only commands use it, never the server."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from faq.embedding.port import Embedder
from faq.language.folding import fold

Floats = NDArray[np.float32]
_WIDTH = 4096
_OWN_SHARE = 0.25
_MIDDLE_OF = 500
# Distance, 1 - cosine, up to which texts belong together. On 400 dev questions of CLINC150 over 75 topics, 90 % of the
# questions are then in a group of mostly their own topic, by words alone (adjusted Rand index 0.58); with an embedding
# for half of the distance 92 % are, in fewer groups (0.74). What the matcher takes them for made it worse.
_TOO_FAR = 0.8
_TOO_FAR_IN_MEANING = 0.75


def group(texts: Sequence[str], usual: Sequence[str], embedder: Embedder | None = None) -> list[list[int]]:
    """The places of texts that belong together, the largest group first.

    ``usual`` are texts of the same trade: what is common in them says little, however rare it is among ``texts``.
    """
    if len(texts) < 2:
        return [[place] for place in range(len(texts))]
    words = _words(texts, usual)
    if embedder is None:
        return _joined(words @ words.T, _TOO_FAR)
    meaning = _meaning(texts, usual, embedder)
    return _joined((words @ words.T + meaning @ meaning.T) * np.float32(0.5), _TOO_FAR_IN_MEANING)


def _joined(likeness: Floats, too_far: float) -> list[list[int]]:
    distance = np.clip(1 - likeness.astype(np.float64), 0, 1)
    np.fill_diagonal(distance, 0)
    labels = fcluster(linkage(squareform((distance + distance.T) / 2), "average"), too_far, "distance")
    groups: dict[int, list[int]] = {}
    for place, label in enumerate(labels):
        groups.setdefault(int(label), []).append(place)
    return sorted(groups.values(), key=lambda places: (-len(places), places[0]))


def _meaning(texts: Sequence[str], usual: Sequence[str], embedder: Embedder) -> Floats:
    """Embeddings with the middle of the trade's usual texts taken away, for all sentences resemble each other there."""
    middle = embedder.embed(usual[:: max(1, len(usual) // _MIDDLE_OF)] or texts).mean(axis=0)
    return _unit(embedder.embed(texts) - middle)


def _words(texts: Sequence[str], usual: Sequence[str]) -> Floats:
    """One unit row per text: words and characters by TF-IDF, hashed."""
    counts = np.zeros((len(texts), _WIDTH), dtype=np.float32)
    for number, text in enumerate(texts):
        np.add.at(counts[number], _columns(text), 1)
    seen = _OWN_SHARE * (counts > 0).sum(axis=0)
    for text in usual:
        seen[np.unique(_columns(text))] += 1
    total = len(usual) + _OWN_SHARE * len(texts)
    return _unit(np.log1p(counts) * np.log((total + 1) / (seen + 0.5)).astype(np.float32))


def _columns(text: str) -> NDArray[np.int64]:
    return np.array([zlib.crc32(part.encode()) % _WIDTH for part in _parts(fold(text))], dtype=np.int64)


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    result: Floats = rows / np.maximum(lengths, 1e-9)
    return result


def _parts(folded: str) -> list[str]:
    words = folded.split()
    parts = [*words, *(" ".join(pair) for pair in pairwise(words))]
    padded = f" {folded} "
    for size in (3, 4) if folded.isascii() else (1, 2, 3):
        parts += [padded[start : start + size] for start in range(len(padded) - size + 1)]
    return parts
