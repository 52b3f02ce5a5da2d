"""Commands and buttons: an event like any other, acknowledged when it is committed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import discord
import structlog

from channels.discord.acknowledging import Acknowledging
from channels.discord.buttons import PANEL, action_of
from channels.discord.commands import ASK, LANGUAGES, NAMES, QUESTION, WORDS
from channels.discord.convert import CHANNEL, person_of
from channels.discord.homes import Homes
from channels.discord.inbound import Inbound
from channels.discord.panel import Panel
from channels.discord.receiving import insist
from channels.discord.render import LONGEST_TEXT, quote
from channels.discord.reply import LIFETIME, ReplyVia
from channels.discord.rest import DEFERRED_MESSAGE, DEFERRED_UPDATE, EPHEMERAL, MESSAGE, NO_PINGS, Payload, Rest
from channels.errors import ChannelError
from messaging.messages import ButtonPressed, CommandUsed, MessageReceived

_log = structlog.get_logger()
Texts = Callable[[str, str], str]
Used = ButtonPressed | CommandUsed | MessageReceived
THINKING: Payload = {"flags": EPHEMERAL}


class Interactions:
    """Turns uses of commands and buttons into events, and sees to it that none is left "thinking".

    ``awaiting`` holds the tokens by which nothing was said yet; after ``silence`` seconds a private answer that still
    stands there is completed with a word of our own.
    """

    def __init__(
        self,
        rest: Rest,
        inbound: Inbound,
        homes: Homes,
        panel: Panel,
        texts: Texts,
        default_language: str,
        awaiting: set[str],
        acknowledging: Acknowledging,
        silence: float,
    ) -> None:
        self._rest = rest
        self._inbound = inbound
        self._homes = homes
        self._panel = panel
        self._texts = texts
        self._default_language = default_language
        self._awaiting = awaiting
        self._acknowledging = acknowledging
        self._watching: set[asyncio.Task[None]] = set()
        self._silence = silence

    async def used(self, interaction: discord.Interaction) -> None:
        """Returns when it is committed and acknowledged: what Discord shows as done is kept.

        Where it could not be kept in time, Discord itself tells the player that it failed.
        """
        data: Any = interaction.data or {}
        if interaction.type is discord.InteractionType.application_command and data.get("name") in NAMES:
            await self._command(interaction, data)
        elif interaction.type is discord.InteractionType.component:
            if data.get("custom_id") == PANEL:
                await self._acknowledge(interaction, DEFERRED_MESSAGE, THINKING)
                await self._panel.pressed(interaction, self._language(interaction))
            elif (action := action_of(data.get("custom_id", ""))) is not None:
                await self._pressed(interaction, action)

    async def _command(self, interaction: discord.Interaction, data: Any) -> None:
        given = {option["name"]: option["value"] for option in data.get("options") or []}
        question = str(given.get(QUESTION, "")) if data["name"] == ASK else None
        words = str(given.get(WORDS, ""))
        own_chat = await insist(lambda: self._homes.own_chat(interaction.channel, interaction.user.id))
        if own_chat is None:
            await self._command_elsewhere(interaction, data["name"], words, question)
        elif question is None:
            event = self._command_event(interaction, own_chat, data["name"], words, None)
            await self._keep(interaction, event, DEFERRED_MESSAGE, THINKING)
            await self._drop_thinking(interaction)
        else:
            # In a private chat the question stays to be read, as if it had been written there.
            shown = {"content": quote(question[: LONGEST_TEXT // 3]), "allowed_mentions": NO_PINGS}
            await self._keep(interaction, self._question_event(interaction, own_chat, question, None), MESSAGE, shown)

    async def _command_elsewhere(
        self, interaction: discord.Interaction, name: str, words: str, question: str | None
    ) -> None:
        """In a public channel: only the player sees the answers, first here, later in their own chat."""
        chat, via = await insist(lambda: self._homes.of(interaction.user.id)), self._via(interaction)
        event = (
            self._command_event(interaction, chat, name, words, via)
            if question is None
            else self._question_event(interaction, chat, question, via)
        )
        self._awaiting.add(interaction.token)
        if await self._keep(interaction, event, DEFERRED_MESSAGE, THINKING):
            watching = asyncio.create_task(self._complete_if_silent(interaction))
            self._watching.add(watching)
            watching.add_done_callback(self._watching.discard)
        else:
            self._awaiting.discard(interaction.token)

    async def _pressed(self, interaction: discord.Interaction, action: str) -> None:
        own_chat = await insist(lambda: self._homes.own_chat(interaction.channel, interaction.user.id))
        if own_chat is not None:
            event = self._press_event(interaction, own_chat, action, None)
        else:
            chat = await insist(lambda: self._homes.of(interaction.user.id))
            event = self._press_event(interaction, chat, action, self._via(interaction))
        await self._keep(interaction, event, DEFERRED_UPDATE)

    async def _keep(
        self, interaction: discord.Interaction, event: Used, kind: int, data: Payload | None = None
    ) -> bool:
        """Commit, then acknowledge; whether both were in time. What answers it waits for that."""
        with self._acknowledging.at(event.chat if event.reply_via is None else interaction.token):
            await self._inbound.put(event)
            return await self._acknowledge(interaction, kind, data)

    async def _acknowledge(self, interaction: discord.Interaction, kind: int, data: Payload | None = None) -> bool:
        """Answer within Discord's three seconds; whether it was in time. The event counts either way."""
        try:
            await self._rest.respond(interaction.id, interaction.token, kind, data)
        except ChannelError as error:
            _log.warning("discord.not_acknowledged", interaction=interaction.id, error=str(error))
            return False
        return True

    async def _drop_thinking(self, interaction: discord.Interaction) -> None:
        """Take "thinking …" away: the answers come as ordinary messages."""
        try:
            await self._rest.delete_first_answer(interaction.application_id, interaction.token)
        except ChannelError as error:
            _log.debug("discord.thinking_stays", error=str(error))

    async def _complete_if_silent(self, interaction: discord.Interaction) -> None:
        """Where a human has the ticket the bot says nothing: then say that the words were passed on."""
        await asyncio.sleep(self._silence)
        if interaction.token not in self._awaiting:
            return
        self._awaiting.discard(interaction.token)
        content = self._texts("added", self._language(interaction))
        try:
            await self._rest.edit_answer(
                interaction.application_id, interaction.token, "@original", {"content": content}
            )
        except ChannelError as error:
            _log.debug("discord.thinking_stays", error=str(error))

    async def close(self) -> None:
        """Watch over nobody's "thinking …" any more."""
        watching = list(self._watching)
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)

    def _language(self, interaction: discord.Interaction) -> str:
        return LANGUAGES.get(interaction.locale.value, self._default_language)

    @staticmethod
    def _via(interaction: discord.Interaction) -> str:
        return str(ReplyVia(interaction.application_id, interaction.token, interaction.created_at + LIFETIME))

    @staticmethod
    def _command_event(
        interaction: discord.Interaction, chat: str, name: str, words: str, via: str | None
    ) -> CommandUsed:
        return CommandUsed(
            channel=CHANNEL,
            chat=chat,
            external_id=str(interaction.id),
            person=person_of(interaction.user, interaction.locale.value),
            sent_at=interaction.created_at,
            name=name,
            argument=words.strip(),
            reply_via=via,
        )

    @staticmethod
    def _question_event(interaction: discord.Interaction, chat: str, question: str, via: str | None) -> MessageReceived:
        return MessageReceived(
            channel=CHANNEL,
            chat=chat,
            external_id=str(interaction.id),
            person=person_of(interaction.user, interaction.locale.value),
            sent_at=interaction.created_at,
            text=question.strip(),
            reply_via=via,
        )

    @staticmethod
    def _press_event(interaction: discord.Interaction, chat: str, action: str, via: str | None) -> ButtonPressed:
        return ButtonPressed(
            channel=CHANNEL,
            chat=chat,
            external_id=str(interaction.id),
            person=person_of(interaction.user, interaction.locale.value),
            pressed_at=interaction.created_at,
            action=action,
            reply_via=via,
        )
