"""Frames of the page: what is understood, and what is not."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.web.convert import Hello, Unreadable, files_of, message_for_page, to_event, to_hello
from messaging.conversations import Attachment, Message
from messaging.files import Stored
from messaging.messages import (
    Author,
    Button,
    ButtonPressed,
    CommandUsed,
    Direction,
    IncomingFile,
    MessageReceived,
    Person,
    Status,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN = Person("chat", "Ann")
SHA = "a" * 64
ID = "11111111-2222-3333-4444-555555555555"


def event(frame: dict[str, Any], **stored: Stored) -> MessageReceived | CommandUsed | ButtonPressed:
    names = files_of(frame, 3)
    return to_event({"id": ID, **frame}, "chat", ANN, NOW, longest=100, names=names, stored=stored)


def test_what_is_typed_is_a_message() -> None:
    assert event({"type": "message", "text": " hi <b>"}) == MessageReceived("web", "chat", ID, ANN, NOW, " hi <b>")


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ("/help", "help", ""),
        (" /Language  zh-Hans ", "language", "zh-Hans"),
        ("/human please\nnow", "human", "please\nnow"),
    ],
)
def test_a_word_after_a_slash_is_a_command(text: str, name: str, argument: str) -> None:
    assert event({"type": "message", "text": text}) == CommandUsed("web", "chat", ID, ANN, NOW, name, argument)


@pytest.mark.parametrize("text", ["/", "/etc/passwd", "// comment", "/123", "and/or"])
def test_other_slashes_are_words(text: str) -> None:
    assert isinstance(event({"type": "message", "text": text}), MessageReceived)


def test_a_press_carries_its_action() -> None:
    assert event({"type": "press", "action": "solved:3"}) == ButtonPressed("web", "chat", ID, ANN, NOW, "solved:3")


def test_of_a_file_only_the_name_is_believed() -> None:
    frame = {
        "type": "message",
        "text": "/help",
        "files": [{"sha256": SHA, "name": "../a\u202e.png", "content_type": "x/y"}],
    }
    received = event(frame, **{SHA: Stored("image/png", 5)})
    assert isinstance(received, MessageReceived)
    assert received.files == (IncomingFile("a.png", "image/png", 5, sha256=SHA),)


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "message", "text": 3},
        {"type": "message", "text": "x" * 101},
        {"type": "message", "id": "short"},
        {"type": "message", "id": "x" * 65},
        {"type": "message", "id": None},
        {"type": "message", "files": "all"},
        {"type": "message", "files": [{"sha256": SHA}] * 4},
        {"type": "message", "files": [{"sha256": "../../etc"}]},
        {"type": "message", "files": [{"sha256": SHA, "name": "never uploaded"}]},
        {"type": "press"},
        {"type": "press", "action": "x" * 61},
        {"type": "press", "action": "é"},
        {"type": "delete everything"},
    ],
)
def test_what_no_page_of_ours_sends_is_refused(frame: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        event(frame)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(SHA) | st.just(ID),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["sha256", "name", "x"]), inner),
)
fields = st.sampled_from(["type", "id", "text", "files", "action", "token", "revision", "name", "language"])


@given(st.dictionaries(fields, json_values | st.sampled_from(["message", "press", "hello"])))
def test_any_frame_is_understood_or_refused(frame: dict[str, Any]) -> None:
    with suppress(Unreadable):
        event(frame)
    with suppress(Unreadable):
        to_hello(frame)


def test_hello() -> None:
    said = {"type": "hello", "token": "t", "revision": 7, "name": " Ann\n of  Avonlea ", "language": "vi"}
    assert to_hello(said) == Hello("t", 7, "Ann of Avonlea", "vi")
    assert to_hello({"type": "hello"}) == Hello(None, 0, "", None)


@pytest.mark.parametrize("revision", [-1, 1.5, True, "1", 2**63])
def test_a_revision_is_a_number(revision: Any) -> None:
    with pytest.raises(Unreadable):
        to_hello({"type": "hello", "revision": revision})


def message(**values: Any) -> Message:
    defaults: dict[str, Any] = {
        "conversation_id": 1,
        "number": 2,
        "revision": 3,
        "direction": Direction.OUTGOING,
        "author": Author.BOT,
        "agent_id": None,
        "ticket_number": None,
        "external_id": None,
        "text": "",
        "buttons": (),
        "data": {},
        "status": Status.SENT,
        "error": None,
        "sent_at": NOW,
        "edited_at": None,
        "deleted_at": None,
        "attachments": (),
    }
    return Message(**{**defaults, **values})


def test_our_words_become_html_and_a_players_do_not() -> None:
    ours = message_for_page(message(text="**Hi** <script>"))
    assert ours["html"] == "<p><strong>Hi</strong> &lt;script&gt;</p>\n"
    theirs = message_for_page(message(text="**Hi** <script>", direction=Direction.INCOMING, author=Author.PLAYER))
    assert theirs["text"] == "**Hi** <script>"
    assert "html" not in theirs


def test_buttons_lead_nowhere_dangerous() -> None:
    buttons = (Button("a", "human"), Button("b", url="https://e.com"), Button("c", url="javascript:alert(1)"))
    assert message_for_page(message(buttons=buttons))["buttons"] == [
        {"label": "a", "action": "human"},
        {"label": "b", "url": "https://e.com"},
    ]


def test_a_player_sees_the_agents_desk_name_and_nothing_else_about_them() -> None:
    shown = message_for_page(message(author=Author.AGENT, agent_id=77, data={"agent": "Desk 3", "secret": "x"}))
    assert shown["name"] == "Desk 3"
    assert "77" not in str(shown)
    assert "secret" not in str(shown)


def test_only_files_that_are_there_are_offered() -> None:
    files = (Attachment(0, "a.png", "image/png", 5, SHA, "stored"), Attachment(1, "b", "x/y", 5, None, "pending"))
    assert [each["name"] for each in message_for_page(message(attachments=files))["files"]] == ["a.png"]
