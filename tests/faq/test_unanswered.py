"""From questions that failed to proposals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from faq.additions import Addition, record, recorded, savings
from faq.errors import ImportFailed
from faq.missed import Answered, Missed, Reason, read_missed, write_missed
from faq.privacy import as_phrasing, without_personal_data
from faq.proposals import AddPhrasings, NewEntry
from faq.unanswered import group_missed
from tests.faq.matching import SpokenMatcher
from tests.faq.writing import ACCOUNT, PAYMENT, SMALL_TALK, faq_of

START = datetime(2026, 11, 16, 9, tzinfo=UTC)


def missed(text: str, player: str, reason: Reason = Reason.NO_MATCH, **more: object) -> Missed:
    return Missed(text, START, player, reason, language="en", **more)  # type: ignore[arg-type]


CONTROLLER = [
    missed("is there controller support on pc", "a"),
    missed("controller support please", "b", reply="Yes: plug it in first. Mail me at bob@example.com."),
    missed("Controller support please!", "a"),
    missed("can i play with a controller", "c", reply="Yes."),
]
REFUND = [
    missed("how long does a refund take", "d", Reason.LOW_CONFIDENCE),
    missed("the refund is not here, order GPA-1234-5678-9012", "e", Reason.HANDED_OVER, settled_by="payment-refund"),
]


def test_groups_are_ranked_by_players_and_propose_what_to_add() -> None:
    faq = faq_of(ACCOUNT, PAYMENT, SMALL_TALK)
    matcher = SpokenMatcher({"how long does a refund take": {"payment-refund": 0.7}})
    groups = group_missed([*REFUND, *CONTROLLER], faq, matcher)
    assert [(group.players, group.messages) for group in groups] == [(3, 4), (2, 2)]
    controller, refund = groups
    assert set(controller.texts["en"]) == {
        "controller support please",
        "is there controller support on pc",
        "can i play with a controller",
    }
    assert isinstance(controller.proposal, NewEntry)
    assert controller.proposal.answer == "Yes: plug it in first. Mail me at [e-mail]."
    assert controller.proposal.id not in faq.entries
    assert isinstance(refund.proposal, AddPhrasings)
    assert refund.proposal.entry_id == "payment-refund"
    assert refund.texts["en"] == ("the refund is not here", "how long does a refund take")
    assert refund.reasons == {Reason.LOW_CONFIDENCE: 1, Reason.HANDED_OVER: 1}


def test_an_entry_that_players_refused_is_not_proposed_to_them() -> None:
    faq = faq_of(ACCOUNT, PAYMENT)
    matcher = SpokenMatcher({"my session is stuck": {"password-reset": 0.8, "account-recover": 0.6}})
    rows = [missed("my session is stuck", "a", Reason.NOT_WHAT_I_MEANT, offered=("password-reset",))]
    (group,) = group_missed(rows, faq, matcher)
    assert group.proposal == AddPhrasings("account-recover", 0.6)


def test_noise_and_novels_are_no_phrasings() -> None:
    rows = [missed(text, "a") for text in ("", "??", "123456789", "a", "x" * 300, "bob@example.com")]
    assert group_missed(rows, faq_of(ACCOUNT), SpokenMatcher({})) == []


def test_drafts_never_share_an_id() -> None:
    rows = [missed("手柄能用吗", "a"), missed("服务器在哪里", "b"), missed("怎么截图", "c")]
    groups = group_missed(rows, faq_of(ACCOUNT), SpokenMatcher({}))
    ids = [group.proposal.id for group in groups if isinstance(group.proposal, NewEntry)]
    assert len(ids) == len(set(ids)) == len(groups)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to bob.smith+x@mail.example.co.uk please", "write to [e-mail] please"),
        ("see https://example.com/me?token=1 ok", "see [address] ok"),
        ("call +49 170 1234567 now", "call [number] now"),
        ("my order is GPA-1234-5678-9012", "my order is [code]"),
        ("ip 192.168.10.4 is banned", "ip [ip] is banned"),
        ("ask @tomas_x or Mira#1234", "ask [handle] or [handle]"),
        ("my name is John Smith and i lost it", "[name] and i lost it"),
        ("我叫王小明 账号没了", "[name] 账号没了"),
        ("私の名前は田中です", "[name]"),
        ("password is hunter2 help", "[password] help"),
        ("my password is wrong", "my password is wrong"),
        ("error 4042 on my PS5 at level 120", "error 4042 on my PS5 at level 120"),
        ("battle pass: how do i get it", "battle pass: how do i get it"),
    ],
)
def test_personal_data_is_taken_out(text: str, expected: str) -> None:
    assert without_personal_data(text) == expected


def test_a_phrasing_has_no_placeholders() -> None:
    assert as_phrasing("where is my refund, order: GPA-1234-5678-9012\n please") == "where is my refund please"


def test_exports_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "missed.jsonl"
    rows = [*REFUND, missed("x y z", "f", Reason.NOT_WHAT_I_MEANT, offered=("hello", "payment-refund"))]
    write_missed(rows, path)
    assert read_missed(path) == rows


def test_a_table_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "missed.tsv"
    path.write_text("text\tat\tplayer\treason\toffered\nwhere is it\t2026-11-16T09:00+00:00\ta\tno_match\thello bye\n")
    assert read_missed(path) == [Missed("where is it", START, "a", Reason.NO_MATCH, offered=("hello", "bye"))]


@pytest.mark.parametrize(
    "text",
    [
        '{"text": "x"}',
        "text\tat\nx\t2026-11-16\n",
        '{"text": "x", "at": "2026-11-16T09:00", "player": 1, "reason": "no_match"}',
        "{",
    ],
)
def test_a_wrong_export_is_explained(tmp_path: Path, text: str) -> None:
    path = tmp_path / "missed"
    path.write_text(text)
    with pytest.raises(ImportFailed, match="missed"):
        read_missed(path)


def test_the_report_counts_players_answered_by_what_was_added(tmp_path: Path) -> None:
    faq = faq_of(ACCOUNT, PAYMENT.replace("- i want a refund", "- i want a refund\n        - reverse the charge"))
    made = Addition(START, "payment-refund", ("reverse the charge",), missed=3)
    record(tmp_path, made)
    assert recorded(tmp_path) == [made]
    later = START + timedelta(days=1)
    answered = [
        Answered("please reverse the charge", later, "a", "payment-refund"),
        Answered("reverse the charge now", later, "a", "payment-refund"),
        Answered("reverse charge", later, "b", "payment-refund"),
        Answered("i want a refund", later, "c", "payment-refund"),
        Answered("reverse the charge", START - timedelta(days=1), "d", "payment-refund"),
        Answered("reverse the charge", later, "e", "payment-missing"),
    ]
    (saving,) = savings(recorded(tmp_path), answered, faq)
    assert (saving.players, saving.messages) == (2, 3)
