"""Small answers that Telegram wants at once and that nothing durable hangs on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence

import structlog
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Message, ReplyParameters, Update, User
from telegram.error import BadRequest, TelegramError

from channels.telegram.convert import is_addressed
from channels.telegram.outcome import is_stale
from messaging.languages import nearest_language

log = structlog.get_logger(__name__)

_MOST_AT_ONCE = 16


class Errands:
    """Done beside the receiving, so that they never hold it up; what fails is logged and left."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_MOST_AT_ONCE)

    def answer(
        self, updates: Sequence[Update], me: User, texts: Callable[[str, str], str], languages: Sequence[str]
    ) -> None:
        """End the waiting sign on pressed buttons; ask who calls us in a group to write in private."""
        for update in updates:
            if update.callback_query is not None:
                self._start(self._acknowledge(update.callback_query.id))
            elif update.message is not None and is_addressed(update.message, me):
                hint = update.message.from_user.language_code if update.message.from_user else None
                self._start(self._invite(update.message, me, texts, nearest_language(hint, languages)))

    async def close(self) -> None:
        """Drop what is not done."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, errand: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(self._do(errand))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _do(self, errand: Coroutine[None, None, None]) -> None:
        async with self._slots:
            try:
                await errand
            except TelegramError as error:
                log.info("telegram.errand_failed", error=str(error))
            except Exception:  # the edge of a task that nobody waits for
                log.exception("telegram.errand_broke")

    async def _acknowledge(self, query_id: str) -> None:
        try:
            await self._bot.answer_callback_query(query_id)
        except BadRequest as error:
            if not is_stale(error):
                raise

    async def _invite(self, message: Message, me: User, texts: Callable[[str, str], str], language: str) -> None:
        label = texts("button_write_privately", language)
        button = InlineKeyboardButton(label, url=f"https://t.me/{me.username}?start=group")
        await self._bot.send_message(
            message.chat.id,
            texts("group_hint", language),
            message_thread_id=message.message_thread_id if message.is_topic_message else None,
            reply_parameters=ReplyParameters(message.message_id, allow_sending_without_reply=True),
            reply_markup=InlineKeyboardMarkup([[button]]),
        )
