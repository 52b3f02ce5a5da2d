"""What is to be sent arrives once and in its order, or it is said honestly what became of it."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest

from channels.base import Capabilities
from channels.errors import ChannelError, ChatMoved, OutcomeHidden, Refused, TryLater
from channels.memory.adapter import CAPABILITIES, MemoryChannel
from channels.memory.network import Fault
from handoff.acts import Done, LeaveIt, Reply, Resend
from messaging.messages import Status
from tests.flows.house import House
from tests.flows.talking import newest, talking, texts, until


async def test_what_the_network_asks_to_send_later_is_sent_later_and_once(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    cottage.channel.fail(Fault(TryLater("429", after=0.15)), Fault(TryLater("503")))
    begun = asyncio.get_running_loop().time()
    await ann.writes("how do i beat the goblin")
    await ann.reads("silver lamp")
    assert asyncio.get_running_loop().time() - begun >= 0.15
    await cottage.quiet()
    assert (len(ann.messages), (await newest(cottage, ann)).status) == (1, Status.SENT)


async def test_a_lane_that_waits_delays_no_other(cottage: House) -> None:
    ann, ben = (cottage.channel.player(name, language="en") for name in ("Ann", "Ben"))
    cottage.channel.fail(Fault(TryLater("429", after=3600)), chat=ann.chat)
    with cottage.channel.holding("chat-that-hangs"):
        await ann.writes("how do i beat the goblin")
        await ben.writes("where do i get lamp oil")
        await ben.reads("miller")
    assert not ann.messages


async def test_a_send_that_hangs_delays_no_other_lane(cottage: House) -> None:
    ann, ben = (cottage.channel.player(name, language="en") for name in ("Ann", "Ben"))
    with cottage.channel.holding(ann.chat):
        await ann.writes("how do i beat the goblin")
        await ben.writes("where do i get lamp oil")
        await ben.reads("miller")
        assert not ann.messages
    await ann.reads("silver lamp")


async def test_a_limit_of_the_whole_channel_holds_every_lane(cottage: House) -> None:
    ann, ben = (cottage.channel.player(name, language="en") for name in ("Ann", "Ben"))
    cottage.channel.fail(Fault(TryLater("429", after=0.2, whole_channel=True)), chat=ann.chat)
    begun = asyncio.get_running_loop().time()
    await ann.writes("how do i beat the goblin")
    await cottage.channel.until(lambda: bool(cottage.channel.attempts))
    await asyncio.sleep(0)
    await ben.writes("where do i get lamp oil")
    await ben.reads("miller")
    assert asyncio.get_running_loop().time() - begun >= 0.2
    await ann.reads("silver lamp")


async def test_order_holds_inside_a_lane_whatever_fails(cottage: House) -> None:
    mira, ann, ticket = await talking(cottage)
    chance = random.Random(7)
    for number in range(40):
        if chance.random() < 0.4:
            cottage.channel.fail(Fault(TryLater("503", after=0.01 if chance.random() < 0.5 else None)))
        await mira.does(Reply, ticket, text=f"reply {number}")
    await ann.reads("reply 39")
    assert texts(ann, "reply") == [f"reply {number}" for number in range(40)]


@pytest.mark.parametrize("takes_effect", [True, False])
async def test_what_the_bot_says_is_sent_again_once_where_the_outcome_is_hidden(
    cottage: House, takes_effect: bool
) -> None:
    ann = cottage.channel.player("Ann", language="en")
    cottage.channel.fail(Fault(OutcomeHidden("cut"), takes_effect=takes_effect))
    await ann.writes("how do i beat the goblin")
    await ann.reads("silver lamp")
    await cottage.quiet()
    # A rare double is better than silence; and never more than one.
    assert len(ann.messages) == (2 if takes_effect else 1)
    assert (await newest(cottage, ann)).status is Status.SENT


async def test_a_second_hidden_outcome_is_left_unknown_and_the_lane_goes_on(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    cottage.channel.fail(*[Fault(OutcomeHidden("cut"))] * 2)
    await ann.writes("how do i beat the goblin")
    await until(cottage, ann, Status.UNKNOWN)
    await ann.writes("where do i get lamp oil")
    await ann.reads("miller")
    assert len(ann.messages) == 1


async def test_a_network_that_knows_the_key_gets_it_again_until_it_answers(quiet_cottage: House) -> None:
    keyed = replace(CAPABILITIES, idempotent_for=3600.0)
    quiet_cottage.channel = MemoryChannel(capabilities=keyed)
    await quiet_cottage.begin()
    mira, ann, ticket = await talking(quiet_cottage)
    quiet_cottage.channel.fail(*[Fault(OutcomeHidden("cut"), takes_effect=True)] * 4)
    await mira.does(Reply, ticket, text="once")
    await until(quiet_cottage, ann, Status.SENT)
    assert texts(ann, "once") == ["once"]


async def test_an_agents_words_of_hidden_outcome_are_never_repeated_by_themselves(cottage: House) -> None:
    mira, ann, ticket = await talking(cottage)
    cottage.channel.fail(Fault(OutcomeHidden("cut")))
    await mira.does(Reply, ticket, text="your refund is paid")
    message = await until(cottage, ann, Status.UNKNOWN)
    assert (message.error, texts(ann, "refund")) == ("cut", [])
    # The agent sends it again: once, however often the desk repeats the click.
    again = mira.act(Resend, ticket, message=message.number)
    assert [await cottage.app.perform(again) for _ in range(2)] == [Done(), Done()]
    await ann.reads("your refund is paid")
    message = await until(cottage, ann, Status.SENT)
    assert (message.error, texts(ann, "refund")) == (None, ["your refund is paid"])


async def test_an_agent_may_leave_it(cottage: House) -> None:
    mira, ann, ticket = await talking(cottage)
    cottage.channel.fail(Fault(OutcomeHidden("cut"), takes_effect=True))
    await mira.does(Reply, ticket, text="your refund is paid")
    message = await until(cottage, ann, Status.UNKNOWN)
    assert await mira.does(LeaveIt, ticket, message=message.number) == Done()
    assert (await newest(cottage, ann)).data["left"] is True
    # Who leaves it cannot send it again by a stale click on a second desk and double it.
    assert texts(ann, "refund") == ["your refund is paid"]


async def test_a_chat_that_is_gone_is_shown_on_the_ticket_until_the_player_writes(cottage: House) -> None:
    mira, ann, ticket = await talking(cottage)
    cottage.channel.fail(Fault(Refused("Forbidden: bot was blocked by the user", chat_lost=True)), chat=ann.chat)
    await mira.does(Reply, ticket, text="are you there?")
    message = await until(cottage, ann, Status.DEAD)
    assert message.error == "Forbidden: bot was blocked by the user"
    assert (await cottage.ticket(ticket.key)).lost == "Forbidden: bot was blocked by the user"
    await ann.writes("sorry, I had blocked you")
    assert (await cottage.ticket(ticket.key)).lost is None
    await mira.does(Reply, ticket, text="welcome back")
    await ann.reads("welcome back")


async def test_one_refused_part_is_told_and_those_behind_it_arrive(cottage: House) -> None:
    mira, ann, ticket = await talking(cottage)
    cottage.channel.fail(Fault(Refused("too strange")))
    await mira.does(Reply, ticket, text=" ".join(["word"] * 1500))
    message = await until(cottage, ann, Status.DEAD)
    await mira.does(Reply, ticket, text="and more")
    await ann.reads("and more")
    assert (await cottage.said(ann.chat))[-2].number == message.number
    assert (await cottage.said(ann.chat))[-2].status is Status.DEAD


async def test_an_adapter_that_breaks_holds_up_nobody(cottage: House) -> None:
    mira, ann, ticket = await talking(cottage)
    broken: ChannelError = RuntimeError("a defect of the adapter \x00\ud800")  # type: ignore[assignment]
    cottage.channel.fail(Fault(broken))
    await mira.does(Reply, ticket, text="first")
    message = await until(cottage, ann, Status.UNKNOWN)
    assert "a defect of the adapter" in (message.error or "")
    await mira.does(Reply, ticket, text="second")
    await ann.reads("second")
    ben = cottage.channel.player("Ben", language="en")
    cottage.channel.fail(Fault(broken))
    await ben.writes("how do i beat the goblin")
    await ben.reads("silver lamp")
    assert cottage.app.is_ready


async def test_a_chat_that_moved_is_followed(cottage: House) -> None:
    mira, ann, ticket = await talking(cottage)
    cottage.channel.fail(Fault(ChatMoved("elsewhere")))
    await mira.does(Reply, ticket, text="over here")
    await cottage.channel.until(lambda: bool(cottage.channel.network.chats.get("elsewhere")))
    assert (await until(cottage, ann, Status.SENT)).text == "over here"


async def test_a_refused_edit_leaves_its_message_delivered(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("how do i beat the goblin")
    await cottage.quiet()
    action = next(each.action or "" for each in ann.messages[0].buttons if each.label == "That solved it")
    cottage.channel.network.chats[ann.chat].clear()
    await ann.acts(action)
    await ann.reads("glad that helped")
    await cottage.quiet()
    assert {each.status for each in await cottage.said(ann.chat)} == {Status.RECEIVED, Status.SENT}


async def test_what_cannot_be_sent_for_a_day_is_given_up_and_told(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    cottage.channel.fail(*[Fault(TryLater("down"))] * 1000)
    await ann.writes("how do i beat the goblin")
    await cottage.channel.until(lambda: len(cottage.channel.attempts) > 1)
    cottage.clock.advance(days=2)
    message = await until(cottage, ann, Status.DEAD)
    assert message.error == "given up: down"


async def test_an_emoji_rich_reply_fits_a_network_that_counts_utf16(quiet_cottage: House) -> None:
    limits = Capabilities(max_text=100, max_caption=50, max_file=1000, counts_utf16=True)
    quiet_cottage.channel = MemoryChannel(capabilities=limits)
    await quiet_cottage.begin()
    mira, ann, ticket = await talking(quiet_cottage)
    await mira.does(Reply, ticket, text="😀" * 250)
    await until(quiet_cottage, ann, Status.SENT)
    await quiet_cottage.quiet()
    parts = [each.text for each in ann.messages if "😀" in each.text]
    assert "".join(parts) == "😀" * 250
    assert max(len(each.encode("utf-16-le")) // 2 for each in parts) <= 100
