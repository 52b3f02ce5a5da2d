"""What learning leaves behind and the matcher answers from: plain arrays and lists, in one .npz file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faq.calibration import Calibration
from faq.language.lexicon import Lexicon
from faq.scorers.vocabulary import Vocabulary
from faq.space import Matrix, Space


@dataclass(frozen=True, slots=True)
class Weights:
    """Class scores: a row per feature, a column per entry. A kind of feature that is not used has no rows."""

    words: Matrix
    characters: Matrix
    meaning: Matrix
    embedding: Matrix
    squares: Matrix
    bias: Matrix


@dataclass(frozen=True, slots=True)
class Head:
    """One way to score (words alone, or with the embedding), how sure it is, and what its figures were.

    ``likeness`` are weights of a second kind of score, near 0 where a question is like nothing that the entry holds.
    Above ``settles_above`` no costlier head is asked.
    """

    weights: Weights
    likeness: Weights
    calibration: Calibration
    answer_above: float
    suggest_above: float
    settles_above: float
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    """One FAQ, learned. ``phrasings`` are folded; ``phrasing_entries`` are their places in ``entry_ids``;
    ``vietnamese`` are those in Vietnamese, as written.

    The first head uses words alone; a second one, where there is one, the embedding too.
    """

    entry_ids: tuple[str, ...]
    phrasings: tuple[str, ...]
    phrasing_entries: tuple[int, ...]
    phrasing_languages: tuple[str, ...]
    vietnamese: tuple[str, ...]
    languages: tuple[str, ...]
    space: Space
    lexicon: Lexicon
    phrasing_meanings: Matrix
    phrasing_embeddings: NDArray[np.float16]
    heads: tuple[Head, ...]


_WEIGHTS = tuple(part.name for part in fields(Weights))


def save(model: Model, path: Path) -> None:
    """Write the model; the file appears whole or not at all."""
    arrays: dict[str, NDArray[Any]] = {
        "words.hashes": model.space.words.hashes,
        "words.idf": model.space.words.idf,
        "characters.hashes": model.space.characters.hashes,
        "characters.idf": model.space.characters.idf,
        "meaning_centre": model.space.meaning_centre,
        "embedding_centre": model.space.embedding_centre,
        "embedding_turn": model.space.embedding_turn,
        "landmarks": model.space.landmarks,
        "lexicon.hashes": model.lexicon.hashes,
        "lexicon.frequency": model.lexicon.frequency,
        "lexicon.vectors": model.lexicon.vectors,
        "lexicon.weight": model.lexicon.weight,
        "lexicon.spaced_words": _packed("\n".join(model.lexicon.spaced_words)),
        "phrasing_meanings": model.phrasing_meanings,
        "phrasing_embeddings": model.phrasing_embeddings,
    }
    for place, head in enumerate(model.heads):
        arrays |= {f"heads.{place}.{name}": getattr(head.weights, name) for name in _WEIGHTS}
        arrays |= {f"heads.{place}.likeness.{name}": getattr(head.likeness, name) for name in _WEIGHTS}
    arrays["about"] = _packed(json.dumps(_about(model), ensure_ascii=False))
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    part.replace(path)


def _about(model: Model) -> dict[str, Any]:
    """What is no array."""
    return {
        "entry_ids": model.entry_ids,
        "phrasings": model.phrasings,
        "phrasing_entries": model.phrasing_entries,
        "phrasing_languages": model.phrasing_languages,
        "vietnamese": model.vietnamese,
        "languages": model.languages,
        "lexicon_languages": model.lexicon.languages,
        "heads": [
            {
                "calibration": {"weights": head.calibration.weights, "bias": head.calibration.bias},
                "answer_above": head.answer_above,
                "suggest_above": head.suggest_above,
                "settles_above": head.settles_above,
                "figures": dict(head.figures),
            }
            for head in model.heads
        ],
    }


def _packed(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def load(path: Path) -> Model:
    """Read what ``save`` wrote. Raises OSError, ValueError or KeyError where the file is not whole."""
    with np.load(path) as arrays:
        about = json.loads(arrays["about"].tobytes())
        space = Space(
            words=Vocabulary(arrays["words.hashes"], arrays["words.idf"]),
            characters=Vocabulary(arrays["characters.hashes"], arrays["characters.idf"]),
            meaning_centre=arrays["meaning_centre"],
            embedding_centre=arrays["embedding_centre"],
            embedding_turn=arrays["embedding_turn"],
            landmarks=arrays["landmarks"],
        )
        return Model(
            entry_ids=tuple(about["entry_ids"]),
            phrasings=tuple(about["phrasings"]),
            phrasing_entries=tuple(about["phrasing_entries"]),
            phrasing_languages=tuple(about["phrasing_languages"]),
            vietnamese=tuple(about["vietnamese"]),
            languages=tuple(about["languages"]),
            space=space,
            lexicon=Lexicon(
                languages=tuple(about["lexicon_languages"]),
                spaced_words=tuple(arrays["lexicon.spaced_words"].tobytes().decode().split()),
                hashes=arrays["lexicon.hashes"],
                frequency=arrays["lexicon.frequency"],
                vectors=arrays["lexicon.vectors"],
                weight=arrays["lexicon.weight"],
            ),
            phrasing_meanings=arrays["phrasing_meanings"],
            phrasing_embeddings=arrays["phrasing_embeddings"],
            heads=tuple(_head(arrays, place, its) for place, its in enumerate(about["heads"])),
        )


def _head(arrays: Mapping[str, NDArray[Any]], place: int, about: dict[str, Any]) -> Head:
    return Head(
        weights=Weights(**{name: arrays[f"heads.{place}.{name}"] for name in _WEIGHTS}),
        likeness=Weights(**{name: arrays[f"heads.{place}.likeness.{name}"] for name in _WEIGHTS}),
        calibration=Calibration(tuple(about["calibration"]["weights"]), about["calibration"]["bias"]),
        answer_above=about["answer_above"],
        suggest_above=about["suggest_above"],
        settles_above=about["settles_above"],
        figures=about["figures"],
    )
