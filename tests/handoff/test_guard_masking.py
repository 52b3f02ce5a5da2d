"""Hiding the secrets that players send."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.guard.draft import Kind
from handoff.guard.masking import mask


@pytest.mark.parametrize(
    ("text", "masked", "kind"),
    [
        ("my password is hunter2x help", "my password is •••••••• help", Kind.PASSWORD),
        ("acc: mira pass: dragon99", "acc: mira pass: ••••••••", Kind.PASSWORD),
        ("Password=“Tr0ub4dor&3”", "Password=“••••••••”", Kind.PASSWORD),
        ("my password is dragonfire", "my password is ••••••••", Kind.PASSWORD),
        ("我的密码是qwe98765，帮我看看", "我的密码是••••••••，帮我看看", Kind.PASSWORD),
        ("密碼：Abc12345", "密碼：••••••••", Kind.PASSWORD),
        ("mk: nam2009 ad ơi", "mk: •••••••• ad ơi", Kind.PASSWORD),
        ("mật khẩu của mình là Nam2009!", "mật khẩu của mình là ••••••••!", Kind.PASSWORD),
        ("パスワードはsakura2020です", "パスワードは••••••••です", Kind.PASSWORD),
        ("card 4111 1111 1111 1111 exp 12/27", "card •••• 1111 exp 12/27", Kind.CARD),
        ("４１１１１１１１１１１１１１１１", "•••• 1111", Kind.CARD),
        ("cvv 123", "cvv ••••••••", Kind.PASSWORD),
        ("IBAN DE89 3704 0044 0532 0130 00!", "IBAN •••• 3000!", Kind.CARD),
        ("token ghp_R4nd0mLetters7890AbCdEfGhIjKlMnOpQr12", "token ••••••••", Kind.TOKEN),
    ],
)
def test_a_secret_is_hidden_and_the_rest_stays(text: str, masked: str, kind: Kind) -> None:
    result = mask(text)
    assert result.text == masked
    assert result.kinds == (kind,)


@pytest.mark.parametrize(
    "text",
    [
        "i forgot my password",
        "my password is wrong every time",
        "my password is not accepted",
        "the password reset mail never came",
        "Password: required",
        "密码是错的",
        "忘记密码怎么办",
        "mình quên mật khẩu rồi",
        "mật khẩu là gì vậy",
        "パスワードを忘れました",
        "パスワードは合っているのに入れません",
        "my order is 4111111111111111",
        "call me on 0912 345 678, mail me@example.org",
        "season pass: when does it end?",
        "uid 40021877 server 12",
    ],
)
def test_what_is_no_secret_stays_as_typed(text: str) -> None:
    result = mask(text)
    assert result.text == text
    assert result.kinds == ()


def test_several_secrets_are_hidden_in_order() -> None:
    result = mask("pass: dragon99\ncard 5500-0000-0000-0004")
    assert result.text == "pass: ••••••••\ncard •••• 0004"
    assert result.kinds == (Kind.PASSWORD, Kind.CARD)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text(max_size=12) | st.sampled_from(["password: ", "4111111111111111", "密码是", "Abc123"])).map(
        "".join
    )
)
def test_masking_twice_is_masking_once_and_no_card_is_left(text: str) -> None:
    once = mask(text)
    assert mask(once.text).text == once.text
    assert (once.text == text) == (once.kinds == ())
