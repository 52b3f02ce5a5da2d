"""Taking a ticket, giving it back, reopening it; notes, and what to do about what did not surely arrive."""

from __future__ import annotations

from bot.decisions.hands import CLOSED, EMPTY, Deed
from bot.decisions.queueing import APOLOGY, apology_timer
from bot.decisions.transferring import may_take
from bot.effects import (
    CancelTimer,
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
from handoff.acts import Claim, LeaveIt, Note, Release, Reopen, Resend
from handoff.tickets import TicketState


def claim(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: Claim = deed.act
    ticket = deed.ticket
    if ticket.state is TicketState.RESOLVED:
        return (CLOSED,)
    if ticket.state is not TicketState.WAITING:
        return (Decline("taken", f"{ticket.holder or 'Somebody else'} took it first."),)
    refused = of_another_level(situation, deed)
    if refused is not None:
        return (refused,)
    greeting = Text("agent_greeting", {"agent": act.desk_name, "player": situation.player_name})
    # W11: whoever had to wait past the promised time is thanked for it.
    waited = situation.now - ticket.waiting_since > situation.policy.apology_after or ticket.apologies > 0
    parts = (greeting, Text("thanks_for_waiting")) if waited else (greeting,)
    return (
        ChangeTicket(
            {
                "state": TicketState.ASSIGNED,
                "agent_id": act.agent_id,
                "claimed_at": situation.now,
                "wanted_agent_id": None,
                "wanted_since": None,
            },
            act.desk_name,
        ),
        CancelTimer(APOLOGY),
        Say(parts),
        Record("claimed", act.agent_id),
    )


def of_another_level(situation: Situation, deed: Deed) -> Decline | None:
    """Why this agent may not take the ticket (H6); None where they may."""
    colleague = situation.staff.get(deed.act.agent_id)
    if may_take(colleague.role if colleague is not None else None, deed.ticket.level):
        return None
    return Decline("level", f"This ticket waits for a {deed.ticket.level}.")


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
    refused = of_another_level(situation, deed)
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
            },
            act.desk_name,
        ),
        Say((Text("agent_greeting", {"agent": act.desk_name, "player": situation.player_name}),)),
        Record("reopened", act.agent_id),
    )
