"""``innkeeper outbox``, beside a server that runs and without one: what did not surely arrive is never out of sight."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from channels.errors import OutcomeHidden, Refused
from channels.memory.network import Fault
from channels.memory.player import MemoryPlayer
from handoff.acts import Reply, Resend
from handoff.tickets import Ticket
from messaging.messages import Status
from tests.flows.house import Agent, House
from tests.flows.talking import newest, talking, texts, until
from tests.flows.typing_commands import Types


async def listed(types: Types, *more: str) -> list[dict[str, Any]]:
    result = await types("outbox", "list", "--json", *more)
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


async def undelivered(house: House) -> tuple[Agent, MemoryPlayer, Ticket]:
    """An agent's reply of which nobody knows whether it arrived, and one that surely did not."""
    mira, ann, ticket = await talking(house)
    house.channel.fail(Fault(OutcomeHidden("cut"), takes_effect=False), chat=ann.chat)
    await mira.does(Reply, ticket, text="the first of two")
    await until(house, ann, Status.UNKNOWN)
    house.channel.fail(Fault(Refused("too long for this network")), chat=ann.chat)
    await mira.does(Reply, ticket, text="the second of two")
    await until(house, ann, Status.DEAD)
    return mira, ann, ticket


async def test_both_are_listed_with_what_is_needed_to_decide(cottage: House, types: Types) -> None:
    await undelivered(cottage)
    first, second = await listed(types)
    assert (first["state"], first["text"], second["state"]) == ("unknown", "the first of two", "dead")
    assert {"channel": "memory", "player": "Ann", "author": "agent"}.items() <= second.items()
    assert "too long" in second["error"]
    assert 0 <= second["age_seconds"] < 60
    assert [each["key"] for each in await listed(types, "--state", "dead")] == [second["key"]]
    table = (await types("outbox", "list")).output
    assert all(word in table for word in (first["key"], second["key"], "Ann", "agent", "unknown", "dead", "0 min"))


async def test_a_retried_one_is_sent_once_by_the_server_that_runs(cottage: House, types: Types) -> None:
    _, ann, _ = await undelivered(cottage)
    (dead,) = await listed(types, "--state", "dead")
    result = await types("outbox", "retry", dead["key"])
    assert (result.exit_code, "goes out again" in result.output) == (0, True)
    assert (await newest(cottage, ann)).status is Status.WAITING
    await cottage.app.clockwork.beat()
    await ann.reads("the second of two")
    assert (await until(cottage, ann, Status.SENT)).error is None
    assert [each["state"] for each in await listed(types)] == ["unknown"]
    # The same again: it is no longer dead, and is said so.
    result = await types("outbox", "retry", dead["key"])
    assert (result.exit_code, "is left" in result.output) == (1, True)
    await cottage.app.clockwork.beat()
    await cottage.quiet()
    assert len(texts(ann, "the second of two")) == 1


async def test_what_is_said_before_the_server_saw_it_does_not_overtake_it(cottage: House, types: Types) -> None:
    """Between the retry and the beat nobody holds the lane: what is written then waits with it."""
    mira, ann, ticket = await undelivered(cottage)
    (dead,) = await listed(types, "--state", "dead")
    await types("outbox", "retry", dead["key"])
    await mira.does(Reply, ticket, text="said later")
    await cottage.app.clockwork.beat()
    await ann.reads("the second of two")
    await ann.reads("said later")


async def test_a_lane_at_work_gets_it_from_the_process_that_works_there(cottage: House, types: Types) -> None:
    """One process alone sends in a lane: what it has in hand is not overtaken by another's beat."""
    mira, ann, ticket = await undelivered(cottage)
    (dead,) = await listed(types, "--state", "dead")
    with cottage.channel.holding(ann.chat):
        await mira.does(Reply, ticket, text="on its way")
        await cottage.channel.until(lambda: cottage.channel.attempts[-1].text.endswith("on its way"))
        await types("outbox", "retry", dead["key"])
        await cottage.app.clockwork.beat()
    await ann.reads("on its way")
    await cottage.quiet()
    cottage.clock.advance(seconds=31)
    await cottage.app.clockwork.bring_back()
    await ann.reads("the second of two")
    await cottage.quiet()
    assert len(texts(ann, "on its way")) == 1


async def test_without_a_server_it_goes_out_at_the_next_start(cottage: House, types: Types) -> None:
    _, ann, _ = await undelivered(cottage)
    await cottage.end()
    result = await types("outbox", "retry", "--all-dead")
    assert (result.exit_code, "1 message goes out again." in result.output) == (0, True)
    await cottage.begin()
    await ann.reads("the second of two")
    await cottage.quiet()
    assert (len(texts(ann, "the second of two")), texts(ann, "the first of two")) == (1, [])


async def test_a_dropped_one_is_left_and_its_message_says_so(cottage: House, types: Types) -> None:
    _, ann, _ = await undelivered(cottage)
    unknown, dead = await listed(types)
    result = await types("outbox", "drop", unknown["key"], dead["key"])
    assert (result.exit_code, result.output.count("is left as it is")) == (0, 2)
    assert "Nothing is unknown or dead" in (await types("outbox", "list")).output
    message = await newest(cottage, ann)
    assert (message.status, message.data["left"]) == (Status.DEAD, True)
    await cottage.app.clockwork.beat()
    await cottage.quiet()
    assert texts(ann, "of two") == []


async def test_an_agent_was_quicker(cottage: House, types: Types) -> None:
    mira, ann, ticket = await undelivered(cottage)
    (dead,) = await listed(types, "--state", "dead")
    await mira.does(Resend, ticket, message=(await newest(cottage, ann)).number)
    await ann.reads("the second of two")
    for verb in ("retry", "drop"):
        result = await types("outbox", verb, dead["key"])
        assert (result.exit_code, "is left" in result.output) == (1, True)
    await cottage.quiet()
    assert len(texts(ann, "the second of two")) == 1


async def test_of_two_parts_that_failed_the_message_waits_when_both_are_sent_again(house: House, types: Types) -> None:
    """One part that arrives does not make up for one that did not."""
    mira, ann, ticket = await talking(house)
    house.channel.fail(Fault(Refused("no")), Fault(Refused("no")), chat=ann.chat)
    await mira.does(Reply, ticket, text="one of many words " * 400)
    await until(house, ann, Status.DEAD)
    await house.quiet()
    first, second = await listed(types)
    await types("outbox", "retry", first["key"])
    await house.app.clockwork.beat()
    await ann.reads("one of many words")
    await house.quiet()
    assert (await newest(house, ann)).status is Status.DEAD
    await types("outbox", "retry", second["key"])
    await house.app.clockwork.beat()
    await until(house, ann, Status.SENT)


async def test_mistakes_are_told_plainly(cottage: House, types: Types) -> None:
    """And change nothing."""
    await undelivered(cottage)
    for arguments, code, words in (
        (("retry",), 2, "Name the messages"),
        (("retry", "1-2", "--all-dead"), 2, "Name the messages"),
        (("retry", "many"), 2, "is no key"),
        (("drop", "1-99999999999999999999"), 2, "is no key"),
        (("retry", "1-999999"), 1, "There is no entry 1-999999"),
        (("drop",), 2, "Missing argument"),
    ):
        result = await types("outbox", *arguments)
        assert (result.exit_code, words in result.output) == (code, True), result.output
    assert len(await listed(types)) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_where_nothing_was_ever_sent(types: Types, tmp_path: Path) -> None:
    (tmp_path / "innkeeper.db").unlink()
    result = await types("outbox", "list")
    assert (result.exit_code, "no database yet" in result.output) == (1, True)
