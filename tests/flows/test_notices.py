"""What staff are told of the service itself, gathered from the running program."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.notices import REMEMBER_AWAY, Lookout
from bot.settings import Settings
from bot.supervisor import Supervisor
from channels.base import Surroundings
from channels.errors import ChannelError, Misconfigured, Refused, TryLater
from channels.memory.adapter import MemoryChannel
from channels.memory.network import Fault
from handoff.acts import Claim, LeaveIt, Reply
from handoff.agents import Role
from handoff.notices import TOPIC, for_role
from messaging.messages import Author
from storage.database import Database
from storage.errors import DatabaseUnreachable
from tests.flows.house import House


class Unsteady(Database):
    """A database that can be sent away."""

    away = False

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        if self.away:
            raise DatabaseUnreachable("gone for a walk")
        async with super().reading() as connection:
            yield connection


class Broken(MemoryChannel):
    """A channel that never comes up."""

    def __init__(self, name: str, error: Exception) -> None:
        super().__init__(name)
        self.error = error

    async def run(self, surroundings: Surroundings, ready: Callable[[], None]) -> None:
        raise self.error


def told(house: House, role: Role = Role.ADMIN) -> dict[str, str]:
    return {each.key: f"{each.text} {each.remedy}".strip() for each in for_role(house.app.lookout.notices(), role)}


async def until(house: House, holds: Callable[[], bool]) -> None:
    """Wait for the notices to say so; every change of them is told."""
    async with asyncio.timeout(20):
        with house.app.live.watch(TOPIC) as changed:
            while not holds():
                await changed.wait()
                changed.clear()


async def test_all_is_well_and_nothing_is_told(cottage: House) -> None:
    await cottage.app.lookout.look()
    assert cottage.app.lookout.notices() == ()


async def test_a_refused_faq_is_told_with_its_place_and_gone_when_it_is_mended(
    quiet_cottage: House, small_faq: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "entries"
    folder.mkdir()
    good = (small_faq / "entries" / "game.yaml").read_text(encoding="utf-8")
    file = folder / "game.yaml"
    file.write_text(good, encoding="utf-8")
    house = quiet_cottage
    house.with_(faq={"folder": folder, "cache": tmp_path / "cache"})
    await house.begin()
    file.write_text(good.replace("    answer:", "    anwser:", 1), encoding="utf-8")
    await until(house, lambda: "faq" in told(house))
    said = told(house)["faq"]
    assert "refused: " in said
    assert f"{file}:8:5" in said
    assert "innkeeper faq status" in said
    assert told(house, Role.AGENT) == {}
    assert told(house, Role.LEAD) == told(house)
    file.write_text(good, encoding="utf-8")
    await until(house, lambda: not told(house))


async def test_failing_tests_of_what_is_served_are_told(quiet_cottage: House, small_faq: Path, tmp_path: Path) -> None:
    folder = tmp_path / "entries"
    folder.mkdir()
    good = (small_faq / "entries" / "game.yaml").read_text(encoding="utf-8")
    wrong = good.replace("    answer:", "    tests:\n      positive: {en: [i want my money back]}\n    answer:", 1)
    (folder / "game.yaml").write_text(wrong, encoding="utf-8")
    quiet_cottage.with_(faq={"folder": folder, "cache": tmp_path / "cache"})
    await quiet_cottage.begin()
    await quiet_cottage.app.lookout.look()
    assert "1 test of the FAQ fails" in told(quiet_cottage)["faq"]


async def test_a_channel_that_is_down_or_set_up_wrongly_is_told(quiet_cottage: House) -> None:
    house = quiet_cottage
    house.others = [
        Broken("telegram", Misconfigured("the token is wrong", "Ask @BotFather for a new one.")),
        Broken("discord", ChannelError("502 Bad Gateway")),
    ]
    await house.begin(settled=False)
    await until(house, lambda: len(told(house)) == 2)
    assert told(house) == {
        "channel:telegram": (
            "Telegram is off, it is set up wrongly: the token is wrong. Ask @BotFather for a new one."
        ),
        "channel:discord": (
            "Discord is down: 502 Bad Gateway. It is tried again by itself. innkeeper doctor looks closer."
        ),
    }
    short = told(house, Role.AGENT)
    assert short["channel:discord"] == "Discord is down. Your replies wait and are sent when it is back."
    assert "token" not in short["channel:telegram"]


async def test_messages_that_were_not_delivered_are_counted_until_they_are_settled(cottage: House) -> None:
    house = cottage
    mira = await house.agent()
    ann = house.channel.player("Ann", language="en")
    await ann.writes("human")
    await ann.reads()
    (ticket,) = await house.waiting()
    await mira.does(Claim, ticket)
    await ann.reads("I am Mira")
    house.channel.fail(Fault(Refused("the picture is too large")))
    await mira.does(Reply, ticket, text="Hello Ann, look at this")
    await house.quiet()
    await house.app.lookout.look()
    assert told(house)["outbox"].startswith("1 message could not be delivered.")
    assert told(house, Role.AGENT) == told(house)
    (number,) = [each.number for each in await house.said(ann.chat) if each.author is Author.AGENT]
    await mira.does(LeaveIt, ticket, message=number)
    await house.app.lookout.look()
    assert told(house) == {}


async def test_messages_that_wait_too_long_to_be_sent_are_told(cottage: House) -> None:
    house = cottage
    ann = house.channel.player("Ann", language="en")
    house.channel.fail(Fault(TryLater("not now", 3600.0)), chat=ann.chat)
    await ann.writes("how do i beat the goblin")
    house.clock.advance(seconds=50)
    await house.app.lookout.look()
    assert told(house) == {}
    house.clock.advance(seconds=20)
    await house.app.lookout.look()
    assert told(house)["unsent"].startswith("Messages to players are late: the oldest waits to be sent since ")
    assert "sent by themselves" in told(house, Role.AGENT)["unsent"]
    # A restart does not wait for what the network asked of the run before.
    await house.end()
    await house.begin()
    await ann.reads("silver lamp")
    await house.quiet()
    await house.app.lookout.look()
    assert told(house) == {}


async def test_a_disk_that_is_nearly_full_is_told_before_it_is_full(quiet_cottage: House) -> None:
    house = quiet_cottage
    house.with_(database={"alarm_below_megabytes": 1e12})
    await house.begin()
    await house.app.clockwork.measure()
    await house.app.lookout.look()
    if house.app.database.is_sqlite:
        assert "MB left. Once it is full nothing can be taken in" in told(house)["disk"]
        assert told(house, Role.AGENT) == {}
        assert house.app.metrics.room._value.get() > 0
    else:
        assert told(house) == {}
    await house.end()
    house.with_(database={"alarm_below_megabytes": 0})
    await house.begin()
    await house.app.lookout.look()
    assert told(house) == {}


async def test_that_the_database_was_away_is_told_and_for_a_while_after(cottage: House, settings: Settings) -> None:
    app = cottage.app
    database = Unsteady.open(settings.database.url)
    supervisor = Supervisor({}, app.database, lambda _name: None, app.metrics, None)  # type: ignore[arg-type, return-value]
    lookout = Lookout(app.knowledge, supervisor, database, app.live, cottage.clock)
    database.away = True
    await lookout.look()
    [away, short] = lookout.notices()
    assert away.text.startswith("The database cannot be reached since ")
    assert short.remedy == "Nothing can be sent just now; your drafts are kept."
    database.away = False
    cottage.clock.advance(minutes=3)
    await lookout.look()
    assert lookout.notices()[0].text.startswith("The database was away from ")
    cottage.clock.advance(seconds=REMEMBER_AWAY.total_seconds() + 1)
    await lookout.look()
    assert lookout.notices() == ()
    await database.close()
