"""What all decisions about a player begin with: their words, what is remembered of them, whether they are heard now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.effects import Choice, Effect, Remember, Say, Text, When
from bot.situation import Flood, Situation
from faq.match import Match

HUMAN = Choice(Text("button_human"), "human")
BROWSE = Choice(Text("button_topics"), "topics")
# Under the words that tell who waits of their place.
WAITING = (
    Choice(Text("button_call_back"), "callback:{t}"),
    Choice(Text("button_take_back"), "takeback:{t}"),
    Choice(Text("button_time_zone"), "zones:0", when_closed=True),
)
ONE_MINUTE = timedelta(minutes=1)
LONGEST_QUESTION = 2000
"""Characters of a question that a ticket and the next decision take along; the message itself is kept whole."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a player wrote, ready to decide on: cleaned text, what the FAQ made of it, what it asks for.

    ``refused`` is what they are told of files that are not taken; ``insult`` the words in it that insult us (G16);
    ``masked`` says that a secret stood in it and was hidden; ``late`` when it was said, where we were away then.
    """

    text: str
    match: Match | None = None
    asks_for_human: bool = False
    has_files: bool = False
    unsupported: str | None = None
    album: str | None = None
    late: datetime | None = None
    refused: tuple[Text, ...] = ()
    forwarded: bool = False
    takes_back: bool = False
    insult: str = ""
    masked: bool = False


def admit(
    situation: Situation, *, wants_people: bool = False, late: datetime | None = None
) -> tuple[Situation, tuple[Effect, ...] | None]:
    """Count what the player did. With effects they are not heard now: too much in a minute, or muted (G16).

    Every kind of thing that a player can do counts the same. What comes ``late`` counts for the minute in which it was
    said: all that was written while we were away arrives at once.
    """
    flood, at = situation.memory.flood, late or situation.now
    is_new = flood is None or at - flood.since > ONE_MINUTE
    flood = Flood(at, 1) if flood is None or is_new else replace(flood, count=flood.count + 1)
    situation = remembering(situation, flood=flood)
    muted = situation.player.muted_until is not None and situation.player.muted_until > situation.now
    # Who asks for people and has none yet is heard even in a flood (F2).
    is_plea = wants_people and situation.open_ticket is None and not muted
    if flood.count > situation.policy.messages_per_minute and not is_plea:
        return situation, _slow_down(situation, flood)
    if muted:
        return situation, _muted(situation, wants_people=wants_people)
    return situation, None


def _slow_down(situation: Situation, flood: Flood) -> tuple[Effect, ...]:
    remembered = Remember(replace(situation.memory, flood=replace(flood, told=True)))
    return (remembered,) if flood.told else (remembered, Say((Text("slow_down"),)))


def _muted(situation: Situation, *, wants_people: bool) -> tuple[Effect, ...]:
    """One word, until when; again only for who asks for people, who would else not know why none come (F2)."""
    until = situation.player.muted_until
    assert until is not None
    if situation.memory.muted_told == until and not wants_people:
        return (Remember(situation.memory),)
    return (Remember(replace(situation.memory, muted_told=until)), Say((Text("muted", {"until": When(until)}),)))


def remembering(situation: Situation, **changes: Any) -> Situation:
    """The situation with these things remembered."""
    return replace(situation, memory=replace(situation.memory, **changes))


def kept_in_mind(situation: Situation, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """The effects, with what the situation remembers where they say nothing of it."""
    if any(isinstance(effect, Remember) for effect in effects):
        return effects
    return (Remember(situation.memory), *effects)
