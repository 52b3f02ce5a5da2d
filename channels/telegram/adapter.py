"""The Telegram channel: players write to the bot in private; groups are told to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from aiohttp import web
from telegram import BotCommand, BotCommandScopeAllPrivateChats, Update, User
from telegram.error import BadRequest, InvalidToken, TelegramError

from channels.base import Capabilities, Check, Pace, Surroundings
from channels.errors import Misconfigured
from channels.telegram.client import Client
from channels.telegram.convert import to_events
from channels.telegram.doctor import HOW_TO_SET_IT, examine
from channels.telegram.errands import Errands
from channels.telegram.outcome import explain
from channels.telegram.places import Place
from channels.telegram.polling import Poller
from channels.telegram.sending import Sender
from channels.telegram.settings import (
    ALLOWED_UPDATES,
    CHANNEL,
    LARGEST_UPLOAD,
    LONGEST_CAPTION,
    LONGEST_TEXT,
    WEBHOOK_CALLS_AT_ONCE,
    WEBHOOK_PATH,
    Mode,
    TelegramSettings,
)
from channels.telegram.webhook import Webhook
from messaging.commands import COMMANDS
from messaging.messages import ChannelEvent, Outgoing, Sent

log = structlog.get_logger(__name__)

CAPABILITIES = Capabilities(
    max_text=LONGEST_TEXT,
    max_caption=LONGEST_CAPTION,
    max_file=LARGEST_UPLOAD,
    can_edit=True,
    can_delete=True,
    counts_utf16=True,
)
# https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this: one message a second in a chat,
# though short bursts pass; 20 a minute in a group; about 30 a second in all. A burst and what may follow stay below.
PRIVATE_PACE = Pace(per_second=1.0, burst=5)
GROUP_PACE = Pace(per_second=0.25, burst=5)
UNPACED = Pace()


class TelegramChannel:
    """See channels.base.Channel for what its methods promise."""

    def __init__(
        self, settings: TelegramSettings, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        try:
            self._client = Client(settings)
        except InvalidToken as error:
            raise Misconfigured("the Telegram token is empty", HOW_TO_SET_IT) from error
        self._sender = Sender(self._client)
        self._errands = Errands(self._client)
        self._webhook = Webhook(self._client, settings.webhook_secret)

    @property
    def name(self) -> str:
        return CHANNEL

    @property
    def capabilities(self) -> Capabilities:
        return replace(CAPABILITIES, one_receiver=self._settings.mode is Mode.POLLING)

    def pace(self, chat: str) -> Pace:
        if self._settings.per_second is None:
            return UNPACED
        return PRIVATE_PACE if Place.parse(chat).is_private else GROUP_PACE

    @property
    def total_pace(self) -> Pace:
        rate = self._settings.per_second
        return UNPACED if rate is None else Pace(rate, burst=max(int(rate / 5), 1))

    def routes(self) -> Sequence[web.RouteDef]:
        if self._settings.mode is Mode.POLLING:
            return ()
        return (web.post(WEBHOOK_PATH, self._webhook.handle),)

    async def run(self, surroundings: Surroundings, ready: Callable[[], None]) -> None:
        me = await self._sign_in()
        await self._offer_commands(surroundings)

        async def receive(updates: Sequence[Update]) -> None:
            now = surroundings.now()
            events = [event for update in updates for event in _events_of(update, now)]
            if events:
                await surroundings.sink(events)
            self._errands.answer(updates, me, surroundings.texts, surroundings.languages)

        try:
            if self._settings.mode is Mode.POLLING:
                poller = Poller(self._client, receive, self._settings.poll_timeout, self._sleep)
                await poller.run(ready)
            else:
                self._webhook.receive = receive
                await self._ask_to_be_called()
                ready()
                await asyncio.Event().wait()
        finally:
            self._webhook.receive = None
            await self._errands.close()

    async def send(self, outgoing: Outgoing) -> Sent:
        return await self._sender.send(outgoing)

    async def typing(self, chat: str) -> None:
        await self._sender.typing(chat)

    async def fetch(self, remote: str, limit: int) -> bytes:
        return await self._sender.fetch(remote, limit)

    async def wake(self, chat: str, conversation_id: int) -> None:
        """Telegram's players are sent to; nothing is pulled."""

    async def check(self) -> Sequence[Check]:
        return [check async for check in examine(self._client, self._settings)]

    async def close(self) -> None:
        await self._client.close_connections()

    async def _sign_in(self) -> User:
        """Who we are, and the way of receiving that was chosen; raises Misconfigured where that cannot be."""
        settings = self._settings
        if settings.mode is Mode.WEBHOOK and not settings.public_url:
            hint = "Set web.public_url to the https address under which Telegram reaches this server."
            raise Misconfigured("a Telegram webhook needs a public address", hint)
        try:
            me = await self._client.get_me()
            if settings.mode is Mode.POLLING:
                await self._client.delete_webhook()
        except InvalidToken as error:
            raise Misconfigured(f"Telegram at {settings.api_url} does not know this token", HOW_TO_SET_IT) from error
        except TelegramError as error:
            raise explain(error, repeatable=True) from error
        log.info("telegram.signed_in", username=me.username, mode=settings.mode.value)
        return me

    async def _ask_to_be_called(self) -> None:
        settings = self._settings
        try:
            await self._client.set_webhook(
                settings.webhook_url,
                secret_token=settings.webhook_secret,
                allowed_updates=list(ALLOWED_UPDATES),
                max_connections=WEBHOOK_CALLS_AT_ONCE,
            )
        except BadRequest as error:
            hint = "web.public_url must be an https address that Telegram can reach."
            raise Misconfigured(f"Telegram does not take the webhook {settings.webhook_url}: {error}", hint) from error
        except TelegramError as error:
            raise explain(error, repeatable=True) from error

    async def _offer_commands(self, surroundings: Surroundings) -> None:
        """The menu of commands in every language; the channel works without it."""
        offered: set[str | None] = set()
        for language in surroundings.languages:
            commands = [BotCommand(name, surroundings.texts(f"command_{name}", language)) for name in COMMANDS]
            # Telegram knows menus by two letters only, so of several forms of a language the first one counts.
            for code in (None, language.split("-")[0]):
                if code in offered or (code is None and offered):
                    continue
                offered.add(code)
                try:
                    await self._client.set_my_commands(commands, BotCommandScopeAllPrivateChats(), language_code=code)
                except TelegramError as error:
                    log.warning("telegram.commands_not_set", language=language, error=str(error))


def _events_of(update: Update, now: datetime) -> tuple[ChannelEvent, ...]:
    """What the update says; a mistake of ours in reading one must not hold up all that come after it for ever."""
    try:
        return to_events(update, now)
    except Exception:
        log.exception("telegram.update_not_understood", update_id=update.update_id)
        return ()
