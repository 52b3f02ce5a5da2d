"""The socket: nothing lost, nothing doubled, whatever happens to the page or the server."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from aiohttp import WSCloseCode, WSMsgType, WSServerHandshakeError

from channels.web.access import chat_of
from channels.web.settings import WebSettings
from messaging.messages import Author, ButtonPressed, Direction, MessageReceived
from storage.database import Database
from tests.channels.web.conftest import SITE, Site, serve

ID = "11111111-2222-3333-4444-{:012}"


def message(number: int, text: str = "question") -> dict[str, object]:
    return {"type": "message", "id": ID.format(number), "text": text}


async def test_a_question_is_kept_before_it_is_acknowledged(site: Site) -> None:
    async with site.visitor(language="vi", name="Ann") as ann:
        await ann.says(message(1))
        assert (await ann.hears("taken"))["id"] == ID.format(1)
        (event,) = site.teller.events
        assert isinstance(event, MessageReceived)
        assert (event.text, event.external_id, event.person.name) == ("question", ID.format(1), "Ann")
        assert (event.person.language_hint, event.chat) == ("vi", chat_of(ann.token))
        assert (await ann.sees("answer"))["html"] == "<p>an <strong>answer</strong></p>\n"
        assert (await ann.sees("question"))["id"] == ID.format(1)


async def test_a_message_sent_again_counts_once(site: Site) -> None:
    async with site.visitor() as ann:
        for _ in range(3):
            await ann.says(message(1))
            await ann.hears("taken")
    async with site.visitor(ann) as ann:
        await ann.says(message(1))
        await ann.hears("taken")
        await ann.says(message(2, "another"))
        await ann.sees("another")
    assert len(site.teller.events) == 2


async def test_what_was_missed_comes_after_a_drop_and_only_that(site: Site) -> None:
    async with site.visitor() as ann:
        await ann.says(message(1))
        await ann.sees("answer")
    chat = site.teller.events[0].chat
    number = await site.teller.says(chat, "while you were away")
    async with site.visitor(ann) as ann:
        frame = await ann.hears("messages")
        assert [each["number"] for each in frame["messages"]] == [number]
        assert frame["fresh"] is False


async def test_a_reloaded_page_gets_the_newest_and_asks_for_earlier_ones(site: Site) -> None:
    async with site.visitor() as ann:
        await ann.says(message(1))
        await ann.sees("answer")
    for number in range(60):
        await site.teller.says(site.teller.events[0].chat, f"word {number}")
    async with site.visitor(token=ann.token, revision=0) as ann:
        frame = await ann.hears("messages")
        assert (len(frame["messages"]), frame["fresh"], frame["more"]) == (50, True, True)
        await ann.says({"type": "earlier", "before": frame["messages"][0]["number"]})
        earlier = await ann.hears("earlier")
        assert (len(earlier["messages"]), earlier["more"]) == (12, False)
        assert earlier["messages"][0]["text"] == "question"


async def test_a_page_that_knows_more_than_there_is_begins_anew(site: Site) -> None:
    async with site.visitor() as ann:
        await ann.says(message(1))
        await ann.sees("answer")
    async with site.visitor(token=ann.token, revision=1000) as ann:
        frame = await ann.hears("messages")
        assert (len(frame["messages"]), frame["fresh"]) == (2, True)


async def test_changes_reach_an_open_page(site: Site) -> None:
    async with site.visitor() as ann:
        await ann.says(message(1))
        answer = await ann.sees("answer")
        assert answer["buttons"] == [{"label": "Human", "action": "human"}]
        chat = site.teller.events[0].chat
        await site.teller.changes(chat, answer["number"], data={}, text="another answer")
        assert (await ann.sees("another answer"))["buttons"] == []


async def test_all_tabs_of_a_player_show_the_same(site: Site) -> None:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(site.visitor())
        second = await stack.enter_async_context(site.visitor(token=first.token))
        await first.says(message(1))
        await second.sees("question")
        await second.says(message(2, "from the other tab"))
        await first.sees("from the other tab")


async def test_players_see_neither_notes_nor_each_other(site: Site) -> None:
    async with site.visitor() as ann, site.visitor() as bob:
        await ann.says(message(1, "I am Ann"))
        await ann.sees("answer")
        await bob.says(message(1, "I am Bob"))
        await bob.sees("answer")
        chat = chat_of(ann.token) or ""
        await site.teller.says(chat, "only for staff", direction=Direction.NOTE)
        await site.teller.says(chat, "for Ann")
        await ann.sees("for Ann")
        assert not any("staff" in str(each) for each in ann.messages.values())
        assert not any("Ann" in str(each) for each in bob.messages.values())


async def test_a_press_comes_in(site: Site) -> None:
    async with site.visitor() as ann:
        await ann.says(message(1))
        await ann.sees("answer")
        await ann.says({"type": "press", "id": ID.format(2), "action": "human"})
        await ann.sees("pressed human")
    assert isinstance(site.teller.events[1], ButtonPressed)


async def test_what_was_not_kept_is_not_acknowledged(site: Site) -> None:
    site.teller.is_down = True
    async with site.visitor() as ann:
        await ann.says(message(1))
        assert (await ann.hears("refused")) == {"type": "refused", "id": ID.format(1), "reason": "busy"}
        site.teller.is_down = False
        await ann.says(message(1))
        await ann.hears("taken")
    assert len(site.teller.events) == 1


async def test_nonsense_is_passed_over(site: Site) -> None:
    async with site.visitor() as ann:
        await ann.socket.send_str("{")
        await ann.socket.send_str("[1]")
        await ann.socket.send_str('"text"')
        await ann.socket.send_bytes(b"\x00")
        await ann.says({"type": "unheard of"})
        await ann.says({"type": "message", "text": "no id"})
        await ann.says(message(1, "x" * 20_001))
        assert (await ann.hears("refused"))["reason"] == "unreadable"
        await ann.says({"type": "ping"})
        await ann.hears("pong")
    assert site.teller.events == []


@pytest.mark.parametrize("first", ["{", "[]", '{"type": "message"}', '{"type": "hello", "revision": "x"}'])
async def test_who_says_no_hello_is_shown_out(site: Site, first: str) -> None:
    async with site.client.ws_connect("/chat/socket", headers={"Origin": site.origin}) as socket:
        await socket.send_str(first)
        assert (await socket.receive(timeout=5)).type is WSMsgType.CLOSE


@pytest.mark.parametrize("token", ["", "guessed", "x" * 1000, 7])
async def test_a_token_that_is_none_of_ours_is_replaced(site: Site, token: object) -> None:
    async with site.visitor(token=token) as ann:
        assert ann.token != token
        assert chat_of(ann.token)


async def test_only_the_hash_of_a_token_is_kept(site: Site) -> None:
    async with site.visitor() as ann:
        await ann.says(message(1))
        await ann.hears("taken")
    assert ann.token not in repr(site.teller.events)


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", f"{SITE}.evil.example"])
async def test_other_sites_may_not_open_the_socket(site: Site, origin: str | None) -> None:
    with pytest.raises(WSServerHandshakeError, match="403"):
        await site.client.ws_connect("/chat/socket", headers={"Origin": origin} if origin else {})


async def test_an_allowed_site_may(site: Site) -> None:
    async with site.client.ws_connect("/chat/socket", headers={"Origin": SITE}) as socket:
        await socket.send_json({"type": "hello"})
        assert (await socket.receive_json(timeout=5))["type"] == "welcome"


async def test_one_address_begins_only_so_many_chats(database: Database) -> None:
    async with serve(database, WebSettings(new_chats_per_minute=2)) as site:
        for _ in range(2):
            async with site.visitor() as ann:
                await ann.says(message(1))
                await ann.hears("taken")
        async with site.visitor() as bob:
            await bob.says(message(1))
            assert (await bob.hears("refused"))["reason"] == "too_many"
        async with site.visitor(ann) as ann:
            await ann.says(message(2))
            await ann.hears("taken")


async def test_typing_is_shown_both_ways(site: Site) -> None:
    async with site.visitor() as ann:
        await ann.says(message(1))
        await ann.sees("answer")
        with site.live.watch("player-typing:1") as typed:
            await ann.says({"type": "typing"})
            await asyncio.wait_for(typed.wait(), 5)
        site.live.tell("typing:1")
        assert (await ann.hears("typing"))["author"] == Author.AGENT
        await site.channel.typing(site.teller.events[0].chat)
        assert (await ann.hears("typing"))["author"] == Author.BOT


async def test_a_forgotten_wake_up_only_costs_a_moment(database: Database) -> None:
    async with serve(database, WebSettings(poll=0.02)) as site, site.visitor() as ann:
        await ann.says(message(1))
        await ann.sees("answer")
        site.teller.forget_to_wake()
        await site.teller.says(site.teller.events[0].chat, "nobody told you")
        await ann.sees("nobody told you")


async def test_the_page_follows_the_conversations_language(site: Site) -> None:
    async with site.visitor(language="en") as ann:
        await ann.says(message(1))
        await ann.sees("answer")
        await site.teller.speaks(site.teller.events[0].chat, "vi")
        words = await ann.hears("texts")
        assert (words["language"], words["texts"]["web_send"]) == ("vi", "web_send vi")


async def test_when_the_program_ends_pages_are_told_to_come_back(database: Database) -> None:
    async with serve(database) as site:
        async with site.visitor() as ann:
            await ann.hears("messages")
            await site.teller.stop()
            closing = await ann.socket.receive(timeout=5)
            assert (closing.type, closing.data) == (WSMsgType.CLOSE, WSCloseCode.GOING_AWAY)
        answer = await site.client.get("/chat/socket", headers={"Origin": site.origin})
        assert answer.status == 503


async def test_what_is_taken_back_leaves_an_open_page_and_its_words_never_come_again(site: Site) -> None:
    """W6."""
    async with site.visitor() as ann:
        await ann.says(message(1))
        answer = await ann.sees("answer")
        chat = site.teller.events[0].chat
        # Only that it was deleted: even where the words still stood in the table they are not for the page.
        await site.teller.changes(chat, answer["number"], deleted_at=site.teller.now())
        frame = await ann.hears("messages")
        (taken,) = [each for each in frame["messages"] if each["number"] == answer["number"]]
        assert (taken["deleted"], taken["html"], taken["buttons"], taken["files"]) == (True, "", [], [])
