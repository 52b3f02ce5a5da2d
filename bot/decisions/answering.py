"""Taking a ticket, talking with its player, giving it back, closing and reopening it."""

from __future__ import annotations

from bot.decisions.hands import CLOSED, EMPTY, Deed
from bot.decisions.override import record, refusal
from bot.decisions.promising import promise_refusal
from bot.decisions.queueing import APOLOGY, apology_timer
from bot.effects import (
    CancelTimer,
    ChangeTicket,
    Decline,
    Effect,
    Leave,
    QueuePlace,
    Say,
    SendAgain,
    Text,
    Verbatim,
    WriteNote,
)
from bot.situation import Situation
from handoff.acts import Claim, Close, LeaveIt, Note, Release, Reopen, Reply, Resend
from handoff.tickets import TicketState
from messaging.messages import Author


def claim(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: Claim = deed.act
    ticket = deed.ticket
    if ticket.state is TicketState.RESOLVED:
        return (CLOSED,)
    if ticket.state is not TicketState.WAITING:
        return (Decline("taken", f"{ticket.holder or 'Somebody else'} took it first."),)
    greeting = Text("agent_greeting", {"agent": act.desk_name, "player": situation.player_name})
    # W11: whoever had to wait past the promised time is thanked for it.
    waited = situation.now - ticket.waiting_since > situation.policy.apology_after or ticket.apologies > 0
    parts = (greeting, Text("thanks_for_waiting")) if waited else (greeting,)
    return (
        ChangeTicket(
            {"state": TicketState.ASSIGNED, "agent_id": act.agent_id, "claimed_at": situation.now}, act.desk_name
        ),
        CancelTimer(APOLOGY),
        Say(parts),
    )


def reply(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: Reply = deed.act
    if not act.text.strip() and not act.files:
        return (EMPTY,)
    refused = refusal(deed.guarded, act)
    if refused is not None:
        return (refused,)
    note, kept = record(deed.guarded, act)
    first = {} if deed.ticket.first_reply_at else {"first_reply_at": situation.now}
    return (
        Say(
            (Verbatim(act.text.strip()),),
            author=Author.AGENT,
            agent_id=act.agent_id,
            files=act.files,
            # What players who read from the tables see above it (W9).
            data={"agent": act.desk_name, **kept},
        ),
        *((WriteNote(note, act.agent_id),) if note else ()),
        ChangeTicket({"last_reply_at": situation.now, **first}),
    )


def note(_situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: Note = deed.act
    if not act.text.strip() and not act.files:
        return (EMPTY,)
    return (WriteNote(act.text.strip(), act.agent_id, act.files),)


def send_again(_situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: Resend = deed.act
    return (SendAgain(act.message),)


def leave(_situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: LeaveIt = deed.act
    return (Leave(act.message),)


def release(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    _act: Release = deed.act
    return (
        ChangeTicket({"state": TicketState.WAITING, "agent_id": None, "claimed_at": None}),
        apology_timer(situation, deed.ticket.apologies),
        Say((Text("already_waiting"), QueuePlace())),
    )


def close(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: Close = deed.act
    refused = promise_refusal(deed.ticket)
    if refused is not None:
        return (refused,)
    return (
        ChangeTicket({"state": TicketState.RESOLVED, "resolved_at": situation.now}),
        CancelTimer(APOLOGY),
        Say((Text("closing", {"agent": act.desk_name, "player": situation.player_name}),)),
    )


def reopen(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: Reopen = deed.act
    if deed.ticket.state is not TicketState.RESOLVED:
        return (Decline("open", "The ticket is open already."),)
    return (
        ChangeTicket(
            {
                "state": TicketState.ASSIGNED,
                "agent_id": act.agent_id,
                "claimed_at": situation.now,
                "resolved_at": None,
                "reopened": deed.ticket.reopened + 1,
            },
            act.desk_name,
        ),
        Say((Text("agent_greeting", {"agent": act.desk_name, "player": situation.player_name}),)),
    )
