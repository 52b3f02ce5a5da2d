"""A text that promises what the settings do not hold is named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.false_promises import false_promises
from bot.texts import SHIPPED
from handoff.sla_settings import Sla, SlaSettings

LANGUAGES = ("en", "zh-Hans", "zh-Hant", "vi", "ja")
SLA = Sla.from_settings(SlaSettings())


def found(folder: Path, key: str, text: str, *, language: str = "en", always_open: bool | None = False) -> list[str]:
    (folder / f"{language}.yaml").write_text(f"# mine\n{key}: '{text}'\n", encoding="utf-8")
    problems = false_promises(folder, (language,), always_open=always_open, sla=SLA)
    return [str(each).replace(f"{folder}/", "") for each in problems]


def test_what_is_shipped_promises_nothing_false() -> None:
    assert false_promises(SHIPPED, LANGUAGES, always_open=False, sla=SLA) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "We are there 24/7 for you."),
        ("en", "Somebody is here around the clock."),
        ("en", "Our people answer within 2 minutes."),
        ("en", "A human will be with you immediately."),
        ("zh-Hans", "客服 24 小时在线。"),
        ("zh-Hans", "客服会在 3 分钟内回复。"),
        ("zh-Hant", "客服會馬上回覆您。"),
        ("zh-Hant", "客服會在 1 分鐘內回覆。"),
        ("vi", "Nhân viên trả lời trong vòng 2 phút."),
        ("vi", "Nhân viên trả lời ngay lập tức."),
        ("ja", "担当者が 3 分以内にお返事します。"),
        ("ja", "担当者が直ちに対応します。"),
        ("ja", "年中無休で承ります。"),
    ],
)
def test_a_promise_that_is_not_held_is_named_with_its_line(tmp_path: Path, language: str, text: str) -> None:
    (told,) = found(tmp_path, "waiting_greeting", text, language=language)
    assert told.startswith(f"{language}.yaml:2:")
    assert "waiting_greeting" in told


@pytest.mark.parametrize(
    ("key", "text", "always_open"),
    [
        # The settings aim for five minutes (T1).
        ("waiting_greeting", "Most people wait less; we try to answer within 10 minutes.", False),
        ("waiting_greeting", "We are there 24/7 for you.", True),
        # While the hours are not right themselves nothing is said of them.
        ("waiting_greeting", "We are there 24/7 for you.", None),
        # The bot holds what it says of itself.
        ("hello", "If I know the answer, you get it right away.", False),
    ],
)
def test_what_is_held_may_be_said(tmp_path: Path, key: str, text: str, always_open: bool | None) -> None:
    assert found(tmp_path, key, text, always_open=always_open) == []


def test_plural_forms_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "en.yaml").write_text("queue_place:\n  one: x\n  other: within 1 minute\n", encoding="utf-8")
    (told,) = false_promises(tmp_path, ("en",), always_open=True, sla=SLA)
    assert told.place.line == 3
