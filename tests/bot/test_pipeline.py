"""Something inside breaks: the message is kept, people are told, the player hears so, and nobody else notices."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.happenings import ActDone, TimerDue
from handoff import agents
from handoff.acts import Claim, Close, Declined, Done, Release
from handoff.agents import Role
from handoff.tickets import TicketKey
from messaging import timers
from messaging.conversations import conversations
from messaging.inbox import inbox
from messaging.messages import MessageEdited, MessageReceived
from messaging.outbox import outbox
from messaging.timers import Timer
from storage.database import Database
from storage.errors import DatabaseUnreachable
from tests.bot.path import OnePath, ToldFaq, ToldHours, english, entry

SORRY = english().fill("something_wrong", "en")
MISSED = english().fill("not_understood", "en")


@pytest.fixture
def path(database: Database) -> OnePath:
    return OnePath(database)


async def test_a_defect_at_one_message_is_that_messages_alone(path: OnePath) -> None:
    path.knows.breaks_at = "boom"
    batch = [path.wrote(who, text) for who, text in (("ann", "goblin"), ("ben", "boom"), ("cem", "what"))]
    assert await path.pipeline.handle(batch) == [Done()] * 3
    assert [await path.stored(who) for who in ("ann", "ben", "cem")] == [["goblin"], ["boom"], ["what"]]
    assert [await path.answers(who) for who in ("ann", "ben", "cem")] == [["Goblin"], [SORRY], [MISSED]]
    assert await path.tickets() == {"ben": ("waiting", "failure")}
    # What was handed over for sending is what is stored, once.
    assert sum(len(each.entries) for each in path.commits) == 3
    # It comes again, as networks do: nothing happens twice, and nothing has to fail for that.
    commits, path.knows.breaks_at = len(path.commits), "nothing more"
    assert await path.pipeline.handle([*batch, *batch]) == [Done()] * 6
    assert len(path.commits) == commits + 1
    assert not path.commits[-1].entries
    assert [await path.stored(who) for who in ("ann", "ben", "cem")] == [["goblin"], ["boom"], ["what"]]
    assert await path.answers("ben") == [SORRY]


async def test_an_edit_in_one_batch_with_its_message_is_one_message_and_no_failure(path: OnePath) -> None:
    message = path.wrote("ann", "gobln")
    edit = MessageEdited("memory", "ann", message.external_id, message.person, path.now, "1", "goblin")
    await path.pipeline.handle([edit, message])
    assert (await path.stored("ann"), await path.answers("ann"), len(path.commits)) == (["goblin"], ["Goblin"], 1)


async def test_the_queue_does_not_stop_behind_a_player_who_breaks_it_every_time(path: OnePath) -> None:
    path.knows.breaks_at = "boom"
    for _ in range(3):
        await path.pipeline.handle([path.wrote("ben", "boom"), path.wrote("ann", "goblin")])
    assert await path.stored("ben") == ["boom"] * 3
    # One ticket and one apology; the words that follow are in it.
    assert await path.answers("ben") == [SORRY]
    assert await path.answers("ann") == ["Goblin"] * 3


async def test_a_broken_calendar_takes_no_request_with_it(path: OnePath) -> None:
    """Where the usual words cannot be found, the plain ones are said."""
    path.hours.broken = True
    await path.pipeline.handle([path.wrote("ann", "human"), path.wrote("ben", "goblin")])
    assert await path.tickets() == {"ann": ("waiting", "failure")}
    assert await path.answers("ann") == [SORRY]
    assert await path.answers("ben") == ["Goblin"]


async def test_an_act_that_breaks_changes_nothing_and_says_so(path: OnePath) -> None:
    await hire(path)
    await path.pipeline.handle([path.wrote("ann", "human")])
    key = await ticket_key(path)
    assert await path.pipeline.handle([ActDone(Claim(key, "a", 1, "Mira", path.now))]) == [Done()]
    path.hours.broken = True
    (outcome,) = await path.pipeline.handle([ActDone(Release(key, "b", 1, "Mira", path.now))])
    assert isinstance(outcome, Declined)
    assert (outcome.code, (await path.tickets())["ann"]) == ("failed", ("assigned", "asked"))
    # Mended, the same click works.
    path.hours.broken = False
    assert await path.pipeline.handle([ActDone(Release(key, "b", 1, "Mira", path.now))]) == [Done()]


async def hire(path: OnePath) -> None:
    """Somebody who may take tickets; the first on the staff, so that their id is 1."""
    async with path.database.transaction() as connection:
        made = await agents.add(path.database, connection, name="mira", desk_name="Mira", role=Role.AGENT, now=path.now)
    assert made.id == 1


async def ticket_key(path: OnePath) -> TicketKey:
    async with path.database.reading() as connection:
        conversation_id = await connection.scalar(sa.select(conversations.c.id))
        number = await connection.scalar(sa.text("SELECT max(number) FROM tickets"))
    return TicketKey(conversation_id or 0, number or 0)


async def test_an_alarm_that_nothing_knows_is_put_away_and_the_others_ring(path: OnePath) -> None:
    await path.pipeline.handle([path.wrote("ann", "human")])
    key = await ticket_key(path)
    strange = Timer(key.conversation_id, "of another version", path.now)
    async with path.database.transaction() as connection:
        await timers.set_all(path.database, connection, [strange])
    path.now += timedelta(minutes=6)
    async with path.database.reading() as connection:
        due = await timers.due(connection, path.now, 10)
    assert {"of another version", "apology"} <= {each.kind for each in due}
    await path.pipeline.handle([TimerDue(each) for each in due])
    assert "sorry that you are still waiting" in (await path.answers("ann"))[-1]
    async with path.database.reading() as connection:
        left = await timers.due(connection, path.now + timedelta(days=9), 10)
    assert "of another version" not in {each.kind for each in left}
    assert [each.kind for each in left].count("apology") == 1


@pytest.mark.parametrize(
    "memory",
    [
        {"offered": [{"title": "of an older version"}]},
        {"flood": ["no time", 1, False]},
        {"choices": 7},
        {"late_told_at": "yesterday"},
        ["no mapping"],
    ],
)
async def test_a_memory_that_cannot_be_read_is_forgotten(path: OnePath, memory: object) -> None:
    await path.pipeline.handle([path.wrote("ann", "goblin")])
    async with path.database.transaction() as connection:
        await connection.execute(sa.update(conversations).values(memory=memory))
    await path.pipeline.handle([path.wrote("ann", "goblin")])
    assert await path.answers("ann") == ["Goblin", "Goblin"]
    assert await path.tickets() == {}


async def test_an_entry_that_left_the_faq_meanwhile_is_not_answered(database: Database) -> None:
    """The match is of one version of the FAQ, the decision of the next."""

    class Reloaded(ToldFaq):
        @property
        def faq(self):  # type: ignore[no-untyped-def]
            return ToldFaq({}).faq

    path = OnePath(database, Reloaded({"goblin": entry("goblin")}))
    await path.pipeline.handle([path.wrote("ann", "goblin")])
    assert await path.answers("ann") == [MISSED]
    assert await path.tickets() == {}


async def test_a_close_and_a_new_request_in_one_batch_both_count(path: OnePath) -> None:
    await hire(path)
    await path.pipeline.handle([path.wrote("ann", "human")])
    key = await ticket_key(path)
    await path.pipeline.handle([ActDone(Claim(key, "a", 1, "Mira", path.now))])
    close = Close(key, "b", 1, "Mira", path.now, unconfirmed="settled by telephone")
    await path.pipeline.handle([ActDone(close), path.wrote("ann", "human")])
    async with path.database.reading() as connection:
        states = (await connection.execute(sa.text("SELECT state FROM tickets ORDER BY number"))).scalars().all()
    assert states == ["resolved", "waiting"]


async def test_ids_and_names_that_cannot_be_kept_as_they_are_lose_no_message(path: OnePath) -> None:
    message = path.wrote("a\x00n\ud800n", "goblin")
    strange = MessageReceived(
        message.channel, message.chat, "1\x00", message.person, message.sent_at, "goblin", unsupported="po\x00ll"
    )
    await path.pipeline.handle([strange, path.wrote("ben", "goblin")])
    assert (await path.stored("ann"), await path.stored("ben")) == (["goblin"], ["goblin"])
    assert await path.answers("ann") == ["Goblin"]
    assert path.commits[0].conversations[0].player_name == "player-ann".removeprefix("player-")


async def test_what_is_handled_is_committed_together_with_its_arrival_or_not_at_all(path: OnePath) -> None:
    """The database lacks a table: nothing of the batch stays, nothing is confirmed, and all of it may come again."""
    async with path.database.transaction() as connection:
        await connection.execute(sa.text("ALTER TABLE inbox RENAME TO elsewhere"))
    events = [path.wrote("ann", "goblin"), path.wrote("ben", "human")]
    with pytest.raises(DatabaseUnreachable):
        await path.pipeline.handle(events)
    assert (await path.stored("ann"), await path.tickets(), path.commits) == ([], {}, [])
    async with path.database.transaction() as connection:
        await connection.execute(sa.text("ALTER TABLE elsewhere RENAME TO inbox"))
    await path.pipeline.handle(events)
    async with path.database.reading() as connection:
        counts = [await connection.scalar(sa.select(sa.func.count()).select_from(each)) for each in (inbox, outbox)]
    assert counts == [2, 2]


async def test_a_database_that_is_away_is_said_to_who_brought_the_events() -> None:
    database = Database.open("postgresql://nobody@127.0.0.1:1/nothing")
    path = OnePath(database, hours=ToldHours())
    with pytest.raises(DatabaseUnreachable):
        await path.pipeline.handle([path.wrote("ann", "goblin")])
    await database.close()
