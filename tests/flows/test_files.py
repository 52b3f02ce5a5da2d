"""What becomes of attached bytes."""

from __future__ import annotations

from handoff.acts import Claim, Reply, StoredFile
from messaging import files
from tests.flows.house import House


async def test_an_upload_that_was_never_sent_is_forgotten_and_one_that_was_is_kept(house: House) -> None:
    mira = await house.agent()
    ann = house.channel.player("Ann", language="en")
    await ann.writes("human")
    (ticket,) = await house.waiting()
    await mira.does(Claim, ticket)
    async with house.app.database.transaction() as connection:
        kept = await files.store(house.app.database, connection, b"kept", "text/plain", house.clock())
        await files.store(house.app.database, connection, b"left", "text/plain", house.clock())
    await mira.does(Reply, ticket, text="here", files=(StoredFile(kept, "a.txt", "text/plain", 4),))
    house.clock.advance(hours=23)
    await house.app.clockwork.prune()
    assert await stored(house, b"left")
    house.clock.advance(hours=2)
    await house.app.clockwork.prune()
    assert (await stored(house, b"kept"), await stored(house, b"left")) == (True, False)


async def stored(house: House, content: bytes) -> bool:
    async with house.app.database.reading() as connection:
        return await files.load(connection, files.name_of(content)) is not None
