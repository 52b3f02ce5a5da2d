"""What players do in Telegram, as the channel tells it."""

from __future__ import annotations

import asyncio

import pytest
from telegram import Bot

from channels.errors import ChannelError, Misconfigured, TryLater
from channels.telegram.adapter import TelegramChannel
from channels.telegram.settings import TelegramSettings
from messaging.commands import COMMANDS
from messaging.messages import Button, ButtonPressed, ChatLost, CommandUsed, MessageEdited, MessageReceived
from tests.protocol.telegram_kit import Sink, polling, say, settings_for, surroundings
from tests.protocol.telegram_server import FakeTelegram, too_many_requests


async def test_a_message_arrives_with_who_wrote_it() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann", language="vi", username="ann_n")
        written = ann.writes("how do i get my account back")
        (event,) = await kit.sink.take(1)
        assert isinstance(event, MessageReceived)
        assert (event.channel, event.chat, event.external_id) == ("telegram", str(ann.id), str(written["message_id"]))
        assert event.text == "how do i get my account back"
        assert (event.person.external_id, event.person.name) == (str(ann.id), "Ann")
        assert (event.person.username, event.person.language_hint) == ("ann_n", "vi")
        assert event.sent_at.timestamp() == written["date"]
        assert not event.late


async def test_what_was_written_while_we_were_away_comes_in_order_in_one_batch() -> None:
    async with polling(start=False) as kit:
        ann, bob = kit.server.user("Ann"), kit.server.user("Bob")
        for number in range(3):
            ann.writes(f"ann {number}")
            bob.writes(f"bob {number}")
        await kit.start()
        await kit.sink.take(6)
        assert len(kit.sink.commits) == 1
        texts = [event.text for event in kit.sink.of(MessageReceived)]
        assert texts == ["ann 0", "bob 0", "ann 1", "bob 1", "ann 2", "bob 2"]


async def test_an_update_is_confirmed_only_after_the_commit() -> None:
    async with polling() as kit:
        kit.sink.open.clear()
        kit.server.user("Ann").writes("hello")
        await kit.sink.until(lambda: kit.sink.attempts)
        polls = kit.server.counts["getUpdates"]
        assert len(kit.server.bot.pending) == 1
        assert kit.server.counts["getUpdates"] == polls
        kit.sink.open.set()
        await kit.server.wait_polling()
        assert len(kit.sink.events) == 1


async def test_a_batch_that_could_not_be_committed_is_given_in_again() -> None:
    async with polling() as kit:
        kit.sink.failures_ahead = 3
        ann = kit.server.user("Ann")
        ann.writes("one")
        await kit.sink.take(1)
        assert kit.pauses == [0.5, 1.0, 2.0]
        ann.writes("two")
        await kit.sink.take(2)
        assert [event.text for event in kit.sink.of(MessageReceived)] == ["one", "two"]
        await kit.server.wait_polling()


async def test_a_channel_that_ends_before_the_commit_gets_the_update_again() -> None:
    async with polling() as kit:
        kit.sink.open.clear()
        kit.server.user("Ann").writes("hello")
        await kit.sink.until(lambda: kit.sink.attempts)
        await kit.stop()
        assert kit.sink.commits == []
        kit.sink.open.set()
        await kit.start()
        await kit.sink.take(1)
        assert [event.text for event in kit.sink.of(MessageReceived)] == ["hello"]


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ("/start", "start", ""),
        ("/START@Inn_Bot payload ", "start", "payload"),
        ("/human my account is gone", "human", "my account is gone"),
        ("/language\nvi", "language", "vi"),
    ],
)
async def test_commands(text: str, name: str, argument: str) -> None:
    async with polling() as kit:
        kit.server.user("Ann").writes(text)
        (event,) = await kit.sink.take(1)
        assert isinstance(event, CommandUsed)
        assert (event.name, event.argument) == (name, argument)


async def test_what_only_looks_like_a_command_is_a_message() -> None:
    async with polling() as kit:
        kit.server.user("Ann").writes("/refund please")
        (event,) = await kit.sink.take(1)
        assert isinstance(event, MessageReceived)
        assert event.text == "/refund please"


async def test_the_commands_menu_is_offered_in_every_language() -> None:
    async with polling() as kit:
        menus = kit.server.bot.commands
        assert {scope for scope, _ in menus} == {"all_private_chats"}
        assert {language for _, language in menus} == {"", "en", "zh", "vi"}
        commands = [entry["command"] for entry in menus["all_private_chats", ""]]
        assert commands == list(COMMANDS)
        assert menus["all_private_chats", "zh"][0]["description"] == "command_start in zh-Hans"


async def test_a_pressed_button_comes_back_and_stops_spinning() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        await kit.channel.send(say(ann, "Did it help?", buttons=(Button("Yes", "solved:7"), Button("No", "no:7"))))
        (message,) = kit.server.sent(ann)
        callback = ann.presses(message, "Yes")
        (event,) = await kit.sink.take(1)
        assert isinstance(event, ButtonPressed)
        assert (event.chat, event.external_id, event.action) == (str(ann.id), callback.id, "solved:7")
        await kit.server.wait_for(lambda: callback.answered)


async def test_a_button_that_waited_too_long_is_still_heard() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        message = ann.writes("hi")
        ann.presses_data(message, "solved:1", too_old=True)
        ann.writes("still there?")
        await kit.sink.take(3)
        assert len(kit.sink.of(ButtonPressed)) == 1
        await kit.server.wait_for(lambda: kit.server.counts["answerCallbackQuery"])


async def test_a_button_of_a_message_that_telegram_no_longer_shows_is_heard() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        gone = {"message_id": 3, "date": 0, "chat": ann.chat.card}
        callback = ann.presses_data(gone, "solved:1")
        (event,) = await kit.sink.take(1)
        assert isinstance(event, ButtonPressed)
        assert (event.chat, event.action) == (str(ann.id), "solved:1")
        await kit.server.wait_for(lambda: callback.answered)


async def test_an_edit_names_its_message_and_its_revision() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        written = ann.writes("I lost my swrod")
        ann.edits(written, "I lost my sword")
        await kit.sink.take(2)
        (edit,) = kit.sink.of(MessageEdited)
        assert (edit.external_id, edit.text) == (str(written["message_id"]), "I lost my sword")
        assert edit.revision


async def test_an_album_is_parts_of_one_group_with_its_caption() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        ann.sends_album([("a.jpg", b"one"), ("b.jpg", b"two")], caption="what happened")
        await kit.sink.take(2)
        first, second = kit.sink.of(MessageReceived)
        assert first.album is not None
        assert first.album == second.album
        assert (first.text, second.text) == ("what happened", "")
        assert [file.content_type for file in first.files + second.files] == ["image/jpeg", "image/jpeg"]


async def test_forwarded_messages_say_so() -> None:
    async with polling() as kit:
        ann, bob = kit.server.user("Ann"), kit.server.user("Bob")
        words = [bob.writes(text) for text in ("you cheated", "give it back")]
        ann.forwards(words)
        await kit.sink.take(4)
        forwarded = [event for event in kit.sink.of(MessageReceived) if event.forwarded]
        assert [(event.chat, event.text) for event in forwarded] == [
            (str(ann.id), "you cheated"),
            (str(ann.id), "give it back"),
        ]


@pytest.mark.parametrize("kind", ["poll", "dice", "location", "contact"])
async def test_kinds_that_cannot_be_read_are_named(kind: str) -> None:
    async with polling() as kit:
        getattr(kit.server.user("Ann"), f"sends_{kind}")()
        (event,) = await kit.sink.take(1)
        assert isinstance(event, MessageReceived)
        assert (event.unsupported, event.text, event.files) == (kind, "", ())


async def test_a_video_note_cannot_be_read() -> None:
    async with polling() as kit:
        kit.server.user("Ann").sends("video_note", b"round")
        (event,) = await kit.sink.take(1)
        assert isinstance(event, MessageReceived)
        assert event.unsupported == "video_note"


async def test_blocking_the_bot_is_a_lost_chat_and_unblocking_is_nothing() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        ann.blocks_bot()
        ann.unblocks_bot()
        ann.writes("back again")
        await kit.sink.take(2)
        lost, written = kit.sink.events
        assert isinstance(lost, ChatLost)
        assert lost.chat == str(ann.id)
        assert isinstance(written, MessageReceived)


async def test_an_update_that_cannot_be_read_at_all_does_not_hold_up_the_others() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        kit.server.world.deliver(kit.server.bot, "message", {"message_id": "?", "chat": 7})
        ann.writes("hello")
        (event,) = await kit.sink.take(1)
        assert isinstance(event, MessageReceived)
        assert event.text == "hello"
        await kit.server.wait_polling()


async def test_a_message_that_the_sdk_cannot_read_is_not_lost() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        ann.sends_other(poll={"id": "not as the SDK wants it"})
        ann.sends_other(caption="look", photo="nor this")
        await kit.sink.take(2)
        poll, photo = kit.sink.of(MessageReceived)
        assert (poll.text, poll.unsupported) == ("", "unreadable")
        assert (photo.text, photo.unsupported) == ("look", None)


async def test_a_kind_of_message_that_is_newer_than_the_sdk_is_named() -> None:
    async with polling() as kit:
        kit.server.user("Ann").sends_other(hologram={"depth": 3})
        (event,) = await kit.sink.take(1)
        assert isinstance(event, MessageReceived)
        assert event.unsupported == "hologram"


async def test_service_messages_are_nobodys_words() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        ann.sends_other(pinned_message=ann.chat.messages.get(1) or ann.writes("pin me"))
        ann.writes("hello")
        await kit.sink.take(2)
        assert [event.text for event in kit.sink.of(MessageReceived)] == ["pin me", "hello"]


async def test_in_a_group_whoever_calls_the_bot_is_asked_to_write_in_private() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann", language="zh-hant")
        group = kit.server.group("Heroes of the Inn")
        called = ann.writes("@inn_bot my account is gone, mail ann@example.org", where=group)
        reply = await kit.server.next_sent(group)
        assert reply["text"] == "group_hint in zh-Hant"
        assert reply["reply_to_message"]["message_id"] == called["message_id"]
        ((button,),) = reply["reply_markup"]["inline_keyboard"]
        assert button["url"] == "https://t.me/inn_bot?start=group"
        ann.writes("thanks", where=group, reply_to=reply)
        ann.writes("/help", where=group)
        assert len(await kit.server.wait_sent(group, 3)) == 3
        assert kit.sink.events == []


async def test_in_a_group_what_is_not_for_the_bot_is_left_alone() -> None:
    async with polling(reads_everything=True) as kit:
        ann = kit.server.user("Ann")
        group = kit.server.group("Heroes of the Inn")
        ann.writes("who joins the raid?", where=group)
        ann.writes("/help@other_bot", where=group)
        ann.writes("hello bot", where=None)
        await kit.sink.take(1)
        await kit.server.wait_polling()
        assert kit.server.sent(group) == []


async def test_the_network_fails_and_comes_back() -> None:
    async with polling() as kit:
        await kit.server.wait_polling()
        await kit.server.stop()
        await asyncio.sleep(0.05)
        await kit.server.start()
        kit.server.user("Ann").writes("are you there?")
        await kit.sink.take(1)
        assert kit.pauses
        assert kit.pauses == sorted(kit.pauses)


@pytest.mark.parametrize(
    "fault", [{"what": "status", "status": 502}, {"what": "status", "status": 503}, {"what": "drop"}]
)
async def test_polling_goes_on_after_a_fault(fault: dict[str, object]) -> None:
    async with polling(start=False) as kit:
        kit.server.fault(**{"method": "getUpdates", "times": 3, **fault})  # type: ignore[arg-type]
        await kit.start()
        kit.server.user("Ann").writes("hello")
        await kit.sink.take(1)
        assert kit.pauses[:3] == [0.5, 1.0, 2.0]


async def test_an_answer_with_updates_that_never_arrived_is_asked_for_again() -> None:
    async with polling() as kit:
        await kit.server.wait_polling()
        kit.server.fault("drop", "getUpdates", after_effect=True)
        ann = kit.server.user("Ann")
        ann.writes("one")
        ann.writes("two")
        await kit.sink.take(2)
        assert [event.text for event in kit.sink.of(MessageReceived)] == ["one", "two"]


async def test_429_while_polling_waits_as_long_as_told() -> None:
    async with polling(start=False) as kit:
        kit.server.fault("error", "getUpdates", error=too_many_requests(7))
        await kit.start()
        assert kit.pauses == [7.0]


async def test_another_receiver_is_waited_out() -> None:
    async with polling() as kit:
        await kit.server.wait_polling()
        async with Bot(kit.server.token, base_url=f"{kit.server.api_url}/bot") as other:
            await other.get_updates(timeout=0)
        kit.server.user("Ann").writes("hello")
        await kit.sink.take(1)
        assert kit.pauses[0] == 0.5


async def test_a_webhook_left_from_before_is_taken_away() -> None:
    async with polling(start=False) as kit:
        async with Bot(kit.server.token, base_url=f"{kit.server.api_url}/bot") as other:
            await other.set_webhook("https://old.example.org/hook")
        await kit.start()
        assert kit.server.bot.webhook is None


@pytest.mark.parametrize("token", ["4242:wrong", "no token at all"])
async def test_a_wrong_token_names_the_setting(token: str) -> None:
    async with FakeTelegram() as server:
        channel = TelegramChannel(settings_for(server, token=token))
        with pytest.raises(Misconfigured) as told:
            await channel.run(surroundings(Sink()), lambda: None)
        await channel.close()
    assert "channels.telegram.token" in told.value.hint
    assert token not in str(told.value)


async def test_a_token_that_is_revoked_while_running_ends_the_run_and_then_names_the_setting() -> None:
    async with polling() as kit:
        await kit.server.wait_polling()
        bot = kit.server.world.bots.pop(kit.server.token)
        kit.server.user("Ann").writes("hello")
        assert kit.running is not None
        with pytest.raises(ChannelError):
            await kit.running
        kit.running = None
        with pytest.raises(Misconfigured):
            await kit.start()
        kit.running = None
        kit.server.world.bots[kit.server.token] = bot
        await kit.start()
        await kit.sink.take(1)


async def test_a_start_that_something_on_the_way_prevents_can_be_tried_again() -> None:
    async with polling(start=False) as kit:
        for what, status in (("status", 404), ("status", 403), ("status", 302), ("status", 502), ("drop", 0)):
            kit.server.fault(what, "getMe", status=status)
            with pytest.raises(TryLater):
                await kit.start()
        kit.running = None
        await kit.start()


def test_an_empty_token_names_the_setting() -> None:
    with pytest.raises(Misconfigured) as told:
        TelegramChannel(TelegramSettings(token=""))
    assert "channels.telegram.token" in told.value.hint
