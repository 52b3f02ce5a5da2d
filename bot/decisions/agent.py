"""What to do about an agent's act, at whichever desk it was done."""

from __future__ import annotations

from collections.abc import Mapping

from bot.decisions import (
    answering,
    assigning,
    clocking,
    closing,
    correcting,
    holding,
    leading,
    merging,
    promising,
    queueing,
    replying,
    returning,
    snoozing,
    transferring,
)
from bot.decisions.hands import GONE, NOT_GUARDED, NOTHING_ELSE, About, Decider, Deed, in_hand, of_newest, of_open
from bot.decisions.override import Guarded
from bot.effects import Effect
from bot.situation import Situation
from handoff.acts import (
    Act,
    AnswerLead,
    AskLead,
    Assign,
    Claim,
    Classify,
    Close,
    ConfirmUnderstood,
    Correct,
    DropPromise,
    Escalate,
    Hold,
    KeepPromise,
    LeaveIt,
    Merge,
    Mute,
    Note,
    Release,
    Reopen,
    Reply,
    Resend,
    SetTier,
    Snooze,
    TakeBack,
    TellAway,
    Transfer,
    Undo,
    Unhold,
    Unmute,
    Wake,
    WriteMemo,
)

# Every act and what decides it, with what it needs first: the ticket in hand, an open one, the newest, or any.
DECIDERS: Mapping[type[Act], Decider] = {
    Claim: of_newest(assigning.claim),
    Assign: of_newest(assigning.assign),
    Snooze: in_hand(snoozing.snooze),
    Wake: of_open(snoozing.wake),
    SetTier: queueing.set_tier,
    TellAway: of_newest(returning.tell_away),
    TakeBack: of_newest(returning.take_back),
    Reply: in_hand(replying.reply),
    Undo: replying.undo,
    Note: answering.note,
    Release: in_hand(answering.release),
    Close: in_hand(closing.close),
    ConfirmUnderstood: in_hand(closing.confirm),
    Transfer: in_hand(transferring.transfer),
    Escalate: in_hand(transferring.escalate),
    Merge: in_hand(merging.merge),
    AskLead: in_hand(leading.ask_lead),
    AnswerLead: of_open(leading.of_leads(leading.answer_lead)),
    WriteMemo: leading.write_memo,
    Mute: leading.of_leads(leading.mute),
    Unmute: leading.of_leads(leading.unmute),
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
    situation: Situation, act: Act, guarded: Guarded = NOT_GUARDED, about: About = NOTHING_ELSE
) -> tuple[Effect, ...]:
    """The act's effects, or a single Decline. See Deed for ``guarded`` and ``about``."""
    ticket = situation.ticket
    if ticket is None or ticket.number < act.ticket.number:
        return (GONE,)
    return DECIDERS[type(act)](situation, Deed(act, ticket, guarded, about))
