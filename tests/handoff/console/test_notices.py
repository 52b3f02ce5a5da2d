"""What the console tells of the service itself, to whom, and when."""

from __future__ import annotations

from typing import Any

from handoff.agents import Role
from handoff.notices import AGENTS, LEADS, TOPIC, Notice, Severity, for_role
from tests.handoff.console.world import World

FAQ = Notice("faq", Severity.WARNING, "The FAQ saved last was refused.", "innkeeper faq status shows all.", LEADS)
LONG = Notice("channel:telegram", Severity.ERROR, "Telegram is down: 502", "innkeeper doctor looks closer.", LEADS)
SHORT = Notice("channel:telegram", Severity.ERROR, "Telegram is down.", roles=AGENTS)
ALL = Notice("outbox", Severity.WARNING, "2 messages could not be delivered.")


def told(frame: dict[str, Any]) -> list[str]:
    return [each["text"] for each in frame["notices"]]


def test_each_role_is_told_what_concerns_it() -> None:
    everything = [FAQ, LONG, SHORT, ALL]
    assert for_role(everything, Role.AGENT) == [SHORT, ALL]
    assert for_role(everything, Role.LEAD) == for_role(everything, Role.ADMIN) == [FAQ, LONG, ALL]


async def test_a_page_is_told_at_once_and_again_when_something_changes(world: World) -> None:
    world.notices[:] = [FAQ, LONG, SHORT]
    await world.sign_in()
    async with world.socket() as ears:
        assert (await ears.hear("notices"))["notices"] == [
            {"key": "channel:telegram", "severity": "error", "text": "Telegram is down.", "remedy": ""}
        ]
        world.notices[:] = [FAQ, ALL]
        world.live.tell(TOPIC)
        assert told(await ears.hear("notices")) == [ALL.text]
        world.notices.clear()
        world.live.tell(TOPIC)
        assert told(await ears.hear("notices")) == []


async def test_who_comes_back_hears_that_all_is_well_again(world: World) -> None:
    world.notices[:] = [FAQ]
    await world.sign_in("lena", Role.LEAD)
    async with world.socket() as ears:
        assert told(await ears.hear("notices")) == [FAQ.text]
    world.notices.clear()
    async with world.socket() as ears:
        assert told(await ears.hear("notices")) == []
