"""Players on the fake Discord: in direct messages and in a private thread, writing, pressing, asking for a human."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.crash.checker import Delivered, Record, Written
from tests.crash.detours import Detours
from tests.crash.town import BETWEEN_WORDS, QUESTIONS
from tests.protocol.discord_server import DiscordServer, Player, Use

PLAYERS = 4
"""The last of them has a private thread under the support channel; the others write direct messages."""
TWICE = 0.3
TROUBLES: tuple[dict[str, Any], ...] = (
    {"drop": "before"},
    {"drop": "after"},
    {"status": 502, "after_effect": True},
    {"status": 500, "after_effect": True},
    {"status": 503},
    {"status": 429, "retry_after": 0.2},
)


class DiscordTown:
    """The players, their network, and what they saw. ``on_delivery`` may end the program; ``life`` counts it.

    With ``forgetful`` Discord knows no nonce and no session of the gateway any more when the program comes back, as
    after a longer absence.
    """

    def __init__(self, record: Record, chance: random.Random, *, forgetful: bool) -> None:
        self.server = DiscordServer()
        self.record = record
        self.life = 0
        self.on_delivery: Callable[[], None] = lambda: None
        self.forgetful = forgetful
        self._chance = chance
        self._detours = Detours(chance)
        self._chats: dict[int, Player] = {}
        self._uses: list[tuple[Written, Use]] = []
        self._number = 0

    async def start(self) -> None:
        await self.server.start()
        self.server.rest.on_sent = self._on_sent
        world, feed = self.server.world, self.server.gateway.feed
        world.subscribers.remove(feed)

        def bring(event: str, payload: Mapping[str, Any]) -> None:
            times = 2 if event in ("MESSAGE_CREATE", "INTERACTION_CREATE") and self._chance.random() < TWICE else 1
            for _ in range(times):
                self._detours.bring(str(payload.get("channel_id")), lambda: feed(event, payload))

        world.subscribers.append(bring)

    async def settle_in(self) -> None:
        """Everybody writes for the first time, to a program that nobody kills: from now on their chats are known."""
        await self.server.connected()
        await self.server.until(lambda: self.server.messages(self.server.support.id))
        players = [self.server.user(f"Player {number}") for number in range(PLAYERS)]
        self._chats = {player.dm_channel: player for player in players[:-1]}
        panel = self.server.messages(self.server.support.id)[0]
        opened = players[-1].clicks(panel)
        await self.server.until(lambda: opened.texts)
        self._chats[int(opened.texts[0].strip("<#>"))] = players[-1]
        self.record.certain |= {str(chat) for chat in self._chats}
        for chat in self._chats:
            self._write(chat)

    def new_life(self) -> None:
        """The program begins again."""
        self.life += 1
        if self.forgetful:
            self.server.world.nonces.clear()
            self.server.gateway.forget_sessions()

    async def live(self) -> None:
        """Write, press, use commands and lose the connection until cancelled."""
        self._detours.begin()
        try:
            while True:
                self._do(self._chance.choice(list(self._chats)))
                await asyncio.sleep(self._chance.uniform(0, 2 * BETWEEN_WORDS))
                if self._chance.random() < 0.5:
                    self._detours.go_on()
        finally:
            self._detours.end()

    async def close(self) -> None:
        await self.server.stop()

    def _do(self, chat: int) -> None:
        deed = self._chance.random()
        if deed < 0.66:
            self._write(chat)
        elif deed < 0.78:
            self._press(chat)
        elif deed < 0.82:
            self._use(Written(str(chat), "", None, is_use=True), self._chats[chat].slash("human", channel=chat))
        elif deed < 0.86:
            self._number += 1
            question = f"{self._chance.choice(QUESTIONS)} d{self._number}"
            asked = self._chats[chat].slash("ask", channel=chat, question=question)
            self._use(Written(str(chat), "", question, is_use=True), asked)
        elif deed < 0.97:
            fault = self._chance.choice(TROUBLES)
            self.server.fault(method="POST", path=f"/channels/{chat}/messages", **fault)
        else:
            self.server.gateway.drop()

    def _write(self, chat: int) -> None:
        self._number += 1
        # Some say the very same again: what is answered to it must not be taken for what was answered before.
        text = QUESTIONS[0] if self._chance.random() < 0.3 else f"{self._chance.choice(QUESTIONS)} d{self._number}"
        message = self._chats[chat].writes(chat, text)
        self.record.written.append(Written(str(chat), str(message.id), text))

    def _press(self, chat: int) -> None:
        bot = self.server.world.bot_user.id
        shown = [each for each in self.server.messages(chat)[-8:] if each.author_id == bot]
        buttons = [
            (message, button["custom_id"])
            for message in shown
            for row in message.components
            for button in row["components"]
            if button.get("custom_id")
        ]
        if buttons:
            message, pressed = self._chance.choice(buttons)
            use = self._chats[chat].clicks(message, custom_id=pressed)
            self._use(Written(str(chat), "press:", None, is_use=True), use)

    def _use(self, written: Written, use: Use) -> None:
        """Discord tells the player whose press or command nobody acknowledged: only of others we may lose none."""
        known = replace(written, external_id=f"{written.external_id}{use.record.id}")
        self.record.written.append(known)
        self._uses.append((known, use))

    def confirm_uses(self) -> None:
        """A press or command that was acknowledged counts."""
        self.record.confirmed |= {each.external_id for each, use in self._uses if use.acknowledged}

    def _on_sent(self, channel: int, message: Mapping[str, Any]) -> None:
        if channel in self._chats:
            delivered = Delivered(str(channel), int(message["id"]), message["content"], self.life, hidden=False)
            self.record.delivered.append(delivered)
            self.on_delivery()
