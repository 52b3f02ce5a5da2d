"""How updates reach a bot: long polling that confirms by offset, or a webhook that is called until it answers 2xx."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from typing import Any

import aiohttp

from tests.protocol.telegram_server.call import Call
from tests.protocol.telegram_server.errors import bad_request, conflict
from tests.protocol.telegram_server.state import BotAccount, Json, Webhook, World

_ORDINARY_LIMIT = 100


class Polling:
    """getUpdates."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def get_updates(self, bot: BotAccount, call: Call) -> list[Json]:
        """Confirm what lies below the offset, then answer what is pending, waiting for it if there is nothing."""
        if bot.webhook is not None:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        self.end_poll(bot, "terminated by other getUpdates request; make sure that only one bot instance is running")
        if (allowed := call.structure("allowed_updates")) is not None:
            bot.allowed = frozenset(allowed) or None
        confirm(bot, call.integer("offset") or 0)
        if not bot.pending and (timeout := call.integer("timeout") or 0) > 0:
            await self._wait(bot, timeout)
        limit = min(max(call.integer("limit") or _ORDINARY_LIMIT, 1), _ORDINARY_LIMIT)
        return list(islice(bot.pending.values(), limit))

    async def _wait(self, bot: BotAccount, seconds: float) -> None:
        poll = bot.poll = asyncio.get_running_loop().create_future()
        self._world.changed()
        try:
            await asyncio.wait_for(poll, seconds)
        except TimeoutError:
            pass
        finally:
            if bot.poll is poll:
                bot.poll = None

    @staticmethod
    def end_poll(bot: BotAccount, why: str) -> None:
        """The poll that waits, if any, ends with 409."""
        if bot.poll is not None and not bot.poll.done():
            bot.poll.set_exception(conflict(why))
        bot.poll = None


def confirm(bot: BotAccount, offset: int) -> None:
    """Drop everything below the offset; a negative one keeps only that many of the newest."""
    if offset < 0:
        confirmed = list(bot.pending)[:offset]
    else:
        confirmed = []
        for update_id in bot.pending:
            if update_id >= offset:
                break
            confirmed.append(update_id)
    for update_id in confirmed:
        del bot.pending[update_id]


class Webhooks:
    """setWebhook and the deliveries: in order within a chat, each repeated until it is taken."""

    def __init__(self, world: World, retry_after: float = 0.05) -> None:
        self._world = world
        self.retry_after = retry_after
        self._lanes: dict[str, dict[int, asyncio.Task[None]]] = defaultdict(dict)
        # Of each bot and chat the updates to come, in order; those that are pending no more are passed over.
        self._queues: dict[tuple[str, int], deque[int]] = defaultdict(deque)
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._session: aiohttp.ClientSession | None = None
        self._replicas: Iterator[str] | None = None
        self.deliveries: list[tuple[int, int]] = []
        """(update id, HTTP status) of every attempt; status 0 is a connection that failed."""

    async def set_webhook(self, bot: BotAccount, call: Call) -> bool:
        url = call.text("url") or ""
        if not url:
            return await self.delete_webhook(bot, call)
        if not url.startswith("https://") and not re.match(r"http://(127\.0\.0\.1|localhost)[:/]", url):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        secret = call.text("secret_token")
        if secret is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise bad_request("secret token contains unallowed characters")
        if (allowed := call.structure("allowed_updates")) is not None:
            bot.allowed = frozenset(allowed) or None
        if call.flag("drop_pending_updates"):
            bot.pending.clear()
        Polling.end_poll(bot, "terminated by setWebhook request")
        await self._stop(bot)
        bot.webhook = Webhook(url, secret, call.integer("max_connections") or 40)
        self._slots[bot.token] = asyncio.Semaphore(bot.webhook.max_connections)
        self._queues = defaultdict(deque, {key: ids for key, ids in self._queues.items() if key[0] != bot.token})
        for update_id, update in bot.pending.items():
            self._start(bot, update_id, chat_of(update))
        self._world.changed()
        return True

    async def delete_webhook(self, bot: BotAccount, call: Call) -> bool:
        bot.webhook = None
        await self._stop(bot)
        if call.flag("drop_pending_updates"):
            bot.pending.clear()
        self._world.changed()
        return True

    def info(self, bot: BotAccount) -> Json:
        """getWebhookInfo."""
        hook = bot.webhook
        card: Json = {
            "url": hook.url if hook else "",
            "has_custom_certificate": False,
            "pending_update_count": len(bot.pending),
        }
        if hook:
            card["max_connections"] = hook.max_connections
            if hook.last_error:
                card |= {"last_error_message": hook.last_error, "last_error_date": hook.last_error_at}
        if bot.allowed is not None:
            card["allowed_updates"] = sorted(bot.allowed)
        return card

    def on_update(self, bot: BotAccount, update_id: int, update: Json) -> None:
        """A new update is there: its lane sets out if it is not on the way."""
        if bot.webhook is not None:
            self._start(bot, update_id, chat_of(update))

    def balance(self, addresses: Sequence[str]) -> None:
        """From now on post to these in turn, as a balancer behind the webhook's address would."""
        self._replicas = cycle(addresses)

    async def close(self) -> None:
        for token in list(self._lanes):
            await self._stop(self._world.bots[token])
        if self._session is not None:
            await self._session.close()

    async def _stop(self, bot: BotAccount) -> None:
        tasks = list(self._lanes.pop(bot.token, {}).values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, bot: BotAccount, update_id: int, chat_id: int) -> None:
        self._queues[bot.token, chat_id].append(update_id)
        lanes = self._lanes[bot.token]
        if chat_id not in lanes:
            lanes[chat_id] = asyncio.create_task(self._run_lane(bot, chat_id))

    async def _run_lane(self, bot: BotAccount, chat_id: int) -> None:
        key = bot.token, chat_id
        try:
            # Looked up each time: another setWebhook begins another queue.
            while queue := self._queues[key]:
                update = bot.pending.get(queue[0])
                if update is None:
                    queue.popleft()
                    continue
                async with self._slots[bot.token]:
                    taken = await self._post(bot, update)
                if taken:
                    bot.pending.pop(update["update_id"], None)
                    self._world.changed()
                else:
                    await asyncio.sleep(self.retry_after)
        finally:
            # Unless this one was stopped, and another has begun in its place.
            if self._lanes[bot.token].get(chat_id) is asyncio.current_task():
                del self._lanes[bot.token][chat_id]

    async def _post(self, bot: BotAccount, update: Json) -> bool:
        assert bot.webhook is not None
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        headers = {}
        if bot.webhook.secret_token is not None:
            headers["X-Telegram-Bot-Api-Secret-Token"] = bot.webhook.secret_token
        url = next(self._replicas) if self._replicas else bot.webhook.url
        try:
            async with self._session.post(url, json=update, headers=headers) as answer:
                await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            status = 0
            bot.webhook.last_error = f"Connection failed: {error}"
        self.deliveries.append((update["update_id"], status))
        if 200 <= status < 300:
            return True
        if status:
            bot.webhook.last_error = f"Wrong response from the webhook: {status}"
        bot.webhook.last_error_at = self._world.now()
        self._world.changed()
        return False


def chat_of(update: Json) -> int:
    """The chat that an update is about, which is what deliveries keep in order by."""
    for kind, content in update.items():
        if kind == "update_id":
            continue
        inner: Any = content.get("message", content) if kind == "callback_query" else content
        return int(inner.get("chat", inner.get("from", {"id": 0}))["id"])
    return 0
