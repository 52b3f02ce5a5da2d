"""What the fake knows: bots, users, chats, messages and files, as the dictionaries that the Bot API shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.protocol.telegram_server.errors import bad_request, forbidden
from tests.protocol.telegram_server.faults import Limits

Json = dict[str, Any]
QUIET_KINDS = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Kinds of update that a bot gets only when it lists them in allowed_updates."""


@dataclass(slots=True)
class Topic:
    """A topic of a forum."""

    name: str
    open: bool = True


@dataclass(slots=True)
class Chat:
    """A chat and everything said in it; ``card`` is what messages show of it."""

    card: Json
    messages: dict[int, Json] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    members: dict[int, str] = field(default_factory=dict)
    rights: dict[int, Json] = field(default_factory=dict)
    started: bool = True
    blocked: bool = False
    deactivated: bool = False
    migrated_to: int | None = None
    pinned: list[int] = field(default_factory=list)
    ids: count[int] = field(default_factory=lambda: count(1))

    @property
    def id(self) -> int:
        return int(self.card["id"])

    @property
    def is_private(self) -> bool:
        return bool(self.card["type"] == "private")


@dataclass(slots=True)
class StoredFile:
    """A file on the server; ``content`` is None where only a size was claimed."""

    file_id: str
    path: str
    size: int
    content: bytes | None


@dataclass(slots=True)
class Webhook:
    """Where updates are posted to."""

    url: str
    secret_token: str | None
    max_connections: int = 40
    last_error: str | None = None
    last_error_at: int | None = None


@dataclass(slots=True)
class Callback:
    """A pressed button until it is answered."""

    id: str
    user_id: int
    data: str
    answered: bool = False
    text: str | None = None
    show_alert: bool = False
    too_old: bool = False


@dataclass(slots=True)
class BotAccount:
    """One bot: its card, the updates it did not confirm, and how it receives them."""

    token: str
    card: Json
    reads_everything: bool = False
    pending: dict[int, Json] = field(default_factory=dict)
    allowed: frozenset[str] | None = None
    poll: asyncio.Future[None] | None = None
    webhook: Webhook | None = None
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    update_ids: count[int] = field(default_factory=lambda: count(100_000_001))


class World:
    """All of it, shared by every bot of the server."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.bots: dict[str, BotAccount] = {}
        self.users: dict[int, Json] = {}
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, StoredFile] = {}
        self.callbacks: dict[str, Callback] = {}
        self.limits = Limits(clock)
        self.numbers = count(1)
        self.on_change: list[Callable[[], None]] = []
        self.on_update: Callable[[BotAccount, int, Json], None] = lambda _bot, _update_id, _update: None
        self.on_sent: Callable[[Chat, Json], None] | None = None

    def changed(self) -> None:
        """Tell whoever waits that something happened."""
        for listener in self.on_change:
            listener()

    def now(self) -> int:
        return int(self.clock())

    def add_bot(self, token: str, username: str, *, reads_everything: bool = False) -> BotAccount:
        card: Json = {
            "id": int(token.split(":", maxsplit=1)[0]),
            "is_bot": True,
            "first_name": username,
            "username": username,
            "can_join_groups": True,
            "can_read_all_group_messages": reads_everything,
            "supports_inline_queries": False,
        }
        bot = BotAccount(token, card, reads_everything)
        self.bots[token] = bot
        return bot

    def chat(self, chat_id: int | None) -> Chat:
        """The chat, or the refusal that the real server gives for one it does not know."""
        if chat_id is None:
            raise bad_request("chat_id is empty")
        chat = self.chats.get(chat_id)
        if chat is None:
            raise bad_request("chat not found")
        if chat.migrated_to is not None:
            raise bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to)
        return chat

    def writable(self, chat_id: int | None, bot: BotAccount) -> Chat:
        """The chat if the bot may write to it."""
        chat = self.chat(chat_id)
        if chat.is_private:
            if chat.deactivated:
                raise forbidden("user is deactivated")
            if chat.blocked:
                raise forbidden("bot was blocked by the user")
            if not chat.started:
                raise forbidden("bot can't initiate conversation with a user")
        elif (status := chat.members.get(bot.card["id"], "left")) in ("left", "kicked"):
            was = "was kicked from" if status == "kicked" else "is not a member of"
            raise forbidden(f"bot {was} the {chat.card['type']} chat")
        return chat

    def put(self, chat: Chat, sender: Json, content: Json) -> Json:
        """A new message in the chat."""
        message_id = next(chat.ids)
        message: Json = {"message_id": message_id, "from": sender, "chat": chat.card, "date": self.now()}
        message.update(content)
        chat.messages[message_id] = message
        return message

    def deliver(self, bot: BotAccount, kind: str, content: Json) -> int | None:
        """Queue an update for the bot unless it did not ask for such; its id."""
        if bot.allowed is None:
            if kind in QUIET_KINDS:
                return None
        elif kind not in bot.allowed:
            return None
        update_id = next(bot.update_ids)
        update = {"update_id": update_id, kind: content}
        bot.pending[update_id] = update
        if bot.poll is not None and not bot.poll.done():
            bot.poll.set_result(None)
        self.on_update(bot, update_id, update)
        return update_id

    def store(self, content: bytes | None, size: int, folder: str, name: str) -> StoredFile:
        """Keep a file; the id that it gets works for sending and for getFile."""
        number = next(self.numbers)
        suffix = f".{name.rsplit('.', 1)[1]}" if "." in name else ""
        stored = StoredFile(f"FILE-{folder}-{number:06}", f"{folder}/file_{number}{suffix}", size, content)
        self.files[stored.file_id] = stored
        return stored

    def file(self, file_id: str) -> StoredFile:
        stored = self.files.get(file_id)
        if stored is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        return stored
