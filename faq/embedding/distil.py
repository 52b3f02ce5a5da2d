"""``python -m faq.embedding.distil FOLDER [LANGUAGE ...]``: makes the word vectors of faq/language/vectors anew.

For maintainers: needs the ``semantic`` extra and the package wordfreq. Every language's most frequent words are
embedded one by one, centred on their language's mean (which takes the language out and leaves the meaning), turned
onto the main axes of all languages together, and kept in 8 bits. Vectors made before in FOLDER are used again.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import wordfreq
from numpy.typing import NDArray

from faq.embedding.nano import NanoEmbedder
from faq.language.folding import fold
from faq.language.lexicon import DIMENSIONS

LANGUAGES = ("en", "zh", "ja", "vi", "id", "de", "tr", "es", "fr", "pt", "ru", "ko")
_WORDS = {"en": 20_000}
_WORDS_ELSEWHERE = 8_000
# The axes follow the most frequent words alone: the long tail is names, which questions seldom hold.
_SHAPING = 6_000


def frequent_words(language: str) -> list[tuple[str, str, float]]:
    """The most frequent words: as written, folded, and their frequency; first come first."""
    known = wordfreq.get_frequency_dict(language, wordlist="small")
    found: list[tuple[str, str, float]] = []
    for word in sorted(known, key=lambda each: (-known[each], each)):
        folded = fold(word)
        if folded and " " not in folded and any(map(str.isalpha, folded)):
            found.append((word, folded, known[word]))
        if len(found) == _WORDS.get(language, _WORDS_ELSEWHERE):
            break
    return found


def _embedded(language: str, words: list[str], folder: Path) -> NDArray[np.float32]:
    place = folder / f"{language}.npy"
    if not place.is_file():
        np.save(place, NanoEmbedder().embed(words).astype(np.float16))
    vectors: NDArray[np.float32] = np.load(place).astype(np.float32)
    centred: NDArray[np.float32] = vectors - vectors.mean(axis=0)
    return centred


def main(folder: Path, languages: tuple[str, ...]) -> None:
    """Write a file per language beside the lexicon."""
    words = {language: frequent_words(language) for language in languages}
    vectors = {
        language: _embedded(language, [word for word, _, _ in words[language]], folder) for language in languages
    }
    spread = sum(its[:_SHAPING].T @ its[:_SHAPING] / _SHAPING for its in vectors.values())
    _, axes = np.linalg.eigh(np.asarray(spread))
    main_axes = axes[:, ::-1][:, :DIMENSIONS].astype(np.float32)
    target = Path(__file__).parents[1] / "language" / "vectors"
    target.mkdir(exist_ok=True)
    for language in languages:
        _write(target / f"{language}.npz", words[language], vectors[language] @ main_axes)


def _write(place: Path, words: list[tuple[str, str, float]], vectors: NDArray[np.float32]) -> None:
    """One row per folded word: written forms that fold alike are averaged by frequency."""
    rows: dict[str, int] = {}
    for _, folded, _ in words:
        rows.setdefault(folded, len(rows))
    at = np.array([rows[folded] for _, folded, _ in words])
    often = np.array([frequency for _, _, frequency in words], dtype=np.float32)
    frequency = np.bincount(at, weights=often).astype(np.float32)
    unit = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9)
    summed = np.zeros((len(rows), vectors.shape[1]), dtype=np.float32)
    np.add.at(summed, at, unit * often[:, None])
    summed /= np.linalg.norm(summed, axis=1, keepdims=True) + 1e-9
    np.savez_compressed(
        place,
        words=np.frombuffer("\n".join(rows).encode(), dtype=np.uint8),
        frequency=frequency,
        vectors=np.round(summed * 127).astype(np.int8),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), tuple(sys.argv[2:]) or LANGUAGES)
