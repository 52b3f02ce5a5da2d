"""The place in the queue is changed where it was told, and not said again (U10)."""

from __future__ import annotations

from handoff.acts import Claim
from tests.flows.house import House
from tests.flows.test_handoff import asked


async def test_a_place_that_moved_is_changed_in_the_message_that_told_it(cottage: House) -> None:
    mira = await cottage.agent()
    _, first = await asked(cottage, "Ann")
    await asked(cottage, "Ben")
    cem = cottage.channel.player("Cem", language="en")
    await cem.writes("human")
    told = await cem.reads("There are 2 people before you")
    assert told.text.startswith("Hello Cem,")
    said = len(cem.messages)
    await mira.does(Claim, first)
    cottage.clock.advance(seconds=31)
    await cottage.app.places.look()
    await cottage.channel.until(lambda: "There is 1 person before you" in told.text)
    assert told.text.startswith("Hello Cem,")
    assert told.buttons
    assert len(cem.messages) == said
    # What stands is not told again.
    cottage.clock.advance(seconds=31)
    versions = len(told.versions)
    await cottage.app.places.look()
    await cottage.quiet()
    assert len(told.versions) == versions


async def test_a_place_stands_for_a_while_and_survives_a_restart(cottage: House) -> None:
    mira = await cottage.agent()
    _, first = await asked(cottage, "Ann")
    ben = cottage.channel.player("Ben", language="en")
    await ben.writes("human")
    told = await ben.reads("There is 1 person before you")
    await mira.does(Claim, first)
    await cottage.app.places.look()
    await cottage.quiet()
    assert not told.versions
    await cottage.end()
    cottage.clock.advance(seconds=31)
    await cottage.begin()
    await cottage.app.places.look()
    await cottage.channel.until(lambda: "You are next" in told.text)


async def test_who_was_taken_meanwhile_keeps_the_words_as_they_were(cottage: House) -> None:
    mira = await cottage.agent()
    _, first = await asked(cottage, "Ann")
    ben, second = await asked(cottage, "Ben")
    told = ben.messages[-1]
    await mira.does(Claim, first)
    await mira.does(Claim, second)
    cottage.clock.advance(seconds=31)
    await cottage.app.places.look()
    await cottage.quiet()
    assert not told.versions
