"""Where Discord is: the real one, or another server that speaks its protocol."""

from __future__ import annotations

import yarl
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

REAL_API = "https://discord.com/api/v10"
REAL_GATEWAY = "wss://gateway.discord.gg/"
REAL_CDN = "https://cdn.discordapp.com"


def point_sdk_at(api_url: str | None, gateway_url: str | None) -> None:
    """Make discord.py speak to these addresses, or to Discord itself where they are None.

    The SDK knows its addresses only as class attributes, so they hold for every client of the process; this is the
    one place that sets them. The CDN is taken to be ``/cdn`` of the API's server where that is not Discord.
    """
    api = (api_url or REAL_API).rstrip("/")
    Route.BASE = api
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url or REAL_GATEWAY)
    Asset.BASE = str(yarl.URL(api).with_path("/cdn")) if api_url else REAL_CDN
