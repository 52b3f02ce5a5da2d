"""The whole program and Telegram: real SDK, real HTTP, real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.app import App
from bot.building import build_app
from bot.networks import Off
from bot.settings import DatabaseSettings, Settings
from channels.base import Channel
from channels.telegram.adapter import TelegramChannel
from channels.telegram.settings import Mode
from handoff import agents, tickets
from handoff.acts import Claim, Close, Done, Reply, StoredFile
from handoff.agents import Agent, Role
from handoff.tickets import Ticket
from messaging import files
from messaging.conversations import Message, find, latest
from messaging.live import Live
from messaging.messages import Direction, Status
from storage.database import Database
from tests.protocol.telegram_kit import settings_for
from tests.protocol.telegram_server import FakeTelegram, FakeUser, too_many_requests
from tests.words import words_of

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")
ALWAYS = ("00:00-24:00",)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@pytest.fixture
def settings(shipped: Settings, tmp_path: Path, faq_cache: Path) -> Settings:
    """The shipped settings, open around the clock, on an empty database (tests/flows uses both engines)."""
    always: dict[str, Any] = dict.fromkeys(DAYS, ALWAYS)
    return replace(
        shipped,
        database=DatabaseSettings(f"sqlite:///{tmp_path / 'innkeeper.db'}"),
        faq=replace(shipped.faq, cache=faq_cache, semantic=False, patience=timedelta(0)),
        hours=replace(shipped.hours, **always),
        handoff=replace(shipped.handoff, undo=timedelta(0), category_required=False),
    )


class Inn:
    """The program with one Telegram channel; it may be ended and begun again."""

    def __init__(self, settings: Settings, server: FakeTelegram, make: Callable[[], TelegramChannel]) -> None:
        self._settings = settings
        self._make = make
        self.server = server
        self.app: App | None = None

    async def begin(self) -> App:
        channel = self._make()

        def networks(_settings: Settings, _database: Database, _live: Live) -> tuple[dict[str, Channel], list[Off]]:
            return {channel.name: channel}, []

        self.app = await build_app(self._settings, networks=networks, words=words_of(self._settings))
        await self.app.start()
        return self.app

    async def end(self) -> None:
        app, self.app = self.app, None
        if app is not None:
            await app.close()

    @property
    def database(self) -> Database:
        assert self.app is not None
        return self.app.database

    async def agent(self) -> Agent:
        async with self.database.transaction() as connection:
            return await agents.add(
                self.database, connection, name="mira", desk_name="Mira", role=Role.AGENT, now=datetime.now(UTC)
            )

    async def waiting(self) -> Ticket:
        async with self.database.reading() as connection:
            (ticket,) = await tickets.waiting(connection)
        return ticket

    async def said(self, player: FakeUser) -> list[Message]:
        async with self.database.reading() as connection:
            conversation_id = await find(connection, "telegram", str(player.id))
            assert conversation_id is not None
            return await latest(connection, conversation_id, limit=100, with_notes=True)


@pytest.fixture
async def inn(settings: Settings) -> AsyncIterator[Inn]:
    """Running, with Telegram polled."""
    async with FakeTelegram() as server:
        house = Inn(settings, server, lambda: TelegramChannel(settings_for(server, per_second=None)))
        await house.begin()
        yield house
        await house.end()
        assert not server.violations


async def until(asked: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it is so; the tables that are asked have no way to tell."""
    async with asyncio.timeout(20):
        while not await asked():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def reads(inn: Inn, player: FakeUser, words: str) -> dict[str, object]:
    """The first message to the player that holds these words."""

    def look() -> dict[str, object]:
        found = (m for m in inn.server.sent(player) if words in str(m.get("text", m.get("caption", ""))))
        return next(found, {})

    return await inn.server.wait_for(look, within=20)


async def test_a_question_is_answered_and_the_buttons_work(inn: Inn) -> None:
    ann = inn.server.user("Ann")
    ann.starts()
    await reads(inn, ann, "Hello Ann!")
    ann.writes("how do i get my acount back")
    answer = await reads(inn, ann, "recovery page")
    ann.presses(answer, "That solved it")
    await reads(inn, ann, "I am glad that helped")
    await inn.server.wait_for(lambda: all(callback.answered for callback in inn.server.world.callbacks.values()))


async def test_a_human_takes_over_with_words_and_pictures_both_ways(inn: Inn) -> None:
    assert inn.app is not None
    ann, mira = inn.server.user("Ann"), await inn.agent()
    ann.writes("human")
    await reads(inn, ann, "You are next")
    ann.sends("photo", PNG, name="screen.png", caption="look at this")
    ticket = await inn.waiting()

    async def picture_is_stored() -> bool:
        return any(file.sha256 for message in await inn.said(ann) for file in message.attachments)

    await until(picture_is_stored)

    def act(kind: Callable[..., object], number: int, **details: object) -> object:
        return kind(ticket.key, f"act-{number}", mira.id, mira.desk_name, datetime.now(UTC), **details)

    assert await inn.app.perform(act(Claim, 1)) == Done()  # type: ignore[arg-type]
    await reads(inn, ann, "I am Mira")
    async with inn.database.transaction() as connection:
        sha256 = await files.store(inn.database, connection, PNG, "image/png", datetime.now(UTC))
    picture = StoredFile(sha256=sha256, name="map.png", content_type="image/png", size=len(PNG))
    assert await inn.app.perform(act(Reply, 2, text="**Here** it is", files=(picture,))) == Done()  # type: ignore[arg-type]
    sent = await inn.server.wait_for(lambda: [m for m in inn.server.sent(ann) if "photo" in m], within=20)
    stored = inn.server.world.files[sent[0]["photo"][-1]["file_id"]]
    assert stored.content == PNG
    await reads(inn, ann, "Here it is")
    assert await inn.app.perform(act(Close, 3)) == Done()  # type: ignore[arg-type]
    await reads(inn, ann, "Mira has closed this request")


async def test_what_an_agent_wrote_is_never_blindly_repeated(inn: Inn) -> None:
    assert inn.app is not None
    ann, mira = inn.server.user("Ann"), await inn.agent()
    ann.writes("human")
    await reads(inn, ann, "You are next")
    ticket = await inn.waiting()
    await inn.app.perform(Claim(ticket.key, "act-1", mira.id, mira.desk_name, datetime.now(UTC)))
    await reads(inn, ann, "I am Mira")
    inn.server.fault("drop", "sendMessage", after_effect=True)
    await inn.app.perform(Reply(ticket.key, "act-2", mira.id, mira.desk_name, datetime.now(UTC), text="only once"))

    async def is_unknown() -> bool:
        return [message.status for message in await inn.said(ann) if message.text == "only once"] == [Status.UNKNOWN]

    await until(is_unknown)
    assert [m["text"] for m in inn.server.sent(ann)].count("only once") == 1


async def test_what_the_bot_says_survives_503_and_429(inn: Inn) -> None:
    ann = inn.server.user("Ann")
    inn.server.fault("status", "sendMessage", status=503)
    inn.server.fault("error", "sendMessage", error=too_many_requests(1))
    ann.writes("/status")
    await reads(inn, ann, "You have no request with our team")
    assert len(inn.server.sent(ann)) == 1


async def test_a_player_who_blocked_the_bot(inn: Inn) -> None:
    ann = inn.server.user("Ann")
    ann.writes("human")
    await reads(inn, ann, "You are next")
    ann.blocks_bot()
    ann.unblocks_bot()
    ann.chat.blocked = True
    ann.writes("/status")

    async def is_dead() -> bool:
        return any(message.status is Status.DEAD for message in await inn.said(ann))

    await until(is_dead)


async def test_nothing_is_lost_or_doubled_across_restarts(inn: Inn) -> None:
    people = [inn.server.user(f"Player {number}") for number in range(5)]
    for round_number in range(3):
        for player in people:
            player.writes(f"what about zqxv {round_number}")
        # Some updates are not seen yet, some are not committed, some are not confirmed.
        await inn.end()
        await inn.begin()
    await inn.server.wait_for(lambda: not inn.server.bot.pending, within=20)
    for player in people:
        texts = [m.text for m in await inn.said(player) if m.direction is Direction.INCOMING]
        assert texts == [f"what about zqxv {round_number}" for round_number in range(3)]


async def test_a_webhook_on_the_programs_own_web_server(settings: Settings) -> None:
    async with FakeTelegram() as server:
        listening = TestServer(web.Application())
        await listening.start_server()
        address = str(listening.make_url("/")).rstrip("/")
        port = listening.port
        await listening.close()

        def make() -> TelegramChannel:
            return TelegramChannel(settings_for(server, mode=Mode.WEBHOOK, public_url=address, per_second=None))

        inn = Inn(settings, server, make)
        app = await inn.begin()
        async with TestServer(app.web(), port=port):
            ann = server.user("Ann")
            ann.writes("/status")
            await reads(inn, ann, "You have no request with our team")
            await server.wait_for(lambda: not server.bot.pending)
        await inn.end()
        assert not server.violations
