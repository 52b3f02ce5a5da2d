"""Telegram calls us: the secret is checked, and 200 comes only after the commit."""

from __future__ import annotations

import aiohttp
import pytest

from channels.base import Health
from channels.errors import Misconfigured
from channels.telegram.adapter import TelegramChannel
from channels.telegram.settings import Mode
from messaging.messages import MessageReceived
from tests.protocol.telegram_kit import Sink, polling, settings_for, surroundings, webhook
from tests.protocol.telegram_server import FakeTelegram


async def test_messages_come_by_webhook() -> None:
    async with webhook() as kit:
        kit.server.user("Ann").writes("hello")
        (event,) = await kit.sink.take(1)
        assert isinstance(event, MessageReceived)
        assert event.text == "hello"
        await kit.server.wait_for(lambda: not kit.server.bot.pending)
        assert [status for _, status in kit.server.webhooks.deliveries] == [200]


async def test_200_comes_only_after_the_commit() -> None:
    async with webhook() as kit:
        kit.sink.open.clear()
        kit.server.user("Ann").writes("hello")
        await kit.sink.until(lambda: kit.sink.attempts)
        assert kit.server.webhooks.deliveries == []
        kit.sink.open.set()
        await kit.server.wait_for(lambda: kit.server.webhooks.deliveries)
        assert kit.server.webhooks.deliveries[0][1] == 200


async def test_what_could_not_be_committed_is_delivered_again_in_order() -> None:
    async with webhook() as kit:
        kit.sink.failures_ahead = 2
        ann = kit.server.user("Ann")
        ann.writes("one")
        ann.writes("two")
        await kit.sink.take(2)
        assert [event.text for event in kit.sink.of(MessageReceived)] == ["one", "two"]
        await kit.server.wait_for(lambda: not kit.server.bot.pending)
        assert [status for _, status in kit.server.webhooks.deliveries] == [500, 500, 200, 200]


async def test_telegram_may_call_as_often_at_once_as_it_ever_would() -> None:
    """Its default is 40 calls under way, shared by all replicas: too few to commit together where many write."""
    async with webhook() as kit:
        assert kit.server.bot.webhook is not None
        assert kit.server.bot.webhook.max_connections == 100


@pytest.mark.parametrize("secret", [None, "", "wrong"])
async def test_a_call_without_the_secret_is_refused(secret: str | None) -> None:
    async with webhook() as kit:
        headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret}
        url = kit.channel.routes()[0].path
        hook = kit.server.bot.webhook
        assert hook is not None
        assert hook.url.endswith(url)
        async with aiohttp.ClientSession() as http:
            answer = await http.post(hook.url, json={"update_id": 1}, headers=headers)
        assert answer.status == 403
        assert kit.sink.attempts == []


async def test_nonsense_with_the_secret_is_a_bad_request() -> None:
    async with webhook() as kit:
        hook = kit.server.bot.webhook
        assert hook is not None
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret_token or ""}
        async with aiohttp.ClientSession() as http:
            for body in (b"", b"{", b"[]", b"{}"):
                answer = await http.post(hook.url, data=body, headers=headers)
                assert answer.status == 400


async def test_before_the_channel_runs_and_after_it_ended_telegram_is_told_to_come_again() -> None:
    async with webhook() as kit:
        await kit.stop()
        kit.server.user("Ann").writes("hello")
        await kit.server.wait_for(lambda: kit.server.webhooks.deliveries)
        assert kit.server.webhooks.deliveries[0][1] == 503
        await kit.start()
        await kit.sink.take(1)


async def test_a_webhook_needs_a_public_address() -> None:
    async with FakeTelegram() as server:
        for address in (None, "http://inn.example.org"):
            channel = TelegramChannel(settings_for(server, mode=Mode.WEBHOOK, public_url=address))
            with pytest.raises(Misconfigured) as told:
                await channel.run(surroundings(Sink()), lambda: None)
            assert "web.public_url" in told.value.hint
            await channel.close()


async def test_polling_serves_no_route() -> None:
    async with polling(start=False) as kit:
        assert kit.channel.routes() == ()


async def test_doctor_tells_of_a_webhook_that_fails() -> None:
    async with webhook() as kit:
        assert {check.health for check in await kit.channel.check()} == {Health.GOOD}
        kit.sink.failures_ahead = 1
        kit.server.user("Ann").writes("hello")
        await kit.sink.take(1)
        (problem,) = [check for check in await kit.channel.check() if check.health is not Health.GOOD]
        assert problem.health is Health.WARNING
        assert "500" in problem.message
        assert "web.public_url" in problem.remedy


async def test_doctor_tells_of_a_wrong_token_and_of_silence() -> None:
    async with FakeTelegram() as server:
        channel = TelegramChannel(settings_for(server, token="4242:wrong"))
        (check,) = await channel.check()
        assert check.health is Health.BAD
        assert "channels.telegram.token" in check.remedy
        await channel.close()
    channel = TelegramChannel(settings_for(server))
    (check,) = await channel.check()
    assert check.health is Health.BAD
    assert "api_url" in check.remedy
    await channel.close()


async def test_doctor_tells_of_the_staff_groups_rights() -> None:
    async with FakeTelegram(reads_everything=True) as server:
        staff = server.group("Staff", forum=True)
        plain = server.group("No topics")

        async def say_of(group: int) -> str:
            channel = TelegramChannel(settings_for(server, staff_group=group))
            checks = await channel.check()
            await channel.close()
            return checks[-1].message

        assert "no topics" in await say_of(plain.id)
        assert "no administrator" in await say_of(staff.id)
        staff.let_bot(can_manage_topics=True)
        assert "Pin messages, Delete messages" in await say_of(staff.id)
        staff.let_bot(can_manage_topics=True, can_pin_messages=True, can_delete_messages=True)
        assert "has its rights" in await say_of(staff.id)
