"""What to do about an agent's act, at whichever desk it was done."""

from __future__ import annotations

from collections.abc import Mapping

from bot.decisions import answering, clocking, correcting, holding, promising
from bot.decisions.hands import GONE, NOT_GUARDED, Decider, Deed, in_hand, of_newest, of_open
from bot.decisions.override import Guarded
from bot.effects import Effect
from bot.situation import MessageFacts, Situation
from handoff.acts import (
    Act,
    Claim,
    Classify,
    Close,
    Correct,
    DropPromise,
    Hold,
    KeepPromise,
    LeaveIt,
    Note,
    Release,
    Reopen,
    Reply,
    Resend,
    Unhold,
)

# Every act and what decides it, with what it needs first: the ticket in hand, an open one, the newest, or any.
DECIDERS: Mapping[type[Act], Decider] = {
    Claim: of_newest(answering.claim),
    Reply: in_hand(answering.reply),
    Note: answering.note,
    Release: in_hand(answering.release),
    Close: in_hand(answering.close),
    Reopen: of_newest(answering.reopen),
    Resend: answering.send_again,
    LeaveIt: answering.leave,
    Correct: correcting.correct,
    Hold: in_hand(holding.hold),
    Unhold: in_hand(holding.unhold),
    Classify: of_open(clocking.classify),
    KeepPromise: of_open(promising.keep),
    DropPromise: of_open(promising.drop),
}


def decide_act(
    situation: Situation, act: Act, guarded: Guarded = NOT_GUARDED, message: MessageFacts | None = None
) -> tuple[Effect, ...]:
    """The act's effects, or a single Decline. See Deed for ``guarded`` and ``message``."""
    ticket = situation.ticket
    if ticket is None or ticket.number < act.ticket.number:
        return (GONE,)
    return DECIDERS[type(act)](situation, Deed(act, ticket, guarded, message))
