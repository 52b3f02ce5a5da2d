"""What is to be sent outlives the process: after a crash, an end, or a lane that broke."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from channels.errors import TryLater
from channels.memory.adapter import MemoryChannel
from channels.memory.network import Fault
from channels.memory.player import MemoryPlayer
from handoff.acts import Reply
from messaging.messages import Author, Status
from messaging.outbox import TAKEN_AT_ONCE, EntryState, holders, outbox
from tests.flows.house import House
from tests.flows.talking import talking, texts, until

# What is killed lets go of nothing: the garbage collector finds its connections and says so.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


async def rows(house: House, *states: EntryState) -> Sequence[sa.Row[tuple[object, ...]]]:
    async with house.app.database.reading() as connection:
        return (await connection.execute(sa.select(outbox).where(outbox.c.state.in_(states)))).all()


async def put_off(house: House) -> None:
    """Wait until it is written down that an entry is to be tried later."""
    async with asyncio.timeout(5):
        while not any(row.attempts for row in await rows(house, EntryState.WAITING)):  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.01)


async def restart(house: House, ending: Callable[[], object]) -> None:
    """End in this way, begin again, and let the time pass after which a silent process is taken for dead."""
    await ending()  # type: ignore[misc]
    await house.begin()
    if not house.app.database.is_sqlite:
        house.clock.advance(minutes=1)
        await house.app.clockwork.beat()


@pytest.mark.parametrize("ending", ["end", "crash"])
async def test_what_was_left_in_the_outbox_goes_out_after_a_restart_before_anything_new(
    quiet_cottage: House, ending: str
) -> None:
    house = quiet_cottage
    await house.begin()
    ann = house.channel.player("Ann", language="en")
    house.channel.fail(Fault(TryLater("down", after=3600)))
    for words in ("how do i beat the goblin", "where do i get lamp oil"):
        await ann.writes(words)
    await put_off(house)
    await getattr(house, ending)()
    # While the program is away, the network keeps what the player writes.
    await ann.writes("human")
    if ending == "crash":
        house.clock.advance(minutes=1)
    begun = asyncio.get_running_loop().time()
    await house.begin()
    await ann.reads("You are next")
    assert asyncio.get_running_loop().time() - begun < 5
    await house.quiet()
    said = [each.text.split()[0] for each in ann.messages]
    assert said == ["Use", "Ask", "Hello"]


async def test_what_an_agent_wrote_is_unknown_after_a_crash_in_the_middle_and_sent_if_it_was_not_begun(
    cottage: House,
) -> None:
    mira, ann, ticket = await talking(cottage)
    with cottage.channel.holding(ann.chat):
        await mira.does(Reply, ticket, text="reply 1")
        await mira.does(Reply, ticket, text="reply 2")
        await cottage.channel.until(lambda: cottage.channel.attempts[-1].text == "reply 1")
        await restart(cottage, cottage.crash)
    await ann.reads("reply 2")
    await cottage.quiet()
    replies = [each for each in await cottage.said(ann.chat) if each.author is Author.AGENT]
    assert [(each.text, each.status) for each in replies] == [("reply 1", Status.UNKNOWN), ("reply 2", Status.SENT)]
    assert texts(ann, "reply") == ["reply 2"]


async def test_a_crash_between_any_two_steps_loses_and_doubles_nothing(cottage: House) -> None:
    """The short version: killed after each of the first steps of an answer, again and again."""
    for steps in range(0, 48, 6):
        ann = cottage.channel.player(f"Ann {steps}", language="en")
        writing = asyncio.create_task(cottage.channel.deliver([ann.message("how do i beat the goblin")]))
        for _ in range(steps + 1):
            await asyncio.sleep(0.0005 if steps else 0)
        await restart(cottage, cottage.crash)
        await asyncio.gather(writing, return_exceptions=True)
        await cottage.channel.redeliver()
        await ann.reads("silver lamp")
        await cottage.quiet()
        assert await cottage.written(ann.chat) == ["how do i beat the goblin"]
        keys = [each.key for each in cottage.channel.network.chats[ann.chat]]
        # What the bot said when it was killed may come twice, never three times, and nothing else may.
        assert len(set(keys)) == 1
        assert len(keys) <= 2
    assert not await rows(cottage, EntryState.WAITING, EntryState.SENDING)
    assert cottage.channel.unconfirmed == []


async def stranded(house: House, author: Author, state: EntryState, holder: str | None = None) -> MemoryPlayer:
    """Somebody with one entry in the outbox that no lane knows of."""
    ann = house.channel.player("Ann", language="en")
    await ann.writes("how do i beat the goblin")
    await ann.reads("silver lamp")
    await house.quiet()
    long_ago = house.clock() - timedelta(minutes=5)
    changes = {"state": state, "author": author, "created_at": long_ago, "finished_at": None}
    async with house.app.database.transaction() as connection:
        await connection.execute(sa.update(outbox).values(**changes, **({"held_by": holder} if holder else {})))
    return ann


async def test_the_entries_of_a_broken_lane_come_back(cottage: House) -> None:
    ann = await stranded(cottage, Author.BOT, EntryState.WAITING)
    await cottage.app.clockwork.bring_back()
    await cottage.channel.until(lambda: len(ann.messages) == 2)
    await cottage.quiet()
    for _ in range(3):
        await cottage.app.clockwork.bring_back()
    await cottage.quiet()
    assert len(ann.messages) == 2


async def test_what_an_agent_wrote_in_a_broken_lane_is_not_sent_again_blindly(cottage: House) -> None:
    ann = await stranded(cottage, Author.AGENT, EntryState.SENDING)
    await cottage.app.clockwork.bring_back()
    await until(cottage, ann, Status.UNKNOWN)
    await cottage.quiet()
    assert len(ann.messages) == 1


async def test_what_is_being_sent_is_not_brought_back_beside_it(quiet_cottage: House) -> None:
    quiet_cottage.rules = replace(quiet_cottage.rules, stranded_after=timedelta(0))  # type: ignore[type-var]
    await quiet_cottage.begin()
    ann = quiet_cottage.channel.player("Ann", language="en")
    with quiet_cottage.channel.holding(ann.chat):
        await ann.writes("how do i beat the goblin")
        await quiet_cottage.channel.until(lambda: len(quiet_cottage.channel.attempts) == 1)
        await quiet_cottage.app.clockwork.bring_back()
    await ann.reads("silver lamp")
    await quiet_cottage.quiet()
    assert len(quiet_cottage.channel.attempts) == 1


async def test_a_dead_processs_entries_are_taken_over_and_a_living_ones_are_not(cottage: House) -> None:
    ann = await stranded(cottage, Author.BOT, EntryState.WAITING, holder="another")
    if not cottage.app.database.is_sqlite:
        async with cottage.app.database.transaction() as connection:
            alive = {"id": "another", "heartbeat_at": cottage.clock()}
            await connection.execute(sa.insert(holders).values(alive))
        await cottage.app.clockwork.beat()
        await cottage.quiet()
        assert len(ann.messages) == 1
        cottage.clock.advance(minutes=1)
    await cottage.app.clockwork.beat()
    await cottage.channel.until(lambda: len(ann.messages) == 2)


async def test_what_is_said_after_a_crash_waits_behind_what_the_dead_process_left(cottage: House) -> None:
    async with cottage.app.database.transaction() as connection:
        await connection.execute(sa.insert(holders).values(id="another", heartbeat_at=cottage.clock()))
    ann = await stranded(cottage, Author.BOT, EntryState.WAITING, holder="another")
    await ann.writes("where do i get lamp oil")
    await cottage.quiet()
    # On PostgreSQL nobody knows yet whether the other process is dead: what it holds comes first all the same.
    assert cottage.app.database.is_sqlite or len(ann.messages) == 1
    cottage.clock.advance(minutes=1)
    await cottage.app.clockwork.beat()
    await ann.reads("miller")
    assert [each.text.split()[0] for each in ann.messages] == ["Use", "Use", "Ask"]


async def test_what_is_said_during_a_takeover_comes_behind_what_is_taken_over(cottage: House) -> None:
    ann = await stranded(cottage, Author.BOT, EntryState.WAITING, holder="another")
    cottage.clock.advance(minutes=1)

    async def writes_after(seconds: float) -> None:
        await asyncio.sleep(seconds)
        await ann.writes("where do i get lamp oil")

    await asyncio.gather(cottage.app.clockwork.beat(), *(writes_after(number / 1000) for number in range(15)))
    await cottage.channel.until(lambda: len(ann.messages) == 17)
    assert [each.text.split()[0] for each in ann.messages] == ["Use", "Use", *["Ask"] * 15]


@pytest.mark.parametrize(
    ("state", "reads", "status"),
    [(EntryState.WAITING, 2, Status.SENT), (EntryState.SENDING, 1, Status.UNKNOWN)],
)
async def test_what_the_bot_repeats_is_given_up_only_if_the_repeat_was_begun(
    cottage: House, state: EntryState, reads: int, status: Status
) -> None:
    ann = await stranded(cottage, Author.BOT, state, holder="another")
    async with cottage.app.database.transaction() as connection:
        await connection.execute(sa.update(outbox).values(doubts=1))
    cottage.clock.advance(minutes=1)
    await cottage.app.clockwork.beat()
    await cottage.channel.until(lambda: len(ann.messages) >= reads)
    await until(cottage, ann, status)
    assert len(ann.messages) == reads


@pytest.mark.parametrize("is_edit", [True, False])
async def test_dying_again_and_again_neither_puts_off_nor_doubts_what_waited_for_its_time(
    cottage: House, is_edit: bool
) -> None:
    ann = await stranded(cottage, Author.BOT, EntryState.WAITING)
    (row,) = await rows(cottage, EntryState.WAITING)
    later = cottage.clock() + timedelta(hours=1)
    put_off = {"due_at": later, "attempts": 5}
    async with cottage.app.database.transaction() as connection:
        if is_edit:
            await connection.execute(sa.update(outbox).values(state=EntryState.SENT))
            edit = {"number": 1000, "payload": {"text": "Use it.", "edits": row.message_number}, "external_id": None}
            await connection.execute(sa.insert(outbox), [{**row._mapping, **put_off, **edit}])
        else:
            await connection.execute(sa.update(outbox).values(**put_off))
    with cottage.channel.holding(ann.chat):
        for _ in range(3):
            tried = len(cottage.channel.attempts)
            await restart(cottage, cottage.crash)
            await cottage.channel.until(lambda: len(cottage.channel.attempts) > tried)  # noqa: B023 - awaited here
        (left,) = await rows(cottage, EntryState.WAITING)
        assert (left.attempts, left.doubts) == (5, 0)
    await until(cottage, ann, Status.SENT)
    await cottage.quiet()
    assert not await rows(cottage, EntryState.WAITING)


async def test_all_that_was_left_goes_out_before_anything_new_however_much_it_is(cottage: House) -> None:
    """More than one sweep takes: Ben's many are swept first, and Ann is not overtaken by her own next words."""
    ben = await stranded(cottage, Author.BOT, EntryState.WAITING, holder="another")
    (row,) = await rows(cottage, EntryState.WAITING)
    many = [{**row._mapping, "number": 1000 + number} for number in range(TAKEN_AT_ONCE + 100)]
    ann = cottage.channel.player("Ann", language="en")
    cottage.channel.fail(Fault(TryLater("down", after=3600)), chat=ann.chat)
    await ann.writes("how do i beat the goblin")
    async with cottage.app.database.transaction() as connection:
        await connection.execute(sa.insert(outbox), many)
    await put_off(cottage)
    await cottage.crash()
    await ann.writes("where do i get lamp oil")
    cottage.clock.advance(minutes=1)
    await cottage.begin()
    async with cottage.app.database.reading() as connection:
        left = await connection.scalar(
            sa.select(sa.func.count()).where(outbox.c.held_by == "another", outbox.c.state == EntryState.WAITING)
        )
    assert left == 0
    await ann.reads("miller")
    assert [each.text.split()[0] for each in ann.messages] == ["Use", "Ask"]
    await cottage.channel.until(lambda: len(ben.messages) == len(many) + 2, within=20)


async def test_entries_of_a_channel_that_is_off_wait_for_it(quiet_cottage: House) -> None:
    house, radio = quiet_cottage, MemoryChannel("radio")
    house.others = [radio]
    await house.begin()
    ann = radio.player("Ann", language="en")
    radio.fail(Fault(TryLater("down", after=3600)))
    await ann.writes("how do i beat the goblin")
    await put_off(house)
    house.others = []
    await restart(house, house.crash)
    assert len(await rows(house, EntryState.WAITING)) == 1
    house.others = [radio]
    await restart(house, house.end)
    await ann.reads("silver lamp")


async def test_closing_does_not_wait_for_lanes_that_wait(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    cottage.channel.fail(Fault(TryLater("down", after=3600)))
    await ann.writes("how do i beat the goblin")
    await put_off(cottage)
    async with asyncio.timeout(3):
        await cottage.end()
