"""F2: whoever asks for a human is understood, and nobody else is taken for one who does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.human_words import HumanWords
from bot.texts import SHIPPED, load_texts

LANGUAGES = ("en", "zh-Hans", "zh-Hant", "vi", "ja")


@pytest.fixture(scope="module")
def words() -> HumanWords:
    texts = load_texts(SHIPPED, LANGUAGES, str, {})
    return HumanWords(word for language in texts.languages.values() for word in language.human_words)


@pytest.mark.parametrize(
    "text",
    ["human", "HUMAN!!!", "agent", "can i talk to a human please", "hi, i want to speak with a real person", "humann",
     "人工", "转人工", "轉人工", "真人", "我要转人工", "nhân viên", "nhan vien", "NHÂN VIÊN ơi", "オペレーター",
     "ｈｕｍａｎ", "オペレーターお願いします", "let me talk to someone", "operator"],
)  # fmt: skip
def test_a_plea_is_understood(words: HumanWords, text: str) -> None:
    assert words.ask(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "!!!", "?", "how do i get my account back", "is the human faction any good in the late game",
     "my agent class is too weak", "有人开挂", "the boss killed every human in the village and i lost my loot",
     "what level is the humanoid golem", "human " * 50, "secret agent skin code", "i", "please", "hello"],
)  # fmt: skip
def test_what_is_no_plea_is_not(words: HumanWords, text: str) -> None:
    assert not words.ask(text)


@given(st.text())
def test_any_text_can_be_asked(text: str) -> None:
    assert HumanWords(["human", "talk to a human", "人工", ""]).ask(text) in {True, False}


def test_without_words_nobody_is_understood() -> None:
    assert not HumanWords([]).ask("human")
