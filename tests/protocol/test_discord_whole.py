"""The whole program and Discord: real discord.py, real HTTP and gateway, real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from bot.app import App
from bot.building import build_app
from bot.networks import Off
from bot.settings import DatabaseSettings, Settings
from channels.base import Channel
from channels.discord.adapter import DiscordChannel
from channels.discord.settings import DiscordSettings
from handoff import agents, tickets
from handoff.acts import Act, Claim, Close, Done, Reply, StoredFile
from handoff.agents import Agent, Role
from handoff.tickets import Ticket
from messaging import files
from messaging.conversations import Message, find, latest
from messaging.live import Live
from messaging.messages import Direction, Status
from storage.database import Database
from tests.protocol.discord_server import DiscordServer, NotPossible, Player
from tests.words import words_of

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@pytest.fixture
def settings(shipped: Settings, tmp_path: Path, faq_cache: Path) -> Settings:
    """The shipped settings, open around the clock, on an empty database (tests/flows uses both engines)."""
    return replace(
        shipped,
        database=DatabaseSettings(f"sqlite:///{tmp_path / 'innkeeper.db'}"),
        faq=replace(shipped.faq, cache=faq_cache, semantic=False, patience=timedelta(0)),
        hours=replace(shipped.hours, **dict.fromkeys(DAYS, ("00:00-24:00",))),
        handoff=replace(shipped.handoff, undo=timedelta(0), category_required=False),
    )


class Inn:
    """The program with one Discord channel; it may be ended and begun again."""

    def __init__(self, settings: Settings, server: DiscordServer) -> None:
        self._settings = settings
        self.server = server
        self._app: App | None = None
        self._acts = count(1)

    @property
    def app(self) -> App:
        assert self._app is not None
        return self._app

    async def begin(self) -> None:
        server = self.server
        channel = DiscordChannel(
            DiscordSettings(
                token=server.token,
                api_url=server.api_url,
                gateway_url=server.gateway_url,
                panel_channel=server.support.id,
                ready_timeout=0.02,
            )
        )

        def networks(_settings: Settings, _database: Database, _live: Live) -> tuple[dict[str, Channel], list[Off]]:
            return {channel.name: channel}, []

        self._app = await build_app(self._settings, networks=networks, words=words_of(self._settings))
        await self._app.start()
        await self._app.supervisor.settled.wait()

    async def end(self) -> None:
        app, self._app = self._app, None
        if app is not None:
            await app.close()

    async def agent(self) -> Agent:
        database = self.app.database
        async with database.transaction() as connection:
            return await agents.add(
                database, connection, name="mira", desk_name="Mira", role=Role.AGENT, now=datetime.now(UTC)
            )

    async def does(self, agent: Agent, kind: Callable[..., Act], ticket: Ticket, **details: object) -> None:
        act = kind(ticket.key, f"act-{next(self._acts)}", agent.id, agent.desk_name, datetime.now(UTC), **details)
        assert await self.app.perform(act) == Done()

    async def waiting(self) -> Ticket:
        async with self.app.database.reading() as connection:
            (ticket,) = await tickets.waiting(connection)
        return ticket

    async def said(self, chat: int) -> list[Message]:
        """Everything that is stored of this chat."""
        async with self.app.database.reading() as connection:
            conversation_id = await find(connection, "discord", str(chat))
            if conversation_id is None:
                return []
            return await latest(connection, conversation_id, limit=100, with_notes=True)

    async def written(self, chat: int) -> list[str]:
        return [each.text for each in await self.said(chat) if each.direction is Direction.INCOMING]

    async def reads(self, channel: int, words: str) -> None:
        """Wait until the bot has said these words in a channel."""
        await self.server.until(
            lambda: any(words in each.content for each in self.server.messages(channel) if each.author_id == self.bot)
        )

    @property
    def bot(self) -> int:
        return self.server.world.bot_user.id

    async def thread_of(self, player: Player) -> int:
        """Press the panel's button and tell the thread that it opened."""
        panel = next(each for each in self.server.messages(self.server.support.id) if each.components)
        use = player.clicks(panel)
        await self.server.until(lambda: use.texts)
        return int(use.texts[0].strip("<#>"))


@pytest.fixture
async def inn(settings: Settings) -> AsyncIterator[Inn]:
    async with DiscordServer() as server:
        house = Inn(settings, server)
        await house.begin()
        yield house
        await house.end()


async def until(asked: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it is so; the tables that are asked have no way to tell."""
    async with asyncio.timeout(20):
        while not await asked():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_question_is_answered_and_its_buttons_work(inn: Inn) -> None:
    ann = inn.server.user("Ann")
    ann.writes_dm("how do i get my acount back")
    await inn.reads(ann.dm_channel, "recovery page")
    answer = next(each for each in ann.dms if "recovery page" in each.content)
    use = ann.clicks(answer, label="That solved it")
    await inn.reads(ann.dm_channel, "I am glad that helped")
    # It is acknowledged once it is kept, while the answer is on its way already.
    await inn.server.until(lambda: use.acknowledged)
    # The link stays: it goes on being useful.
    await inn.server.until(
        lambda: [each["label"] for row in answer.components for each in row["components"]] == ["Recovery page"]
    )
    with pytest.raises(NotPossible):
        ann.clicks(answer, label="That solved it")


async def test_asked_in_public_answered_in_private_up_to_the_human(inn: Inn) -> None:
    ann, mira = inn.server.user("Ann"), await inn.agent()
    use = ann.slash("ask", channel=inn.server.lobby.id, question="how do i get my account back")
    await inn.server.until(lambda: any("recovery page" in text for text in use.texts))
    pressed = ann.clicks(use.messages[-1], label="Talk to a human")
    await inn.server.until(lambda: any("You are next" in text for text in pressed.texts))
    assert inn.server.messages(inn.server.lobby.id) == []
    assert ann.dms == []
    ticket = await inn.waiting()
    await inn.does(mira, Claim, ticket)
    await inn.does(mira, Reply, ticket, text="Let me **look**, <@everyone>.")
    await inn.reads(ann.dm_channel, "I am Mira")
    await inn.reads(ann.dm_channel, "Let me **look**")
    # While a human has the ticket the bot is silent, and what is said goes to the ticket.
    ann.writes_dm("thank you!")
    await until(lambda: is_said(inn, ann.dm_channel, "thank you!"))
    await inn.does(mira, Close, ticket)
    await inn.reads(ann.dm_channel, "Mira has closed this request")


async def is_said(inn: Inn, chat: int, words: str) -> bool:
    return words in await inn.written(chat)


async def test_a_private_thread_with_pictures_both_ways(inn: Inn) -> None:
    ann, mira = inn.server.user("Ann"), await inn.agent()
    thread = await inn.thread_of(ann)
    ann.writes(thread, "human")
    await inn.reads(thread, "You are next")
    ann.writes(thread, "look at this", files=[("screen.png", PNG)])

    async def picture_is_stored() -> bool:
        return any(file.sha256 for message in await inn.said(thread) for file in message.attachments)

    await until(picture_is_stored)
    ticket = await inn.waiting()
    await inn.does(mira, Claim, ticket)
    database = inn.app.database
    async with database.transaction() as connection:
        sha256 = await files.store(database, connection, PNG, "image/png", datetime.now(UTC))
    picture = StoredFile(sha256=sha256, name="map.png", content_type="image/png", size=len(PNG))
    await inn.does(mira, Reply, ticket, text="Here is the map", files=(picture,))
    await inn.server.until(lambda: any(each.attachments for each in sent_in(inn, thread)))
    (sent,) = [each for each in sent_in(inn, thread) if each.attachments]
    assert inn.server.world.cdn.get(sent.attachments[0]["url"]) == PNG
    inn.server.world.delete_channel(thread)
    await inn.does(mira, Reply, ticket, text="Are you still there?")

    async def is_dead() -> bool:
        return any(message.status is Status.DEAD for message in await inn.said(thread))

    await until(is_dead)


def sent_in(inn: Inn, channel: int) -> list:  # type: ignore[type-arg]
    return [each for each in inn.server.messages(channel) if each.author_id == inn.bot]


async def test_a_player_without_dms_keeps_one_ticket_in_a_thread(inn: Inn) -> None:
    ann, mira = inn.server.user("Ann"), await inn.agent()
    ann.closes_dms()
    ann.mentions_bot(inn.server.lobby.id, "human")
    await inn.server.until(lambda: inn.server.threads(inn.server.support.id))
    (thread,) = inn.server.threads(inn.server.support.id)
    await inn.reads(thread.id, "You are next")
    ticket = await inn.waiting()
    await inn.does(mira, Claim, ticket)
    await inn.does(mira, Reply, ticket, text="What happened?")
    await inn.reads(thread.id, "What happened?")
    ann.writes(thread.id, "my sword is gone")
    await until(lambda: is_said(inn, ann.dm_channel, "my sword is gone"))
    assert await inn.written(ann.dm_channel) == ["human", "my sword is gone"]


async def test_what_an_agent_wrote_arrives_once_although_the_answer_was_lost(inn: Inn) -> None:
    ann, mira = inn.server.user("Ann"), await inn.agent()
    ann.writes_dm("human")
    await inn.reads(ann.dm_channel, "You are next")
    ticket = await inn.waiting()
    await inn.does(mira, Claim, ticket)
    await inn.reads(ann.dm_channel, "I am Mira")
    inn.server.fault(method="POST", path="*/messages", drop="after")
    await inn.does(mira, Reply, ticket, text="only once")

    async def is_sent() -> bool:
        stored = [message.status for message in await inn.said(ann.dm_channel) if message.text == "only once"]
        return stored == [Status.SENT]

    await until(is_sent)
    assert ann.dms_from_bot.count("only once") == 1


async def test_what_the_bot_says_survives_503_and_429(inn: Inn) -> None:
    ann = inn.server.user("Ann")
    inn.server.fault(method="POST", path="*/messages", status=429, retry_after=0.1)
    inn.server.fault(method="POST", path="*/messages", status=503)
    ann.writes_dm("/status")
    await inn.reads(ann.dm_channel, "You have no request with our team")
    assert len(ann.dms_from_bot) == 1


async def test_nothing_is_lost_or_doubled_across_restarts(inn: Inn) -> None:
    people = [inn.server.user(f"Player {number}") for number in range(5)]
    for player in people:
        player.writes_dm("what about zqxv")
    for player in people:
        await until(lambda player=player: is_said(inn, player.dm_channel, "what about zqxv"))  # type: ignore[misc]
    for round_number in range(3):
        for player in people:
            player.writes_dm(f"zqxv {round_number}")
        # Some are not heard yet, some are not committed, some are not answered.
        await inn.end()
        for player in people:
            player.writes_dm(f"away {round_number}")
        await inn.begin()
    expected = ["what about zqxv", *(f"{what} {number}" for number in range(3) for what in ("zqxv", "away"))]
    for player in people:
        await until(lambda player=player: is_said(inn, player.dm_channel, "away 2"))  # type: ignore[misc]
        assert await inn.written(player.dm_channel) == expected
