"""Whatever players send, it is kept, it has a clear outcome, and it never becomes more than words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.cleaning import clean
from bot.fetcher import ATTEMPTS
from channels.errors import ChannelError, TryLater
from channels.markdown import plain, to_html
from channels.memory.adapter import MemoryChannel
from handoff.acts import Claim, Done, Note, Reply
from messaging.conversations import Attachment
from messaging.messages import ButtonPressed, Direction, IncomingFile, MessageEdited, Status
from tests.flows.house import House

NASTY = {
    "nothing": "",
    "blanks": " \n\t \r\n ",
    "a hundred thousand characters": "x" * 100_000,
    "a hundred thousand words": "goblin " * 100_000,
    "emoji": "😀👨‍👩‍👧‍👦🏳️‍🌈❤️‍🔥",
    "right to left": "كيف أستعيد حسابي؟ \u202eabc\u202c שלום",
    "zalgo": "h̵̢̛̤e̷̛l̸̨̛̛p̴̢̛" * 50,
    "control characters": "a\x00b\x07c\x1b[31md\x7fe",
    "half surrogates": "half \ud83d of \udc00 it",
    "line ends": "one\r\ntwo\rthree\u2028four\x85five",
    "invisible": "\u200b\u2060\ufeff\u00ad",
    "pings": "@everyone @here <@1234> <@&99> <#7>",
    "markdown": "**bold** [link](http://evil.example) `code` ||spoiler|| # title\n> quote\n- list",
    "html": '<script>alert(1)</script><b onmouseover="x">&amp;</b>',
    "templates": "{player} {service.__class__} %s {0} ${HOME}",
    "statements": "'; DROP TABLE messages; -- \\'",
    "json": '{"text": "x", "pressed": "human"}',
    "a number": "-1e309",
}
KEPT = {
    "blanks": "",
    "a hundred thousand words": ("goblin " * 100_000).strip(),
    "control characters": "abc[31mde",
    "half surrogates": "half  of  it",
    "line ends": "one\ntwo\nthree\u2028four\x85five",
}
"""What is stored of those that cannot be kept as they are."""


async def test_whatever_is_written_is_kept_and_answered_kindly(cottage: House) -> None:
    own_words = {cottage.app.texts.fill(key, "en") for key in ("empty", "not_understood")}
    for kind, words in NASTY.items():
        ann = cottage.channel.player("Ann", language="en")
        await ann.writes(words)
        assert (await ann.reads()).text in own_words | {"Use the **silver lamp**."}, kind
        (kept,) = (each for each in await cottage.said(ann.chat) if each.direction is Direction.INCOMING)
        assert kept.text == KEPT.get(kind, words), kind
        # Whoever is misunderstood still reaches people, who see the very words.
        await ann.writes("human")
        await ann.reads("Hello Ann, thank you for writing")
        ticket = (await cottage.waiting())[-1]
        assert ticket.question == (kept.text[:2000] or "human"), kind
    assert cottage.channel.unconfirmed == []
    assert len(await cottage.waiting()) == len(NASTY)


async def test_a_players_name_never_becomes_formatting(cottage: House) -> None:
    for kind, name in NASTY.items():
        if len(name) > 1000:
            continue
        ann = cottage.channel.player(name, language="en")
        await ann.writes("human")
        greeting = await ann.reads("thank you for writing")
        assert set(re.findall(r"</?(\w+)", to_html(greeting.text))) <= {"p", "br"}, kind
        shown = " ".join(clean(name).split())
        assert shown in " ".join(plain(greeting.text).split()), kind
        ticket = (await cottage.waiting())[-1]
        assert clean(ticket.player_name) == clean(name), kind


async def test_an_agents_words_and_notes_are_cleaned_too(cottage: House) -> None:
    mira = await cottage.agent()
    ann = cottage.channel.player("Ann")
    await ann.writes("human")
    await ann.reads()
    (ticket,) = await cottage.waiting()
    assert await mira.does(Claim, ticket) == Done()
    assert await mira.does(Reply, ticket, text="look\x00 he\ud800re\r\nplease") == Done()
    assert (await ann.reads("look")).text == "look here\nplease"
    assert await mira.does(Note, ticket, text="\x00note\udfff") == Done()
    assert (await cottage.said(ann.chat))[-1].text == "note"


async def test_a_very_long_reply_comes_whole_and_in_order(cottage: House) -> None:
    mira = await cottage.agent()
    ann = cottage.channel.player("Ann")
    await ann.writes("human")
    await ann.reads()
    (ticket,) = await cottage.waiting()
    await mira.does(Claim, ticket)
    await ann.reads("I am Mira")
    words = " ".join(f"word{number}" for number in range(3000))
    await mira.does(Reply, ticket, text=words)
    await cottage.quiet()
    parts = [each.text for each in ann.messages[2:]]
    assert len(parts) > 5
    assert " ".join(parts) == words


async def test_what_cannot_be_read_is_said_so_and_people_see_that_it_came(cottage: House) -> None:
    for kind in ("poll", "dice", "location", "contact", "video_note"):
        ann = cottage.channel.player("Ann", language="en")
        await cottage.channel.deliver([ann.message(unsupported=kind)])
        reply = await ann.reads("cannot read this kind of message")
        assert [each.label for each in reply.buttons] == ["Talk to a human"]
        await ann.presses("Talk to a human")
        await ann.reads("thank you for writing")
        await cottage.channel.deliver([ann.message(unsupported=kind)])
        await ann.reads("added that to your request")
        kept = [each.data.get("unsupported") for each in await cottage.said(ann.chat) if each.data.get("unsupported")]
        assert kept == [kind, kind]


async def attached(house: House, chat: str) -> list[Attachment]:
    return [file for each in await house.said(chat) for file in each.attachments]


async def test_a_file_announced_over_the_limit_is_refused_at_once_and_its_words_answered(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    file = IncomingFile("film.mp4", "video/mp4", size=10**12, remote="never-asked-for")
    message = ann.message("how do i beat the goblin")
    await cottage.channel.deliver([replace(message, files=(file,))])
    await ann.reads("too large for me")
    await ann.reads("silver lamp")
    assert [each.state for each in await attached(cottage, ann.chat)] == ["too_large"]
    assert len(ann.messages) == 2


async def test_a_file_larger_than_it_said_is_refused(quiet_cottage: House) -> None:
    quiet_cottage.with_(files={"max_megabytes": 0.01})
    await quiet_cottage.begin()
    ann = quiet_cottage.channel.player("Ann", language="en")
    await ann.writes("look", files=[("a.txt", "text/plain", b"a" * 20_000)])
    await ann.reads("too large for me")
    assert [each.state for each in await attached(quiet_cottage, ann.chat)] == ["too_large"]


async def test_a_program_called_a_picture_is_refused_by_its_bytes(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("look", files=[("../../etc/cat.png", "image/png", b"MZ\x90\x00" + bytes(200))])
    await ann.reads("cannot take that kind of file")
    await cottage.app.fetcher.fetch_due()
    (file,) = await attached(cottage, ann.chat)
    assert (file.state, file.sha256) == ("refused", None)


async def test_a_file_that_is_gone_is_asked_for_again(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    message = ann.message("look", files=[("a.txt", "text/plain", b"words")])
    cottage.channel.network.files.clear()
    await cottage.channel.deliver([message])
    await ann.reads("did not reach us")
    for _ in range(2):
        await cottage.app.fetcher.fetch_due()
    await cottage.quiet()
    assert [each.state for each in await attached(cottage, ann.chat)] == ["lost"]
    assert sum("did not reach us" in each.text for each in ann.messages) == 1


class ShakyFiles(MemoryChannel):
    """A network whose files fail as it is told to."""

    def __init__(self) -> None:
        super().__init__("shaky")
        self.broken: dict[str, Exception] = {}

    async def fetch(self, remote: str, limit: int) -> bytes:
        if remote in self.broken:
            raise self.broken[remote]
        return await super().fetch(remote, limit)


async def test_a_file_that_cannot_be_had_now_is_had_later(quiet_cottage: House) -> None:
    shaky = quiet_cottage.channel = ShakyFiles()
    await quiet_cottage.begin()
    troubles = (TryLater("busy"), ChannelError("odd"), RuntimeError("a defect\x00 of ours"))
    players = [shaky.player(str(trouble), language="en") for trouble in troubles]
    events = [each.message("look", files=[("a.txt", "text/plain", b"words")]) for each in players]
    shaky.broken = {event.files[0].remote or "": trouble for event, trouble in zip(events, troubles, strict=True)}
    await shaky.deliver(events)
    for _ in range(2):
        await quiet_cottage.app.fetcher.fetch_due()
        quiet_cottage.clock.advance(minutes=5)
    states = [file.state for each in players for file in await attached(quiet_cottage, each.chat)]
    assert states == ["pending", "pending", "pending"]
    shaky.broken = {}
    quiet_cottage.clock.advance(minutes=5)
    await quiet_cottage.app.fetcher.fetch_due()
    kept = [(file.state, file.size) for each in players for file in await attached(quiet_cottage, each.chat)]
    assert kept == [("stored", 5)] * 3


async def test_a_file_that_can_never_be_had_is_given_up_and_holds_up_no_other(quiet_cottage: House) -> None:
    shaky = quiet_cottage.channel = ShakyFiles()
    await quiet_cottage.begin()
    ann, ben = shaky.player("Ann", language="en"), shaky.player("Ben", language="en")
    broken, good = (each.message("look", files=[("a.txt", "text/plain", b"words")]) for each in (ann, ben))
    shaky.broken = {broken.files[0].remote or "": RuntimeError("always")}
    await shaky.deliver([broken, good])
    await quiet_cottage.app.fetcher.fetch_due()
    assert [each.state for each in await attached(quiet_cottage, ben.chat)] == ["stored"]
    for _ in range(ATTEMPTS):
        quiet_cottage.clock.advance(minutes=5)
        await quiet_cottage.app.fetcher.fetch_due()
    await ann.reads("did not reach us")
    assert [each.state for each in await attached(quiet_cottage, ann.chat)] == ["lost"]


async def test_an_album_is_one_question(cottage: House) -> None:
    """G11, as far as it can be told by the network's sign of it."""
    ann = cottage.channel.player("Ann", language="en")
    parts = [
        ann.message("how do i beat the goblin", files=[("0.txt", "text/plain", b"0")], album="album"),
        *(ann.message(files=[(f"{n}.txt", "text/plain", b"%d" % n)], album="album") for n in (1, 2, 3)),
    ]
    await cottage.channel.deliver(parts[:2])
    await cottage.channel.deliver(parts[2:])
    await ann.reads("silver lamp")
    await cottage.quiet()
    assert len(ann.messages) == 1
    await cottage.app.fetcher.fetch_due()
    assert [each.name for each in await attached(cottage, ann.chat)] == ["0.txt", "1.txt", "2.txt", "3.txt"]


async def test_what_comes_twice_counts_once(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("how do i beat the goblin", copies=3)
    await ann.reads("silver lamp")
    await ann.presses("Not what I meant", copies=3)
    await ann.reads("missed the point")
    await ann.uses("human", copies=3)
    await ann.reads("You are next")
    await cottage.quiet()
    assert len(ann.messages) == 3
    assert await cottage.written(ann.chat) == ["how do i beat the goblin", "Not what I meant", "/human"]
    # Twice in one batch, too.
    ben = cottage.channel.player("Ben", language="en")
    message = ben.message("where do i get lamp oil")
    await cottage.channel.deliver([message, message])
    await ben.reads("miller")
    await cottage.quiet()
    assert len(ben.messages) == 1


@pytest.mark.parametrize("together", [True, False])
async def test_an_edit_that_overtakes_its_message_is_the_message(cottage: House, together: bool) -> None:
    ann = cottage.channel.player("Ann", language="en")
    message = ann.message("how do i bet the gobln")
    edit = MessageEdited(
        "memory", ann.chat, message.external_id, ann.person, cottage.clock(), "1", "how do i beat the goblin"
    )
    for events in [[edit, message]] if together else [[edit], [message]]:
        await cottage.channel.deliver(events)
    await ann.reads("silver lamp")
    await cottage.quiet()
    assert await cottage.written(ann.chat) == ["how do i beat the goblin"]
    assert len(ann.messages) == 1


async def test_edits_and_deletions_keep_what_was_said(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    number = await ann.writes("first")
    await ann.edits(number, "second\x00")
    await ann.edits(number, "third")
    await ann.deletes(number)
    await ann.deletes("never-existed")
    (kept,) = (each for each in await cottage.said(ann.chat) if each.direction is Direction.INCOMING)
    assert (kept.text, kept.edited_at is not None, kept.deleted_at is not None) == ("third", True, True)


async def test_what_nobody_ever_wrote_in_is_no_conversation(cottage: House) -> None:
    stranger = cottage.channel.player("Nobody")
    await stranger.deletes("1")
    await stranger.leaves()
    assert cottage.channel.unconfirmed == []


FORGED = (
    *("solved:999999", "solved:" + "9" * 5000, "wrong:-1", "pick:1:٣", "pick:1:" + "9" * 5000, "", ":", "nonsense"),
    *("language:klingon", "solved:\x00", "pick:\ud800", "none:1:2:3", "solved:²", "pick:3:7"),
)


async def test_a_press_that_no_button_of_ours_makes_is_answered_kindly(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("how do i beat the goblin")
    await ann.reads("silver lamp")
    for action in FORGED:
        await ann.acts(action)
        await ann.reads("do not speak that language" if action.startswith("language") else "earlier message")
    assert cottage.channel.unconfirmed == []
    assert await cottage.waiting() == []
    assert len(await cottage.written(ann.chat)) == 1 + len(FORGED)


async def test_the_same_offer_pressed_twice_counts_once(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("how do i beat the goblin")
    answer = await ann.reads("silver lamp")
    action = next(each.action or "" for each in answer.buttons if each.label == "That solved it")
    presses = [ButtonPressed("memory", ann.chat, f"p{n}", ann.person, cottage.clock(), action) for n in (1, 2)]
    await cottage.channel.deliver(presses)
    await ann.reads("glad that helped")
    await ann.reads("earlier message")


async def test_who_blocked_the_bot_is_seen_on_the_ticket_and_welcome_back(cottage: House) -> None:
    mira = await cottage.agent()
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("human")
    await ann.reads("You are next")
    await ann.leaves()
    (ticket,) = await cottage.waiting()
    assert ticket.lost == "the player blocked the bot"
    await mira.does(Claim, ticket)
    await ann.writes("I am back")
    assert (await cottage.ticket(ticket.key)).lost is None
    assert (await cottage.said(ann.chat))[-1].status is Status.RECEIVED
