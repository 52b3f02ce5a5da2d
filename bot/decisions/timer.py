"""What to do about an alarm that fell due."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.decisions import clocking, holding, promising, silence
from bot.decisions.forms import FORM, expire
from bot.decisions.own_tickets import CALL_BACK, call_back
from bot.decisions.queueing import APOLOGY, SNOOZE, apologise
from bot.decisions.snoozing import time_is_up
from bot.decisions.surveys import FOLLOW_UP, follow_up
from bot.decisions.telling import TELLING, keep_unrated
from bot.effects import Effect
from bot.situation import Situation
from messaging.timers import Timer

# A kind may name what it is about after a colon (``promise:3``): the part before it decides.
DECIDERS: Mapping[str, Callable[[Situation, Timer], tuple[Effect, ...]]] = {
    APOLOGY: apologise,
    clocking.SLA: clocking.ring,
    promising.PROMISE: promising.ring,
    holding.HOLD: holding.ring,
    silence.SILENCE: silence.ring,
    CALL_BACK: call_back,
    FOLLOW_UP: follow_up,
    FORM: expire,
    TELLING: keep_unrated,
    SNOOZE: time_is_up,
}


def decide_timer(situation: Situation, timer: Timer) -> tuple[Effect, ...]:
    """The effects of this alarm. Raises ValueError for one that nobody sets."""
    decide = DECIDERS.get(timer.kind.partition(":")[0])
    if decide is None:
        raise ValueError(f"no such timer: {timer.kind!r}")
    return decide(situation, timer)
