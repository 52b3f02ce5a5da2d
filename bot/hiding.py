"""Hiding the passwords, cards and keys that players send, before anything is stored, matched or shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.effects import Effect, Remember, Say, Text
from bot.happenings import Happening
from bot.situation import Situation
from handoff.guard.masking import mask
from messaging.messages import CommandUsed, MessageEdited, MessageReceived

WARN_EVERY = timedelta(days=1)
INLINE_CHARACTERS = 4000
"""What is longer takes milliseconds to look through, and must not hold up everybody else."""


async def hide(events: Sequence[Happening]) -> list[Happening]:
    """The events with every secret in the players' words masked."""
    characters = sum(len(getattr(event, "text", "")) + len(getattr(event, "argument", "")) for event in events)
    if characters > INLINE_CHARACTERS:
        return await asyncio.to_thread(lambda: [hidden(event) for event in events])
    return [hidden(event) for event in events]


def hidden(event: Happening) -> Happening:
    """The event with every secret in the player's words masked, and marked so if there was one."""
    match event:
        case MessageReceived() | MessageEdited():
            masked = mask(event.text)
            return replace(event, text=masked.text, masked=True) if masked.kinds else event
        case CommandUsed():
            masked = mask(event.argument)
            return replace(event, argument=masked.text, masked=True) if masked.kinds else event
        case _:
            return event


def warn(situation: Situation) -> tuple[Situation, tuple[Effect, ...]]:
    """Tell the player never to send secrets, once a day at most; and the situation that remembers it."""
    told = situation.memory.secret_told_at
    if told is not None and situation.now - told < WARN_EVERY:
        return situation, ()
    memory = replace(situation.memory, secret_told_at=situation.now)
    return replace(situation, memory=memory), (Remember(memory), Say((Text("secret_masked"),)))
