"""What to do about a place in the queue that is not the one that was told any more."""

from __future__ import annotations

from dataclasses import replace

from bot.effects import EditMessage, Effect, Remember
from bot.happenings import PlaceMoved
from bot.saying import parts_of_place
from bot.situation import Situation
from handoff.tickets import TicketState


def decide_place(situation: Situation, moved: PlaceMoved) -> tuple[Effect, ...]:
    """The message that told the place tells the new one, unless another told one since, or nobody waits any more."""
    ticket, place = situation.open_ticket, situation.memory.place
    if ticket is None or ticket.state is not TicketState.WAITING or place is None or place.number != moved.number:
        return ()
    told = replace(place, ahead=moved.ahead, at=situation.now)
    return (EditMessage(place.number, parts_of_place(place)), Remember(replace(situation.memory, place=told)))
