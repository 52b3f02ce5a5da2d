"""What to do about an agent's act, at whichever desk it was done."""

from __future__ import annotations

from bot.decisions.override import Guarded, record, refusal
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
from bot.situation import Situation, TicketFacts
from handoff.acts import AgentAct, Claim, Close, LeaveIt, Note, Release, Reopen, Reply, Resend
from handoff.tickets import TicketState
from messaging.messages import Author

GONE = Decline("gone", "This ticket does not exist any more.")
NOT_NEWEST = Decline("not_newest", "The player has a newer ticket: work on that one.")
EMPTY = Decline("empty", "There is nothing to send: write something or attach a file.")
NOT_TAKEN = Decline("not_taken", "Take the ticket first.")
NOT_GUARDED = Guarded()
CLOSED = Decline("closed", "The ticket is closed: reopen it first.")


def decide_act(
    situation: Situation, act: AgentAct, holder: str | None, guarded: Guarded = NOT_GUARDED
) -> tuple[Effect, ...]:
    """The act's effects, or a single Decline.

    ``holder`` is the desk name of the agent who has the ticket, if any; ``guarded`` what the guard made of a reply.
    """
    ticket = situation.ticket
    if ticket is None or ticket.number < act.ticket.number:
        return (GONE,)
    match act:
        case Note():
            return _note(act)
        case Resend():
            return (SendAgain(act.message),)
        case LeaveIt():
            return (Leave(act.message),)
        case _ if ticket.number != act.ticket.number:
            return (NOT_NEWEST,)
        case Claim():
            return _claim(situation, ticket, act, holder)
        case Reopen():
            return _reopen(situation, ticket, act)
        case Reply() | Release() | Close():
            return _with_ticket_in_hand(situation, ticket, act, holder, guarded)


def _with_ticket_in_hand(
    situation: Situation, ticket: TicketFacts, act: Reply | Release | Close, holder: str | None, guarded: Guarded
) -> tuple[Effect, ...]:
    not_in_hand = _not_in_hand(ticket, act, holder)
    if not_in_hand is not None:
        return (not_in_hand,)
    match act:
        case Reply():
            return _reply(situation, ticket, act, guarded)
        case Release():
            return _release(situation, ticket)
        case Close():
            return _close(situation, act)


def _not_in_hand(ticket: TicketFacts, act: AgentAct, holder: str | None) -> Decline | None:
    if ticket.state is TicketState.RESOLVED:
        return CLOSED
    if ticket.state is TicketState.WAITING:
        return NOT_TAKEN
    if ticket.agent_id != act.agent_id:
        return Decline("not_yours", f"{holder or 'Somebody else'} has this ticket.")
    return None


def _claim(situation: Situation, ticket: TicketFacts, act: Claim, holder: str | None) -> tuple[Effect, ...]:
    if ticket.state is TicketState.RESOLVED:
        return (CLOSED,)
    if ticket.state is not TicketState.WAITING:
        return (Decline("taken", f"{holder or 'Somebody else'} took it first."),)
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


def _reply(situation: Situation, ticket: TicketFacts, act: Reply, guarded: Guarded) -> tuple[Effect, ...]:
    if not act.text.strip() and not act.files:
        return (EMPTY,)
    refused = refusal(guarded, act)
    if refused is not None:
        return (refused,)
    note, kept = record(guarded, act)
    first = {} if ticket.first_reply_at else {"first_reply_at": situation.now}
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


def _note(act: Note) -> tuple[Effect, ...]:
    if not act.text.strip() and not act.files:
        return (EMPTY,)
    return (WriteNote(act.text.strip(), act.agent_id, act.files),)


def _release(situation: Situation, ticket: TicketFacts) -> tuple[Effect, ...]:
    return (
        ChangeTicket({"state": TicketState.WAITING, "agent_id": None, "claimed_at": None}),
        apology_timer(situation, ticket.apologies),
        Say((Text("already_waiting"), QueuePlace())),
    )


def _close(situation: Situation, act: Close) -> tuple[Effect, ...]:
    return (
        ChangeTicket({"state": TicketState.RESOLVED, "resolved_at": situation.now}),
        CancelTimer(APOLOGY),
        Say((Text("closing", {"agent": act.desk_name, "player": situation.player_name}),)),
    )


def _reopen(situation: Situation, ticket: TicketFacts, act: Reopen) -> tuple[Effect, ...]:
    if ticket.state is not TicketState.RESOLVED:
        return (Decline("open", "The ticket is open already."),)
    return (
        ChangeTicket(
            {
                "state": TicketState.ASSIGNED,
                "agent_id": act.agent_id,
                "claimed_at": situation.now,
                "resolved_at": None,
                "reopened": ticket.reopened + 1,
            },
            act.desk_name,
        ),
        Say((Text("agent_greeting", {"agent": act.desk_name, "player": situation.player_name}),)),
    )
