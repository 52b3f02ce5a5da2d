"""Places, buttons, languages, and what errors mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram import Bot, Update
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from channels.errors import ChatMoved, OutcomeHidden, Refused, TryLater
from channels.telegram.buttons import keyboard
from channels.telegram.convert import to_events
from channels.telegram.outcome import explain
from channels.telegram.places import Place
from channels.telegram.polling import parse
from channels.telegram.request import AiohttpRequest, NotSent, Unavailable, proxy_for
from channels.telegram.settings import TelegramSettings
from messaging.messages import Button, MessageReceived

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("text", "chat_id", "topic"), [("17", 17, None), ("-100123", -100123, None), ("-5/9", -5, 9)])
def test_places_are_written_and_read(text: str, chat_id: int, topic: int | None) -> None:
    place = Place.parse(text)
    assert (place.chat_id, place.topic, str(place)) == (chat_id, topic, text)
    assert place.is_private == (chat_id > 0)


def test_short_buttons_stand_in_pairs_and_long_ones_alone() -> None:
    short = keyboard(
        [Button("Our page", url="https://e.org"), *(Button(each, each) for each in ("Yes", "No", "Maybe"))]
    )
    long = keyboard([Button("How do I get my account back?", "1"), Button("No", "2")])
    assert short is not None
    assert [[button.text for button in row] for row in short.inline_keyboard] == [
        ["Our page"],
        ["Yes", "No"],
        ["Maybe"],
    ]
    assert long is not None
    assert [len(row) for row in long.inline_keyboard] == [1, 1]
    assert keyboard([]) is None


@pytest.mark.parametrize("action", ["", "x" * 65, "é" * 33])
def test_a_button_that_telegram_would_refuse_is_refused(action: str) -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        keyboard([Button("Yes", action)])


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RetryAfter(3), TryLater),
        (NotSent("x"), TryLater),
        (Unavailable("x"), TryLater),
        (InvalidToken("x"), TryLater),
        (TimedOut(), OutcomeHidden),
        (NetworkError("x"), OutcomeHidden),
        (ChatMigrated(-1001), ChatMoved),
        (Forbidden("Forbidden: bot was blocked by the user"), Refused),
        (BadRequest("Chat not found"), Refused),
        (TelegramError("Invalid server response"), OutcomeHidden),
    ],
)
def test_what_errors_mean(error: TelegramError, kind: type[Exception]) -> None:
    assert type(explain(error)) is kind
    if kind is OutcomeHidden:
        assert type(explain(error, repeatable=True)) is TryLater


def test_what_waited_for_us_is_late() -> None:
    def received(minutes: int) -> MessageReceived:
        sent_at = NOW - timedelta(minutes=minutes)
        person = {"id": 7, "is_bot": False, "first_name": "Ann"}
        message = {"message_id": 1, "date": int(sent_at.timestamp()), "text": "hi"}
        raw = {"update_id": 1, "message": message | {"from": person, "chat": {"id": 7, "type": "private"}}}
        update = Update.de_json(raw, None)
        (event,) = to_events(update, NOW)
        assert isinstance(event, MessageReceived)
        return event

    assert received(minutes=6).late
    assert not received(minutes=4).late


def test_secrets_do_not_show() -> None:
    settings = TelegramSettings("4242:secret")
    assert "secret" not in repr(settings).replace("webhook_secret", "")
    assert settings.webhook_secret != TelegramSettings("4242:other").webhook_secret
    assert "secret" not in settings.webhook_secret


def test_the_environments_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example.org:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert proxy_for("https://api.telegram.org/bot1/getMe") == "http://proxy.example.org:3128"
    assert proxy_for("https://127.0.0.1:8081/bot1/getMe") is None


async def test_shutting_down_what_was_never_used() -> None:
    request = AiohttpRequest()
    await request.initialize()
    await request.shutdown()
    await request.shutdown()
    assert request.read_timeout == 20.0


JUNK = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}), st.just([{}]))
FIELDS = (
    "entities photo document voice sticker poll dice location contact video_note animation forward_origin "
    "reply_to_message media_group_id story hologram new_chat_members via_bot"
).split()


@settings(deadline=None, max_examples=50)  # a busy machine is no failure
@given(st.dictionaries(st.sampled_from(FIELDS), JUNK, max_size=4))
def test_the_words_of_a_message_are_read_whatever_else_it_holds(junk: dict[str, object]) -> None:
    person = {"id": 7, "is_bot": False, "first_name": "Ann"}
    message = {"message_id": 1, "date": int(NOW.timestamp()), "from": person, "chat": {"id": 7, "type": "private"}}
    update = parse({"update_id": 1, "message": message | {"text": "hi"} | junk}, Bot("4242:token"))
    assert update is not None
    (event,) = to_events(update, NOW)
    assert isinstance(event, MessageReceived)
    assert event.text == "hi"
