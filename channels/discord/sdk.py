"""The few places where discord.py must be reached into: its addresses and its parsers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import discord
import yarl
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

REAL_API = "https://discord.com/api/v10"
REAL_GATEWAY = "wss://gateway.discord.gg/"
REAL_CDN = "https://cdn.discordapp.com"

Unreadable = Callable[[str, Any, Exception], None]


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


def survive_unreadable_events(client: discord.Client, unreadable: Unreadable) -> None:
    """Let one event that discord.py cannot parse be skipped, where it would otherwise end the whole client.

    Discord adds to its payloads without notice, and a parser that raises takes ``Client.start`` down with it. Each
    parser is wrapped; what it could not read is given to ``unreadable(event name, payload, error)``.
    """
    parsers = client._connection.parsers
    for name, parse in list(parsers.items()):
        parsers[name] = partial(_parse_or_report, name, parse, unreadable)


def _parse_or_report(name: str, parse: Callable[[Any], Any], unreadable: Unreadable, payload: Any) -> None:
    try:
        parse(payload)
    except Exception as error:  # noqa: BLE001 - the edge: whatever a parser raises must not end the gateway
        unreadable(name, payload, error)
