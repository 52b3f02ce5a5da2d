"""A burst of messages, an album, a forwarded batch is one question (G11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from channels.memory.player import MemoryPlayer
from handoff.acts import Claim
from handoff.console import views
from messaging.messages import Direction
from tests.flows.house import House

PATIENCE = 4


@pytest.fixture
async def patient(quiet_cottage: House) -> House:
    """A small house that waits until players have finished; sure only of what stands in its FAQ word for word."""
    quiet_cottage.with_(
        faq={
            "patience": timedelta(seconds=PATIENCE),
            "misses_before_handoff": 3,
            "answer_above": 0.97,
            "suggest_above": 0.96,
        }
    )
    await quiet_cottage.begin()
    return quiet_cottage


@pytest.fixture
async def patient_inn(quiet_house: House) -> House:
    """The same with the sample FAQ."""
    quiet_house.with_(faq={"patience": timedelta(seconds=PATIENCE)})
    await quiet_house.begin()
    return quiet_house


async def later(house: House, seconds: float = PATIENCE + 1) -> None:
    """So long passes, and what fell due meanwhile is done."""
    house.clock.advance(seconds=seconds)
    await house.app.clockwork.fire_timers()
    await house.quiet()


def said(player: MemoryPlayer) -> list[str]:
    return [each.text for each in player.messages]


async def test_what_the_faq_knows_for_sure_is_answered_at_once(patient: House) -> None:
    ann = patient.channel.player("Ann", language="en")
    await ann.writes("how do i beat the goblin")
    await ann.reads("silver lamp")
    await later(patient)
    assert len(ann.messages) == 1


async def test_a_question_in_pieces_is_answered_as_one_once_the_player_has_finished(patient_inn: House) -> None:
    ann = patient_inn.channel.player("Ann", language="en")
    pieces = ["i have a problem", "with my sword", "zqxv wvut"]
    for piece in pieces:
        await ann.writes(piece)
        await later(patient_inn, 2)
    assert said(ann) == []
    assert await patient_inn.written(ann.chat) == pieces
    await later(patient_inn)
    assert len(ann.messages) == 1
    await later(patient_inn, 60)
    assert len(ann.messages) == 1


async def test_pieces_that_make_a_known_question_together_get_its_answer(patient_inn: House) -> None:
    ann = patient_inn.channel.player("Ann", language="en")
    await ann.writes("how do i")
    await ann.writes("back")
    assert said(ann) == []
    await ann.writes("get my account")
    await ann.reads("account")
    await later(patient_inn)
    assert len(ann.messages) == 1
    ben = patient_inn.channel.player("Ben", language="en")
    for piece in ("the payment", "did not", "arrive"):
        await ben.writes(piece)
    assert said(ben) == []
    await later(patient_inn)
    # As one question: which of these two payments?
    assert "paid" in (await ben.reads()).buttons[0].label
    assert len(ben.messages) == 1


async def test_a_sure_answer_in_the_middle_comes_at_once_and_what_waited_is_not_said_to_be_unknown(
    patient: House,
) -> None:
    ann = patient.channel.player("Ann", language="en")
    await ann.writes("zqxv wvut")
    await ann.writes("how do i beat the goblin")
    await ann.reads("silver lamp")
    await later(patient)
    assert len(ann.messages) == 1


async def test_an_unknown_question_in_pieces_is_one_miss_and_not_three(patient: House) -> None:
    ann = patient.channel.player("Ann", language="en")
    for piece in ("zqxv wvut", "plmk qqq", "hhh jjj"):
        await ann.writes(piece)
    await later(patient)
    await ann.reads("do not have an answer")
    assert len(ann.messages) == 1
    assert await patient.waiting() == []


async def test_who_never_stops_writing_is_answered_all_the_same(patient: House) -> None:
    ann = patient.channel.player("Ann", language="en")
    for number in range(12):
        await ann.writes(f"zqxv {number}")
        await later(patient, 3)
    assert 1 <= len(ann.messages) <= 2


async def test_who_asks_for_a_human_is_not_delayed_and_brings_all_their_words(patient: House) -> None:
    """F2."""
    ann = patient.channel.player("Ann", language="en")
    await ann.writes("my zqxv sword")
    await ann.writes("vanished wvut")
    await ann.writes("human")
    await ann.reads("You are next")
    (ticket,) = await patient.waiting()
    assert ticket.question == "my zqxv sword\nvanished wvut"
    await later(patient)
    assert len(ann.messages) == 1


async def test_a_plea_in_pieces_is_a_plea(patient: House) -> None:
    """F2."""
    ann = patient.channel.player("Ann", language="en")
    await ann.writes("i want to talk")
    await ann.writes("to a human")
    await ann.reads("You are next")


async def test_commands_and_buttons_are_not_delayed(patient: House) -> None:
    ann = patient.channel.player("Ann", language="en")
    await ann.writes("zqxv wvut")
    await ann.uses("status")
    await ann.reads("no request")
    await ann.acts("topics")
    await ann.reads("What is it about")
    assert not any("do not have an answer" in each for each in said(ann))
    await later(patient)
    await ann.reads("do not have an answer")


@pytest.mark.parametrize("ending", ["end", "crash"])
async def test_a_crash_while_words_wait_loses_nothing(patient: House, ending: str) -> None:
    ann = patient.channel.player("Ann", language="en")
    await ann.writes("zqxv")
    await ann.writes("wvut")
    await patient.quiet()
    await (patient.end() if ending == "end" else patient.crash())
    await patient.begin()
    await later(patient)
    await ann.reads("do not have an answer")
    await later(patient)
    assert len(ann.messages) == 1


async def test_a_timer_that_was_read_before_more_came_says_nothing(patient: House) -> None:
    """A timer that was moved meanwhile does not count."""
    ann = patient.channel.player("Ann", language="en")
    await ann.writes("zqxv")
    await later(patient, 3)
    await ann.writes("wvut")
    await later(patient, 2)
    assert said(ann) == []
    await later(patient, 3)
    assert len(ann.messages) == 1


async def test_an_album_is_one_question_with_the_words_under_any_of_its_pictures(patient: House) -> None:
    ann = patient.channel.player("Ann", language="en")
    picture = [("a.png", "image/png", b"\x89PNG")]
    await patient.channel.deliver(
        [
            ann.message("", files=picture, album="one"),
            ann.message("how do i beat", files=picture, album="one"),
            ann.message("the goblin", files=picture, album="one"),
        ]
    )
    assert said(ann) == []
    await later(patient)
    await ann.reads("silver lamp")
    assert len(ann.messages) == 1


async def test_a_batch_of_forwards_is_one_question(patient: House) -> None:
    ann = patient.channel.player("Ann", language="en")
    forwards = [replace(ann.message("how do i beat the goblin"), forwarded=True) for _ in range(5)]
    await patient.channel.deliver(forwards)
    assert said(ann) == []
    await later(patient)
    await ann.reads("silver lamp")
    assert len(ann.messages) == 1
    heard = [each for each in await patient.said(ann.chat) if each.direction is Direction.INCOMING]
    assert [views.message(each)["facts"] for each in heard] == [{"forwarded": True}] * 5


async def test_while_people_have_the_conversation_nothing_waits(patient: House) -> None:
    mira = await patient.agent()
    ann = patient.channel.player("Ann", language="en")
    await ann.writes("zqxv")
    await ann.writes("human")
    await ann.reads("You are next")
    (ticket,) = await patient.waiting()
    await mira.does(Claim, ticket)
    await ann.reads("I am Mira")
    await ann.writes("zqxv wvut")
    await later(patient)
    assert len(ann.messages) == 2


async def test_the_rest_of_a_burst_after_the_answer_is_heard_too(patient: House) -> None:
    """T17: words that come after an answer are a question of their own."""
    ann = patient.channel.player("Ann", language="en")
    await ann.writes("how do i beat the goblin")
    await ann.reads("silver lamp")
    await ann.writes("zqxv wvut plmk")
    await later(patient)
    await ann.reads()
    assert len(ann.messages) == 2


async def test_without_patience_every_message_is_answered_on_its_own(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("zqxv")
    await ann.reads("do not have an answer")


async def test_the_figures_tell_waits_from_answers(patient_inn: House) -> None:
    ann, ben = (patient_inn.channel.player(name, language="en") for name in ("Ann", "Ben"))
    await ann.writes("how do i get my account back")
    await ben.writes("zqxv wvut")
    await later(patient_inn)

    def counted(verdict: str) -> float | None:
        return patient_inn.app.metrics.registry.get_sample_value("innkeeper_verdicts_total", {"verdict": verdict})

    assert (counted("answer"), counted("wait"), counted("handoff")) == (1, 1, 1)
