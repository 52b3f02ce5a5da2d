"""The fake Discord from another process: POST /_control/<act> with a JSON object, answered with one."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from aiohttp import web
from simcord.backend import serializers
from simcord.backend.errors import BackendError

from .people import NotPossible, Use

if TYPE_CHECKING:
    from .server import DiscordServer

Arguments = dict[str, Any]


class Control:
    """One method for each act; ids travel as strings, as on the wire."""

    def __init__(self, server: DiscordServer) -> None:
        self.server = server

    def info(self, _: Arguments) -> dict[str, Any]:
        server = self.server
        return {
            "api_url": server.api_url,
            "gateway_url": server.gateway_url,
            "token": server.token,
            "guild": str(server.guild.id),
            "lobby": str(server.lobby.id),
            "support": str(server.support.id),
            "bot": str(server.world.bot_user.id),
            "identified": server.gateway.identified,
            "resumed": server.gateway.resumed,
            "connections": len(server.gateway.connections),
        }

    def user(self, given: Arguments) -> dict[str, Any]:
        player = self.server.user(given["name"], member=given.get("member", True))
        return {"id": str(player.id), "dm": str(player.dm_channel)}

    def write(self, given: Arguments) -> dict[str, Any]:
        """``user`` writes ``text`` and ``files`` ([name, base64]) in ``channel``, or in the DM."""
        player = self.server.user(given["user"])
        files = [(name, base64.b64decode(content)) for name, content in given.get("files", [])]
        channel_id = int(given.get("channel") or player.dm_channel)
        return self._message(player.writes(channel_id, given.get("text", ""), files=files))

    def edit(self, given: Arguments) -> dict[str, Any]:
        self.server.world.edit_message(int(given["channel"]), int(given["message"]), {"content": given["text"]})
        return {}

    def delete(self, given: Arguments) -> dict[str, Any]:
        self.server.world.delete_message(int(given["channel"]), int(given["message"]))
        return {}

    def click(self, given: Arguments) -> dict[str, Any]:
        message = self.server.world.get_message(int(given["channel"]), int(given["message"]))
        player = self.server.user(given["user"])
        return self._use(player.clicks(message, label=given.get("label"), custom_id=given.get("custom_id")))

    def slash(self, given: Arguments) -> dict[str, Any]:
        channel = int(given["channel"]) if given.get("channel") else None
        player = self.server.user(given["user"])
        return self._use(player.slash(given["name"], channel=channel, **given.get("options", {})))

    def use(self, given: Arguments) -> dict[str, Any]:
        """How the bot has answered a press or command by now."""
        return self._use(Use(self.server.world, self.server.world.interactions[int(given["id"])]))

    def dms(self, given: Arguments) -> dict[str, Any]:
        """Close or open (``closed``) the DMs of ``user``."""
        player = self.server.user(given["user"])
        (player.closes_dms if given["closed"] else player.opens_dms)()
        return {}

    def messages(self, given: Arguments) -> dict[str, Any]:
        stored = self.server.messages(int(given["channel"]))
        return {"messages": [self._message(message) for message in stored]}

    def channels(self, _: Arguments) -> dict[str, Any]:
        world = self.server.world
        return {"channels": [dict(serializers.channel_payload(world, each)) for each in world.channels.values()]}

    def delete_channel(self, given: Arguments) -> dict[str, Any]:
        self.server.world.delete_channel(int(given["channel"]))
        return {}

    def fault(self, given: Arguments) -> dict[str, Any]:
        """The fields of Fault, but ``hold``."""
        self.server.fault(**given)
        return {}

    def clear_faults(self, _: Arguments) -> dict[str, Any]:
        self.server.rest.faults.clear()
        return {}

    def drop_gateway(self, _: Arguments) -> dict[str, Any]:
        self.server.gateway.drop()
        return {}

    def forget_sessions(self, _: Arguments) -> dict[str, Any]:
        self.server.gateway.forget_sessions()
        return {}

    def send_event(self, given: Arguments) -> dict[str, Any]:
        self.server.gateway.send_event(given["event"], given["payload"])
        return {}

    def advance_clock(self, given: Arguments) -> dict[str, Any]:
        self.server.world.advance_clock(float(given["seconds"]))
        return {}

    def _message(self, message: Any) -> dict[str, Any]:
        payload = dict(serializers.message_payload(self.server.world, message))
        return payload | {"nonce": self.server.world.nonce_of.get(message.id)}

    def _use(self, use: Use) -> dict[str, Any]:
        answers = [self._message(message) for message in use.messages]
        return {"id": str(use.record.id), "acknowledged": use.acknowledged, "messages": answers}


ACTS: dict[str, Callable[[Control, Arguments], dict[str, Any]]] = {
    name: act for name, act in vars(Control).items() if not name.startswith("_")
}


def control_routes(server: DiscordServer) -> Sequence[web.RouteDef]:
    control = Control(server)

    async def handle(request: web.Request) -> web.Response:
        act = ACTS.get(request.match_info["act"])
        if act is None:
            return web.json_response({"error": "no such act", "acts": sorted(ACTS)}, status=404)
        try:
            return web.json_response(act(control, await request.json() if request.can_read_body else {}))
        except (BackendError, NotPossible, KeyError, ValueError, TypeError) as error:
            return web.json_response({"error": repr(error)}, status=400)

    return [web.post("/_control/{act}", handle)]
