"""The few places where discord.py must be reached into: its addresses, its parsers and its gateway session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import discord
import yarl
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

from channels.discord.progress import Position

REAL_API = "https://discord.com/api/v10"
REAL_GATEWAY = "wss://gateway.discord.gg/"
REAL_CDN = "https://cdn.discordapp.com"

# What it takes to deal with an event: its gateway name, discord.py's parser for it, and its payload.
Around = Callable[[str, Callable[[Any], Any], Any], None]
# Any code but 1000 and 1001 leaves the session standing for a while.
_SESSION_STANDS = 4000


def point_sdk_at(api_url: str | None, gateway_url: str | None) -> None:
    """Make discord.py speak to these addresses, or to Discord itself where they are None.

    The SDK knows its addresses only as class attributes, so they hold for every client of the process; this is the
    one place that sets them. The CDN is taken to be ``/cdn`` of the API's server where that is not Discord.
    """
    api = (api_url or REAL_API).rstrip("/")
    # No voice here: nobody needs to be warned that its libraries are missing.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    Route.BASE = api
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url or REAL_GATEWAY)
    Asset.BASE = str(yarl.URL(api).with_path("/cdn")) if api != REAL_API else REAL_CDN


def around_parsers(client: discord.Client, around: Around) -> None:
    """Let every event of the gateway go through ``around``, which calls the parser.

    Discord adds to its payloads without notice, and a parser that raises takes ``Client.start`` down with it.
    """
    parsers = client._connection.parsers
    for name, parse in list(parsers.items()):
        parsers[name] = partial(around, name, parse)


def parse(client: discord.Client, name: str, payload: Any) -> None:
    """Deal with an event as if the gateway had told it now."""
    parser = client._connection.parsers.get(name)
    if parser is not None:
        parser(payload)


def position_of(client: discord.Client) -> Position | None:
    """The event that the gateway told last."""
    socket: Any = client.ws
    if socket is None or socket.session_id is None or socket.sequence is None:
        return None
    return Position(str(socket.gateway), socket.session_id, socket.sequence)


async def leave_session_standing(client: discord.Client) -> None:
    """Close the gateway's connection so that the session can be taken up again; discord.py's own way ends it."""
    if client.ws is not None and client.ws.open:
        await client.ws.close(_SESSION_STANDS)
