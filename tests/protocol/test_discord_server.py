"""The fake Discord held to what discord.py, driven bare, expects of the real one."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest

from channels.discord.sdk import point_sdk_at
from tests.protocol.discord_server import DiscordServer


class Listener(discord.Client):
    """A bare client that keeps what it hears."""

    def __init__(self, intents: discord.Intents | None = None) -> None:
        super().__init__(intents=intents or discord.Intents.all(), guild_ready_timeout=0.05)
        self.heard: list[str] = []
        self.more = asyncio.Event()

    def hears(self, word: str) -> None:
        self.heard.append(word)
        self.more.set()

    async def on_ready(self) -> None:
        self.hears("ready")

    async def on_resumed(self) -> None:
        self.hears("resumed")

    async def on_message(self, message: discord.Message) -> None:
        if message.author != self.user:
            self.hears(f"message {message.content}")

    async def on_raw_message_edit(self, edit: discord.RawMessageUpdateEvent) -> None:
        self.hears(f"edit {edit.message.content}")

    async def on_raw_message_delete(self, deletion: discord.RawMessageDeleteEvent) -> None:
        self.hears(f"delete {deletion.message_id}")

    async def until(self, word: str, within: float = 20.0) -> None:
        async with asyncio.timeout(within):
            while word not in self.heard:
                self.more.clear()
                await self.more.wait()


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server


@contextlib.asynccontextmanager
async def listening(server: DiscordServer, intents: discord.Intents | None = None) -> AsyncIterator[Listener]:
    point_sdk_at(server.api_url, server.gateway_url)
    client = Listener(intents)
    running = asyncio.create_task(client.start(server.token))
    try:
        await client.until("ready")
        yield client
    finally:
        await client.close()
        await asyncio.wait([running])


async def test_logs_in_and_hears_direct_messages_edits_and_deletions(server: DiscordServer) -> None:
    async with listening(server) as client:
        ann = server.user("Ann")
        message = ann.writes_dm("hello")
        await client.until("message hello")
        ann.edits(message, "hello again")
        await client.until("edit hello again")
        ann.deletes(message)
        await client.until(f"delete {message.id}")


async def test_a_wrong_token_is_refused(server: DiscordServer) -> None:
    point_sdk_at(server.api_url, server.gateway_url)
    async with Listener() as client:
        with pytest.raises(discord.LoginFailure):
            await client.login("nobody.knows.me")


async def test_an_intent_that_was_not_granted_ends_the_connection() -> None:
    granted = discord.Intents.default()
    async with DiscordServer(granted=granted) as server:
        point_sdk_at(server.api_url, server.gateway_url)
        async with Listener() as client:
            with pytest.raises(discord.PrivilegedIntentsRequired):
                await client.start(server.token)


async def test_without_the_intent_the_content_of_guild_messages_is_hidden(server: DiscordServer) -> None:
    async with listening(server, discord.Intents.default()) as client:
        ann = server.user("Ann")
        ann.writes(server.lobby.id, "secret")
        ann.writes_dm("open")
        ann.mentions_bot(server.lobby.id, "you there")
        await client.until("message open")
        await client.until(f"message <@{server.world.bot_user.id}> you there")
        assert "message " in client.heard
        assert "message secret" not in client.heard


async def test_a_dropped_connection_resumes_and_replays_what_was_missed(server: DiscordServer) -> None:
    async with listening(server) as client:
        server.gateway.drop()
        server.user("Ann").writes_dm("while you were away")
        await client.until("message while you were away")
        await client.until("resumed")
        assert server.gateway.identified == 1


async def test_a_forgotten_session_must_identify_again(server: DiscordServer) -> None:
    async with listening(server) as client:
        client.before_identify_hook = _at_once  # type: ignore[method-assign]
        server.gateway.forget_sessions()
        server.gateway.drop()
        await server.connected(times=2)


async def _at_once(shard_id: int | None, *, initial: bool = False) -> None:
    return None


async def test_history_after_a_message_starts_with_the_oldest(server: DiscordServer) -> None:
    ann = server.user("Ann")
    sent = [ann.writes_dm(str(number)) for number in range(250)]
    async with listening(server) as client:
        channel = client.get_partial_messageable(ann.dm_channel)
        after = discord.Object(sent[9].id)
        found = [message.content async for message in channel.history(after=after, limit=None)]
        assert found == [str(number) for number in range(10, 250)]
        page = [message.content async for message in channel.history(after=after, limit=3)]
        assert page == ["10", "11", "12"]


async def test_a_nonce_gives_the_message_already_made(server: DiscordServer) -> None:
    async with listening(server) as client:
        channel = client.get_partial_messageable(server.user("Ann").dm_channel)
        first = await channel.send("once", nonce="abc")
        again = await channel.send("once", nonce="abc")
        other = await channel.send("once", nonce="def")
        assert first.id == again.id != other.id
        server.world.advance_clock(600)
        late = await channel.send("once", nonce="abc")
        assert late.id != first.id


async def test_files_go_both_ways(server: DiscordServer) -> None:
    async with listening(server) as client:
        ann = server.user("Ann")
        message = ann.writes_dm("look", files=[("a.png", b"\x89PNG bytes")])
        channel = client.get_partial_messageable(ann.dm_channel)
        fetched = await channel.fetch_message(message.id)
        assert await fetched.attachments[0].read() == b"\x89PNG bytes"
        sent = await channel.send(file=discord.File(io.BytesIO(b"back"), filename="b.txt"))
        assert await sent.attachments[0].read() == b"back"
        server.world.cdn.expire(message.attachments[0]["url"])
        with pytest.raises(discord.NotFound):
            await fetched.attachments[0].read()


async def test_a_rate_limit_is_waited_out_and_503_is_not_retried(server: DiscordServer) -> None:
    async with listening(server) as client:
        channel = client.get_partial_messageable(server.user("Ann").dm_channel)
        limited = server.fault(method="POST", path="*/messages", status=429, retry_after=0.05)
        await channel.send("patience")
        assert limited.taken == 1
        server.fault(method="POST", path="*/messages", status=503)
        with pytest.raises(discord.DiscordServerError):
            await channel.send("now")


async def test_a_cut_connection_hides_whether_it_was_sent(server: DiscordServer) -> None:
    async with listening(server) as client:
        ann = server.user("Ann")
        channel = client.get_partial_messageable(ann.dm_channel)
        for drop, made in (("before", []), ("after", ["hidden"])):
            server.fault(method="POST", path="*/messages", drop=drop)
            with pytest.raises(aiohttp.ClientError):
                await channel.send("hidden")
            assert ann.dms_from_bot == made


async def test_closed_dms_locked_threads_and_gone_channels_are_refused(server: DiscordServer) -> None:
    async with listening(server) as client:
        ann = server.user("Ann")
        ann.closes_dms()
        with pytest.raises(discord.Forbidden) as closed:
            await client.get_partial_messageable(ann.dm_channel).send("hello")
        assert closed.value.code == 50007
        thread = server.world.create_thread(server.support.id, "case", client.user.id, type=12)
        server.world.edit_channel(thread.id, {}, thread_metadata={"archived": True})
        await client.get_partial_messageable(thread.id).send("opens it again")
        assert not server.world.is_archived(thread)
        server.world.edit_channel(thread.id, {}, thread_metadata={"archived": True, "locked": True})
        with pytest.raises(discord.HTTPException) as locked:
            await client.get_partial_messageable(thread.id).send("too late")
        assert locked.value.code == 50083
        server.world.delete_channel(thread.id)
        with pytest.raises(discord.NotFound) as gone:
            await client.get_partial_messageable(thread.id).send("hello")
        assert gone.value.code == 10003


class Report(discord.ui.Modal, title="Report"):
    words = discord.ui.TextInput(label="What happened?")  # type: ignore[var-annotated]

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"you wrote: {self.words.value}", ephemeral=True)


class ReportButton(discord.ui.View):
    @discord.ui.button(label="Report")
    async def report(self, interaction: discord.Interaction, _: discord.ui.Button[ReportButton]) -> None:
        await interaction.response.send_modal(Report())


async def test_a_button_opens_a_form_that_can_be_filled_in(server: DiscordServer) -> None:
    async with listening(server) as client:
        ann = server.user("Ann")
        await client.get_partial_messageable(ann.dm_channel).send("Report here", view=ReportButton())
        use = ann.clicks(ann.dms[0], label="Report")
        form = await server.until(lambda: use.form)
        (field,) = [row["components"][0]["custom_id"] for row in form["components"]]
        filled = ann.fills(use, **{field: "my sword is gone"})
        await server.until(lambda: filled.texts == ["you wrote: my sword is gone"])


async def test_an_event_that_cannot_be_parsed_ends_the_client(server: DiscordServer) -> None:
    point_sdk_at(server.api_url, server.gateway_url)
    async with Listener() as client:
        running = asyncio.create_task(client.start(server.token))
        await client.until("ready")
        server.gateway.send_event("MESSAGE_CREATE", {"id": "7"})
        with pytest.raises(KeyError):
            await asyncio.wait_for(running, 5)


async def test_everything_can_be_done_from_another_process(server: DiscordServer) -> None:
    async with listening(server) as client, aiohttp.ClientSession() as session:

        async def do(act: str, **given: Any) -> Any:
            async with session.post(f"{server.address}/_control/{act}", json=given) as answer:
                assert answer.status == 200, await answer.text()
                return await answer.json()

        support = (await do("info"))["support"]
        ann = await do("user", name="Ann")
        written = await do("write", user="Ann", text="hi", files=[["a.txt", "aGk="]])
        await client.until("message hi")
        assert written["attachments"][0]["size"] == 2
        await do("edit", channel=ann["dm"], message=written["id"], text="hello")
        await client.until("edit hello")
        await do("delete", channel=ann["dm"], message=written["id"])
        await client.until(f"delete {written['id']}")
        channel = client.get_partial_messageable(int(ann["dm"]))
        sent = await channel.send("press", view=ReportButton(), nonce="n-1")
        (kept,) = (await do("messages", channel=ann["dm"]))["messages"]
        assert kept["nonce"] == "n-1"
        use = await do("click", user="Ann", channel=ann["dm"], message=str(sent.id), label="Report")
        await server.until(lambda: server.world.interactions[int(use["id"])].responded)
        assert (await do("use", id=use["id"]))["acknowledged"]
        await do("dms", user="Ann", closed=True)
        with pytest.raises(discord.Forbidden):
            await channel.send("closed")
        await do("dms", user="Ann", closed=False)
        await do("fault", method="POST", path="*", status=503)
        with pytest.raises(discord.DiscordServerError):
            await channel.send("faulty")
        await do("fault", method="POST", path="*", status=503)
        await do("clear_faults")
        await channel.send("fine")
        await do("advance_clock", seconds=60)
        await do("delete_channel", channel=support)
        assert support not in [each["id"] for each in (await do("channels"))["channels"]]
        await do("drop_gateway")
        await client.until("resumed")
        await do("send_event", event="MESSAGE_DELETE", payload={"id": "5", "channel_id": ann["dm"]})
        await client.until("delete 5")
        await do("forget_sessions")
        assert server.gateway.sessions == {}


async def test_it_runs_as_a_program_of_its_own() -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.protocol.discord_server", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert program.stdout is not None
        info = json.loads(await program.stdout.readline())
        base = info["api_url"].removesuffix("/api/v10") + "/_control"
        async with aiohttp.ClientSession() as session:
            async with session.post(f"{base}/write", json={"user": "Ann", "text": "hi"}) as answer:
                written = await answer.json()
            async with session.post(f"{base}/messages", json={"channel": written["channel_id"]}) as answer:
                assert [each["content"] for each in (await answer.json())["messages"]] == ["hi"]
            async with session.post(f"{base}/nonsense") as answer:
                assert answer.status == 404
    finally:
        program.terminate()
        await program.wait()
