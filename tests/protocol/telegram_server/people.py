"""The players' and the staff's hands: what people do in Telegram, as a test says it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tests.protocol.telegram_server import entities
from tests.protocol.telegram_server.changing import drop_topic
from tests.protocol.telegram_server.sending import carried, describe_file, thread_content
from tests.protocol.telegram_server.state import BotAccount, Callback, Chat, Json, Topic, World


class FakeGroup:
    """A group, supergroup or forum with the bot in it."""

    def __init__(self, world: World, bot: BotAccount, chat: Chat) -> None:
        self._world = world
        self._bot = bot
        self.chat = chat

    @property
    def id(self) -> int:
        return self.chat.id

    def let_bot(self, **rights: bool) -> None:
        """Make the bot an administrator with these rights."""
        self.chat.members[self._bot.card["id"]] = "administrator"
        self.chat.rights[self._bot.card["id"]] = dict(rights)

    def removes_bot(self) -> None:
        """The bot is kicked, and told so."""
        self.chat.members[self._bot.card["id"]] = "kicked"
        self.chat.rights.pop(self._bot.card["id"], None)

    def topic(self, name: str) -> int:
        """A topic that a person opened; its thread id."""
        thread_id = next(self.chat.ids)
        self.chat.topics[thread_id] = Topic(name)
        return thread_id

    def deletes_topic(self, thread_id: int) -> None:
        drop_topic(self.chat, thread_id)

    def upgrades(self) -> FakeGroup:
        """The group becomes a supergroup under a new id, as Telegram does when it grows."""
        card = self.chat.card | {"id": -1_000_000_000_000 - abs(self.id), "type": "supergroup"}
        new = Chat(card, members=dict(self.chat.members), rights=dict(self.chat.rights))
        self._world.chats[new.id] = new
        admin = next(iter(self._world.users.values()))
        moved = self._world.put(self.chat, admin, {"migrate_to_chat_id": new.id})
        self._world.deliver(self._bot, "message", moved)
        arrived = self._world.put(new, admin, {"migrate_from_chat_id": self.id})
        self._world.deliver(self._bot, "message", arrived)
        self.chat.migrated_to = new.id
        return FakeGroup(self._world, self._bot, new)


class FakeUser:
    """A person. What they do reaches the bot as the real server would tell it."""

    def __init__(self, world: World, bot: BotAccount, card: Json, chat: Chat) -> None:
        self._world = world
        self._bot = bot
        self.card = card
        self.chat = chat

    @property
    def id(self) -> int:
        return int(self.card["id"])

    def starts(self, payload: str = "") -> Json:
        """Press Start, as everybody does first."""
        return self.writes(f"/start {payload}".strip())

    def writes(
        self, text: str, *, where: FakeGroup | None = None, thread: int | None = None, reply_to: Json | None = None
    ) -> Json:
        """Write to the bot, or into a group."""
        content: Json = {"text": text}
        if marks := entities.find(text):
            content["entities"] = marks
        return self._say(content, where, thread, reply_to)

    def sends(
        self,
        kind: str,
        content: bytes = b"",
        *,
        name: str = "file.bin",
        mime_type: str | None = None,
        caption: str = "",
        size: int | None = None,
        where: FakeGroup | None = None,
        thread: int | None = None,
    ) -> Json:
        """Send a photo, document, voice, audio, video, animation, sticker or video_note.

        With ``size`` and no content the file only claims to be that large.
        """
        return self._say(
            self._file(kind, content, name=name, mime_type=mime_type, caption=caption, size=size), where, thread
        )

    def sends_album(self, files: Iterable[tuple[str, bytes]], caption: str = "", kind: str = "photo") -> list[Json]:
        """Several files at once; the caption is on the first, as in the apps."""
        group = {"media_group_id": str(next(self._world.numbers))}
        contents = [
            self._file(kind, data, name=name, mime_type=None, caption="", size=None) | group for name, data in files
        ]
        if caption:
            contents[0]["caption"] = caption
        return [self._say(content, None, None) for content in contents]

    def sends_other(self, **content: Any) -> Json:
        """Any other kind of message, given as its field: ``sends_other(dice={...})``."""
        return self._say(content, None, None)

    def sends_location(self) -> Json:
        return self.sends_other(location={"latitude": 10.77, "longitude": 106.69})

    def sends_contact(self) -> Json:
        return self.sends_other(contact={"phone_number": "+84900000000", "first_name": "Ann"})

    def sends_dice(self) -> Json:
        return self.sends_other(dice={"emoji": "🎲", "value": 6})

    def sends_poll(self) -> Json:
        options = [{"persistent_id": text, "text": text, "voter_count": 0} for text in ("yes", "no")]
        flags = {"is_closed": False, "is_anonymous": True, "allows_multiple_answers": False}
        flags |= {"allows_revoting": False, "members_only": False}
        poll = {"id": "9", "question": "Is it fun?", "options": options, "total_voter_count": 0, "type": "regular"}
        return self.sends_other(poll=poll | flags)

    def forwards(self, messages: Sequence[Json]) -> list[Json]:
        """Forward messages (their own or anybody's) to the bot, all in one go."""
        forwarded = []
        for message in messages:
            origin = {"type": "user", "sender_user": message["from"], "date": message["date"]}
            forwarded.append(self._say(carried(message) | {"forward_origin": origin}, None, None))
        return forwarded

    def edits(self, message: Json, text: str) -> Json:
        """Change the text (or caption) of a message of theirs."""
        field = "text" if "text" in message else "caption"
        stored = self._world.chats[message["chat"]["id"]].messages[message["message_id"]]
        stored[field] = text
        stored["edit_date"] = self._world.now()
        self._tell("edited_message", dict(stored))
        return stored

    def deletes(self, message: Json) -> None:
        """Take a message back; bots are not told."""
        del self._world.chats[message["chat"]["id"]].messages[message["message_id"]]

    def presses(self, message: Json, label: str, *, too_old: bool = False) -> Callback:
        """Press the button with this label under a message of the bot."""
        rows = message["reply_markup"]["inline_keyboard"]
        button = next(button for row in rows for button in row if button["text"] == label)
        return self.presses_data(message, button["callback_data"], too_old=too_old)

    def presses_data(self, message: Json, data: str, *, too_old: bool = False) -> Callback:
        """Press a button that carried this data, even if it is gone from the message meanwhile."""
        callback = Callback(str(next(self._world.numbers)), self.id, data, too_old=too_old)
        self._world.callbacks[callback.id] = callback
        query = {"id": callback.id, "from": self.card, "chat_instance": "1", "data": data, "message": message}
        self._tell("callback_query", query)
        return callback

    def reacts(self, message: Json, emoji: str) -> None:
        reaction = {"chat": self.chat.card, "message_id": message["message_id"], "user": self.card}
        reaction |= {"date": self._world.now(), "old_reaction": []}
        self._tell("message_reaction", reaction | {"new_reaction": [{"type": "emoji", "emoji": emoji}]})

    def blocks_bot(self) -> None:
        self._set_blocked(True)

    def unblocks_bot(self) -> None:
        self._set_blocked(False)

    def deletes_account(self) -> None:
        self.chat.deactivated = True

    def _set_blocked(self, blocked: bool) -> None:
        self.chat.blocked = blocked
        statuses = ("kicked", "member") if not blocked else ("member", "kicked")
        before, after = [_member(self._bot.card, status) for status in statuses]
        (after if blocked else before)["until_date"] = 0
        change = {"chat": self.chat.card, "from": self.card, "date": self._world.now()}
        self._tell("my_chat_member", change | {"old_chat_member": before, "new_chat_member": after})

    def _file(
        self, kind: str, content: bytes, *, name: str, mime_type: str | None, caption: str, size: int | None
    ) -> Json:
        stored = self._world.store(content or None, size or len(content), f"{kind}s", name)
        described = describe_file(kind, stored.file_id, stored.size, name, mime_type)
        return described | ({"caption": caption} if caption else {})

    def _say(self, content: Json, where: FakeGroup | None, thread: int | None, reply_to: Json | None = None) -> Json:
        chat = where.chat if where else self.chat
        chat.started = True
        content = content | thread_content(chat, thread)
        if reply_to is not None:
            content["reply_to_message"] = reply_to
        message = self._world.put(chat, self.card, content)
        if chat.is_private or self._bot_sees(chat, message):
            self._tell("message", message)
        return message

    def _bot_sees(self, chat: Chat, message: Json) -> bool:
        """Privacy mode: commands, mentions and replies only, unless the bot is an administrator."""
        status = chat.members.get(self._bot.card["id"], "left")
        if status in ("left", "kicked"):
            return False
        if status == "administrator" or self._bot.reads_everything:
            return True
        text = str(message.get("text") or message.get("caption") or "")
        replied = message.get("reply_to_message", {}).get("from", {}).get("id")
        named = f"@{self._bot.card['username']}".lower() in text.lower()
        return bool(text.startswith("/") or named or replied == self._bot.card["id"])

    def _tell(self, kind: str, content: Json) -> None:
        self._world.deliver(self._bot, kind, content)
        self._world.changed()


def _member(card: Json, status: str) -> Json:
    return {"user": card, "status": status}
