"""Figures of labelled questions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from faq.evaluate import (
    LabelledFileError,
    Outcome,
    as_json,
    as_table,
    auroc,
    coverage_at,
    evaluate,
    read_labelled,
    title_of,
)

PHRASINGS = """\
pay/card\ten\thow do i pay with a card
pay/card\ten\tcan i use my credit card
pay/card\ten\tcard payment
pay/card\ten\tpaying by visa
order_status\ten\twhere is my order
order_status\ten\thas my parcel been sent
order_status\ten\ttrack my delivery
order_status\ten\twhen does my parcel arrive
"""
QUESTIONS = "pay/card\ten\tmay i pay by card\norder_status\ten\twhere is my parcel\n-\ten\tsing me a song\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    phrasings, questions = tmp_path / "p.tsv", tmp_path / "q.tsv"
    phrasings.write_text(PHRASINGS, encoding="utf-8")
    questions.write_text(QUESTIONS, encoding="utf-8")
    return phrasings, questions


def test_the_json_has_the_promised_keys(files: tuple[Path, Path]) -> None:
    report = evaluate(*files, semantic=False)
    figures = json.loads(as_json(report))
    assert list(figures) == [
        "accuracy",
        "recall_at_3",
        "auroc",
        "correct_at_oos_refused_90",
        "coverage_at_precision",
        "calibration_error",
        "fit_s",
        "p50_ms",
        "p99_ms",
    ]
    assert list(figures["coverage_at_precision"]) == ["0.90", "0.95", "0.98"]
    assert figures["accuracy"] == 1.0
    assert 0 <= figures["calibration_error"] <= 1
    assert "accuracy in scope" in as_table(report)


def test_without_strangers_their_figures_are_absent(files: tuple[Path, Path]) -> None:
    phrasings, questions = files
    questions.write_text(QUESTIONS.splitlines()[0] + "\n", encoding="utf-8")
    figures = json.loads(as_json(evaluate(phrasings, questions, semantic=False)))
    assert "auroc" not in figures
    assert "correct_at_oos_refused_90" not in figures


@pytest.mark.parametrize(("text", "where"), [("only one column\n", ":1:"), ("", "no rows"), ("a\tb\tc\nx\ty\n", ":2:")])
def test_a_file_that_is_not_labelled(tmp_path: Path, text: str, where: str) -> None:
    place = tmp_path / "bad.tsv"
    place.write_text(text, encoding="utf-8")
    with pytest.raises(LabelledFileError, match=where):
        read_labelled(place)


def test_titles_come_from_ids() -> None:
    assert title_of("weather/find_rain-now") == "weather find rain now"


def test_auroc() -> None:
    assert auroc(np.array([0.9, 0.8]), np.array([0.1, 0.2])) == 1
    assert auroc(np.array([0.5]), np.array([0.5])) == 0.5
    assert auroc(np.array([0.1, 0.9]), np.array([0.5])) == 0.5


def test_coverage_counts_answered_strangers_as_wrong() -> None:
    outcome = Outcome(
        confidence=np.array([0.9, 0.8, 0.7, 0.6]),
        right=np.array([True, True, False, True]),
        right_of_three=np.array([True, True, False, True]),
        in_scope=np.array([True, True, False, True]),
    )
    assert coverage_at(outcome, 0.98) == 0.5
    assert coverage_at(outcome, 0.75) == 1.0
