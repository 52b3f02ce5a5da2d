"""Languages of the service, chosen by what a network, a browser or a person says."""

from __future__ import annotations

from collections.abc import Sequence


def nearest_language(hint: str | None, languages: Sequence[str]) -> str:
    """The service's language that fits a hint (``zh-TW``, ``pt_BR`` …), else its first."""
    return _fitting(hint, languages) or languages[0]


def accepted_language(header: str, languages: Sequence[str]) -> str:
    """The service's language that a browser asks for with ``Accept-Language``, else its first."""
    for part in sorted(header.split(","), key=_weight, reverse=True):
        fitting = _fitting(part.partition(";")[0].strip(), languages)
        if fitting is not None:
            return fitting
    return languages[0]


def _fitting(hint: str | None, languages: Sequence[str]) -> str | None:
    wanted = (hint or "").replace("_", "-").lower()
    if wanted == "zh" or wanted.startswith("zh-"):
        traditional = any(each in wanted.split("-") for each in ("hant", "tw", "hk", "mo"))
        wanted = "zh-hant" if traditional else "zh-hans"
    by_tag = {each.lower(): each for each in languages}
    by_start = {each.lower().split("-")[0]: each for each in reversed(languages)}
    return by_tag.get(wanted) or by_start.get(wanted.split("-")[0])


def _weight(part: str) -> float:
    _, _, weight = part.partition("q=")
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 0.0
