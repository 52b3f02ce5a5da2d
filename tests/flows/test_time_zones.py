"""Times are told as they are for the player: by their network, their browser, or what they said themselves (T8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.decisions.zones import COMMON, find
from channels.markdown import plain
from channels.memory.adapter import MemoryChannel
from messaging.players import players
from tests.flows.house import House

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


async def closed_house(house: House) -> House:
    """Open from nine to ten, UTC; it is half past eleven in the evening."""
    house.with_(hours=dict.fromkeys(DAYS, ("09:00-10:00",)))
    await house.begin()
    now = house.clock()
    evening = now.replace(hour=23, minute=30, second=0, microsecond=0)
    house.clock.advance(seconds=(evening - now) % timedelta(days=1) / timedelta(seconds=1))
    return house


async def zone(house: House) -> str | None:
    async with house.app.database.reading() as connection:
        found: str | None = await connection.scalar(sa.select(players.c.time_zone))
    return found


async def test_out_of_hours_the_player_is_asked_for_their_zone_and_then_told_in_it(quiet_cottage: House) -> None:
    house = await closed_house(quiet_cottage)
    ann = house.channel.player("Ann", language="en")
    await ann.writes("human")
    told = await ann.reads("We open next")
    assert "9:00" in plain(told.text)
    assert "UTC" in told.text
    await ann.presses("Set my time zone")
    choose = await ann.reads("nearest to you")
    while not any(button.label.startswith("Tokyo") for button in choose.buttons):
        await ann.presses("More")
        choose = await ann.reads("nearest to you")
    await ann.presses(next(button.label for button in choose.buttons if button.label.startswith("Tokyo")))
    await ann.reads("From now on I tell you times")
    assert await zone(house) == "Asia/Tokyo"
    await ann.uses("status")
    told = await ann.reads("We open next")
    assert "6:00" in plain(told.text)
    assert "JST" in told.text
    # It is known now: nobody is asked again.
    assert "Set my time zone" not in [button.label for button in told.buttons]


async def test_in_opening_hours_nobody_is_asked(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("human")
    told = await ann.reads("You are next")
    assert [button.label for button in told.buttons] == ["Call me back later", "Take it back"]


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        ("tokyo", "Asia/Tokyo"),
        ("new york", "America/New_York"),
        ("UTC+9", "Etc/GMT-9"),
        ("gmt -3", "Etc/GMT+3"),
        ("+0", "Etc/UTC"),
        ("UTC+15", None),
        ("Atlantis", None),
        ("../../etc/passwd", None),
    ],
)
async def test_a_place_or_a_distance_from_utc_is_understood(cottage: House, words: str, known: str | None) -> None:
    assert find(words) == known
    ann = cottage.channel.player("Ann", language="en")
    await ann.uses("timezone", words)
    await ann.reads("From now on" if known else "do not know that place")
    assert await zone(cottage) == known


async def test_what_the_browser_says_is_believed_until_the_player_says_otherwise(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    ann.person = replace(ann.person, time_zone="Europe/Berlin")
    await ann.writes("how do i beat the goblin")
    await ann.reads("silver lamp")
    assert await zone(cottage) == "Europe/Berlin"
    ann.person = replace(ann.person, time_zone="no/where")
    await ann.writes("where do i get lamp oil")
    await ann.reads("miller")
    assert await zone(cottage) == "Europe/Berlin"
    await ann.uses("timezone", "tokyo")
    await ann.reads("From now on")
    ann.person = replace(ann.person, time_zone="Europe/Berlin")
    await ann.writes("how do i beat the goblin")
    await ann.reads("silver lamp")
    assert await zone(cottage) == "Asia/Tokyo"


async def test_a_network_that_tells_time_by_itself_gets_the_moment(quiet_cottage: House) -> None:
    """Discord shows it to everybody in their own time, and nobody is asked for a zone."""

    class TellingTime(MemoryChannel):
        @property
        def capabilities(self):  # type: ignore[no-untyped-def]
            return replace(super().capabilities, own_clock=True)

    quiet_cottage.channel = TellingTime()
    house = await closed_house(quiet_cottage)
    ann = house.channel.player("Ann", language="en")
    await ann.writes("human")
    told = await ann.reads("We open next")
    opens = (house.clock() + timedelta(hours=9, minutes=30)).replace(minute=0, second=0, microsecond=0)
    assert f"<t:{int(opens.timestamp())}:F>" in told.text.replace("\\", "")
    assert "Set my time zone" not in [button.label for button in told.buttons]


@pytest.mark.parametrize("city", COMMON)
def test_every_city_offered_is_one(city: str) -> None:
    assert find(city) == city
