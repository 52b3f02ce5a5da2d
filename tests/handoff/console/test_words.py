"""What can be picked and chosen at the desk, and replies that can still be taken back."""

from __future__ import annotations

import os
from datetime import timedelta

from handoff.agents import Role
from messaging.timers import Timer, set_all
from tests.handoff.console.world import World


async def test_snippets_come_in_the_player_s_language_or_in_another_which_is_told(world: World) -> None:
    await world.sign_in()
    answer = await (await world.get("/console/snippets?language=vi")).json()
    assert [(each["name"], each["language"]) for each in answer["snippets"]] == [
        ("still-there", "vi"),
        ("looking", "en"),
    ]
    assert answer["snippets"][0]["text"] == "{player} còn đó không?"
    assert answer["problems"] == []


async def test_what_is_wrong_with_a_saved_file_is_for_leads(world: World) -> None:
    await world.sign_in("mira")
    world.snippets.write_text("looking: {title: {en: Looking}}", encoding="utf-8")
    os.utime(world.snippets, (9, 9))
    agents = await (await world.get("/console/snippets?language=en")).json()
    assert ([each["name"] for each in agents["snippets"]], agents["problems"]) == (["still-there", "looking"], [])
    await world.sign_in("lea", Role.LEAD)
    leads = await (await world.get("/console/snippets?language=en")).json()
    assert 'lacks "text"' in leads["problems"][0]


async def test_nobody_reads_snippets_or_choices_without_signing_in(world: World) -> None:
    assert (await world.get("/console/snippets?language=en")).status == 401
    assert (await world.get("/console/choices")).status == 401


async def test_what_can_be_chosen_is_told(world: World) -> None:
    await world.sign_in()
    choices = await (await world.get("/console/choices")).json()
    assert choices == {
        "classes": ["routine", "complaint"],
        "tiers": ["standard", "vip"],
        "topics": [{"id": "bug", "title": "Bugs"}],
        "categories": [{"id": "bug", "title": "Bugs"}, {"id": "other", "title": "Other"}],
    }


async def test_a_reply_that_waits_out_its_seconds_stands_on_its_ticket(world: World) -> None:
    mira = await world.sign_in()
    key = await world.ticket()
    due = world.clock() + timedelta(seconds=5)
    data = {"ticket": str(key), "agent_id": mira.id, "text": "Hello", "files": []}
    other = Timer(key.conversation_id, "apology", due)
    async with world.database.transaction() as connection:
        await set_all(world.database, connection, [Timer(key.conversation_id, "reply:act-1", due, data), other])
    async with world.socket() as ears:
        await ears.say(type="watch", ticket=str(key), revision=0)
        shown = (await ears.hear("ticket"))["shown"]
    assert shown["pending"] == [
        {"reply": "act-1", "agent_id": mira.id, "text": "Hello", "files": 0, "due_at": due.isoformat()}
    ]
