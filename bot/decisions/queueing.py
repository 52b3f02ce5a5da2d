"""Bringing a conversation to people, shared by every way that leads there; its place in the queue (G15)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.decisions.hands import Deed
from bot.decisions.hearing import WAITING
from bot.effects import (
    CancelTimer,
    ChangePlayer,
    ChangeTicket,
    Decline,
    Effect,
    OpenTicket,
    QueuePlace,
    Record,
    Remember,
    Say,
    SetTimer,
    Text,
)
from bot.situation import Situation, TicketFacts
from handoff.acts import SetTier
from handoff.tickets import TicketState
from messaging.timers import Timer

APOLOGY = "apology"
"""The timer that apologises for a long wait (W2)."""
SNOOZE = "snooze"
"""The timer that wakes a ticket that was put aside."""
ROUTINE = "routine"


def open_ticket(
    situation: Situation,
    reason: str,
    question: str,
    *,
    greeting: tuple[Text, ...] | None = None,
    ticket_class: str | None = None,
    topic: str | None = None,
) -> tuple[Effect, ...]:
    """Open a ticket and say so: ``greeting``, else W1 and the place in the queue (U10). Starts the clock of W2."""
    memory = situation.memory
    words = greeting or (Text("waiting_greeting", {"player": situation.player_name}), QueuePlace())
    chosen = ticket_class or ROUTINE
    queue_at = situation.policy.queue.place(situation.now, chosen, situation.player.tier)
    return (
        OpenTicket(reason, question, memory.offered, chosen, topic, queue_at),
        Say(words, WAITING if greeting is None else ()),
        apology_timer(situation, 0),
        Remember(memory.afresh()),
    )


def reopen_ticket(situation: Situation) -> tuple[Effect, ...]:
    """Put the ticket that was closed a moment ago back into the queue."""
    ticket = situation.reopenable_ticket
    if ticket is None:
        raise ValueError("there is no ticket to reopen")
    return (
        ChangeTicket(
            {
                "state": TicketState.WAITING,
                "agent_id": None,
                "claimed_at": None,
                "resolved_at": None,
                "apologies": 0,
                "reopened": ticket.reopened + 1,
                **waits_anew(situation, ticket),
            }
        ),
        Say((Text("reopened"), QueuePlace())),
        apology_timer(situation, 0),
        Remember(situation.memory.afresh()),
    )


def waits_anew(situation: Situation, ticket: TicketFacts) -> Mapping[str, Any]:
    """What the row becomes of a ticket whose player waits from now on: as it is reopened."""
    place = situation.policy.queue.place(situation.now, ticket.ticket_class, ticket.tier)
    return {"waiting_since": situation.now, "queue_at": place}


def back_in_queue(situation: Situation, ticket: TicketFacts) -> tuple[Effect, ...]:
    """The ticket waits again, at its old place; what is said of it is the caller's."""
    return (
        ChangeTicket(
            {
                "state": TicketState.WAITING,
                "agent_id": None,
                "claimed_at": None,
                "held_since": None,
                "snoozed_until": None,
            }
        ),
        CancelTimer(SNOOZE),
        apology_timer(situation, ticket.apologies),
    )


def kept_for(situation: Situation, agent_id: int | None) -> Mapping[str, Any]:
    """What the row becomes of a ticket that waits for this agent from now on, or for nobody in particular."""
    return {"wanted_agent_id": agent_id, "wanted_since": situation.now if agent_id is not None else None}


def set_tier(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """U4: a lead puts the player into a tier; a ticket that is open goes where that tier belongs."""
    act: SetTier = deed.act
    lead = situation.staff.get(act.agent_id)
    if lead is None or not lead.is_lead:
        return (Decline("lead_only", "Only a lead puts players into a tier."),)
    known = situation.policy.queue.known_tiers
    if act.tier not in known:
        return (Decline("unknown_tier", f"There is no tier {act.tier!r}: choose {', '.join(known)}."),)
    place = situation.policy.queue.place(deed.ticket.waiting_since, deed.ticket.ticket_class, act.tier)
    return (
        ChangePlayer({"tier": act.tier}),
        *((ChangeTicket({"tier": act.tier, "queue_at": place}),) if deed.ticket.is_open else ()),
        Record("tier", act.agent_id, {"from": situation.player.tier, "to": act.tier}),
    )


def apologise(situation: Situation, _timer: Timer) -> tuple[Effect, ...]:
    """W2: whoever still waits hears that we are sorry, at widening intervals, a limited number of times."""
    ticket = situation.open_ticket
    if ticket is None or ticket.state is not TicketState.WAITING:
        return ()
    given = ticket.apologies + 1
    return (
        ChangeTicket({"apologies": given}),
        Say((Text("wait_apology", {"player": situation.player_name}), QueuePlace())),
        apology_timer(situation, given),
    )


def apology_timer(situation: Situation, given: int) -> Effect:
    """The next apology's alarm, or none when enough were given."""
    if given >= situation.policy.apologies:
        return CancelTimer(APOLOGY)
    return SetTimer(APOLOGY, situation.now + situation.policy.next_apology(given))
