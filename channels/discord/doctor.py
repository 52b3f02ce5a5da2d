"""What ``innkeeper doctor`` can say of Discord: the token, the intents, the server, the support channel."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from channels.base import Check, Health
from channels.discord.errors import translated
from channels.discord.sdk import point_sdk_at
from channels.discord.session import wrong_token
from channels.discord.settings import DiscordSettings
from channels.errors import ChannelError

# What the bot does in the support channel, and what stops working without it.
NEEDED = {
    "view_channel": "see the channel",
    "send_messages": "put up the support panel",
    "read_message_history": "find its own panel again and catch up after an absence",
    "create_private_threads": "open a private thread for a player",
    "send_messages_in_threads": "write in the players' threads",
    "attach_files": "send files",
}
USEFUL = {"manage_threads": "open a thread again that was archived", "add_reactions": "mark a question as seen"}
_PORTAL = "https://discord.com/developers/applications"


async def examine(settings: DiscordSettings) -> Sequence[Check]:
    """Log in without the gateway, look, and log out."""
    point_sdk_at(settings.api_url, settings.gateway_url)
    async with discord.Client(intents=discord.Intents.none()) as client:
        try:
            with translated():
                await client.login(settings.token)
        except discord.LoginFailure:
            wrong = wrong_token()
            return [Check("token", Health.BAD, str(wrong), wrong.hint)]
        except ChannelError as error:
            return [
                Check("connection", Health.BAD, str(error), "Is the internet, or channels.discord.api_url, reachable?")
            ]
        checks = [Check("token", Health.GOOD, f"logged in as {client.user}")]
        try:
            checks.append(_intents(client, settings))
            checks.append(await _guilds(client))
            checks += await _support_channel(client, settings)
        except ChannelError as error:
            checks.append(Check("connection", Health.BAD, str(error)))
        return checks


def _intents(client: discord.Client, settings: DiscordSettings) -> Check:
    if settings.panel_channel is None:
        return Check("intents", Health.GOOD, "no privileged intent is needed without a panel_channel")
    flags = client.application_flags
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        return Check("intents", Health.GOOD, "Message Content is switched on")
    return Check(
        "intents",
        Health.BAD,
        "Message Content is switched off, so the bot cannot read the players' threads and will not connect",
        f"{_PORTAL} > the application > Bot > Message Content Intent; or leave channels.discord.panel_channel out.",
    )


async def _guilds(client: discord.Client) -> Check:
    with translated():
        guilds = [guild async for guild in client.fetch_guilds(limit=10)]
    if guilds:
        return Check("servers", Health.GOOD, "in " + ", ".join(guild.name for guild in guilds))
    permissions = discord.Permissions(**dict.fromkeys([*NEEDED, *USEFUL], True))
    invitation = discord.utils.oauth_url(client.application_id or 0, permissions=permissions)
    return Check("servers", Health.WARNING, "the bot is in no server yet", f"Invite it: {invitation}")


async def _support_channel(client: discord.Client, settings: DiscordSettings) -> list[Check]:
    if settings.panel_channel is None:
        message = "none is set: no panel, and no private thread for players who take no direct messages"
        return [Check("support channel", Health.WARNING, message, "Set channels.discord.panel_channel.")]
    try:
        with translated():
            channel = await client.fetch_channel(settings.panel_channel)
    except ChannelError as error:
        remedy = "Is channels.discord.panel_channel the id of a channel that the bot may see?"
        return [Check("support channel", Health.BAD, str(error), remedy)]
    if not isinstance(channel, discord.TextChannel):
        remedy = "Set channels.discord.panel_channel to the id of a text channel."
        return [Check("support channel", Health.BAD, f"{channel} is not a text channel", remedy)]
    return await _permissions(client, channel)


async def _permissions(client: discord.Client, channel: discord.TextChannel) -> list[Check]:
    assert client.user is not None
    with translated():
        # The channel came without its guild's roles, from which its permissions are counted.
        channel.guild = await client.fetch_guild(channel.guild.id)
        member = await channel.guild.fetch_member(client.user.id)
    has = channel.permissions_for(member)
    found = []
    for wanted, health in ((NEEDED, Health.BAD), (USEFUL, Health.WARNING)):
        for name, purpose in wanted.items():
            if not getattr(has, name):
                shown = name.replace("_", " ").title()
                remedy = f"In the settings of #{channel.name}, Permissions, allow the bot: {shown}."
                found.append(Check("support channel", health, f"the bot may not {purpose}", remedy))
    return found or [Check("support channel", Health.GOOD, f"#{channel.name}, with every permission")]
