"""Tickets, queue and timers under any order of acts, with the program killed between any two steps.

Whatever happened, at the end: every player is answered or waits in somebody's sight, no reply came twice, no ticket is
in two hands or in none.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bot.sender import SendRules
from bot.settings import DatabaseSettings, Settings
from channels.memory.player import MemoryPlayer
from handoff import acts
from handoff.acts import Act
from handoff.tickets import TicketKey, TicketState, tickets
from messaging.conversations import conversations, messages
from messaging.messages import Author, Direction
from messaging.outbox import EntryState, outbox
from tests.flows.house import Agent, House

Result = TypeVar("Result")
WORDS = ("human", "zqxv glorb wibble", "how do i kill the goblin", "thanks a lot", "still there?")
COMMANDS = ("status", "human", "close")
QUICK = SendRules(first_pause=0.01, doubt_pause=0.01, longest_pause=0.05)
PLAYERS, AGENTS = st.integers(0, 2), st.integers(0, 2)

# Each act with what it says, as an agent would send it.
ACTS: dict[str, tuple[type[Act], dict[str, Any]]] = {
    "claim": (acts.Claim, {}),
    "reply": (acts.Reply, {}),
    "note": (acts.Note, {"text": "seen this before"}),
    "release": (acts.Release, {}),
    "close": (acts.Close, {"category": "account", "unconfirmed": "the player asked for it"}),
    "reopen": (acts.Reopen, {}),
    "hold": (acts.Hold, {}),
    "unhold": (acts.Unhold, {}),
    "snooze": (acts.Snooze, {}),
    "wake": (acts.Wake, {}),
    "transfer": (acts.Transfer, {"team": "payments", "brief": "paid twice", "again": True}),
    "escalate": (acts.Escalate, {"reason": "needs more rights"}),
    "classify": (acts.Classify, {"ticket_class": "complaint"}),
    "ask the lead": (acts.AskLead, {"text": "may I?"}),
    "answer as lead": (acts.AnswerLead, {"text": "you may"}),
    "confirm": (acts.ConfirmUnderstood, {"text": "the sword is gone"}),
    "look": (acts.Reply, {"looking": True}),
    "mute": (acts.Mute, {"minutes": 10, "reason": "insults"}),
    "unmute": (acts.Unmute, {}),
}


class Machine(RuleBasedStateMachine):
    """Three players, three agents (the last leads), one program that ends and begins."""

    chosen: Settings

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = tempfile.TemporaryDirectory()
        self._crashes = 0
        self._replies = 0
        self._agents: list[Agent] = []
        self._players: list[MemoryPlayer] = []

    def run_async(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(work)

    @initialize()
    def opens(self) -> None:
        url = f"sqlite:///{Path(self._folder.name) / 'machine.db'}"
        self.run_async(self._open(replace(self.chosen, database=DatabaseSettings(url))))

    async def _open(self, chosen: Settings) -> None:
        self.house = House(chosen, rules=QUICK)
        await self.house.begin()
        names = ("mira", "tom", "lea")
        self._agents = [await self.house.agent(name, name.capitalize()) for name in names]
        await self.house.promote(self._agents[-1])
        self._players = [self.house.channel.player(name, language="en") for name in ("Ann", "Ben", "Cem")]

    @rule(who=PLAYERS, words=st.sampled_from(WORDS), copies=st.integers(1, 2))
    def player_writes(self, who: int, words: str, copies: int) -> None:
        self.run_async(self._players[who].writes(words, copies=copies))

    @rule(who=PLAYERS, command=st.sampled_from(COMMANDS))
    def player_commands(self, who: int, command: str) -> None:
        self.run_async(self._players[who].uses(command))

    @rule(who=PLAYERS, place=st.integers(0, 5))
    def player_presses(self, who: int, place: int) -> None:
        """Any button that they see, however old."""
        seen = [button.action for each in self._players[who].messages for button in each.buttons if button.action]
        if seen:
            self.run_async(self._players[who].acts(seen[-1 - place % len(seen)]))

    @rule(who=AGENTS, whose=PLAYERS, name=st.sampled_from(sorted(ACTS)))
    def agent_acts(self, who: int, whose: int, name: str) -> None:
        self.run_async(self._acts(who, whose, name))

    @rule(who=AGENTS, whose=PLAYERS, name=st.sampled_from(sorted(ACTS)), steps=st.integers(0, 12))
    def killed_while_an_agent_acts(self, who: int, whose: int, name: str, steps: int) -> None:
        """The desk never heard what came of it, and sends the same act again."""
        self.run_async(self._killed_in_act(who, whose, name, steps))

    @rule(who=PLAYERS, words=st.sampled_from(WORDS), steps=st.integers(0, 12))
    def killed_while_a_player_writes(self, who: int, words: str, steps: int) -> None:
        self.run_async(self._killed_in_words(who, words, steps))

    @rule(seconds=st.sampled_from((30, 90, 400, 1000, 4000, 90_000, 700_000)))
    def time_passes(self, seconds: int) -> None:
        self.run_async(self._time_passes(seconds))

    @rule()
    def restarts(self) -> None:
        self.run_async(self._restart())

    @invariant()
    def no_ticket_is_in_two_hands_or_in_none(self) -> None:
        if self._agents:
            self.run_async(self._hands())

    def teardown(self) -> None:
        try:
            if self._agents:
                self.run_async(self._judge())
        finally:
            if self._agents:
                self.run_async(self.house.end())
            self._runner.close()
            self._folder.cleanup()

    async def _acts(self, who: int, whose: int, name: str) -> None:
        act = await self._act(who, whose, name)
        if act is not None:
            await self.house.app.perform(act)

    async def _act(self, who: int, whose: int, name: str) -> Act | None:
        key = await self._newest(self._players[whose])
        if key is None:
            return None
        kind, details = ACTS[name]
        if kind is acts.Reply:
            self._replies += 1
            details = {**details, "text": f"reply number {self._replies}"}
        return self._agents[who].act(kind, await self.house.ticket(key), **details)

    async def _killed_in_act(self, who: int, whose: int, name: str, steps: int) -> None:
        act = await self._act(who, whose, name)
        if act is None:
            return
        doing = asyncio.ensure_future(self.house.app.perform(act))
        await self._killed_after(doing, steps)
        await self.house.app.perform(act)

    async def _killed_in_words(self, who: int, words: str, steps: int) -> None:
        player = self._players[who]
        writing = asyncio.create_task(player.writes(words))
        # What was not confirmed comes again by itself when the program is back.
        await self._killed_after(writing, steps)

    async def _killed_after(self, task: asyncio.Future[Any], steps: int) -> None:
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await self.house.crash()
        await asyncio.gather(task, return_exceptions=True)
        self._crashes += 1
        await self.house.begin()

    async def _time_passes(self, seconds: int) -> None:
        self.house.clock.advance(seconds=seconds)
        # An alarm may set another that is due already: all of them ring, and there must be an end to it.
        for _ in range(12):
            await self.house.app.clockwork.fire_timers()

    async def _restart(self) -> None:
        await self.house.end()
        await self.house.begin()

    async def _newest(self, player: MemoryPlayer) -> TicketKey | None:
        async with self.house.app.database.reading() as connection:
            row = (
                await connection.execute(
                    sa.select(tickets.c.conversation_id, tickets.c.number)
                    .join(conversations)
                    .where(conversations.c.chat == player.chat)
                    .order_by(tickets.c.number.desc())
                    .limit(1)
                )
            ).one_or_none()
        return None if row is None else TicketKey(row.conversation_id, row.number)

    async def _hands(self) -> None:
        async with self.house.app.database.reading() as connection:
            rows = (await connection.execute(sa.select(tickets))).all()
        for row in rows:
            assert (row.state == TicketState.ASSIGNED) <= (row.agent_id is not None), row
            assert (row.state == TicketState.WAITING) <= (row.agent_id is None), row
            assert (row.state == TicketState.RESOLVED) == (row.resolved_at is not None), row
        open_of = Counter(row.conversation_id for row in rows if row.state != TicketState.RESOLVED)
        assert all(count == 1 for count in open_of.values()), open_of

    async def _judge(self) -> None:
        await self._time_passes(60)
        await self.house.quiet()
        async with self.house.app.database.reading() as connection:
            said = (await connection.execute(sa.select(messages).order_by(messages.c.number))).all()
            spells = (await connection.execute(sa.select(tickets))).all()
            entries = (await connection.execute(sa.select(outbox))).all()
        assert not self.house.channel.unconfirmed
        assert all(row.state not in (EntryState.WAITING, EntryState.SENDING) for row in entries)
        self._judge_delivery(entries)
        open_in = {row.conversation_id for row in spells if row.state != TicketState.RESOLVED}
        for conversation_id in {row.conversation_id for row in said} - open_in:
            spoken = [row for row in said if row.conversation_id == conversation_id and row.direction != Direction.NOTE]
            incoming = [row.number for row in spoken if row.direction == Direction.INCOMING]
            assert spoken[-1].number > max(incoming, default=0), "a player was left without an answer"

    def _judge_delivery(self, entries: Sequence[sa.Row[Any]]) -> None:
        """Agents' replies exactly once or honestly unknown; the bot's words twice at most as often as it was killed."""
        delivered = Counter(each.key for chat in self.house.channel.network.chats.values() for each in chat)
        doubles = sum(count - 1 for count in delivered.values())
        for row in entries:
            times = delivered[f"{row.conversation_id}-{row.number}"]
            if row.author == Author.AGENT:
                assert times <= 1, f"a reply came {times} times: {row.payload}"
            if row.state == EntryState.SENT and "edits" not in row.payload:
                assert times >= 1, f"said to be sent and never was: {row.payload}"
        assert doubles <= 3 * self._crashes, f"{doubles} doubles of {self._crashes} kills"


# A killed program gives no connection back.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:The garbage collector is trying to clean up:sqlalchemy.exc.SAWarning")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seconds", [0, 5], ids=["at once", "after a while"])
def test_whatever_happens_nobody_is_lost(cottage_settings: Settings, seconds: int) -> None:
    """T17, G15, W2, H2, G11. ``MACHINE=500`` takes a longer walk, another one each time."""
    longer = int(os.environ.get("MACHINE", "0"))
    # Bursts that are waited for, and replies that can be taken back.
    Machine.chosen = replace(
        cottage_settings,
        faq=replace(cottage_settings.faq, patience=timedelta(seconds=seconds)),
        handoff=replace(cottage_settings.handoff, undo=timedelta(seconds=seconds)),
    )
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=longer or 3,
            stateful_step_count=50 if longer else 25,
            derandomize=not longer,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
