"""Players as the fake Discord knows them: they write, press, use commands and see what is shown to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simcord import interactions as simcord_interactions
from simcord.backend import serializers
from simcord.backend.access import channel_accessible
from simcord.backend.command_access import command_access
from simcord.backend.models import Interaction, Message, MessageSticker
from simcord.components import walk_components
from simcord.enums import ComponentType, InteractionType, OptionType

from .world import World

Files = Sequence[tuple[str, bytes]]


class NotPossible(Exception):
    """A real user could not do this: the button is not there, the command is not known, the channel is hidden."""


class Use:
    """One use of a command, button or form, and how the bot answered it."""

    def __init__(self, world: World, record: Interaction) -> None:
        self.world = world
        self.record = record

    @property
    def acknowledged(self) -> bool:
        return self.record.responded

    @property
    def messages(self) -> list[Message]:
        """The original answer and its follow-ups that still stand."""
        ids = [self.record.message_id, *self.record.followup_ids]
        stored = self.world.messages.get(self.record.channel_id, {})
        return [stored[message_id] for message_id in ids if message_id in stored]

    @property
    def texts(self) -> list[str]:
        """What the user reads as an answer: a message still loading is no answer."""
        return [message.content for message in self.messages if not message.flags & (1 << 7)]

    @property
    def form(self) -> dict[str, Any] | None:
        return self.record.modal


class Player:
    """One Discord user. Everything takes effect at once and reaches the bot over the gateway."""

    def __init__(self, world: World, user_id: int, guild_id: int | None) -> None:
        self.world = world
        self.id = user_id
        self.guild_id = guild_id
        self.locale = "en-US"

    @property
    def dm_channel(self) -> int:
        return self.world.get_dm_channel(self.id).id

    @property
    def dms(self) -> list[Message]:
        """Everything that was said in this user's DM with the bot, oldest first."""
        return sorted(self.world.messages[self.dm_channel].values(), key=lambda message: message.id)

    @property
    def dms_from_bot(self) -> list[str]:
        return [message.content for message in self.dms if message.author_id == self.world.bot_user.id]

    def closes_dms(self) -> None:
        self.world.closed_dms.add(self.id)

    def opens_dms(self) -> None:
        self.world.closed_dms.discard(self.id)

    def writes_dm(self, text: str = "", *, files: Files = (), **fields: Any) -> Message:
        return self.writes(self.dm_channel, text, files=files, **fields)

    def writes(self, channel_id: int, text: str = "", *, files: Files = (), **fields: Any) -> Message:
        self._must_see(channel_id)
        attachments = self.world.store_attachments(channel_id, files)
        return self.world.create_message(channel_id, self.id, text, attachments=attachments, **fields)

    def mentions_bot(self, channel_id: int, text: str) -> Message:
        return self.writes(channel_id, f"<@{self.world.bot_user.id}> {text}")

    def sends_sticker(self, name: str) -> Message:
        sticker = MessageSticker(self.world.snowflake(), name, format_type=1, guild_id=0)
        return self.writes(self.dm_channel, stickers=[sticker])

    def forwards(self, message: Message) -> Message:
        """Forward a message into the DM with the bot."""
        reference = {"type": 1, "channel_id": str(message.channel_id), "message_id": str(message.id)}
        return self.writes(self.dm_channel, reference=reference)

    def edits(self, message: Message, text: str) -> None:
        self.world.edit_message(message.channel_id, message.id, {"content": text})

    def deletes(self, message: Message) -> None:
        self.world.delete_message(message.channel_id, message.id)

    def clicks(self, message: Message, *, label: str | None = None, custom_id: str | None = None) -> Use:
        """Press the one button of ``message`` with this label or custom id."""
        self._must_see(message.channel_id)
        if not message.visible_to(self.id):
            raise NotPossible("this message is shown to somebody else")
        button = self._button(message, label, custom_id)
        data = {"custom_id": button["custom_id"], "component_type": ComponentType.BUTTON}
        record, payload = self._use(InteractionType.MESSAGE_COMPONENT, message.channel_id, data)
        record.source_message_id = message.id
        payload["message"] = dict(serializers.message_payload(self.world, message))
        self.world.emit("INTERACTION_CREATE", payload)
        return Use(self.world, record)

    def slash(self, name: str, *, channel: int | None = None, **options: Any) -> Use:
        """Use a command in ``channel``, or in the DM with the bot."""
        channel_id = channel if channel is not None else self.dm_channel
        self._must_see(channel_id)
        guild_id = self.world.get_channel(channel_id).guild_id
        command = self.world.find_command(name, guild_id)
        if command is None:
            raise NotPossible(f"there is no command /{name}")
        access = command_access(self.world, command, user_id=self.id, channel_id=channel_id)
        if not access.allowed:
            raise NotPossible(f"/{name} is not offered here: {access.reason}")
        data = self._command_data(command, channel_id, options)
        record, payload = self._use(InteractionType.APPLICATION_COMMAND, channel_id, data)
        self.world.emit("INTERACTION_CREATE", payload)
        return Use(self.world, record)

    def fills(self, use: Use, **values: str) -> Use:
        """Fill in and send the form that the bot answered ``use`` with."""
        form = use.form
        if form is None or use.record.modal_consumed:
            raise NotPossible("there is no open form")
        use.record.modal_consumed = True
        rows = []
        for row in form["components"]:
            inputs = row.get("components") or [row["component"]]
            filled = [
                {"type": field["type"], "custom_id": field["custom_id"], "value": values[field["custom_id"]]}
                for field in inputs
            ]
            rows.append({"type": 1, "components": filled})
        data = {"custom_id": form["custom_id"], "components": rows}
        record, payload = self._use(InteractionType.MODAL_SUBMIT, use.record.channel_id, data)
        record.source_message_id = use.record.source_message_id
        self.world.emit("INTERACTION_CREATE", payload)
        return Use(self.world, record)

    def types(self, channel_id: int) -> None:
        self.world.emit("TYPING_START", {"channel_id": str(channel_id), "user_id": str(self.id), "timestamp": 0})

    # ------------------------------------------------------------ inside

    def _must_see(self, channel_id: int) -> None:
        if not channel_accessible(self.world, channel_id, self.id):
            raise NotPossible("this channel is hidden from the user")

    def _use(self, kind: int, channel_id: int, data: dict[str, Any]) -> tuple[Interaction, dict[str, Any]]:
        guild_id = self.world.get_channel(channel_id).guild_id
        record, payload = simcord_interactions.base_payload(
            self.world, type=kind, channel_id=channel_id, guild_id=guild_id, user_id=self.id, data=data
        )
        return record, payload | {"locale": self.locale}

    def _command_data(self, command: dict[str, Any], channel_id: int, options: dict[str, Any]) -> dict[str, Any]:
        accepted = simcord_interactions.check_options(command["name"], command, options)
        declared = {option["name"]: option for option in command.get("options") or []}
        resolved: dict[str, Any] = {}
        built = []
        for name, given in accepted.items():
            kind, value = declared[name]["type"], given
            if kind == OptionType.ATTACHMENT:
                value = simcord_interactions.store_interaction_attachment(self.world, channel_id, *given, resolved)
            built.append({"name": name, "type": kind, "value": value})
        data = {"id": command["id"], "name": command["name"], "type": command["type"], "options": built}
        return data | ({"resolved": resolved} if resolved else {})

    @staticmethod
    def _button(message: Message, label: str | None, custom_id: str | None) -> dict[str, Any]:
        found = [
            component
            for component in walk_components(message.components)
            if component.get("type") == ComponentType.BUTTON
            and component.get("custom_id")
            and (label is None or component.get("label") == label)
            and (custom_id is None or component["custom_id"] == custom_id)
        ]
        if len(found) != 1:
            raise NotPossible(f"{len(found)} buttons fit label={label!r} custom_id={custom_id!r}")
        if found[0].get("disabled"):
            raise NotPossible("that button is disabled")
        return found[0]
