"""What the channel sends, as Telegram shows it, and what it makes of Telegram's refusals."""

from __future__ import annotations

import asyncio

import pytest

from channels.errors import ChatMoved, FileGone, OutcomeHidden, Refused, TryLater
from channels.splitting import split
from channels.telegram.adapter import TelegramChannel
from channels.telegram.client import Client
from channels.telegram.request import AiohttpRequest
from channels.telegram.sending import Sender
from messaging.messages import Author, Button, MessageReceived, OutgoingFile
from tests.protocol.telegram_kit import Kit, polling, say, settings_for
from tests.protocol.telegram_server import ApiError, FakeTelegram, bad_request, too_many_requests

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")


async def test_markdown_becomes_telegrams_formatting_and_buttons() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        buttons = (Button("Solved", "solved:1"), Button("A human", "human"), Button("Our page", url="https://e.org/"))
        sent = await kit.channel.send(say(ann, "**Go** to [the inn](https://e.org/a?b=1&c=2), 1 < 2", buttons=buttons))
        (message,) = kit.server.sent(ann)
        assert str(message["message_id"]) == sent.external_id
        assert message["text"] == "Go to the inn, 1 < 2"
        kinds = [(e["type"], e["offset"], e["length"], e.get("url")) for e in message["entities"]]
        assert kinds == [("bold", 0, 2, None), ("text_link", 6, 7, "https://e.org/a?b=1&c=2")]
        rows = message["reply_markup"]["inline_keyboard"]
        assert [[button["text"] for button in row] for row in rows] == [["Solved", "A human"], ["Our page"]]
        assert rows[0][0]["callback_data"] == "solved:1"


@pytest.mark.parametrize(
    "text",
    ["<b>not ours</b>", "1 < 2 & 3 > 2", "&lt;already&gt;", "</b>", "<script>alert(1)</script>", "*half", "`", "[a](b"],
)
async def test_html_and_broken_markdown_show_as_they_were_written(text: str) -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        await kit.channel.send(say(ann, text.replace("&lt;", "&amp;lt;").replace("&gt;", "&amp;gt;")))
        (message,) = kit.server.sent(ann)
        assert message["text"] == text
        assert "entities" not in message


async def test_what_telegram_cannot_parse_goes_out_plain() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        kit.server.fault("error", "sendMessage", error=bad_request("can't parse entities: no reason"))
        await kit.channel.send(say(ann, "**bold** and [link](https://e.org)"))
        (message,) = kit.server.sent(ann)
        assert message["text"] == "bold and link (https://e.org)"
        assert "entities" not in message


async def test_files_go_out_as_photos_or_documents_with_their_bytes() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        await kit.channel.send(say(ann, "see *this*", file=OutgoingFile("map.png", "image/png", PNG)))
        await kit.channel.send(say(ann, "", file=OutgoingFile("log.txt", "text/plain", b"all is well")))
        await kit.channel.send(say(ann, "odd", file=OutgoingFile("odd.png", "image/png", b"not a picture")))
        photo, document, odd = kit.server.sent(ann)
        assert photo["caption"] == "see this"
        assert photo["caption_entities"][0]["type"] == "italic"
        assert await kit.channel.fetch(photo["photo"][-1]["file_id"], 1000) == PNG
        assert document["document"]["file_name"] == "log.txt"
        assert await kit.channel.fetch(document["document"]["file_id"], 1000) == b"all is well"
        assert odd["document"]["file_name"] == "odd.png"
        assert odd["caption"] == "odd"


@pytest.mark.parametrize(
    ("kind", "name", "content_type", "text"),
    [
        ("photo", "photo.jpg", "image/jpeg", ""),
        ("document", "report.pdf", "application/pdf", ""),
        ("voice", "voice.ogg", "audio/ogg", ""),
        ("video", "clip.mp4", "video/mp4", ""),
        ("animation", "wave.mp4", "video/mp4", ""),
        ("audio", "song.mp3", "audio/mpeg", ""),
        ("sticker", "sticker.webp", "image/webp", ""),
    ],
)
async def test_files_that_players_send_can_be_fetched(kind: str, name: str, content_type: str, text: str) -> None:
    async with polling() as kit:
        content = bytes(range(256)) * 300
        kit.server.user("Ann").sends(kind, content, name=name, mime_type=content_type)
        (event,) = await kit.sink.take(1)
        assert isinstance(event, MessageReceived)
        (file,) = event.files
        assert (file.name, file.content_type, file.size) == (name, content_type, len(content))
        assert file.remote is not None
        assert await kit.channel.fetch(file.remote, len(content)) == content
        with pytest.raises(FileGone):
            await kit.channel.fetch(file.remote, len(content) - 1)


async def test_a_file_beyond_telegrams_limit_or_gone_is_file_gone() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        ann.sends("document", size=30_000_000, name="film.mkv")
        ann.sends("document", b"soon gone", name="a.txt")
        await kit.sink.take(2)
        film, soon_gone = (event.files[0].remote or "" for event in kit.sink.of(MessageReceived))
        with pytest.raises(FileGone):
            await kit.channel.fetch(film, 50_000_000)
        with pytest.raises(FileGone):
            await kit.channel.fetch("no such file", 1000)
        kit.server.world.files[soon_gone].content = None
        with pytest.raises(FileGone):
            await kit.channel.fetch(soon_gone, 1000)


async def test_a_download_that_breaks_can_be_tried_again() -> None:
    async with polling() as kit:
        kit.server.user("Ann").sends("document", b"x" * 1000, name="a.txt")
        (event,) = await kit.sink.take(1)
        assert isinstance(event, MessageReceived)
        remote = event.files[0].remote or ""
        for what, method in (("drop", "download"), ("status", "download"), ("drop", "getFile"), ("status", "getFile")):
            # What is only read is tried once more by the HTTP client itself, on a fresh connection.
            kit.server.fault(what, method, times=2 if (what, method) == ("drop", "download") else 1)
            with pytest.raises(TryLater):
                await kit.channel.fetch(remote, 1000)
        assert await kit.channel.fetch(remote, 1000) == b"x" * 1000


async def test_edits_change_text_and_buttons_and_the_same_again_is_fine() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        sent = await kit.channel.send(say(ann, "Which?", buttons=(Button("One", "1"),)))
        for _ in range(2):
            edited = await kit.channel.send(say(ann, "You chose **One**", edits=sent.external_id))
            assert edited == sent
        (message,) = kit.server.sent(ann)
        assert message["text"] == "You chose One"
        assert "reply_markup" not in message


async def test_a_caption_is_edited_where_there_is_no_text() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        file = OutgoingFile("map.png", "image/png", PNG)
        sent = await kit.channel.send(say(ann, "the map", file=file, buttons=(Button("Thanks", "t"),)))
        await kit.channel.send(say(ann, "the *old* map", edits=sent.external_id))
        (message,) = kit.server.sent(ann)
        assert message["caption"] == "the old map"
        assert "reply_markup" not in message


async def test_an_edit_of_what_is_gone_is_refused_but_the_chat_is_not_lost() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        with pytest.raises(Refused) as told:
            await kit.channel.send(say(ann, "new", edits="99"))
        assert not told.value.chat_lost


async def _lose(kit: Kit, how: str) -> str:
    ann = kit.server.user("Ann", started=how != "never started")
    match how:
        case "blocked":
            ann.blocks_bot()
        case "deleted account":
            ann.deletes_account()
        case "unknown":
            return "999"
    return str(ann.id)


@pytest.mark.parametrize("how", ["blocked", "deleted account", "never started", "unknown"])
async def test_a_chat_that_cannot_be_written_to_is_lost(how: str) -> None:
    async with polling() as kit:
        chat = await _lose(kit, how)
        with pytest.raises(Refused) as told:
            await kit.channel.send(say(chat, "hello"))
        assert told.value.chat_lost


async def test_a_topic_takes_messages_until_it_is_deleted() -> None:
    async with polling() as kit:
        staff = kit.server.group("Staff", forum=True)
        thread = staff.topic("Ann: lost sword")
        chat = f"{staff.id}/{thread}"
        await kit.channel.send(say(chat, "a new ticket"))
        await kit.channel.typing(chat)
        (message,) = kit.server.sent(staff)
        assert message["message_thread_id"] == thread
        staff.deletes_topic(thread)
        with pytest.raises(Refused) as told:
            await kit.channel.send(say(chat, "more"))
        assert told.value.chat_lost


async def test_a_group_that_removed_the_bot_is_lost() -> None:
    async with polling() as kit:
        staff = kit.server.group("Staff")
        staff.removes_bot()
        with pytest.raises(Refused) as told:
            await kit.channel.send(say(str(staff.id), "hello"))
        assert told.value.chat_lost


async def test_a_group_that_was_upgraded_has_moved() -> None:
    async with polling() as kit:
        kit.server.user("Ann")
        staff = kit.server.group("Staff", kind="group")
        new = staff.upgrades()
        with pytest.raises(ChatMoved) as told:
            await kit.channel.send(say(str(staff.id), "hello"))
        assert told.value.chat == str(new.id)
        await kit.channel.send(say(told.value.chat, "hello"))
        assert len(kit.server.sent(new)) == 1


async def test_429_tells_how_long_to_wait() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        kit.server.fault("error", "sendMessage", error=too_many_requests(17))
        with pytest.raises(TryLater) as told:
            await kit.channel.send(say(ann, "hello"))
        assert told.value.after == 17
        assert kit.server.sent(ann) == []


async def test_the_declared_pace_stays_within_telegrams_limits() -> None:
    now = 1_000_000.0
    async with polling(clock=lambda: now) as kit:
        limits = kit.server.world.limits
        limits.private_per_second, limits.private_burst = 1.0, 5
        limits.group_per_minute, limits.group_burst = 20, 20
        limits.total_per_second, limits.total_burst = 30, 30
        ann, group = kit.server.user("Ann"), kit.server.group("Staff")
        for to in (ann, group):
            pace = kit.channel.pace(str(to.id))
            assert pace.per_second is not None
            for _ in range(pace.burst):
                await kit.channel.send(say(str(to.id), "quick"))
            for _ in range(40):
                now += 1 / pace.per_second
                await kit.channel.send(say(str(to.id), "steady"))
        total = kit.channel.total_pace
        assert total.per_second is not None
        assert total.per_second + total.burst <= 30


async def test_a_server_of_ones_own_may_be_written_to_without_pause() -> None:

    async with polling(start=False) as kit:
        channel = TelegramChannel(settings_for(kit.server, per_second=None))
        assert channel.pace("1").per_second is None
        assert channel.total_pace.per_second is None


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        ({"what": "drop", "after_effect": True}, True),
        ({"what": "drop"}, False),
        ({"what": "status", "status": 500, "after_effect": True}, True),
        ({"what": "status", "status": 502}, False),
        ({"what": "status", "status": 504, "after_effect": True}, True),
    ],
)
async def test_a_request_without_a_clear_answer_has_a_hidden_outcome(fault: dict[str, object], arrived: bool) -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        kit.server.fault(method="sendMessage", **fault)  # type: ignore[arg-type]
        with pytest.raises(OutcomeHidden):
            await kit.channel.send(say(ann, "hello", author=Author.AGENT))
        assert len(kit.server.sent(ann)) == arrived


async def test_an_answer_that_never_comes_has_a_hidden_outcome() -> None:

    async with FakeTelegram() as server:
        ann = server.user("Ann")
        client = Client(settings_for(server), AiohttpRequest(timeout=0.2))
        sender = Sender(client)
        server.fault("hang", "sendMessage", after_effect=True)
        with pytest.raises(OutcomeHidden):
            await sender.send(say(ann, "hello"))
        assert len(server.sent(ann)) == 1
        await client.close_connections()


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 407, 429, 503])
async def test_what_something_on_the_way_refused_was_surely_not_sent(status: int) -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        kit.server.fault("status", "sendMessage", status=status)
        with pytest.raises(TryLater):
            await kit.channel.send(say(ann, "hello"))
        await kit.channel.send(say(ann, "hello"))
        assert len(kit.server.sent(ann)) == 1


async def test_what_is_too_large_for_the_server_is_refused() -> None:
    async with polling() as kit:
        kit.server.fault("status", "sendDocument", status=413)
        file = OutgoingFile("save.zip", "application/zip", b"large")
        with pytest.raises(Refused):
            await kit.channel.send(say(kit.server.user("Ann"), "", file=file))


async def test_the_bot_apis_own_500_was_surely_not_sent() -> None:
    async with polling() as kit:
        kit.server.fault("error", "sendMessage", error=ApiError(500, "Internal Server Error: sorry"))
        with pytest.raises(TryLater):
            await kit.channel.send(say(kit.server.user("Ann"), "hello"))


async def test_without_a_connection_nothing_was_sent() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        await kit.stop()
        await kit.server.stop()
        with pytest.raises(TryLater) as told:
            await kit.channel.send(say(ann, "hello"))
        assert told.value.whole_channel
        assert kit.server.token not in str(told.value)
        await kit.server.start()
        await kit.channel.send(say(ann, "hello"))
        assert len(kit.server.sent(ann)) == 1


async def test_a_hidden_edit_is_simply_tried_again() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        sent = await kit.channel.send(say(ann, "one"))
        kit.server.fault("drop", "editMessageText", after_effect=True)
        with pytest.raises(TryLater):
            await kit.channel.send(say(ann, "two", edits=sent.external_id))
        await kit.channel.send(say(ann, "two", edits=sent.external_id))
        assert [message["text"] for message in kit.server.sent(ann)] == ["two"]


async def test_a_revoked_token_keeps_the_message_for_later() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        await kit.stop()
        bot = kit.server.world.bots.pop(kit.server.token)
        with pytest.raises(TryLater) as told:
            await kit.channel.send(say(ann, "hello"))
        assert told.value.whole_channel
        kit.server.world.bots[kit.server.token] = bot


@pytest.mark.parametrize(
    ("character", "number", "fits"), [("a", 4096, 1), ("a", 4097, 0), ("🦄", 2048, 1), ("🦄", 2049, 0)]
)
async def test_the_limit_counts_utf16_units(character: str, number: int, fits: int) -> None:
    async with polling() as kit:
        ann, text = kit.server.user("Ann"), character * number
        assert kit.channel.capabilities.counts_utf16
        if fits:
            await kit.channel.send(say(ann, text))
        else:
            with pytest.raises(Refused) as told:
                await kit.channel.send(say(ann, text))
            assert not told.value.chat_lost


async def test_long_markdown_split_by_the_shared_splitter_passes() -> None:

    async with polling() as kit:
        ann = kit.server.user("Ann")
        text = "\n\n".join(f"**Step {n}** 🦄 go to [the inn](https://e.org/{n}) and `wait {n}`" for n in range(300))
        parts = split(text, kit.channel.capabilities.max_text, utf16=True)
        for part in parts:
            await kit.channel.send(say(ann, part))
        assert len(kit.server.sent(ann)) == len(parts) > 1


async def test_typing_is_shown() -> None:
    async with polling() as kit:
        ann = kit.server.user("Ann")
        await kit.channel.typing(str(ann.id))
        assert kit.server.calls_of("sendChatAction")[0].values["action"] == "typing"
        ann.blocks_bot()
        with pytest.raises(Refused):
            await kit.channel.typing(str(ann.id))


async def test_two_chats_are_written_to_at_the_same_time() -> None:

    async with polling() as kit:
        ann, bob = kit.server.user("Ann"), kit.server.user("Bob")
        kit.server.fault("slow", "sendMessage", chat_id=ann.id, seconds=0.2)
        slow = asyncio.create_task(kit.channel.send(say(ann, "slow")))
        await asyncio.sleep(0)
        await kit.channel.send(say(bob, "quick"))
        assert not slow.done()
        await slow
