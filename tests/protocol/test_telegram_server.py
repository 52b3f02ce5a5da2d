"""The fake Bot API server keeps the real one's contract: proved with a bare python-telegram-bot and bare HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto, ReplyParameters
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)

from channels.telegram.settings import ALLOWED_UPDATES
from tests.protocol.telegram_server import FakeGroup, FakeTelegram, FakeUser
from tests.protocol.telegram_server.call import Call
from tests.protocol.telegram_server.control_api import ControlApi
from tests.protocol.telegram_server.schema import Schema

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")


@pytest.fixture
async def server() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as running:
        yield running
        assert not running.violations


@pytest.fixture
async def bot(server: FakeTelegram) -> AsyncIterator[Bot]:
    async with bot_of(server) as client:
        yield client


def bot_of(server: FakeTelegram, token: str | None = None) -> Bot:
    return Bot(token or server.token, f"{server.api_url}/bot", f"{server.api_url}/file/bot")


async def test_updates_come_again_until_an_offset_confirms_them(server: FakeTelegram, bot: Bot) -> None:
    ann = server.user("Ann")
    for number in range(3):
        ann.writes(f"{number}")
    first = await bot.get_updates(timeout=0)
    assert [u.message.text for u in first if u.message] == ["0", "1", "2"]
    assert await bot.get_updates(timeout=0) == first
    rest = await bot.get_updates(offset=first[1].update_id, timeout=0)
    assert [u.update_id for u in rest] == [u.update_id for u in first[1:]]
    assert await bot.get_updates(offset=first[2].update_id + 1, timeout=0) == ()
    assert await bot.get_updates(timeout=0) == ()


async def test_a_negative_offset_keeps_only_the_newest(server: FakeTelegram, bot: Bot) -> None:
    ann = server.user("Ann")
    for number in range(5):
        ann.writes(f"{number}")
    assert [u.message.text for u in await bot.get_updates(offset=-2, timeout=0) if u.message] == ["3", "4"]
    assert len(server.bot.pending) == 2


async def test_at_most_a_hundred_at_once(server: FakeTelegram, bot: Bot) -> None:
    ann = server.user("Ann")
    for number in range(150):
        ann.writes(f"{number}")
    assert len(await bot.get_updates(timeout=0)) == 100
    assert len(await bot.get_updates(timeout=0, limit=7)) == 7


async def test_a_long_poll_waits_for_the_first_update(server: FakeTelegram, bot: Bot) -> None:
    asking = asyncio.create_task(bot.get_updates(timeout=20))
    await server.wait_polling()
    assert not asking.done()
    server.user("Ann").writes("hello")
    (update,) = await asking
    assert update.message is not None
    assert update.message.text == "hello"


async def test_two_pollers_get_409(server: FakeTelegram, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=20))
    await server.wait_polling()
    async with bot_of(server) as other:
        await other.get_updates(timeout=0)
    with pytest.raises(Conflict, match="terminated by other getUpdates"):
        await first


async def test_polling_gets_409_while_a_webhook_is_set(server: FakeTelegram, bot: Bot) -> None:
    await bot.set_webhook("https://example.org/hook")
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates(timeout=0)
    await bot.delete_webhook()
    assert await bot.get_updates(timeout=0) == ()


async def test_reactions_come_only_to_those_who_ask(server: FakeTelegram, bot: Bot) -> None:
    ann = server.user("Ann")
    message = ann.writes("hello")
    ann.reacts(message, "👍")
    assert len(await bot.get_updates(timeout=0)) == 1
    await bot.get_updates(timeout=0, allowed_updates=["message", "message_reaction"])
    ann.reacts(message, "👍")
    ann.edits(message, "hello!")
    updates = await bot.get_updates(timeout=0)
    assert updates[-1].message_reaction is not None
    assert len(updates) == 2


async def test_a_webhook_is_called_again_until_it_answers_2xx_in_order(server: FakeTelegram, bot: Bot) -> None:
    heard: list[tuple[int, str | None]] = []
    answers = [500, 302, 200, 201]

    async def hook(request: web.Request) -> web.Response:
        body = await request.json()
        heard.append((body["message"]["message_id"], request.headers.get("X-Telegram-Bot-Api-Secret-Token")))
        return web.Response(status=answers[len(heard) - 1])

    application = web.Application()
    application.add_routes([web.post("/hook", hook)])
    async with TestServer(application) as listening:
        await bot.set_webhook(str(listening.make_url("/hook")), secret_token="s3cret")
        ann = server.user("Ann")
        one, two = ann.writes("one")["message_id"], ann.writes("two")["message_id"]
        await server.wait_for(lambda: not server.bot.pending)
        assert heard == [(one, "s3cret"), (one, "s3cret"), (one, "s3cret"), (two, "s3cret")]
        info = await bot.get_webhook_info()
        assert info.pending_update_count == 0
        assert info.last_error_message == "Wrong response from the webhook: 302"
        await bot.delete_webhook()


async def test_a_webhook_wants_https_and_a_good_secret(server: FakeTelegram, bot: Bot) -> None:
    with pytest.raises(BadRequest, match=r"(?i)https"):
        await bot.set_webhook("http://example.org/hook")
    with pytest.raises(BadRequest, match="unallowed characters"):
        await bot.set_webhook("https://example.org/hook", secret_token="ä")


async def test_limits_answer_429_with_retry_after() -> None:
    now = 1000.0
    async with FakeTelegram(clock=lambda: now) as server, bot_of(server) as bot:
        server.world.limits.private_per_second = 1.0
        server.world.limits.group_per_minute = 20
        ann, group = server.user("Ann"), server.group("Heroes")
        await bot.send_message(ann.id, "one")
        with pytest.raises(RetryAfter) as told:
            await bot.send_message(ann.id, "two")
        assert told.value.retry_after.total_seconds() == 1  # type: ignore[union-attr]
        for number in range(20):
            await bot.send_message(group.id, f"{number}")
        with pytest.raises(RetryAfter) as told:
            await bot.send_message(group.id, "one too many")
        assert told.value.retry_after.total_seconds() == 3  # type: ignore[union-attr]
        now += 3
        await bot.send_message(group.id, "now")
        server.world.limits.total_per_second = 30.0
        people = [server.user(f"Player {number}") for number in range(31)]
        results = await asyncio.gather(*(bot.send_message(p.id, "hi") for p in people), return_exceptions=True)
        assert [type(result) for result in results].count(RetryAfter) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<b>open", "can't find end tag"),
        ("<b><i>x</b></i>", "unmatched end tag"),
        ("<h1>x</h1>", "unsupported start tag"),
        ("a < b", "unsupported start tag"),
        ("x</b>", "unexpected end tag"),
        ("", "message text is empty"),
        ("<b> </b>", "message text is empty"),
        ("x" * 4097, "message is too long"),
    ],
)
async def test_texts_that_are_refused(server: FakeTelegram, bot: Bot, text: str, words: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){words}"):
        await bot.send_message(server.user("Ann").id, text, parse_mode="HTML")


async def test_html_is_parsed_with_utf16_offsets(server: FakeTelegram, bot: Bot) -> None:
    html = '🦄 <b>bold <i>both</i></b> <a href="https://e.org/?a=1&amp;b=2">link</a> '
    html += '<pre><code class="language-py">x</code></pre>'
    message = await bot.send_message(server.user("Ann").id, html, parse_mode="HTML")
    assert message.text == "🦄 bold both link x"
    found = {entity.type: message.parse_entity(entity) for entity in message.entities}
    assert found == {"bold": "bold both", "italic": "both", "text_link": "link", "pre": "x", "code": "x"}


async def test_messages_that_are_not_there(server: FakeTelegram, bot: Bot) -> None:
    ann = server.user("Ann")
    forum = server.group("Staff", forum=True)
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(ann.id, "x", reply_parameters=ReplyParameters(77))
    await bot.send_message(ann.id, "x", reply_parameters=ReplyParameters(77, allow_sending_without_reply=True))
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(forum.id, "x", message_thread_id=77)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("x", ann.id, 77)
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(1, "x")
    with pytest.raises(BadRequest, match="can't be edited"):
        await bot.edit_message_text("x", ann.id, ann.writes("mine")["message_id"])


async def test_an_edit_that_changes_nothing_is_refused(server: FakeTelegram, bot: Bot) -> None:
    ann = server.user("Ann")
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y")]])
    message = await bot.send_message(ann.id, "Really?", reply_markup=keyboard)
    with pytest.raises(BadRequest, match="is not modified"):
        await message.edit_text("Really?", reply_markup=keyboard)
    await message.edit_text("Really?")
    assert "reply_markup" not in server.sent(ann)[0]


async def test_buttons_carry_at_most_64_bytes_and_have_their_time(server: FakeTelegram, bot: Bot) -> None:
    ann = server.user("Ann")
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="é" * 33)]])
    with pytest.raises(BadRequest, match="Button_data_invalid"):
        await bot.send_message(ann.id, "Really?", reply_markup=keyboard)
    callback = ann.presses_data(ann.writes("x"), "y", too_old=True)
    with pytest.raises(BadRequest, match="too old"):
        await bot.answer_callback_query(callback.id)


async def test_whom_the_bot_cannot_write_to(server: FakeTelegram, bot: Bot) -> None:
    ann, bob, cid = server.user("Ann"), server.user("Bob"), server.user("Cid", started=False)
    group = server.group("Heroes")
    ann.blocks_bot()
    bob.deletes_account()
    group.removes_bot()
    told: list[tuple[FakeUser | FakeGroup, str]] = [
        (ann, "blocked by the user"),
        (bob, "deactivated"),
        (cid, "initiate"),
        (group, "kicked"),
    ]
    for whom, words in told:
        with pytest.raises(Forbidden, match=words):
            await bot.send_message(whom.id, "x")
    (update, *_) = await bot.get_updates(timeout=0)
    assert update.my_chat_member is not None
    assert update.my_chat_member.new_chat_member.status == "kicked"


async def test_an_upgraded_group_says_where_it_went(server: FakeTelegram, bot: Bot) -> None:
    server.user("Ann")
    group = server.group("Heroes", kind="group")
    new = group.upgrades()
    with pytest.raises(ChatMigrated) as told:
        await bot.send_message(group.id, "x")
    assert told.value.new_chat_id == new.id


async def test_topics_are_opened_closed_and_deleted(server: FakeTelegram, bot: Bot) -> None:
    forum = server.group("Staff", forum=True)
    with pytest.raises(BadRequest, match="Not enough rights"):
        await bot.create_forum_topic(forum.id, "Ann")
    forum.let_bot(can_manage_topics=True)
    topic = await bot.create_forum_topic(forum.id, "Ann")
    thread = topic.message_thread_id
    message = await bot.send_message(forum.id, "hello", message_thread_id=thread)
    assert message.is_topic_message
    await bot.close_forum_topic(forum.id, thread)
    with pytest.raises(BadRequest, match="Topic_closed"):
        await bot.send_message(forum.id, "hello", message_thread_id=thread)
    await bot.reopen_forum_topic(forum.id, thread)
    await bot.edit_forum_topic(forum.id, thread, name="Ann: done")
    with pytest.raises(BadRequest, match="Topic_not_modified"):
        await bot.edit_forum_topic(forum.id, thread, name="Ann: done")
    await bot.delete_forum_topic(forum.id, thread)
    with pytest.raises(BadRequest, match="thread not found"):
        await bot.send_message(forum.id, "hello", message_thread_id=thread)


async def test_files_come_back_the_same_and_have_their_limits(server: FakeTelegram, bot: Bot) -> None:
    ann = server.user("Ann")
    content = bytes(range(256)) * 5000
    message = await bot.send_document(ann.id, content, filename="save.dat", caption="my game")
    assert message.document is not None
    file = await message.document.get_file()
    assert bytes(await file.download_as_bytearray()) == content
    again = await bot.send_document(ann.id, message.document.file_id)
    assert again.document is not None
    assert again.document.file_id == message.document.file_id
    big = ann.sends("document", size=(20 << 20) + 1)
    with pytest.raises(BadRequest, match="File is too big"):
        await bot.get_file(big["document"]["file_id"])
    with pytest.raises(BadRequest, match="Image_process_failed"):
        await bot.send_photo(ann.id, b"no picture")
    album = await bot.send_media_group(ann.id, [InputMediaPhoto(PNG), InputMediaPhoto(PNG)], caption="two")
    assert album[0].media_group_id == album[1].media_group_id is not None


async def test_menus_members_and_tokens(server: FakeTelegram, bot: Bot) -> None:
    await bot.set_my_commands([BotCommand("help", "Help")], language_code="vi")
    assert await bot.get_my_commands(language_code="vi") == (BotCommand("help", "Help"),)
    assert await bot.get_my_commands() == ()
    with pytest.raises(BadRequest, match="Bot_command_invalid"):
        await bot.set_my_commands([BotCommand("Not good", "x")])
    group = server.group("Heroes")
    assert (await bot.get_chat_member(group.id, bot.id)).status == "member"
    group.let_bot(can_pin_messages=True)
    (admin,) = await bot.get_chat_administrators(group.id)
    assert admin.user.id == bot.id
    assert (await bot.get_chat(group.id)).title == "Heroes"
    for token in ("4242:other", "nonsense"):
        stranger = bot_of(server, token)
        with pytest.raises(InvalidToken):
            await stranger.get_me()
        await stranger.request.shutdown()


async def test_privacy_in_groups(server: FakeTelegram, bot: Bot) -> None:
    ann, group = server.user("Ann"), server.group("Heroes")
    ours = await bot.send_message(group.id, "hello all")
    ann.writes("just talking", where=group)
    ann.writes("/help", where=group)
    ann.writes("hey @inn_bot", where=group)
    ann.writes("thanks", where=group, reply_to=server.sent(group)[0])
    updates = await bot.get_updates(timeout=0)
    assert [u.message.text for u in updates if u.message] == ["/help", "hey @inn_bot", "thanks"]
    group.let_bot()
    ann.writes("just talking", where=group)
    assert len(await bot.get_updates(timeout=0)) == 4
    assert ours.chat.id == group.id


@pytest.mark.parametrize(("after_effect", "arrived"), [(False, 0), (True, 1)])
async def test_a_dropped_connection_before_or_after_the_effect(
    server: FakeTelegram, bot: Bot, after_effect: bool, arrived: int
) -> None:
    ann = server.user("Ann")
    server.fault("drop", "sendMessage", after_effect=after_effect)
    with pytest.raises(NetworkError):
        await bot.send_message(ann.id, "x")
    assert len(server.sent(ann)) == arrived
    await bot.send_message(ann.id, "x")


async def test_slow_hanging_and_broken_answers(server: FakeTelegram, bot: Bot) -> None:
    ann = server.user("Ann")
    server.fault("slow", "sendMessage", seconds=0.05)
    await bot.send_message(ann.id, "slow")
    server.fault("hang", "sendMessage")
    with pytest.raises(TimedOut):
        await bot.send_message(ann.id, "never", read_timeout=0.1)
    for status in (500, 503):
        server.fault("status", "sendMessage", status=status)
        with pytest.raises(NetworkError):
            await bot.send_message(ann.id, "broken")
    assert [message["text"] for message in server.sent(ann)] == ["slow"]


def test_the_schema_finds_what_is_wrong_with_a_call() -> None:
    schema = Schema.find()
    if schema is None:
        pytest.skip("no description of the Bot API at hand")
    good = Call("sendMessage", {"chat_id": 1, "text": "x", "reply_markup": '{"inline_keyboard": [[{"text": "a"}]]}'})
    assert schema.problems(good) == []
    bad = [
        Call("sendMesage", {}),
        Call("sendMessage", {"chat_id": 1}),
        Call("sendMessage", {"chat_id": 1, "text": "x", "colour": "red"}),
        Call("sendMessage", {"chat_id": [1], "text": "x"}),
        Call("sendMessage", {"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [[{"txt": "a"}]]}}),
        Call("setMessageReaction", {"chat_id": 1, "message_id": 1, "reaction": [{"type": "smile"}]}),
    ]
    assert all(len(schema.problems(call)) >= 1 for call in bad)


async def test_a_call_that_is_not_the_bot_api_is_refused_and_listed() -> None:
    async with FakeTelegram() as server:
        if Schema.find() is None:
            pytest.skip("no description of the Bot API at hand")
        async with aiohttp.ClientSession() as http:
            url = f"{server.api_url}/bot{server.token}/sendMessage"
            answer = await http.post(url, json={"chat_id": 1, "words": "hello"})
            assert answer.status == 400
        assert server.violations == ["sendMessage: text is required", "sendMessage: words is unknown"]


async def test_other_processes_have_the_same_hands(server: FakeTelegram, bot: Bot) -> None:
    server.control = ControlApi(server).handle
    async with aiohttp.ClientSession() as http:

        async def control(verb: str, **body: object) -> dict[str, object]:
            async with http.post(f"{server.api_url}/control/{verb}", json=body) as answer:
                assert answer.status == 200
                return dict(await answer.json())

        user = (await control("user", name="Ann"))["id"]
        await control("write", user=user, text="hello")
        (update,) = await bot.get_updates(timeout=0)
        assert update.message is not None
        await update.message.reply_text("hi")
        await control("load", chats=2, messages=4, texts=["a", "b"])
        offset = update.update_id + 1
        while len(server.bot.pending) > 0 and (updates := await bot.get_updates(offset=offset, timeout=0)):
            for each in updates:
                assert each.message is not None
                await each.message.reply_text("echo")
            offset = updates[-1].update_id + 1
        report = await control("load_report", within=5)
        assert (report["done"], report["answered"], report["extra"]) == (True, 4, 0)
        assert set(ALLOWED_UPDATES) >= {"message"}
        counts = await control("counts")
        assert counts["violations"] == []
