"""Somebody on the memory channel: what they do, and what they see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from channels.memory.network import Delivered
from messaging.messages import (
    ButtonPressed,
    ChatLost,
    CommandUsed,
    IncomingFile,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Person,
)

if TYPE_CHECKING:
    from channels.memory.adapter import MemoryChannel


class MemoryPlayer:
    """One person in one chat. What they do returns once it is committed, with the external id that it got."""

    def __init__(self, channel: MemoryChannel, name: str, language: str | None, chat: str) -> None:
        self._channel = channel
        self._read = 0
        self.chat = chat
        self.person = Person(external_id=f"player-{chat}", name=name, language_hint=language)

    @property
    def messages(self) -> Sequence[Delivered]:
        """Everything that the player sees from us, oldest first."""
        return [each for each in self._delivered if not each.deleted]

    @property
    def _delivered(self) -> Sequence[Delivered]:
        return self._channel.network.chats.get(self.chat, ())

    async def writes(
        self, text: str = "", *, files: Sequence[tuple[str, str, bytes]] = (), copies: int = 1, late: bool = False
    ) -> str:
        """Send a message; ``files`` are (name, content type, bytes)."""
        event = self.message(text, files=files, late=late)
        await self._channel.deliver([event], copies=copies)
        return event.external_id

    def message(
        self,
        text: str = "",
        *,
        files: Sequence[tuple[str, str, bytes]] = (),
        album: str | None = None,
        unsupported: str | None = None,
        late: bool = False,
    ) -> MessageReceived:
        """A message that is not delivered yet: for ``MemoryChannel.deliver`` in another order or with others."""
        return MessageReceived(
            channel=self._channel.name,
            chat=self.chat,
            external_id=self._channel.network.new_id("message"),
            person=self.person,
            sent_at=self._channel.now(),
            text=text,
            files=tuple(self._upload(*file) for file in files),
            album=album,
            unsupported=unsupported,
            late=late,
        )

    async def presses(self, label: str, *, copies: int = 1) -> str:
        """Press the newest button with this label; raises LookupError where none is seen."""
        for message in reversed(self.messages):
            for button in message.buttons:
                if button.label == label and button.action is not None:
                    return await self.acts(button.action, copies=copies)
        raise LookupError(f"{self.person.name} sees no button {label!r}, only: {self._seen()}")

    async def acts(self, action: str, *, copies: int = 1) -> str:
        """Press a button by its action, seen or not."""
        event = ButtonPressed(
            channel=self._channel.name,
            chat=self.chat,
            external_id=self._channel.network.new_id("press"),
            person=self.person,
            pressed_at=self._channel.now(),
            action=action,
        )
        await self._channel.deliver([event], copies=copies)
        return event.external_id

    async def uses(self, command: str, argument: str = "", *, copies: int = 1) -> str:
        """Use a command, named without its slash."""
        event = CommandUsed(
            channel=self._channel.name,
            chat=self.chat,
            external_id=self._channel.network.new_id("message"),
            person=self.person,
            sent_at=self._channel.now(),
            name=command,
            argument=argument,
        )
        await self._channel.deliver([event], copies=copies)
        return event.external_id

    async def edits(self, external_id: str, text: str) -> None:
        """Change a message sent before."""
        event = MessageEdited(
            channel=self._channel.name,
            chat=self.chat,
            external_id=external_id,
            person=self.person,
            edited_at=self._channel.now(),
            revision=self._channel.network.new_id("edit"),
            text=text,
        )
        await self._channel.deliver([event])

    async def deletes(self, external_id: str) -> None:
        """Take a message back."""
        await self._channel.deliver([MessageDeleted(self._channel.name, self.chat, external_id, self._channel.now())])

    async def leaves(self, reason: str = "the player blocked the bot") -> None:
        """Make the chat impossible to write to, and let the network say so."""
        external_id = self._channel.network.new_id("lost")
        await self._channel.deliver([ChatLost(self._channel.name, self.chat, external_id, self._channel.now(), reason)])

    async def reads(self, fragment: str = "", *, within: float = 5.0) -> Delivered:
        """The next message not read yet that has ``fragment`` in its text, waited for; passes over those before it.

        Raises TimeoutError, naming what was there instead.
        """
        found: list[int] = []

        def came() -> bool:
            found[:] = [
                i
                for i, each in enumerate(self._delivered)
                if i >= self._read and fragment in each.text and not each.deleted
            ]
            return bool(found)

        try:
            await self._channel.until(came, within=within)
        except TimeoutError:
            raise TimeoutError(f"{self.person.name} waited for {fragment!r} and saw: {self._seen()}") from None
        self._read = found[0] + 1
        return self._delivered[found[0]]

    def _upload(self, name: str, content_type: str, content: bytes) -> IncomingFile:
        remote = self._channel.network.new_id("file")
        self._channel.network.files[remote] = content
        return IncomingFile(name=name, content_type=content_type, size=len(content), remote=remote)

    def _seen(self) -> list[tuple[str, list[str]]]:
        return [(each.text, [button.label for button in each.buttons]) for each in self.messages]
