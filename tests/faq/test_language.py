"""Folding, spelling, courtesies, parts, language detection."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faq.language.courtesies import core, is_courtesy
from faq.language.detection import Detector
from faq.language.diacritics import Restorer
from faq.language.folding import fold, words
from faq.language.lexicon import lexicon_for
from faq.language.parts import leans_on_previous, split
from faq.language.spelling import Speller
from faq.scorers.grams import Stream


@given(st.text())
def test_folding_is_idempotent(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded


@given(st.text(alphabet="aàáảãạăâêôơưđđÀĐệ ßŁøIıİ'’`-_ｱ㌔①ｶﾞ你後后臺🇻🇳👍🏽️⃣\u0301\u200b\t\n", max_size=20))
def test_folding_is_idempotent_on_difficult_letters(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("How do I get my ACCOUNT back?!", "how do i get my account back"),
        ("I don’t  know", "i dont know"),
        ("Đặng nạp tiền", "dang nap tien"),
        ("帳號無法登錄", "帐号无法登录"),
        ("ｶｰﾄﾞ が つかえない", "カードがつかえない"),
        ("heeelp meeeee", "heelp mee"),
        ("1000", "1000"),
        ("👍🏽 ok️", "👍 ok"),
        ("...", ""),
        ("", ""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_words_are_characters_where_a_script_has_no_spaces() -> None:
    assert words(fold("帐号abc登录 ok")) == ["帐", "号", "abc", "登", "录", "ok"]


SPELLER = Speller(["gems", "recover", "account", "redeem"], ["lost", "password", "yesterday", "where", "germs", "my"])


@pytest.mark.parametrize(
    ("typed", "repaired"),
    [
        ("recovr my acount", "recover my account"),
        ("pasword yestrday", "password yesterday"),
        ("lsot", "lost"),  # a swap
        ("germs", "germs"),  # known: not "repaired" to the FAQ's own word
        ("gemss", "gems"),  # one edit from both: the FAQ's word wins
        ("xyzzyplugh", "xyzzyplugh"),
        ("abc", "abc"),  # too short to guess
        ("登录 recovr", "登录 recover"),
    ],
)
def test_spelling_repair(typed: str, repaired: str) -> None:
    assert SPELLER.repair(typed) == repaired


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Hello dear support team, I have a question: how do I pay? Thanks in advance!", "how do I pay"),
        ("你好，请问怎么找回账号？谢谢", "怎么找回账号"),
        ("Xin chào ad, cho em hỏi nạp tiền lỗi. cảm ơn", "nạp tiền lỗi"),
        ("こんにちは、ログインできません。よろしくお願いします", "ログインできません"),
        ("how would you say thank you", "how would you say thank you"),
        ("history of my payments", "history of my payments"),
        ("hi", "hi"),
        ("Thanks!", "Thanks!"),
    ],
)
def test_courtesies_come_off(text: str, asked: str) -> None:
    assert core(text).strip(" ?!.。，") == asked.strip(" ?!.")


@given(st.text(max_size=60))
def test_the_core_is_part_of_the_text_and_never_empty_of_words(text: str) -> None:
    left = core(text)
    assert left in text
    assert any(map(str.isalnum, left)) == any(map(str.isalnum, text))


def test_parts_of_a_message() -> None:
    assert split("How do I pay? And where is my order?") == ["How do I pay", "where is my order"]
    assert split("how do i pay and how do i cancel") == ["how do i pay", "how do i cancel"]
    assert split("怎么充值？怎么退款？") == ["怎么充值", "怎么退款"]
    assert split("how do i pay for gems and skins") == []


def test_what_leans_on_the_question_before() -> None:
    assert leans_on_previous("and on mobile?", "and on mobile")
    assert leans_on_previous("那手机呢", "那手机呢")
    long = "my account was stolen yesterday by somebody who knew my old email address"
    assert not leans_on_previous(long, long)


def detected(text: str, hint: str | None = None) -> str | None:
    languages = ["en", "zh-Hans", "zh-Hant", "vi", "ja"]
    detector = Detector(languages, lexicon_for(languages), {"en": ["orrowen", "lantern"]})
    return detector.detect([text], Stream([fold(text)]).pieces(), [hint])[0]


@pytest.mark.parametrize(
    ("text", "hint", "language"),
    [
        ("where is my order", None, "en"),
        ("我的帐号被盗了", None, "zh-Hans"),
        ("我的帳號被盜了", None, "zh-Hant"),
        ("不能玩", "zh-TW", "zh-Hant"),
        ("アカウントが消えた", None, "ja"),
        ("課金", "ja", "ja"),
        ("tài khoản của tôi", None, "vi"),
        ("nap tien khong duoc", None, "vi"),
        ("orrowen lantern", None, "en"),
        ("12345", "vi", None),
        ("👍", None, None),
    ],
)
def test_language(text: str, hint: str | None, language: str | None) -> None:
    assert detected(text, hint) == language


def test_a_script_that_the_faq_lacks_is_named_all_the_same() -> None:
    assert detected("не работает") == "ru"


def test_please_may_stay_where_it_could_be_part_of_the_wish() -> None:
    assert core("say that again please") == "say that again"
    assert core("hello, say that again please, thank you very much!", polite=False) == "say that again please"


RESTORER = Restorer(("Quên mật khẩu thì làm sao?", "đổi tên nhân vật", "nạp thẻ mà chưa nhận được kim cương"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("quen mat khau", "quên mật khẩu"),
        ("Lam sao de doi ten nhan vat?", "làm sao để đổi tên nhân vật?"),
        ("nap the roi, ma chua nhan duoc gi", "nạp thẻ rồi, mà chưa nhận được gì"),
        ("mo game bi vang ra ngoai", "mở game bị văng ra ngoài"),
        ("acc xyz123", "acc xyz123"),
        ("", ""),
    ],
)
def test_vietnamese_typed_without_diacritics_gets_them_back(typed: str, meant: str) -> None:
    """Vietnamese on a plain keyboard is read as Vietnamese; what is around the words stays."""
    assert RESTORER.restore(typed) == meant


@given(st.text(alphabet="abdeghimnortu ,?!1", max_size=40))
def test_restored_text_folds_to_what_was_typed(typed: str) -> None:
    assert fold(RESTORER.restore(typed)) == fold(typed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thank you, bye", True),
        ("ok thanks!", True),
        ("好的，谢谢", True),
        ("わかりました。ありがとうございます。", True),
        ("dạ cảm ơn bạn", True),
        ("hello", False),
        ("thanks, but where is the bank?", False),
        ("好的，但是我的剑呢", False),
        ("thanks for nothing", False),
        ("okapi", False),
        ("", False),
    ],
)
def test_thanks_alone_ask_for_nothing(text: str, expected: bool) -> None:
    """W13."""
    assert is_courtesy(text) is expected


def test_a_drawn_out_japanese_greeting_is_the_greeting() -> None:
    """The stroke writes a long vowel in katakana alone."""
    assert fold("こんにちはー") == fold("こんにちは")
    assert fold("サーバー") == "サーバー"
    assert core("こんにちはー") == "こんにちはー"
    assert core("こんにちはー、名前を変えたい") == "名前を変えたい"
