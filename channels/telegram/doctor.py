"""What ``innkeeper doctor`` says about Telegram."""

from __future__ import annotations

from collections.abc import AsyncIterator

from telegram import ChatMemberAdministrator, User, WebhookInfo
from telegram.error import InvalidToken, TelegramError

from channels.base import Check, Health
from channels.telegram.client import Client
from channels.telegram.settings import Mode, TelegramSettings

HOW_TO_SET_IT = "Set channels.telegram.token in config.yaml (or TELEGRAM_TOKEN) to the token that @BotFather gave you."
_RIGHTS = {
    "can_manage_topics": "Manage topics",
    "can_pin_messages": "Pin messages",
    "can_delete_messages": "Delete messages",
}


async def examine(client: Client, settings: TelegramSettings) -> AsyncIterator[Check]:
    """Ask Telegram about the token, the webhook and the staff group."""
    try:
        me = await client.get_me()
    except InvalidToken:
        yield Check("token", Health.BAD, "Telegram does not know this token", HOW_TO_SET_IT)
        return
    except TelegramError as error:
        remedy = f"Check that this machine reaches {settings.api_url} (channels.telegram.api_url), or set HTTPS_PROXY."
        yield Check("connection", Health.BAD, f"Telegram does not answer: {error}", remedy)
        return
    yield Check("token", Health.GOOD, f"the token is that of @{me.username}")
    try:
        yield _webhook(await client.get_webhook_info(), settings)
        yield _groups(me)
        if settings.staff_group is not None:
            yield await _staff_group(client, me, settings.staff_group)
    except TelegramError as error:
        yield Check("connection", Health.BAD, f"Telegram did not answer a question: {error}", "Try again in a moment.")


def _webhook(info: WebhookInfo, settings: TelegramSettings) -> Check:
    subject = "webhook"
    waiting = f"{info.pending_update_count} updates are waiting"
    if settings.mode is Mode.POLLING:
        if not info.url:
            return Check(subject, Health.GOOD, f"none is set, as polling needs; {waiting}")
        remedy = "It is removed when the service starts. If another program uses this bot, give it a bot of its own."
        return Check(subject, Health.WARNING, f"one is set ({info.url}), so polling would get nothing", remedy)
    if info.url != settings.webhook_url:
        remedy = f"It is set to {settings.webhook_url} when the service starts."
        return Check(subject, Health.WARNING, f"it is {info.url or 'not set'}; {waiting}", remedy)
    if info.last_error_message:
        remedy = "Check that web.public_url is reachable from outside, with a valid certificate."
        when = f" at {info.last_error_date:%Y-%m-%d %H:%M} UTC" if info.last_error_date else ""
        return Check(subject, Health.WARNING, f"Telegram's last failed call{when}: {info.last_error_message}", remedy)
    return Check(subject, Health.GOOD, f"Telegram calls {info.url}; {waiting}")


def _groups(me: User) -> Check:
    subject = "groups"
    if me.can_read_all_group_messages:
        remedy = "Nothing needs it: @BotFather, /setprivacy, Enable."
        return Check(subject, Health.WARNING, "the bot reads everything that is said in its groups", remedy)
    return Check(subject, Health.GOOD, "in groups the bot reads only what is addressed to it")


async def _staff_group(client: Client, me: User, group: int) -> Check:
    subject = "staff group"
    chat = await client.get_chat(group)
    if not chat.is_forum:
        remedy = "Turn topics on in the settings of the group."
        return Check(subject, Health.BAD, f"the group {chat.title} has no topics", remedy)
    member = await client.get_chat_member(group, me.id)
    if not isinstance(member, ChatMemberAdministrator):
        return Check(subject, Health.BAD, f"the bot is no administrator of {chat.title}", "Make it one.")
    missing = [name for right, name in _RIGHTS.items() if not getattr(member, right)]
    if missing:
        return Check(subject, Health.BAD, f"in {chat.title} the bot may not: {', '.join(missing)}", "Allow it that.")
    return Check(subject, Health.GOOD, f"the bot has its rights in {chat.title}")
