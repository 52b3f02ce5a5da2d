"""A fake Discord over real HTTP and WebSocket: state and rules from simcord, transport and faults of our own."""

from .faults import Fault
from .people import NotPossible, Player, Use
from .server import TOKEN, DiscordServer

__all__ = ["TOKEN", "DiscordServer", "Fault", "NotPossible", "Player", "Use"]
