"""A network that exists in memory only: for tests, load runs, and as the example to copy for a new channel."""

from channels.memory.adapter import MemoryChannel
from channels.memory.network import Delivered, Fault
from channels.memory.player import MemoryPlayer

__all__ = ["Delivered", "Fault", "MemoryChannel", "MemoryPlayer"]
