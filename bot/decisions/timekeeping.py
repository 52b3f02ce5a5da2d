"""The one way that all effects go before they are written: what they mean for promises, holds, clocks and silence."""

from __future__ import annotations

from bot.decisions.clocking import with_clocks
from bot.decisions.holding import with_hold
from bot.decisions.promising import with_promises
from bot.decisions.silence import with_silence
from bot.effects import Effect
from bot.happenings import Happening
from bot.situation import Situation


def in_time(situation: Situation, happening: Happening, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """What was decided about this happening, with everything that follows from it by the clock; or a Decline."""
    for follow in (with_promises, with_hold, with_clocks, with_silence):
        effects = follow(situation, happening, effects)
    return effects
