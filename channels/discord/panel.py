"""The support panel: one message with a button in the support channel, which opens a private thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import discord
import structlog

from channels.discord.buttons import PANEL, panel_components
from channels.discord.render import escape, render
from channels.discord.rest import Rest
from channels.discord.threads import Owner, PlayerThreads
from channels.errors import ChannelError, Refused

_SEARCHED = 100
_log = structlog.get_logger()
Texts = Callable[[str, str], str]


class Panel:
    """Keeps the panel in ``channel`` as the texts say, and opens threads."""

    def __init__(
        self, rest: Rest, threads: PlayerThreads, texts: Texts, default_language: str, channel: int | None, bot: int
    ) -> None:
        self._rest = rest
        self._threads = threads
        self._texts = texts
        self._language = default_language
        self._channel = channel
        self._bot = bot

    async def put_up(self) -> None:
        """Create the panel, or bring the one that is there up to date. Raises the errors of channels.errors."""
        if self._channel is None:
            return
        title, text = self._texts("panel_title", self._language), self._texts("panel_text", self._language)
        label = self._texts("panel_button", self._language)
        body = {"content": f"## {escape(title)}\n{render(text)}", "components": panel_components(label)}
        standing = await self._standing()
        if standing is None:
            await self._rest.send(self._channel, body, None, "panel")
        elif not _says(standing, body):
            await self._rest.edit(self._channel, int(standing["id"]), body)

    async def _standing(self) -> Any:
        for message in await self._rest.newest(self._channel or 0, _SEARCHED):
            if int(message["author"]["id"]) == self._bot and PANEL in _custom_ids(message):
                return message
        return None

    async def pressed(self, interaction: discord.Interaction, language: str) -> None:
        """Open the player's thread, or lead them to the one they have; the press is acknowledged by now."""
        try:
            content = await self._lead_to_thread(interaction.user, language)
        except ChannelError as error:
            _log.error("discord.no_thread", error=str(error))
            content = render(self._texts("something_wrong", language))
        try:
            await self._rest.edit_answer(
                interaction.application_id, interaction.token, "@original", {"content": content}
            )
        except ChannelError as error:
            # It was pressed while nobody was there: the thread itself tells the player, who is named in it.
            _log.info("discord.thread_not_shown", error=str(error))

    async def _lead_to_thread(self, user: discord.User | discord.Member, language: str) -> str:
        if not self._threads.possible:
            raise Refused("there is no channels.discord.panel_channel to open a thread in")
        thread, is_new = await self._threads.open(Owner(user.id), user.display_name)
        if is_new:
            await self.greet(thread, user.id, language)
        return f"<#{thread}>"

    async def greet(self, thread: int, user: int, language: str) -> None:
        """The first words in a thread. They name the player, by which a renamed thread is known again."""
        words = render(self._texts("thread_opened", language))
        await self._rest.send(thread, {"content": f"<@{user}>\n{words}"}, None, "opened")


def _custom_ids(message: Any) -> list[str]:
    return [each.get("custom_id", "") for row in message["components"] for each in row.get("components", [])]


def _says(message: Any, body: dict[str, Any]) -> bool:
    labels = [each["label"] for row in message["components"] for each in row["components"]]
    return bool(message["content"] == body["content"] and labels == [body["components"][0]["components"][0]["label"]])
