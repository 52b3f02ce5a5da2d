"""What to do about an alarm that fell due."""

from __future__ import annotations

from bot.decisions.queueing import APOLOGY, apology_timer
from bot.effects import ChangeTicket, Effect, QueuePlace, Say, Text
from bot.situation import Situation
from handoff.tickets import TicketState


def decide_timer(situation: Situation, kind: str) -> tuple[Effect, ...]:
    """W2: whoever still waits hears that we are sorry, at widening intervals, a limited number of times."""
    if kind != APOLOGY:
        raise ValueError(f"no such timer: {kind!r}")
    ticket = situation.open_ticket
    if ticket is None or ticket.state is not TicketState.WAITING:
        return ()
    given = ticket.apologies + 1
    return (
        ChangeTicket({"apologies": given}),
        Say((Text("wait_apology", {"player": situation.player_name}), QueuePlace())),
        apology_timer(situation, given),
    )
