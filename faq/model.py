"""What learning leaves behind and the matcher answers from: plain arrays and lists, in one .npz file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faq.calibration import Calibration
from faq.scorers.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Head:
    """Class scores: one column per entry. ``embedding`` is empty (0 rows) where words stand alone."""

    words: NDArray[np.float32]
    characters: NDArray[np.float32]
    embedding: NDArray[np.float32]
    bias: NDArray[np.float32]
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class Model:
    """One FAQ, learned. ``phrasings`` are folded, ``phrasing_entries`` their places in ``entry_ids``."""

    entry_ids: tuple[str, ...]
    phrasings: tuple[str, ...]
    phrasing_entries: tuple[int, ...]
    lexicon: tuple[str, ...]
    words: Vocabulary
    characters: Vocabulary
    heads: tuple[Head, ...]
    answer_above: float
    suggest_above: float
    figures: Mapping[str, float] = field(default_factory=dict)


def save(model: Model, path: Path) -> None:
    """Write the model; the file appears whole or not at all."""
    arrays: dict[str, NDArray[Any]] = {
        "words.hashes": model.words.hashes,
        "words.idf": model.words.idf,
        "characters.hashes": model.characters.hashes,
        "characters.idf": model.characters.idf,
    }
    for place, head in enumerate(model.heads):
        for name in ("words", "characters", "embedding", "bias"):
            arrays[f"heads.{place}.{name}"] = getattr(head, name)
    about = {
        "entry_ids": model.entry_ids,
        "phrasings": model.phrasings,
        "phrasing_entries": model.phrasing_entries,
        "lexicon": model.lexicon,
        "calibrations": [asdict(head.calibration) for head in model.heads],
        "answer_above": model.answer_above,
        "suggest_above": model.suggest_above,
        "figures": dict(model.figures),
    }
    arrays["about"] = np.frombuffer(json.dumps(about, ensure_ascii=False).encode(), dtype=np.uint8)
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as file:
        np.savez(file, **arrays)
    part.replace(path)


def load(path: Path) -> Model:
    """Read what ``save`` wrote. Raises OSError, ValueError or KeyError where the file is not whole."""
    with np.load(path) as arrays:
        about = json.loads(arrays["about"].tobytes())
        heads = tuple(
            Head(
                **{name: arrays[f"heads.{place}.{name}"] for name in ("words", "characters", "embedding", "bias")},
                calibration=Calibration(tuple(calibration["weights"]), calibration["bias"]),
            )
            for place, calibration in enumerate(about["calibrations"])
        )
        return Model(
            entry_ids=tuple(about["entry_ids"]),
            phrasings=tuple(about["phrasings"]),
            phrasing_entries=tuple(about["phrasing_entries"]),
            lexicon=tuple(about["lexicon"]),
            words=Vocabulary(arrays["words.hashes"], arrays["words.idf"]),
            characters=Vocabulary(arrays["characters.hashes"], arrays["characters.idf"]),
            heads=heads,
            answer_above=about["answer_above"],
            suggest_above=about["suggest_above"],
            figures=about["figures"],
        )
