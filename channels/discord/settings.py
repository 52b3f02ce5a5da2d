"""What can be set about Discord."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DiscordSettings:
    """``channels.discord`` of the configuration; times in seconds.

    ``panel_channel`` is the id of the support channel: the panel stands there, and the players' private threads hang
    under it. It makes the bot need the privileged Message Content intent. ``api_url`` and ``gateway_url`` lead to
    another server that speaks Discord's protocol.
    """

    token: str
    api_url: str | None = None
    gateway_url: str | None = None
    panel_channel: int | None = None
    # One attempt of one request; discord.py tries 500, 502 and 504 again by itself.
    answer_within: float = 20.0
    # How long a send waits for a connection that is just being made; a longer absence is tried again later and later.
    connected_within: float = 5.0
    # How long a lost gateway connection may take to resume before a new one is made.
    resume_within: float = 60.0
    # Discord lets a bot identify itself once in five seconds.
    identify_pause: float = 5.0
    # How long after the last guild that Discord announced they are taken to be all.
    ready_timeout: float = 1.0
    # How long at a start Discord may take to tell what the session before it has missed.
    missed_within: float = 5.0
    # How long at the end what is in hand may take to be committed and acknowledged.
    finish_within: float = 3.0
    # How often at most it is kept how far everything is committed.
    keep_every: float = 1.0
    # How long a private "thinking …" may stay when the bot has nothing to say.
    silence: float = 8.0
