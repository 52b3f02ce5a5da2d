"""Sentences that no FAQ answers: what calibration takes for questions that fit nothing."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def background(language: str) -> tuple[str, ...]:
    """Our own everyday sentences in ``language`` (``background/<language>.txt``); empty where we have none."""
    place = files("faq.language").joinpath("background", f"{language}.txt")
    if not place.is_file():
        return ()
    lines = place.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))
