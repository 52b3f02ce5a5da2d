"""Putting a ticket aside until a time, or until its player's next word; the player is not told of it."""

from __future__ import annotations

from bot.decisions.hands import NOT_TAKEN, Deed
from bot.decisions.queueing import SNOOZE, back_in_queue
from bot.effects import CancelTimer, ChangeTicket, Decline, Effect, Record, SetTimer, WriteNote
from bot.situation import Situation, TicketFacts
from handoff.acts import Snooze, Wake
from handoff.agents import Presence
from handoff.tickets import TicketState
from messaging.timers import Timer


def snooze(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: Snooze = deed.act
    if act.until is not None and act.until <= situation.now:
        return (Decline("past", "This time has passed: choose a later one."),)
    alarm = SetTimer(SNOOZE, act.until) if act.until is not None else CancelTimer(SNOOZE)
    return (
        ChangeTicket({"state": TicketState.SNOOZED, "snoozed_until": act.until}),
        alarm,
        Record("snoozed", act.agent_id, {"until": act.until.isoformat() if act.until else None}),
    )


def wake(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """Its agent, or a lead, takes it up again before its time; it stays its agent's."""
    act: Wake = deed.act
    ticket, colleague = deed.ticket, situation.staff.get(act.agent_id)
    if ticket.state is TicketState.WAITING:
        return (NOT_TAKEN,)
    if ticket.state is not TicketState.SNOOZED:
        return (Decline("awake", "The ticket is not put aside."),)
    if ticket.agent_id != act.agent_id and not (colleague is not None and colleague.is_lead):
        return (Decline("not_yours", f"{ticket.holder or 'Somebody else'} has this ticket."),)
    woken = Record("woken", act.agent_id, {"by": "agent"})
    if ticket.agent_id is None:
        return (*back_in_queue(situation, ticket), ChangeTicket({"call_back_at": None}), woken)
    return (*_awake(), woken)


def woken_by_player(ticket: TicketFacts | None) -> tuple[Effect, ...]:
    """What the player's word does to a ticket that is put aside: it is its agent's again, there or not.

    An agent who is not there loses it to the queue as with everything else in their hands.
    """
    if ticket is None or ticket.state is not TicketState.SNOOZED or ticket.agent_id is None:
        # Nobody has it: its player wanted to be called back at a time of theirs.
        return ()
    return (*_awake(), Record("woken", None, {"by": "player"}))


def time_is_up(situation: Situation, _timer: Timer) -> tuple[Effect, ...]:
    """Back to its agent where they are online, else to the queue at its old place."""
    ticket = situation.open_ticket
    if ticket is None or ticket.state is not TicketState.SNOOZED:
        return ()
    colleague = situation.staff.get(ticket.agent_id or 0)
    woken = Record("woken", None, {"by": "time"})
    if colleague is not None and colleague.presence is Presence.ONLINE:
        return (*_awake(), woken)
    note = WriteNote(f"It was put aside until now. {ticket.holder or 'Its agent'} is not there: back in the queue.")
    return (*back_in_queue(situation, ticket), note, woken)


def _awake() -> tuple[Effect, ...]:
    return (ChangeTicket({"state": TicketState.ASSIGNED, "snoozed_until": None}), CancelTimer(SNOOZE))
