"""T17: what can neither be handled nor apologised for is kept as it came, and is handled once it can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.happenings import Happening
from bot.loading import Loading
from handoff.acts import Declined, Done
from messaging import set_aside
from messaging.messages import (
    ButtonPressed,
    ChannelEvent,
    ChatLost,
    CommandUsed,
    IncomingFile,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Person,
)
from messaging.set_aside import SetAside
from storage.database import Database
from storage.errors import DatabaseUnreachable
from tests.bot.path import OnePath


class BrokenLoading(Loading):
    """Cannot open the conversation of one chat: nothing that begins with it can be handled, nor apologised for."""

    broken: Exception | None = ValueError("a defect at ben")

    async def open(self, connection: AsyncConnection, events: Sequence[Happening], now: datetime) -> Any:
        if self.broken is not None and any(getattr(event, "chat", None) == "ben" for event in events):
            raise self.broken
        return await super().open(connection, events, now)


@pytest.fixture
def loading(database: Database) -> BrokenLoading:
    return BrokenLoading(database, ("en",))


@pytest.fixture
def path(database: Database, loading: BrokenLoading) -> OnePath:
    path = OnePath(database)
    path.pipeline = replace(path.pipeline, loading=loading)
    return path


async def kept(path: OnePath) -> list[SetAside]:
    async with path.database.reading() as connection:
        return await set_aside.listed(connection)


async def test_it_is_kept_and_nobody_else_waits_for_it(path: OnePath) -> None:
    broken = path.wrote("ben", "goblin")
    outcomes = await path.pipeline.handle([path.wrote("ann", "goblin"), broken, path.wrote("cem", "goblin")])
    assert [type(each) for each in outcomes] == [Done, Declined, Done]
    assert [await path.answers(who) for who in ("ann", "ben", "cem")] == [["Goblin"], [], ["Goblin"]]
    (one,) = await kept(path)
    assert (one.event, one.error, one.due_at) == (broken, "ValueError: a defect at ben", None)


async def test_it_comes_again_and_fails_again_and_is_kept_once(path: OnePath, loading: BrokenLoading) -> None:
    broken = path.wrote("ben", "goblin")
    await path.pipeline.handle([broken])
    loading.broken = TypeError("another defect")
    await path.pipeline.handle([broken])
    (one,) = await kept(path)
    assert one.error == "TypeError: another defect"


async def test_once_the_defect_is_mended_it_is_answered_once(path: OnePath, loading: BrokenLoading) -> None:
    broken = path.wrote("ben", "goblin")
    await path.pipeline.handle([broken])
    loading.broken = None
    (one,) = await kept(path)
    # The network tells it again, and it is read back besides.
    assert await path.pipeline.handle([broken]) == [Done()]
    assert await path.pipeline.handle([set_aside.late(one.event)]) == [Done()]
    assert (await path.stored("ben"), await path.answers("ben")) == (["goblin"], ["Goblin"])


async def test_where_the_database_is_away_the_network_is_to_tell_it_again(
    path: OnePath, loading: BrokenLoading
) -> None:
    loading.broken = DatabaseUnreachable("away")
    with pytest.raises(DatabaseUnreachable):
        await path.pipeline.handle([path.wrote("ben", "goblin")])
    assert await kept(path) == []


async def test_every_kind_of_event_is_read_as_it_was_written(database: Database) -> None:
    at = datetime.fromisoformat("2026-03-01T12:00:00.000123+00:00")
    person = Person("5", "Bén \ud800 \x00", "ben", "vi", "Asia/Ho_Chi_Minh")
    file = IncomingFile("map.png", "image/png", 12, remote="far")
    events: list[ChannelEvent] = [
        MessageReceived("c", "1", "1", person, at, "hi", (file,), "poll", "album", forwarded=True, masked=True),
        MessageEdited("c", "1", "2", person, at, "r", "changed"),
        MessageDeleted("c", "1", "3", at),
        ButtonPressed("c", "1", "4", person, at, "solved"),
        CommandUsed("c", "1", "5", person, at, "ask", "what", late=True),
        ChatLost("c", "1", "6", at, "blocked"),
    ]
    for event in events:
        await set_aside.keep(database, event, "why", at)
    async with database.reading() as connection:
        found = await set_aside.listed(connection)
    assert [each.event for each in found] == events
    assert [each.words for each in found] == ["hi", "changed", "", "solved", "/ask what", ""]
    assert (found[0].player, found[2].player) == (person.name, "1")
