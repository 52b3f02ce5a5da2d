"""T17: staff are told of what failed inside, operators see and mend it, and a newer program hears it by itself."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import sqlalchemy as sa

from channels.memory.player import MemoryPlayer
from messaging import set_aside
from tests.flows.house import House
from tests.flows.typing_commands import Types

QUESTION = "how do i beat the goblin"


async def failed(house: House) -> MemoryPlayer:
    """A message of Ann's that an earlier version could not handle."""
    ann = house.channel.player("Ann", language="en")
    since = house.clock() - timedelta(hours=1)
    await set_aside.keep(house.app.database, ann.message(QUESTION), "ValueError: a defect", since)
    return ann


async def kept(house: House) -> int:
    async with house.app.database.reading() as connection:
        return await connection.scalar(sa.select(sa.func.count()).select_from(set_aside.set_aside)) or 0


async def heard(house: House) -> None:
    async with asyncio.timeout(10):
        while await kept(house):
            await house.app.clockwork.hear_again()


async def test_it_is_handled_at_the_next_start_once_and_with_an_apology(cottage: House) -> None:
    ann = await failed(cottage)
    await cottage.app.clockwork.hear_again()
    assert await kept(cottage) == 1
    await cottage.end()
    await cottage.begin()
    await heard(cottage)
    assert "I am sorry for the late answer" in (await ann.reads()).text
    assert await cottage.written(ann.chat) == [QUESTION]
    await cottage.end()
    await cottage.begin()
    await cottage.quiet()
    assert await cottage.written(ann.chat) == [QUESTION]


async def test_leads_are_told_and_it_is_counted(cottage: House) -> None:
    await failed(cottage)
    await cottage.app.lookout.look()
    (told,) = [each for each in cottage.app.lookout.notices() if each.key == "set_aside"]
    assert "1 message of players failed inside, the first at " in told.text
    assert told.text.endswith("Ann (memory).")
    assert "innkeeper inbox list" in told.remedy
    await cottage.app.clockwork.measure()
    assert "innkeeper_events_set_aside 1.0" in cottage.app.metrics.render().decode()


async def test_an_operator_lists_it_and_has_it_handled_again(cottage: House, types: Types) -> None:
    await failed(cottage)
    (shown,) = json.loads((await types("inbox", "list", "--json")).stdout)
    assert (shown["error"], shown["event"]["text"]) == ("ValueError: a defect", QUESTION)
    listed = (await types("inbox", "list")).output
    assert all(word in listed for word in ("Ann", "memory", "MessageReceived", "1 h", "a defect", QUESTION))
    assert "1 event is handled again" in (await types("inbox", "retry", str(shown["number"]))).output
    await heard(cottage)
    assert "Everything that came in was handled" in (await types("inbox", "list")).output


async def test_an_operator_drops_it(cottage: House, types: Types) -> None:
    await failed(cottage)
    (shown,) = json.loads((await types("inbox", "list", "--json")).stdout)
    missing = await types("inbox", "drop", str(shown["number"]), "999")
    assert (missing.exit_code, "no event 999" in missing.output) == (1, True)
    assert await kept(cottage) == 1
    assert "is forgotten" in (await types("inbox", "drop", str(shown["number"]))).output
    assert await kept(cottage) == 0
    for arguments in (("retry",), ("retry", "1", "--all"), ("retry", "many"), ("drop", "0")):
        assert (await types("inbox", *arguments)).exit_code == 2
