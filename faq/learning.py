"""From a FAQ to its model: out of the cache, or learned in a child process so that the server stays small."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

from faq.embedding.port import Embedder
from faq.entry import Entry, Faq
from faq.errors import LearningError
from faq.model import Model, load

# Part of the cache's key: a model learned by other code is not the same model.
FORM = 26
_LEARNING_LIMIT_SECONDS = 3600
_KEPT_MODELS = 8
# The cores belong to the players while a new FAQ is learned; more threads also gain nothing at these sizes.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def learned_model(
    faq: Faq,
    cache_folder: Path,
    *,
    target_precision: float,
    languages: Sequence[str],
    embedder: Embedder | None,
    handed_on: Sequence[str] = (),
    asked: Sequence[str] = (),
) -> Model:
    """The model of this FAQ. Blocks for seconds where it is not in the cache; LearningError where learning fails."""
    lesson = _lesson(faq) | {
        "languages": list(languages or faq.languages),
        "target_precision": target_precision,
        "handed_on": sorted(set(handed_on)),
        "asked": sorted(set(asked)),
        "embedder": None if embedder is None else embedder.name,
        "embedding_folder": None if embedder is None or embedder.folder is None else str(embedder.folder),
    }
    written = json.dumps(lesson, ensure_ascii=False, sort_keys=True)
    place = cache_folder / f"matcher-{hashlib.sha256(written.encode()).hexdigest()[:32]}.npz"
    model = _from_cache(place)
    if model is None:
        cache_folder.mkdir(parents=True, exist_ok=True)
        _learn_in_child(written, place)
        model = load(place)
        _prune(cache_folder)
    return model


def _from_cache(place: Path) -> Model | None:
    try:
        return load(place)
    except (OSError, ValueError, KeyError, BadZipFile):
        return None


def _prune(folder: Path) -> None:
    """Keep the models of the last few versions only."""
    models = sorted(folder.glob("matcher-*.npz"), key=lambda place: place.stat().st_mtime, reverse=True)
    for old in models[_KEPT_MODELS:]:
        old.unlink(missing_ok=True)


def _learn_in_child(written: str, place: Path) -> None:
    with tempfile.TemporaryDirectory(dir=place.parent) as folder:
        lesson = Path(folder) / "lesson.json"
        lesson.write_text(written, encoding="utf-8")
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own module
            [sys.executable, "-m", "faq.learn", str(lesson), str(place)],
            check=False,
            capture_output=True,
            text=True,
            timeout=_LEARNING_LIMIT_SECONDS,
            env=os.environ | _ONE_THREAD,
        )
    if done.returncode != 0:
        raise LearningError(done.stderr.strip()[-2000:])


def _lesson(faq: Faq) -> dict[str, object]:
    entries = sorted(faq.entries.values(), key=lambda entry: entry.id)
    rows = [row for place, entry in enumerate(entries) for row in _rows(place, entry)]
    return {
        "form": FORM,
        "entry_ids": [entry.id for entry in entries],
        "entries": [row[0] for row in rows],
        "texts": [row[1] for row in rows],
        "text_languages": [row[2] for row in rows],
        "is_title": [row[3] for row in rows],
    }


def _rows(place: int, entry: Entry) -> list[tuple[int, str, str, bool]]:
    """Sorted, so that the order in the owner's files changes nothing."""
    phrasings = sorted({(place, phrasing.text, phrasing.language, False) for phrasing in entry.phrasings})
    return phrasings + sorted({(place, title, language, True) for language, title in entry.title.items()})
