"""Which words insult us, and which only sound like it (G16)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.conduct_words import SHIPPED, ConductWords, load_conduct
from storage.problems import ProblemsFound


@pytest.fixture(scope="module")
def words() -> ConductWords:
    return ConductWords(load_conduct(SHIPPED))


@pytest.mark.parametrize(
    "text",
    [
        "you are an idiot",
        "YOU IDIOTS",
        "this stupid bot is useless!!",
        "Fuck you",
        "ｆｕｃｋ ｙｏｕ",
        "my sword is gone. you are all useless",
        "idiot",
        "你们客服是白痴",
        "客服都是廢物",
        "傻逼客服",
        "滚蛋",
        "đồ ngu",
        "bot này vô dụng",
        "サポートは無能だ",
        "お前はバカか",
        "死ね",
    ],
)
def test_an_insult_is_found(words: ConductWords, text: str) -> None:
    assert words.insult_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "how do i beat the stupid goblin",
        "where is the trash can?",
        "how do I sell garbage to the merchant",
        "can you tell me where the clown hat is",
        "my brother is an idiot and deleted my account",
        "I am such an idiot, I lost my phone",
        "what does the Idiot King drop",
        "could your team look at it. the dragon is stupid strong",
        "scunthorpe players cannot log in",
        "怎么清理背包里的垃圾",
        "垃圾回收站在哪里",
        "ゴミ箱はどこですか",
        "バカンスのイベントはいつですか",
        "tôi ngu quá, quên mật khẩu rồi",
        "ngủ ở đâu trong game",
    ],
)
def test_what_insults_nobody_of_ours_is_left_alone(words: ConductWords, text: str) -> None:
    assert words.insult_in(text) == ""


def test_an_owners_mistakes_in_the_list_are_told(tmp_path: Path) -> None:
    path = tmp_path / "conduct.yaml"
    path.write_text("en:\n  insult: [a]\n", encoding="utf-8")
    with pytest.raises(ProblemsFound) as told:
        load_conduct(path)
    assert "insult" in str(told.value.problems[0])
