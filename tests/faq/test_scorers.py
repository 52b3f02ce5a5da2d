"""Grams, vocabulary, nearest phrasings, calibration, the solver, the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from faq.calibration import NEVER, expected_calibration_error, fit_calibration, sigmoid, threshold_for
from faq.language.folding import fold, has_unspaced, words
from faq.language.lexicon import lexicon_for
from faq.match import Answer, Candidate, Handoff, Suggest
from faq.regression import evenly, fit, least_squares
from faq.scorers.grams import Stream, word_hashes
from faq.scorers.nearest import PhrasingIndex
from faq.scorers.vocabulary import learn_vocabulary
from faq.space import centred, learn_space, words_alone
from faq.verdict import Thresholds, decide

TEXTS = st.lists(st.text(alphabet="ab c你好ก", max_size=12).map(fold), min_size=1, max_size=5)


def slow_characters(folded: str) -> list[str]:
    grams = []
    for word in folded.split():
        padded = f" {word} "
        grams += [padded[at : at + size] for size in range(2, 6) for at in range(len(padded) - size + 1)]
    return grams


@given(TEXTS)
def test_character_grams_are_those_of_the_plain_definition(texts: list[str]) -> None:
    grams = Stream(texts).characters()
    for place, text in enumerate(texts):
        found = Counter(Counter(grams.hash[grams.text == place].tolist()).values())
        assert found == Counter(Counter(slow_characters(text)).values())


@given(TEXTS)
def test_word_grams_are_those_of_the_plain_definition(texts: list[str]) -> None:
    grams = Stream(texts).words()
    for place, text in enumerate(texts):
        singles = words(text)
        expected = Counter([(word,) for word in singles]) + Counter(pairwise(singles))
        assert Counter(Counter(grams.hash[grams.text == place].tolist()).values()) == Counter(expected.values())


@given(TEXTS)
def test_a_text_has_the_same_grams_alone_and_in_company(texts: list[str]) -> None:
    together = Stream(texts).characters()
    for place, text in enumerate(texts):
        alone = Stream([text]).characters()
        assert sorted(alone.hash.tolist()) == sorted(together.hash[together.text == place].tolist())


def test_pieces_find_words_by_their_hash() -> None:
    known = dict(zip(word_hashes(["登录", "login", "录"]).tolist(), ["登录", "login", "录"], strict=True))
    found = {known.get(piece) for piece in Stream(["无法登录 login"]).pieces().hash.tolist()}
    assert found >= {"登录", "login", "录"}


def test_rows_have_length_one_and_unknown_texts_none() -> None:
    texts = ["how do i pay", "where is my order"]
    vocabulary = learn_vocabulary(Stream(texts).words(), len(texts), 1000)
    rows = vocabulary.rows(Stream([*texts, "zzz", ""]).words(), 4)
    lengths = [float((rows.value[a:b] ** 2).sum()) for a, b in zip(rows.start[:-1], rows.start[1:], strict=True)]
    assert lengths == pytest.approx([1, 1, 0, 0], abs=1e-5)
    weights = np.ones((len(vocabulary.hashes), 3), dtype=np.float32)
    assert rows.times(weights)[2:].tolist() == [[0, 0, 0], [0, 0, 0]]


def test_nearest_phrasing() -> None:
    vectors = np.array([[1, 0], [0, 1], [1, 0]], dtype=np.float32)
    index = PhrasingIndex(["how do i pay", "pay with a card", "where is my order"], [0, 0, 1], vectors)
    near = index.nearest("how do i pay with a card", np.array([0, 1], dtype=np.float32), 0)
    assert near.phrasing in (0, 1)
    assert near.closeness == 1
    assert near.similarity > index.nearest("how do i pay with a card", vectors[0], 1).similarity
    assert index.nearest("anything", vectors[0], 7).phrasing == -1


def test_the_solver_tells_classes_apart() -> None:
    rows = np.eye(6, dtype=np.float32)
    classes = np.array([0, 0, 1, 1, 2, 2])
    weights = fit(rows, classes, 3, np.ones(6, dtype=np.float32))
    assert (rows @ weights[:-1] + weights[-1]).argmax(axis=1).tolist() == classes.tolist()


def test_an_entry_counts_the_same_however_many_phrasings_it_has() -> None:
    """Seven phrasings of one entry, one of the other: what is as like the one as the other is as likely either."""
    rows = np.array([[1, 0]] * 7 + [[0, 1]], dtype=np.float32)
    classes = np.array([0] * 7 + [1])
    between = np.array([0.5, 0.5], dtype=np.float32)
    even = fit(rows, classes, 2, evenly(classes, 2))
    counted = fit(rows, classes, 2, np.ones(8, dtype=np.float32))
    assert np.ptp(between @ even[:-1] + even[-1]) == pytest.approx(0, abs=0.01)
    assert np.ptp(between @ counted[:-1] + counted[-1]) > 0.5


def test_what_belongs_to_no_entry_counts_by_the_message() -> None:
    weighs = evenly(np.array([0, 0, 0, 1, 3, 3]), 3)
    assert weighs == pytest.approx([2 / 3] * 3 + [2] + [1, 1])
    assert len(evenly(np.array([], dtype=np.int64), 0)) == 0


def test_words_count_more_where_a_character_is_a_word() -> None:
    spaced, mixed, unspaced = (words_alone(10, share) for share in (0.0, 0.5, 1.0))
    assert spaced.words < mixed.words < unspaced.words
    assert all(sum(astuple(each)) == pytest.approx(1) for each in (spaced, mixed, unspaced))
    assert has_unspaced("登录 email")
    assert not has_unspaced("café")


def test_calibration_finds_the_probabilities_it_was_shown() -> None:
    chance = np.random.default_rng(1)
    features = chance.normal(size=(8000, 2))
    truth = sigmoid(2 * features[:, 0] + features[:, 1] + 0.5)
    right = chance.random(8000) < truth
    calibration = fit_calibration(features, right, np.ones(8000))
    assert np.abs(calibration(features) - truth).mean() < 0.02
    assert expected_calibration_error(calibration(features), right) < 0.02
    assert expected_calibration_error(np.full(8000, 0.99), right) > 0.2


def test_what_speaks_for_a_candidate_never_makes_it_less_sure() -> None:
    """A feature that was misleading in rehearsal is left out, not turned round."""
    chance = np.random.default_rng(4)
    features = chance.normal(size=(4000, 2))
    right = chance.random(4000) < sigmoid(2 * features[:, 0] - features[:, 1])
    first, second = fit_calibration(features, right, np.ones(4000)).weights
    assert first > 1
    assert second == 0


def test_likeness_is_near_nothing_for_what_is_like_no_row() -> None:
    """Chances sum to one even for a stranger; likeness does not."""
    rows = np.repeat(np.eye(4, dtype=np.float32), 3, axis=0)[:9]
    weights = least_squares(rows, np.repeat(np.arange(3), 3), 3)
    own, stranger = rows[0] @ weights, np.eye(4, dtype=np.float32)[3] @ weights
    assert own[0] > 0.8
    assert np.abs(own[1:]).max() < 0.1
    assert np.abs(stranger).max() < 0.1


def test_thresholds_meet_the_precision_or_are_never_reached() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6])
    right = np.array([True, True, False, True])
    assert threshold_for(1.0, confidence, right, np.ones(4)) == 0.8
    assert threshold_for(0.7, confidence, right, np.ones(4)) == 0.6
    assert threshold_for(0.9, confidence, np.zeros(4, dtype=bool), np.ones(4)) == NEVER


LIMITS = Thresholds(answer_above=0.8, suggest_above=0.3)


def candidates(**confidences: float) -> list[Candidate]:
    ordered = sorted(confidences.items(), key=lambda each: -each[1])
    return [Candidate(entry_id, confidence) for entry_id, confidence in ordered]


def test_verdicts() -> None:
    assert decide(candidates(pay=0.9, order=0.1), [], LIMITS) == Answer(("pay",))
    assert decide(candidates(pay=0.5, order=0.4, gem=0.1), [], LIMITS) == Suggest(("pay", "order"))
    assert decide(candidates(pay=0.2), [], LIMITS) == Handoff()
    assert decide([], [], LIMITS) == Handoff()


def test_two_sure_questions_get_both_answers() -> None:
    parts = [candidates(pay=0.9), candidates(order=0.85)]
    assert decide(candidates(pay=0.5, order=0.4), parts, LIMITS) == Answer(("pay", "order"))


def test_a_sure_part_counts_only_where_the_whole_message_allows_it() -> None:
    parts = [candidates(gem=0.9), candidates(order=0.1)]
    assert decide(candidates(pay=0.5, gem=0.2), parts, LIMITS) == Answer(("gem",))
    assert decide(candidates(pay=0.5, order=0.4), parts, LIMITS) == Suggest(("pay", "order", "gem"))


@given(st.lists(st.floats(0, 1), max_size=6), st.lists(st.lists(st.floats(0, 1), max_size=3), max_size=3))
def test_a_verdict_names_only_candidates_and_at_most_three(whole: list[float], parts: list[list[float]]) -> None:
    named = [Candidate(f"w{place}", sure) for place, sure in enumerate(sorted(whole, reverse=True))]
    others = [[Candidate(f"p{row}{at}", sure) for at, sure in enumerate(each)] for row, each in enumerate(parts)]
    verdict = decide(named, others, LIMITS)
    known = {candidate.entry_id for candidate in (*named, *(each for part in others for each in part))}
    ids = () if isinstance(verdict, Handoff) else verdict.entry_ids
    assert set(ids) <= known
    assert len(ids) == len(set(ids)) <= 3


def test_the_embedding_is_compared_less_in_directions_in_which_phrasings_of_one_entry_differ() -> None:
    chance = np.random.default_rng(1)
    entries = np.repeat(np.arange(8), 6)
    kinds = chance.normal(size=(8, 6))[entries]
    noise = np.concatenate((chance.normal(size=(48, 1)) * 3, np.zeros((48, 5))), axis=1)
    vectors = (kinds + noise).astype(np.float32)
    same = [np.flatnonzero(entries == entry) for entry in range(8)]
    space = learn_space(["word"] * 48, lexicon_for([]), vectors, 100, same)
    turned = space.centred_embedding(vectors)
    plain = centred(vectors, vectors.mean(axis=0))
    assert np.allclose(np.linalg.norm(turned, axis=1), 1, atol=1e-4)
    assert within(turned, same) > within(plain, same)
    alone = learn_space(["word"] * 48, lexicon_for([]), vectors, 100, [])
    assert np.allclose(alone.centred_embedding(vectors), plain, atol=1e-5), "nothing is known of what differs"


def within(rows: NDArray[np.float32], same: Sequence[NDArray[np.int64]]) -> float:
    """The mean likeness of two rows of one group."""
    return float(np.mean([(rows[its] @ rows[its].T).mean() for its in same]))
