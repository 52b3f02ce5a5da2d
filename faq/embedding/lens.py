"""A lens over sentence vectors: a matrix, learned once from other FAQs, that brings out what tells entries apart.

A file holds several: the one learned from all sets, and for each family of sets one learned without it. A FAQ that
holds the phrasings of a family is seen through the latter, so that measuring on a public set flatters nobody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faq.space import Matrix

_LENSES = Path(__file__).parent / "lenses"
# Every eighth text is enough to know a set again, and this share of them: some say "hello" everywhere.
_SAMPLED = 8
_KNOWN_SHARE = 0.1
_STEPS = 127

Digests = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Family:
    """Sets that count as one: the lens learned without them, and digests by which their phrasings are known again."""

    lens_without: Matrix
    digests: Digests


def lens_file(embedder_name: str) -> Path:
    """Where the lenses of this embedding and version lie, if there are any."""
    return _LENSES / f"{embedder_name}.npz"


def lens_for(embedder_name: str, texts: Sequence[str]) -> Matrix | None:
    """The lens to see a FAQ of these texts (in small letters) through; None where this embedding has none, as an
    owner's own model has not."""
    place = lens_file(embedder_name)
    return chosen_lens(place, texts) if place.is_file() else None


def chosen_lens(place: Path, texts: Sequence[str]) -> Matrix | None:
    """The lens of this file that was learned from other texts than these, if there is one."""
    own = digests_of(texts)
    with np.load(place) as arrays:
        names = [name.removeprefix("digests.") for name in arrays if name.startswith("digests.")]
        known = [name for name in names if len(own) and np.isin(own, arrays[f"digests.{name}"]).mean() >= _KNOWN_SHARE]
        if len(known) > 1:
            return None
        return _unpacked(arrays, f"without.{known[0]}" if known else "all")


def digests_of(texts: Sequence[str]) -> Digests:
    """Short digests of a sample of the texts: the same text is always in it, or never."""
    every = [hashlib.blake2b(text.encode(), digest_size=4).digest() for text in texts]
    digests = np.unique(np.frombuffer(b"".join(every), dtype="<u4"))
    return np.asarray(digests[digests % _SAMPLED == 0], dtype=np.uint32)


def write_lenses(place: Path, lens: Matrix, families: Mapping[str, Family]) -> None:
    """Write the lens of all sets and those of the families, each rounded to 8 bits."""
    arrays = _packed("all", lens)
    for name, family in families.items():
        arrays |= _packed(f"without.{name}", family.lens_without) | {f"digests.{name}": family.digests}
    place.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(place, allow_pickle=False, **arrays)


def _packed(name: str, lens: Matrix) -> dict[str, NDArray[np.generic]]:
    """A lens is symmetric and near clear glass: kept is how one half of it differs from that."""
    change = (lens - np.eye(len(lens), dtype=np.float32))[np.triu_indices(len(lens))]
    step = np.float32(max(float(np.abs(change).max()), 1e-9) / _STEPS)
    return {
        f"{name}.size": np.int64(len(lens)).reshape(1),
        f"{name}.step": step.reshape(1),
        f"{name}.change": np.round(change / step).astype(np.int8),
    }


def _unpacked(arrays: Mapping[str, NDArray[np.generic]], name: str) -> Matrix:
    size = int(np.asarray(arrays[f"{name}.size"])[0])
    change = np.zeros((size, size), dtype=np.float32)
    upper = np.triu_indices(size)
    change[upper] = np.asarray(arrays[f"{name}.change"], dtype=np.float32) * np.asarray(arrays[f"{name}.step"])[0]
    lens: Matrix = np.eye(size, dtype=np.float32) + change + np.triu(change, 1).T
    return lens
