"""What players do with their own requests: see them, add to them, take them back, ask to be called back later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.decisions.bringing import status
from bot.decisions.forms import FORM
from bot.decisions.hearing import WAITING, Written
from bot.decisions.queueing import APOLOGY, apology_timer, back_in_queue
from bot.effects import (
    CancelTimer,
    ChangeTicket,
    Choice,
    Effect,
    OwnTickets,
    Part,
    QueuePlace,
    Record,
    Remember,
    Say,
    SetTimer,
    Text,
    When,
    number_in,
)
from bot.situation import Situation, TicketFacts
from handoff.tickets import TicketState
from messaging.timers import Timer

CALL_BACK = "call_back"
"""The timer that brings a request back when its player wanted to be called."""
LONGEST_CALL_BACK = timedelta(days=8)
HEAD_START = timedelta(days=1)
"""Who was promised a time comes before those who wait since this long."""
TAKEN_BACK = "taken_back"
MORNING, EVENING = 10, 18


def tell_status(situation: Situation) -> tuple[Effect, ...]:
    """/status: how the newest request stands, and the others (U10)."""
    ticket = situation.ticket
    parts: tuple[Part, ...] = status(situation)
    if ticket is None:
        return (Say(parts),)
    if ticket.is_open and ticket.call_back_at is not None:
        parts = (Text("call_back_set", {"when": When(ticket.call_back_at)}),)
    choices = WAITING if ticket.state is TicketState.WAITING else WAITING[1:2] if ticket.is_open else ()
    return (Say((*parts, OwnTickets()), choices),)


def add(situation: Situation, written: Written) -> tuple[Effect, ...]:
    """Words to an open request: thanked for once while nobody has it."""
    ticket = situation.open_ticket
    if ticket is None or not (ticket.state is TicketState.WAITING or is_to_be_called(ticket)):
        return ()
    if written.takes_back:
        return take_back(situation)
    if written.asks_for_human and is_to_be_called(ticket):
        return wait_again(situation)
    if written.asks_for_human:
        return (Say((Text("already_waiting"), QueuePlace()), WAITING),)
    if situation.memory.told_added:
        return ()
    return (Remember(replace(situation.memory, told_added=True)), Say((Text("added"),)))


def is_to_be_called(ticket: TicketFacts) -> bool:
    """Whether it is put aside because its player wants to be called back."""
    return ticket.state is TicketState.SNOOZED and ticket.call_back_at is not None and ticket.agent_id is None


def wait_again(situation: Situation) -> tuple[Effect, ...]:
    """F2: whoever asks for a human before the time that they chose waits like everybody else again."""
    ticket = situation.open_ticket
    assert ticket is not None
    return (
        *back_in_queue(situation, ticket),
        ChangeTicket({"call_back_at": None}),
        CancelTimer(CALL_BACK),
        Say((Text("already_waiting"), QueuePlace()), WAITING),
    )


def take_back(situation: Situation) -> tuple[Effect, ...]:
    """The player needs us no more: closed with a friendly word, and no questions asked."""
    ticket = situation.open_ticket
    if ticket is None:
        return (Say((Text("status_none"),)),)
    changes = {
        "state": TicketState.RESOLVED,
        "resolved_at": situation.now,
        "category": TAKEN_BACK,
        "call_back_at": None,
        "snoozed_until": None,
    }
    return (
        ChangeTicket(changes, ticket.holder),
        CancelTimer(APOLOGY),
        CancelTimer(FORM),
        CancelTimer(CALL_BACK),
        Record(TAKEN_BACK, data={"state": ticket.state.value}),
        Say((Text("taken_back", {"player": situation.player_name}),)),
    )


def press_take_back(situation: Situation, rest: str) -> tuple[Effect, ...] | None:
    """The button names the request: an old one's does nothing to a newer."""
    ticket = situation.open_ticket
    if ticket is None or number_in(rest) != ticket.number:
        return None
    return take_back(situation)


def press_call_back(situation: Situation, rest: str) -> tuple[Effect, ...] | None:
    """``<ticket>``: when shall it be? ``<ticket>:<seconds since 1970>``: then."""
    number, _, moment = rest.partition(":")
    ticket = situation.open_ticket
    if ticket is None or number_in(number) != ticket.number:
        return None
    if ticket.state is not TicketState.WAITING and ticket.call_back_at is None:
        return (Say(status(situation)),)
    seconds = number_in(moment)
    if seconds is None:
        choices = tuple(
            Choice(When(each), f"callback:{ticket.number}:{int(each.timestamp())}") for each in times(situation)
        )
        return (Say((Text("call_back_choose"),), choices),)
    # What a button carries comes from the network: only times that we could have offered count.
    if not 0 < seconds - situation.now.timestamp() <= LONGEST_CALL_BACK.total_seconds():
        return None
    return _promise(situation, datetime.fromtimestamp(seconds, UTC))


def times(situation: Situation) -> tuple[datetime, ...]:
    """When we could call back, in the player's day: soon, later, and tomorrow."""
    zone = ZoneInfo(situation.player.time_zone or situation.policy.care.time_zone)
    local = situation.now.astimezone(zone)
    soon = (local + timedelta(hours=1, minutes=29)).replace(second=0, microsecond=0)
    soon = soon.replace(minute=30 if soon.minute >= 30 else 0)
    tomorrow = (local + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    found = (
        soon,
        soon + timedelta(hours=3),
        tomorrow.replace(hour=MORNING),
        tomorrow.replace(hour=EVENING),
    )
    hours = situation.policy.times.calendar
    served = tuple(each for each in found if hours.is_open(each))
    opens = None if served else hours.opens_next(situation.now)
    return served or ((opens,) if opens is not None else found)


def _promise(situation: Situation, at: datetime) -> tuple[Effect, ...]:
    return (
        ChangeTicket({"state": TicketState.SNOOZED, "snoozed_until": at, "call_back_at": at}),
        CancelTimer(APOLOGY),
        CancelTimer(FORM),
        SetTimer(CALL_BACK, at),
        Record("call_back_asked", data={"at": at.isoformat()}),
        Say((Text("call_back_set", {"when": When(at)}),), WAITING[1:2]),
    )


def call_back(situation: Situation, _timer: Timer) -> tuple[Effect, ...]:
    """The time has come: the request is first in the queue, and the player hears so."""
    ticket = situation.open_ticket
    if ticket is None or ticket.call_back_at is None or ticket.state is not TicketState.SNOOZED:
        return ()
    before = situation.now - HEAD_START
    changes = {
        "state": TicketState.WAITING,
        "agent_id": None,
        "claimed_at": None,
        "snoozed_until": None,
        "call_back_at": None,
        "waiting_since": situation.now,
        "queue_at": min(before, ticket.queue_at or before),
        "apologies": 0,
    }
    return (
        ChangeTicket(changes),
        Record("call_back_due", data={"at": ticket.call_back_at.isoformat()}),
        Say((Text("call_back_now", {"player": situation.player_name}), QueuePlace())),
        apology_timer(situation, 0),
    )
