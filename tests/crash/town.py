"""What surrounds the program: players on the fake Telegram server, who never stop, and what they saw."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from typing import Any

from tests.crash.checker import Delivered, Record, Written
from tests.crash.detours import Detours
from tests.protocol.telegram_server import FakeTelegram, FakeUser, Fault, too_many_requests
from tests.protocol.telegram_server.faults import Faults
from tests.protocol.telegram_server.state import BotAccount, Chat, Json

QUESTIONS = (
    "how do i beat the goblin",
    "where do i get lamp oil",
    "my lamp is out of oil",
    "what is the tallest mountain of the moon",
    "i want my money back",
)
BETWEEN_WORDS = 0.12
TROUBLES: dict[str, dict[str, Any]] = {
    "drop": {"what": "drop"},
    "drop_after": {"what": "drop", "after_effect": True},
    "page_after": {"what": "status", "status": 502, "after_effect": True},
    "busy": {"what": "error", "error": too_many_requests(1)},
    "error": {"what": "status", "status": 503},
}
HIDING = frozenset({"drop", "status"})


class _WatchedFaults(Faults):
    """Tells of each fault that befalls a send."""

    def __init__(self, befallen: Callable[[Fault, str], None], happens: Callable[[], Fault | None]) -> None:
        super().__init__()
        self._befallen = befallen
        self._happens = happens

    def take(self, method: str, chat_id: int | None) -> Fault | None:
        fault = super().take(method, chat_id)
        if fault is None and method == "sendMessage":
            fault = self._happens()
        if fault is not None:
            self._befallen(fault, str(chat_id))
        return fault


class Town:
    """The players and their network. ``life`` counts the program's processes; ``on_delivery`` may end one."""

    def __init__(self, record: Record, chance: random.Random, trouble: float = 0.0, *, players: int) -> None:
        self.server = FakeTelegram(record=False)
        self.record = record
        self.life = 0
        self.on_delivery: Callable[[], None] = lambda: None
        self._chance = chance
        self._trouble = trouble
        self._hiding: set[str] = set()
        self._faulty: set[tuple[int, str]] = set()
        self._recent: deque[tuple[str, Json]] = deque(maxlen=20)
        self._how_many = players
        self._players: list[FakeUser] = []
        self._number = 0
        self._detours = Detours(chance)
        self.server.faults = _WatchedFaults(self._befallen, self._happens)
        self.server.world.on_sent = self._on_sent

    async def start(self) -> None:
        await self.server.start()
        world, deliver = self.server.world, self.server.world.deliver

        def bring(bot: BotAccount, kind: str, content: Json) -> None:
            chat = (content.get("message") or content)["chat"]["id"]
            self._detours.bring(str(chat), lambda: deliver(bot, kind, content))

        setattr(world, "deliver", bring)  # noqa: B010 - the players' hands call it
        self._players = [self.server.user(f"Player {number}") for number in range(self._how_many)]

    async def settle_in(self) -> None:
        """Telegram's players need no acquaintance."""

    async def close(self) -> None:
        await self.server.close()

    def new_life(self) -> None:
        """The program begins again."""
        self.life += 1

    async def live(self) -> None:
        """Write and press until cancelled; what came in already sometimes comes again, and chats pass each other by."""
        self._detours.begin()
        try:
            while True:
                self._do(self._chance.choice(self._players))
                await asyncio.sleep(self._chance.uniform(0, 2 * BETWEEN_WORDS))
                if self._chance.random() < 0.5:
                    self._detours.go_on()
        finally:
            self._detours.end()

    def _do(self, player: FakeUser) -> None:
        deed = self._chance.random()
        if deed < 0.70:
            self._write(player)
        elif deed < 0.80:
            self._press(player)
        elif deed < 0.95:
            self._deliver_again()
        else:
            self._arm(player)

    def _write(self, player: FakeUser) -> None:
        self._number += 1
        asks = self._chance.random() < 0.12
        text = "human" if asks else f"{self._chance.choice(QUESTIONS)} {self._number}"
        message = player.writes(text)
        self.record.written.append(Written(str(player.id), str(message["message_id"]), text))
        self._recent.append(("message", message))

    def _press(self, player: FakeUser) -> None:
        shown = [message for message in self.server.sent(player)[-5:] if "reply_markup" in message]
        if not shown:
            return
        message = self._chance.choice(shown)
        buttons = [button for row in message["reply_markup"]["inline_keyboard"] for button in row]
        data = self._chance.choice([button["callback_data"] for button in buttons if "callback_data" in button])
        callback = player.presses_data(message, data)
        self.record.written.append(Written(str(player.id), f"press:{callback.id}", None))

    def _deliver_again(self) -> None:
        """The same message once or twice more, late and among others."""
        if self._recent:
            kind, content = self._chance.choice(self._recent)
            for _ in range(self._chance.randint(1, 2)):
                self.server.world.deliver(self.server.bot, kind, content)

    def _arm(self, player: FakeUser) -> None:
        """Something goes wrong with the next send to this player; its outcome is hidden once a life at most."""
        what = self._chance.choice(list(TROUBLES))
        if what in ("drop", "drop_after", "page_after"):
            if (self.life, str(player.id)) in self._faulty:
                return
            self._faulty.add((self.life, str(player.id)))
        self.server.fault(method="sendMessage", chat_id=player.id, **TROUBLES[what])

    def _happens(self) -> Fault | None:
        """What goes wrong with a send that nobody armed anything for."""
        if self._chance.random() >= self._trouble:
            return None
        return Fault(method="sendMessage", **TROUBLES[self._chance.choice(list(TROUBLES))])

    def _befallen(self, fault: Fault, chat: str) -> None:
        if fault.what not in HIDING or fault.status == 503:
            return
        # One that was armed in an earlier life counts for the one in which it happens.
        self._faulty.add((self.life, chat))
        self.record.hidden.append((self.life, chat))
        if fault.after_effect:
            self._hiding.add(chat)

    def _on_sent(self, chat: Chat, message: Json) -> None:
        name = str(chat.id)
        hidden = name in self._hiding
        self._hiding.discard(name)
        self.record.delivered.append(Delivered(name, message["message_id"], message["text"], self.life, hidden))
        self.on_delivery()
