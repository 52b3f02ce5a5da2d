"""Sentences that no FAQ answers: what calibration takes for questions that fit nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from faq.language.detection import base


def backgrounds(languages: Sequence[str]) -> list[str]:
    """Our own everyday sentences in these languages, each language once whatever its script or region."""
    return [sentence for name in dict.fromkeys(map(base, languages)) for sentence in background(name)]


@cache
def background(language: str) -> tuple[str, ...]:
    """The sentences of ``background/<language>.txt``; empty where we have none."""
    place = files("faq.language").joinpath("background", f"{language}.txt")
    if not place.is_file():
        return ()
    lines = place.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))
