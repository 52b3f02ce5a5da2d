"""Who may act on a ticket: what every act of an agent is checked against before it is decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.decisions.override import Guarded
from bot.effects import Decline, Effect
from bot.situation import MessageFacts, Situation, TicketFacts
from handoff.acts import Act
from handoff.agents import Role
from handoff.tickets import TicketKey, TicketState

GONE = Decline("gone", "This ticket does not exist any more.")
NOT_NEWEST = Decline("not_newest", "The player has a newer ticket: work on that one.")
EMPTY = Decline("empty", "There is nothing to send: write something or attach a file.")
NOT_TAKEN = Decline("not_taken", "Take the ticket first.")
CLOSED = Decline("closed", "The ticket is closed: reopen it first.")
NOT_GUARDED = Guarded()


@dataclass(frozen=True, slots=True)
class OtherTicket:
    """The newest ticket of another conversation."""

    key: TicketKey
    ticket: TicketFacts
    player_id: int
    channel: str


@dataclass(frozen=True, slots=True)
class About:
    """What an act is about besides its ticket, as far as it asks for it.

    ``message`` is the one that it names; ``newest`` what the player wrote last, and whether that only greets or thanks;
    ``other`` the ticket that this one is to go into.
    """

    message: MessageFacts | None = None
    newest: MessageFacts | None = None
    newest_is_courtesy: bool = False
    other: OtherTicket | None = None


NOTHING_ELSE = About()


@dataclass(frozen=True, slots=True)
class Deed:
    """An act with the ticket that it is done to; ``guarded`` is what the guard made of its words.

    ``about`` is what else it is about.
    """

    act: Any
    ticket: TicketFacts
    guarded: Guarded = NOT_GUARDED
    about: About = NOTHING_ELSE


Decider = Callable[[Situation, Deed], tuple[Effect, ...]]


def of_newest(decide: Decider) -> Decider:
    """The act only makes sense on the conversation's newest ticket."""

    def decided(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
        if deed.ticket.number != deed.act.ticket.number:
            return (NOT_NEWEST,)
        return decide(situation, deed)

    return decided


def of_open(decide: Decider) -> Decider:
    """The act needs an open ticket, in whosever hands."""

    def decided(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
        return decide(situation, deed) if deed.ticket.is_open else (CLOSED,)

    return of_newest(decided)


def in_hand(decide: Decider) -> Decider:
    """The act needs the ticket in its agent's own hands."""

    def decided(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
        refused = not_in_hand(deed.ticket, deed.act)
        return (refused,) if refused is not None else decide(situation, deed)

    return of_newest(decided)


def not_in_hand(ticket: TicketFacts, act: Act) -> Decline | None:
    """Why this agent may not do it; None where they have the ticket."""
    if ticket.state is TicketState.RESOLVED:
        return CLOSED
    if ticket.state is TicketState.WAITING:
        return NOT_TAKEN
    if ticket.agent_id != act.agent_id:
        return Decline("not_yours", f"{ticket.holder or 'Somebody else'} has this ticket.")
    return None


def leads(situation: Situation, act: Act) -> bool:
    """Whether who does it leads a shift; of somebody who was shut out nothing is known any more."""
    colleague = situation.staff.get(act.agent_id)
    return colleague is not None and colleague.role in (Role.LEAD, Role.ADMIN)
