"""Half an hour away, with the real SDKs on the fake networks: what was written meanwhile, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from itertools import count

import pytest
import sqlalchemy as sa

from channels.base import Pace
from channels.discord.adapter import DiscordChannel
from channels.discord.settings import DiscordSettings
from channels.telegram.adapter import TelegramChannel
from handoff.acts import Claim, Close, Done, Reply
from messaging.conversations import conversations, messages
from messaging.messages import Author
from messaging.outbox import UNFINISHED, outbox
from tests.flows.house import House
from tests.protocol.discord_server import DiscordServer, Player
from tests.protocol.telegram_kit import settings_for
from tests.protocol.telegram_server import FakeTelegram, FakeUser

APOLOGY = "I am sorry for the late answer"
STILL_WAITING = "I am sorry that you are still waiting"
QUESTION = "where do i get lamp oil"
ANSWER = "Ask the miller"
ROUNDS = 5
MINUTES = 6
"""Between one round of messages and the next: five rounds are half an hour."""


class UnpacedDiscord(DiscordChannel):
    """As quick as the fake answers: Discord's own limits would make this test wait for real."""

    def pace(self, chat: str) -> Pace:
        return Pace()

    @property
    def total_pace(self) -> Pace:
        return Pace()


@dataclass
class Someone:
    """A player's chat: ``writes`` says something in it, ``reads`` is what the bot has said there."""

    kind: str
    chat: str
    writes: Callable[[str], object]
    reads: Callable[[], list[str]]
    wrote: list[str] = field(default_factory=list)
    read_before: int = 0


@dataclass
class Village:
    """A house with both networks, and a hundred players of every kind."""

    house: House
    telegram: FakeTelegram
    discord: DiscordServer
    people: list[Someone] = field(default_factory=list)
    numbers: count[int] = field(default_factory=count)

    async def begin(self) -> None:
        """The program, new; the channels with it."""
        discord = self.discord
        made = DiscordSettings(
            token=discord.token,
            api_url=discord.api_url,
            gateway_url=discord.gateway_url,
            panel_channel=discord.support.id,
            ready_timeout=0.02,
        )
        self.house.others = [TelegramChannel(settings_for(self.telegram, per_second=None)), UnpacedDiscord(made)]
        await self.house.begin()

    def on_telegram(self, kind: str, how_many: int) -> None:
        for _ in range(how_many):
            user = self.telegram.user(f"Player {next(self.numbers)}")
            self.people.append(Someone(kind, str(user.id), user.writes, lambda user=user: self._sent(user)))  # type: ignore[misc]

    def on_discord(self, kind: str, how_many: int) -> None:
        for _ in range(how_many):
            player = self.discord.user(f"Player {next(self.numbers)}")
            self._add(kind, player, player.dm_channel)

    async def in_threads(self, kind: str, how_many: int) -> None:
        """They press the support channel's button."""
        panel = self.discord.messages(self.discord.support.id)[0]
        for _ in range(how_many):
            player = self.discord.user(f"Player {next(self.numbers)}")
            use = player.clicks(panel)
            await self.discord.until(lambda use=use: use.texts)  # type: ignore[misc]
            self._add(kind, player, int(use.texts[0].strip("<#>")))

    def _add(self, kind: str, player: Player, channel: int) -> None:
        self.people.append(
            Someone(
                kind,
                str(channel),
                lambda text: player.writes(channel, text),
                lambda: [
                    each.content
                    for each in self.discord.messages(channel)
                    if each.author_id == self.discord.world.bot_user.id
                ],
            )
        )

    def _sent(self, user: FakeUser) -> list[str]:
        return [message["text"] for message in self.telegram.sent(user)]

    def of(self, *kinds: str) -> list[Someone]:
        return [each for each in self.people if each.kind in kinds]

    def say(self, someone: Someone, text: str) -> None:
        someone.wrote.append(text)
        someone.writes(text)

    def pass_time(self, minutes: float) -> None:
        self.house.clock.advance(minutes=minutes)
        self.discord.world.clock.advance(minutes * 60)

    async def stored(self) -> dict[str, list[str]]:
        """What players wrote, by chat, as it is kept and in its order."""
        async with self.house.app.database.reading() as connection:
            rows = await connection.execute(
                sa.select(conversations.c.chat, messages.c.text)
                .join(conversations, conversations.c.id == messages.c.conversation_id)
                .where(messages.c.author == Author.PLAYER)
                .order_by(messages.c.conversation_id, messages.c.number)
            )
            found: dict[str, list[str]] = {}
            for row in rows:
                found.setdefault(row.chat, []).append(row.text)
            return found

    async def labelled_late(self) -> Counter[str]:
        """How many messages the desk shows as written while the service was off, by chat."""
        async with self.house.app.database.reading() as connection:
            rows = await connection.execute(
                sa.select(conversations.c.chat, messages.c.data)
                .join(conversations, conversations.c.id == messages.c.conversation_id)
                .where(messages.c.author == Author.PLAYER)
            )
            return Counter(row.chat for row in rows if row.data.get("late"))

    async def settled(self, people: list[Someone]) -> None:
        """Everything of these people is kept, and everything said to them is sent."""
        waiting = sa.select(sa.func.count()).select_from(outbox).where(outbox.c.state.in_(UNFINISHED))
        async with asyncio.timeout(60):
            while True:
                kept = await self.stored()
                async with self.house.app.database.reading() as connection:
                    unsent = (await connection.execute(waiting)).scalar_one()
                if not unsent and all(len(kept.get(each.chat, ())) >= len(each.wrote) for each in people):
                    return
                await asyncio.sleep(0.05)


@pytest.fixture
async def village(quiet_cottage: House) -> AsyncIterator[Village]:
    house = quiet_cottage
    async with FakeTelegram(clock=lambda: house.clock().timestamp()) as telegram, DiscordServer() as discord:
        made = Village(house, telegram, discord)
        await made.begin()
        yield made
        await house.end()
        assert not telegram.violations


async def let_them_in(village: Village) -> None:
    """Who is known before the program goes away: with an open ticket, with one that was closed, with an answer."""
    for kind, how_many in {"open": 12, "closed": 12, "answered": 8}.items():
        village.on_telegram(kind, how_many)
        village.on_discord(kind, how_many)
    await village.in_threads("open", 4)
    await village.in_threads("closed", 4)
    for someone in village.people:
        village.say(someone, QUESTION if someone.kind == "answered" else "human")
    await village.settled(village.people)
    mira = await village.house.agent()
    closed = {each.chat for each in village.of("closed")}
    for ticket in await village.house.waiting():
        if (await chat_of(village, ticket.key.conversation_id)) in closed:
            assert await mira.does(Claim, ticket) == Done()
            assert await mira.does(Reply, ticket, text="It is done.") == Done()
            assert await mira.does(Close, ticket) == Done()
    await village.settled(village.people)
    for someone in village.people:
        someone.read_before = len(someone.reads())


async def chat_of(village: Village, conversation_id: int) -> str:
    async with village.house.app.database.reading() as connection:
        chat = sa.select(conversations.c.chat).where(conversations.c.id == conversation_id)
        return str((await connection.execute(chat)).scalar_one())


def archive_closed_threads(village: Village) -> None:
    for someone in village.of("closed"):
        channel = village.discord.world.channels.get(int(someone.chat))
        if channel is not None and channel.thread_metadata is not None:
            village.discord.world.edit_channel(channel.id, {}, thread_metadata={"archived": True})


async def test_half_an_hour_away_loses_nothing_that_a_network_can_give(village: Village) -> None:
    """500 messages of 100 players: all of Telegram's, and of Discord's those of every chat that is known."""
    await let_them_in(village)
    await village.house.end()
    village.on_telegram("unknown", 20)
    village.on_discord("out of reach", 8)
    assert len(village.people) == 100
    for number in range(ROUNDS):
        village.pass_time(MINUTES)
        for someone in village.people:
            village.say(someone, f"{QUESTION} {number}")
    archive_closed_threads(village)
    # Discord keeps no session for so long.
    village.discord.gateway.forget_sessions()
    village.pass_time(2)
    await village.begin()
    known = village.of("open", "closed", "answered", "unknown")
    await village.settled(known)
    kept, labelled = await village.stored(), await village.labelled_late()
    for someone in known:
        assert kept[someone.chat] == someone.wrote
        # The last was written two minutes ago: late where the network says that we were away, and not yet elsewhere.
        assert labelled[someone.chat] in {ROUNDS - 1, ROUNDS}
        # Who waits in the queue is told so as on any day.
        said = [each for each in someone.reads()[someone.read_before :] if STILL_WAITING not in each]
        # Late, and said so: once, before anything else.
        assert APOLOGY in said[0], (someone.kind, said)
        assert sum(APOLOGY in each for each in said) == 1
    for someone in village.of("answered", "unknown"):
        assert sum(ANSWER in each for each in someone.reads()[someone.read_before :]) == ROUNDS
    for someone in village.of("open"):
        # People have them: the FAQ says nothing to what is old.
        assert not any(ANSWER in each for each in someone.reads())
    # Discord gives nobody the history of direct messages whose channel they do not know.
    for someone in village.of("out of reach"):
        assert someone.chat not in kept
        assert someone.reads() == []
    assert Counter(each.kind for each in known).total() == 92


async def test_who_wrote_much_while_it_was_away_is_not_taken_for_a_flood(village: Village) -> None:
    """Twice the messages of a flood's minute, spread over half an hour, arrive together and are all heard."""
    village.on_telegram("answered", 1)
    (someone,) = village.people
    village.say(someone, QUESTION)
    await village.settled(village.people)
    await village.house.end()
    for number in range(40):
        village.pass_time(0.75)
        village.say(someone, f"{QUESTION} {number}")
    village.pass_time(2)
    await village.begin()
    await village.settled(village.people)
    assert sum(ANSWER in each for each in someone.reads()) == 41


async def test_a_command_that_waited_is_answered_with_an_apology_too(village: Village) -> None:
    village.on_telegram("unknown", 1)
    village.on_discord("answered", 1)
    for someone in village.people:
        village.say(someone, QUESTION)
    await village.settled(village.people)
    await village.house.end()
    for someone in village.people:
        someone.read_before = len(someone.reads())
        someone.wrote.append("/human")
        someone.writes("/human")
    village.pass_time(30)
    await village.begin()
    await village.settled(village.people)
    for someone in village.people:
        assert APOLOGY in someone.reads()[someone.read_before]
