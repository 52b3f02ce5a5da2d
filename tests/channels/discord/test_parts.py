"""The pure parts of the Discord adapter: buttons, commands, threads' names, replies, nonces, errors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import discord
import pytest

from channels.base import LastSeen
from channels.discord.buttons import action_of, components
from channels.discord.catch_up import cursor_of
from channels.discord.client import intents_for
from channels.discord.commands import payload, same
from channels.discord.convert import unreadable_event
from channels.discord.reply import PrivateMessage, ReplyVia
from channels.discord.rest import nonce_of
from channels.discord.sending import body_of
from channels.discord.threads import Owner, owner_in_name, thread_name
from messaging.messages import Author, Button, Outgoing

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
VIA = ReplyVia(123, "aW50ZXJhY3Rpb24=", NOW)


def test_a_button_carries_its_action_there_and_back() -> None:
    action = "a" * 60
    ((component,),) = [row["components"] for row in components([Button("Yes", action)])]
    assert len(component["custom_id"]) <= 100
    assert action_of(component["custom_id"]) == action
    assert action_of("panel") is None
    assert action_of("somebody:else") is None


def test_a_long_label_is_cut_with_a_sign() -> None:
    ((component,),) = [row["components"] for row in components([Button("x" * 200, "a")])]
    assert len(component["label"]) == 80
    assert component["label"].endswith("…")


def test_commands_are_the_same_only_while_every_text_is() -> None:
    registered = payload(lambda key, language: f"{key} {language}", ["en", "vi"])
    assert same(payload(lambda key, language: f"{key} {language}", ["en", "vi"]), registered)
    assert not same(payload(lambda key, language: f"{key} {language}!", ["en", "vi"]), registered)
    assert not same(payload(lambda key, language: f"{key} {language}", ["en"]), registered)
    assert not same(registered, registered[1:])


def test_descriptions_fit_and_languages_that_discord_lacks_are_left_out() -> None:
    for command in payload(lambda key, language: "x" * 300, ["en", "tlh"]):
        assert len(command["description"]) == 100
        assert set(command["description_localizations"]) == {"en-US"}


@pytest.mark.parametrize("player", ["Ann", "x" * 200, "  spaces\n everywhere ", "a · b", ""])
def test_a_threads_name_tells_its_player(player: str) -> None:
    for owner in (Owner(1234567890123456789), Owner(1234567890123456789, instead_of_dms=True)):
        name = thread_name(player, owner)
        assert len(name) <= 100
        assert owner_in_name(name) == owner


@pytest.mark.parametrize("name", ["refunds", "Ann", "Ann · ", "Ann · THIS IS NOT ONE"])
def test_other_names_tell_nobody(name: str) -> None:
    assert owner_in_name(name) is None


def test_a_reply_survives_being_stored() -> None:
    assert ReplyVia.parse(str(VIA)) == VIA
    assert VIA.lives(NOW - timedelta(seconds=1))
    assert not VIA.lives(NOW)
    assert PrivateMessage.parse(str(PrivateMessage(7, VIA))) == PrivateMessage(7, VIA)
    assert PrivateMessage.parse("7") is None


def test_a_nonce_is_the_same_for_a_retry_and_differs_otherwise() -> None:
    assert nonce_of(1, "5-1") == nonce_of(1, "5-1")
    assert len({nonce_of(1, "5-1"), nonce_of(1, "5-2"), nonce_of(2, "5-1")}) == 3
    assert len(nonce_of(1, "5-1")) <= 25


def test_an_edit_without_text_leaves_the_words() -> None:
    assert body_of(Outgoing("1", "5-1", "", Author.BOT, edits="9")) == {"components": []}


def test_the_cursor_is_the_id_or_else_the_time() -> None:
    assert cursor_of(LastSeen("1", "99", NOW)) == 99
    assert discord.utils.snowflake_time(cursor_of(LastSeen("1", None, NOW))) == NOW
    assert discord.utils.snowflake_time(cursor_of(LastSeen("1", "7@private", NOW))) == NOW


def test_only_needed_intents_are_asked_for() -> None:
    assert {name for name, wanted in intents_for(threads=False) if wanted} == {
        "guilds", "guild_messages", "dm_messages",
    }  # fmt: skip
    assert intents_for(threads=True).message_content


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        {},
        {"id": "x", "channel_id": "1", "author": {"id": "1"}},
        {"id": "1", "channel_id": "1", "author": {"id": "1", "bot": True}},
        {"id": "1", "channel_id": "1", "author": {"id": "1"}, "guild_id": "5"},
    ],
)
def test_too_little_to_tell_makes_no_event(raw: object) -> None:
    assert unreadable_event(raw, NOW) is None


def test_what_can_be_told_of_an_unreadable_message_is() -> None:
    event = unreadable_event({"id": "1", "channel_id": "2", "author": {"id": "3"}}, NOW)
    assert event is not None
    assert (event.external_id, event.chat, event.person.external_id, event.unsupported) == ("1", "2", "3", "unreadable")
