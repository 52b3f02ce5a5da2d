"""On hold (W7, T15): the player is asked for a moment, thanked for waiting, and told when the agent is back (W11)."""

from __future__ import annotations

from bot.decisions.clocking import act_of, is_declined, is_spoken, ticket_after
from bot.decisions.hands import Deed
from bot.effects import CancelTimer, ChangeTicket, Decline, Effect, Record, Say, SetTimer, Text
from bot.happenings import Happening
from bot.situation import Situation, TicketFacts
from handoff.acts import Hold, Reply, Unhold
from handoff.tickets import TicketState
from messaging.timers import Timer

HOLD = "hold"
"""The timer that thanks a player on hold and reminds the agent."""
HOLD_REMINDER = "hold_reminder"
BACK = Say((Text("hold_back"),))


def hold(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """Ask the player for a moment."""
    act: Hold = deed.act
    if deed.ticket.state is not TicketState.ASSIGNED:
        return (Decline("put_aside", "The ticket is put aside: take it up again first."),)
    if deed.ticket.held_since is not None:
        return (Decline("held", "The player is on hold already."),)
    return (
        ChangeTicket({"held_since": situation.now}),
        Say((Text("hold", {"agent": act.desk_name}),)),
        _timer(situation, 0),
        Record("held", act.agent_id),
    )


def unhold(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """Be back with the player."""
    act: Unhold = deed.act
    if deed.ticket.held_since is None:
        return (Decline("not_held", "The player is not on hold."),)
    return (BACK, *_end(situation, deed.ticket, act.agent_id))


def with_hold(situation: Situation, happening: Happening, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """The effects, ending a hold where they do: a reply says first that the agent is back; a ticket that changes hands,
    or is put aside or closed, is on hold no more."""
    before, after = situation.ticket, ticket_after(situation, effects)
    if before is None or after is None or before.held_since is None or is_declined(effects):
        return effects
    act = act_of(situation, happening)
    if isinstance(act, Reply) and is_spoken(effects):
        return (BACK, *effects, *_end(situation, before, act.agent_id))
    if after.held_since is None:
        return effects
    if after.state is TicketState.ASSIGNED and after.agent_id == before.agent_id:
        return effects
    return (*effects, *_end(situation, before, before.agent_id))


def ring(situation: Situation, timer: Timer) -> tuple[Effect, ...]:
    """T15: thank the player for waiting and remind the agent; again at widening intervals, some times in all."""
    ticket = situation.open_ticket
    if ticket is None or ticket.held_since is None or ticket.state is not TicketState.ASSIGNED:
        return ()
    given = int(timer.data.get("given", 0)) + 1
    return (
        Say((Text("hold_thanks", {"agent": ticket.holder}),)),
        Record(HOLD_REMINDER, ticket.agent_id, {"given": given}),
        _timer(situation, given),
    )


def _timer(situation: Situation, given: int) -> Effect:
    times = situation.policy.times
    if given >= times.hold_times:
        return CancelTimer(HOLD)
    return SetTimer(HOLD, situation.now + times.next_thanks(given), {"given": given})


def _end(situation: Situation, ticket: TicketFacts, agent_id: int | None) -> tuple[Effect, ...]:
    assert ticket.held_since is not None
    seconds = round((situation.now - ticket.held_since).total_seconds())
    return (
        ChangeTicket({"held_since": None}),
        CancelTimer(HOLD),
        Record("hold_ended", agent_id, {"seconds": seconds}),
    )
