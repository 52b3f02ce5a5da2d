"""Which of the service's languages fits what a network or a browser says."""

from __future__ import annotations

import pytest

from messaging.languages import accepted_language, nearest_language

LANGUAGES = ("en", "zh-Hans", "zh-Hant", "vi", "pt-BR")


@pytest.mark.parametrize(
    ("hint", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("tlh", "en"),
        ("en-GB", "en"),
        ("vi_VN", "vi"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("ZH-hk", "zh-Hant"),
        ("zha", "en"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
    ],
)
def test_the_nearest_language(hint: str | None, language: str) -> None:
    assert nearest_language(hint, LANGUAGES) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("vi", "vi"),
        ("fr, vi;q=0.8, en;q=0.5", "vi"),
        ("en;q=0.5, zh-TW;q=0.9", "zh-Hant"),
        ("*;q=0.1", "en"),
        ("vi;q=nonsense, zh-CN;q=0.2", "zh-Hans"),
    ],
)
def test_the_language_a_browser_asks_for(header: str, language: str) -> None:
    assert accepted_language(header, LANGUAGES) == language
