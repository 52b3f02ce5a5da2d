"""Bringing a conversation to people, shared by every way that leads there."""

from __future__ import annotations

from bot.decisions.hearing import WAITING
from bot.effects import CancelTimer, ChangeTicket, Effect, OpenTicket, QueuePlace, Remember, Say, SetTimer, Text
from bot.situation import Situation
from handoff.tickets import TicketState
from messaging.timers import Timer

APOLOGY = "apology"
"""The timer that apologises for a long wait (W2)."""


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
    return (
        OpenTicket(reason, question, memory.offered, ticket_class or "routine", topic),
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
                "waiting_since": situation.now,
                "apologies": 0,
                "reopened": ticket.reopened + 1,
            }
        ),
        Say((Text("reopened"), QueuePlace())),
        apology_timer(situation, 0),
        Remember(situation.memory.afresh()),
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
