"""Pictures of an evaluation. Needs matplotlib, which the program does not: only ``faq evaluate`` imports this."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from faq.evaluate import Outcome, Report

_BINS = 10


def draw(report: Report, path: Path) -> None:
    """Risk against coverage, and how often the matcher was right where it was so sure, side by side in a PNG."""
    with mpl.rc_context({"font.size": 9, "axes.grid": True, "grid.alpha": 0.3}):
        figure = Figure(figsize=(10, 4.5), layout="constrained")
        risk, reliability = figure.subplots(1, 2)
        _risk_coverage(risk, report.outcome)
        _reliability(reliability, report)
        figure.savefig(path, format="png", dpi=120)


def _risk_coverage(axes: Axes, outcome: Outcome) -> None:
    order = np.argsort(-outcome.confidence, kind="stable")
    answered = np.arange(1, len(order) + 1)
    wrong = np.cumsum(~outcome.right[order]) / answered
    axes.plot(answered / len(order), wrong)
    for precision in (0.90, 0.95, 0.98):
        axes.axhline(1 - precision, linestyle=":", color="grey")
        axes.annotate(f"{precision:.0%} right", (0.01, 1 - precision), va="bottom", color="grey")
    axes.set(
        xlabel="share of questions answered", ylabel="share of the answers that is wrong", title="Risk and coverage"
    )
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)


def _reliability(axes: Axes, report: Report) -> None:
    outcome = report.outcome
    place = np.minimum((outcome.confidence * _BINS).astype(int), _BINS - 1)
    filled = [number for number in range(_BINS) if (place == number).any()]
    sure = [float(outcome.confidence[place == number].mean()) for number in filled]
    right = [float(outcome.right[place == number].mean()) for number in filled]
    size = [20 + 400 * float((place == number).mean()) for number in filled]
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.scatter(sure, right, s=size, alpha=0.7)
    axes.set(xlabel="confidence", ylabel="share right", xlim=(0, 1), ylim=(0, 1))
    axes.set_title(f"Reliability (calibration error {report.calibration_error:.3f})")
