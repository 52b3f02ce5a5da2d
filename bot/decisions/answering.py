"""Giving a ticket back, reopening it; notes, and what to do about what did not surely arrive."""

from __future__ import annotations

from bot.decisions.assigning import level_refusal
from bot.decisions.hands import EMPTY, Deed
from bot.decisions.queueing import apology_timer, waits_anew
from bot.effects import (
    ChangeTicket,
    Decline,
    Effect,
    Leave,
    QueuePlace,
    Record,
    Say,
    SendAgain,
    Text,
    WriteNote,
)
from bot.situation import Situation
from handoff.acts import LeaveIt, Note, Release, Reopen, Resend
from handoff.tickets import TicketState


def note(_situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: Note = deed.act
    if not act.text.strip() and not act.files:
        return (EMPTY,)
    return (WriteNote(act.text.strip(), act.agent_id, act.files),)


def send_again(_situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: Resend = deed.act
    message = deed.about.message
    if message is not None and (message.is_deleted or "correction" in message.data):
        return (Decline("corrected", "What it said was corrected since: write it anew."),)
    return (SendAgain(act.message),)


def leave(_situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: LeaveIt = deed.act
    return (Leave(act.message),)


def release(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: Release = deed.act
    reason = act.reason.strip()
    return (
        *((WriteNote(f"Given back. {reason}", act.agent_id),) if reason else ()),
        ChangeTicket({"state": TicketState.WAITING, "agent_id": None, "claimed_at": None, "held_since": None}),
        apology_timer(situation, deed.ticket.apologies),
        Say((Text("already_waiting"), QueuePlace())),
        Record("released", act.agent_id, {"reason": reason} if reason else {}),
    )


def reopen(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: Reopen = deed.act
    if deed.ticket.state is not TicketState.RESOLVED:
        return (Decline("open", "The ticket is open already."),)
    refused = level_refusal(situation, deed)
    if refused is not None:
        return (refused,)
    return (
        ChangeTicket(
            {
                "state": TicketState.ASSIGNED,
                "agent_id": act.agent_id,
                "claimed_at": situation.now,
                "resolved_at": None,
                "reopened": deed.ticket.reopened + 1,
                "merged_into": "",
                **waits_anew(situation, deed.ticket),
            },
            act.desk_name,
        ),
        Say((Text("agent_greeting", {"agent": act.desk_name, "player": situation.player_name}),)),
        Record("reopened", act.agent_id),
    )
