"""The gateway: HELLO, IDENTIFY, READY, heartbeats, events behind their intents, RESUME with replay, close codes."""

from __future__ import annotations

import asyncio
import copy
import itertools
import json
from collections import deque
from collections.abc import Mapping
from typing import Any

import discord
from aiohttp import WSMsgType, web
from simcord import intents as simcord_intents
from simcord.backend import serializers
from simcord.backend.access import channel_accessible
from simcord.backend.models import Message

from .world import World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, RESUME, RECONNECT, MEMBERS, INVALID, HELLO, ACK = (
    0, 1, 2, 3, 6, 7, 8, 9, 10, 11,
)  # fmt: skip
# A client that closes with one of these ends its session; with any other it can take it up again.
GOODBYE = (1000, 1001)
BAD_TOKEN, BAD_SEQUENCE, INTENTS_NOT_GRANTED = 4004, 4007, 4014
_KEPT_SESSIONS = 4
_KEPT_FRAMES = 20_000


class Session:
    """One identified session: its events in order, kept so that a new connection can take it up again."""

    def __init__(self, session_id: str, intents: discord.Intents) -> None:
        self.id = session_id
        self.intents = intents
        self.sequence = 0
        self.frames: deque[tuple[int, str]] = deque(maxlen=_KEPT_FRAMES)
        self.more = asyncio.Event()

    def dispatch(self, event: str, payload: Any) -> None:
        self.sequence += 1
        frame = json.dumps({"op": DISPATCH, "t": event, "s": self.sequence, "d": payload})
        self.frames.append((self.sequence, frame))
        self.more.set()

    def after(self, sequence: int) -> list[tuple[int, str]]:
        newest = self.sequence - sequence
        return list(itertools.islice(self.frames, max(0, len(self.frames) - newest), None))


class Connection:
    """One open WebSocket and the writer that feeds it with its session's events from ``position`` on."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket = socket
        self.request = request
        self.session: Session | None = None
        self.position = 0
        self.writer: asyncio.Task[None] | None = None

    def attach(self, session: Session, position: int) -> None:
        self.session, self.position = session, position
        session.more.set()
        self.writer = asyncio.create_task(self._write(session))

    async def _write(self, session: Session) -> None:
        while not self.socket.closed:
            for sequence, frame in session.after(self.position):
                self.position = sequence
                try:
                    await self.socket.send_str(frame)
                except ConnectionError:
                    return
            if self.position == session.sequence:
                session.more.clear()
                await session.more.wait()

    def abort(self) -> None:
        assert self.request.transport is not None
        self.request.transport.abort()

    async def detach(self) -> None:
        if self.writer is not None:
            self.writer.cancel()
            await asyncio.wait([self.writer])


class Gateway:
    """All sessions and connections, with what a test can do to them.

    ``answers_resume`` off leaves a RESUME without an answer; ``answers_heartbeats`` off lets a connection go zombie.
    """

    def __init__(self, world: World, token: str, url: str, granted: discord.Intents) -> None:
        self.world = world
        self.token = token
        self.url = url
        self.granted = granted
        self.sessions: dict[str, Session] = {}
        self.connections: list[Connection] = []
        self.identified = 0
        self.resumed = 0
        self.answers_resume = True
        self.answers_heartbeats = True
        self.heartbeat_interval = 41.25
        world.subscribers.append(self.feed)

    # ------------------------------------------------------------ what a test does

    def drop(self) -> None:
        """Cut every connection, as a lost network does; the sessions can be resumed."""
        for connection in self.connections:
            connection.abort()

    async def close(self, code: int) -> None:
        """Close every connection with this code."""
        for connection in list(self.connections):
            await connection.socket.close(code=code)

    def forget_sessions(self) -> None:
        """The next RESUME is answered with INVALID_SESSION."""
        self.sessions.clear()

    async def ask_to_reconnect(self) -> None:
        for connection in list(self.connections):
            await connection.socket.send_json({"op": RECONNECT, "d": None})

    def send_event(self, event: str, payload: Any) -> None:
        """Any event, also one that no client can parse."""
        for session in self.sessions.values():
            session.dispatch(event, payload)

    def preview_link(self, message: Message) -> None:
        """Discord itself changes a message when it has looked up a link: an update without a time of editing."""
        payload = dict(serializers.message_payload(self.world, message)) | {"embeds": [{"type": "link"}]}
        self.feed("MESSAGE_UPDATE", payload)

    # ------------------------------------------------------------ events

    def feed(self, event: str, payload: Mapping[str, Any]) -> None:
        for session in self.sessions.values():
            gate = simcord_intents.required_intent(event, payload)
            if gate is not None and not getattr(session.intents, gate):
                continue
            if event.startswith("MESSAGE_") and not self._sees(payload):
                continue
            session.dispatch(event, self._shown(session, event, payload))

    def _sees(self, payload: Mapping[str, Any]) -> bool:
        return channel_accessible(self.world, int(payload["channel_id"]), self.world.bot_user.id)

    def _shown(self, session: Session, event: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        shown = copy.deepcopy(dict(payload))
        bot_id = self.world.bot_user.id
        if event in ("MESSAGE_CREATE", "MESSAGE_UPDATE") and not session.intents.message_content:
            simcord_intents.censor_message(shown, bot_id, backend=self.world)
        if event == "GUILD_CREATE":
            simcord_intents.prune_guild_create(shown, session.intents, bot_id)
            # Archived threads are not told of until something opens them again.
            shown["threads"] = [each for each in shown["threads"] if not each["thread_metadata"]["archived"]]
        return shown

    # ------------------------------------------------------------ the protocol

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        connection = Connection(socket, request)
        self.connections.append(connection)
        interval = int(self.heartbeat_interval * 1000)
        await socket.send_json({"op": HELLO, "d": {"heartbeat_interval": interval}, "s": None, "t": None})
        try:
            async for frame in socket:
                if frame.type == WSMsgType.TEXT:
                    await self._take(connection, json.loads(frame.data))
        finally:
            self.connections.remove(connection)
            await connection.detach()
            if connection.session is not None and socket.close_code in GOODBYE:
                self.sessions.pop(connection.session.id, None)
            self.world.changed()
        return socket

    async def _take(self, connection: Connection, frame: dict[str, Any]) -> None:
        operation, data = frame["op"], frame.get("d")
        if operation == HEARTBEAT and self.answers_heartbeats:
            await connection.socket.send_json({"op": ACK})
        elif operation == IDENTIFY:
            await self._identify(connection, data)
        elif operation == RESUME and self.answers_resume:
            await self._resume(connection, data)
        elif operation == MEMBERS:
            self._send_members(connection, data)

    async def _identify(self, connection: Connection, data: dict[str, Any]) -> None:
        intents = discord.Intents._from_value(data["intents"])
        if data["token"] != self.token:
            await connection.socket.close(code=BAD_TOKEN, message=b"Authentication failed.")
            return
        if simcord_intents.missing_privileged_intents(intents, self.granted):
            await connection.socket.close(code=INTENTS_NOT_GRANTED, message=b"Disallowed intent(s).")
            return
        self.identified += 1
        session = Session(f"session-{self.identified}", intents)
        session.dispatch("READY", self._ready(session))
        for guild in list(self.world.guilds.values()):
            payload = serializers.guild_create_payload(self.world, guild)
            session.dispatch("GUILD_CREATE", self._shown(session, "GUILD_CREATE", payload))
        self.sessions[session.id] = session
        for old in list(self.sessions)[:-_KEPT_SESSIONS]:
            del self.sessions[old]
        connection.attach(session, 0)
        self.world.changed()

    def _ready(self, session: Session) -> dict[str, Any]:
        return {
            "v": 10,
            "user": dict(serializers.user_payload(self.world.bot_user)),
            "guilds": [{"id": str(guild_id), "unavailable": True} for guild_id in self.world.guilds],
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "application": {"id": str(self.world.application_id), "flags": 0},
        }

    async def _resume(self, connection: Connection, data: dict[str, Any]) -> None:
        session = self.sessions.get(data["session_id"] or "")
        if data["token"] != self.token:
            await connection.socket.close(code=BAD_TOKEN, message=b"Authentication failed.")
        elif session is None:
            await connection.socket.send_json({"op": INVALID, "d": False})
        elif data["seq"] > session.sequence:
            await connection.socket.close(code=BAD_SEQUENCE, message=b"Invalid seq.")
        else:
            self.resumed += 1
            session.dispatch("RESUMED", {})
            connection.attach(session, data["seq"])
            self.world.changed()

    def _send_members(self, connection: Connection, data: dict[str, Any]) -> None:
        """Answer a request for members by user id or all; only the asking connection's session hears it."""
        guild = self.world.get_guild(int(data["guild_id"]))
        asked = data.get("user_ids")
        wanted = {int(user_id) for user_id in (asked if isinstance(asked, list) else [asked])} if asked else None
        members = [
            serializers.member_payload(self.world, guild, member)
            for member in guild.members.values()
            if wanted is None or member.user_id in wanted
        ]
        chunk = {"chunk_index": 0, "chunk_count": 1, "nonce": data.get("nonce")}
        if connection.session is not None:
            connection.session.dispatch("GUILD_MEMBERS_CHUNK", {"guild_id": str(guild.id), "members": members, **chunk})
