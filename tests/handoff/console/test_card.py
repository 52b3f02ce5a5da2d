"""The player card beside a ticket (P10, A5): what it tells, whom, and that looking at it is on record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from structlog.testing import capture_logs

from handoff.agents import Role
from handoff.feedback import feedback
from handoff.records import ticket_events
from handoff.sla import Clock, Target
from handoff.tickets import TicketKey, TicketState, tickets
from messaging.conversations import conversations
from messaging.players import identities, players
from tests.handoff.console.world import World


async def player_of(world: World, key: TicketKey) -> int:
    async with world.database.reading() as connection:
        query = sa.select(conversations.c.player_id).where(conversations.c.id == key.conversation_id)
        return int((await connection.execute(query)).scalar_one())


async def card_of(world: World, key: TicketKey) -> dict[str, Any]:
    async with world.socket() as ears:
        await ears.say(type="watch", ticket=str(key), revision=0)
        card: dict[str, Any] = (await ears.hear("card"))["card"]
        return card


async def known_on(world: World, player: int, *channels: str) -> None:
    rows = [
        {"channel": each, "external_id": f"{each}-77", "player_id": player, "name": "Lena", "username": None}
        for each in channels
    ]
    async with world.database.transaction() as connection:
        await connection.execute(sa.insert(identities), rows)


async def test_p10_a_card_tells_who_this_is_and_what_was_before(world: World) -> None:
    await world.sign_in()
    key = await world.ticket(form={"account": "Lena#1"}, survey={})
    player = await player_of(world, key)
    await known_on(world, player, "discord", "telegram")
    now = world.clock()
    async with world.database.transaction() as connection:
        await connection.execute(
            sa.update(players)
            .where(players.c.id == player)
            .values(tier="vip", memo="Likes lanterns.", time_zone="Asia/Tokyo")
        )
        elsewhere = await connection.scalar(
            sa.insert(conversations)
            .values(channel="discord", chat="d-1", player_id=player, language="en", memory={}, created_at=now)
            .returning(conversations.c.id)
        )
        earlier = {
            "conversation_id": elsewhere,
            "number": 2,
            "revision": 2,
            "state": TicketState.RESOLVED,
            "reason": "asked",
            "ticket_class": "routine",
            "language": "en",
            "question": "A lost sword",
            "offered": [],
            "opened_at": now - timedelta(days=3),
            "waiting_since": now - timedelta(days=3),
            "queue_at": now - timedelta(days=3),
            "resolved_at": now - timedelta(days=2),
            "category": "lost-item",
            "survey": {"score": 4},
        }
        await connection.execute(sa.insert(tickets).values(earlier))
        await connection.execute(
            sa.insert(feedback).values(
                conversation_id=elsewhere,
                number=9,
                kind="bug",
                severity="high",
                text="It burns",
                data={},
                created_at=now,
            )
        )
    card = await card_of(world, key)
    assert (card["player"]["tier"], card["player"]["memo"]) == ("vip", "Likes lanterns.")
    assert card["player"]["time_zone"] == "Asia/Tokyo"
    assert [each["channel"] for each in card["identities"]] == ["discord", "telegram"]
    (before,) = card["earlier"]
    assert (before["key"], before["category"], before["survey"]) == (f"{elsewhere}-2", "lost-item", {"score": 4})
    assert [(each["kind"], each["text"]) for each in card["told"]] == [("bug", "It burns")]
    assert card["form"] == {"account": "Lena#1"}


async def test_the_answers_already_given_stand_on_the_card_each_once(world: World) -> None:
    await world.sign_in()
    key = await world.ticket()
    given = {"direction": "outgoing", "author": "bot", "status": "sent"}
    await world.said(key.conversation_id, 4, "Look in the chest.", data={"entries": ["cloak", "chest"]}, **given)
    await world.said(key.conversation_id, 5, "Look in the chest!", data={"entries": ["chest"]}, **given)
    card = await card_of(world, key)
    assert [each["entry_id"] for each in card["tried"]] == ["chest", "cloak"]


async def test_a_card_has_the_ticket_s_clocks_and_its_record(world: World) -> None:
    mira = await world.sign_in()
    now = world.clock()
    clock = Clock.start(Target(timedelta(minutes=5)), now)
    key = await world.ticket(clocks={"first_reply": clock.to_plain(), "next_reply": None, "resolution": None})
    async with world.database.transaction() as connection:
        event = {
            "conversation_id": key.conversation_id,
            "number": 4,
            "ticket_number": key.number,
            "kind": "transferred",
        }
        event |= {"agent_id": mira.id, "data": {"brief": "typo"}, "happened_at": now}
        await connection.execute(sa.insert(ticket_events).values(event))
    card = await card_of(world, key)
    (told,) = card["clocks"]
    assert (told["name"], told["amount"], told["spent"]) == ("first_reply", 300.0, 0.0)
    assert told["running_since"] == now.isoformat()
    assert [(each["kind"], each["agent_id"], each["data"]) for each in card["record"]] == [
        ("transferred", mira.id, {"brief": "typo"})
    ]


async def test_a5_only_leads_see_what_a_network_calls_the_player(world: World) -> None:
    key = await world.ticket()
    await known_on(world, await player_of(world, key), "telegram", "web")
    await world.sign_in("mira")
    assert [each["external_id"] for each in (await card_of(world, key))["identities"]] == [None, None]
    await world.sign_in("lea", Role.LEAD)
    # A web player's is the way into their chat: nobody sees it.
    assert [each["external_id"] for each in (await card_of(world, key))["identities"]] == ["telegram-77", None]


async def test_a5_each_opening_of_a_ticket_is_logged_once(world: World) -> None:
    await world.sign_in()
    key = await world.ticket()
    with capture_logs() as logs:
        async with world.socket() as ears:
            await ears.say(type="watch", ticket=str(key), revision=0)
            await ears.hear("card")
            player = await player_of(world, key)
            async with world.database.transaction() as connection:
                await connection.execute(sa.update(players).where(players.c.id == player).values(memo="new"))
            world.live.tell(f"conversation:{key.conversation_id}")
            assert (await ears.hear("card"))["card"]["player"]["memo"] == "new"
    views = [each for each in logs if each["event"] == "player_viewed"]
    assert [(each["ticket"], each["agent"], each["role"]) for each in views] == [(str(key), "mira", Role.AGENT)]
