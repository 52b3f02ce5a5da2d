"""Tickets whose agent is not there: a word to the player (T13), and back to the queue."""

from __future__ import annotations

from bot.decisions.hands import Deed
from bot.decisions.queueing import back_in_queue
from bot.effects import Decline, Effect, QueuePlace, Record, Say, Text, WriteNote
from bot.situation import Situation, TicketFacts
from handoff.acts import TakeBack, TellAway
from handoff.agents import Presence
from handoff.presence import why_absent
from handoff.tickets import TicketState

CHANGED = Decline("changed", "This is not so any more.")
NOTES = {
    "disabled": "{agent} is not on the staff any more: back in the queue, at its old place.",
    "offline": "{agent} went offline: back in the queue, at its old place.",
    "away": "{agent} was away for too long: back in the queue, at its old place.",
}


def tell_away(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """T13: the player hears once that the agent stepped away."""
    act: TellAway = deed.act
    colleague = situation.staff.get(act.of_agent)
    still = _in_hand(deed.ticket, act.of_agent) and colleague is not None and colleague.presence is Presence.AWAY
    if not still:
        return (CHANGED,)
    return (Say((Text("agent_away", {"agent": deed.ticket.holder}),)), Record("told_away", act.of_agent))


def take_back(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """The queue takes the ticket back from an agent who is gone."""
    act: TakeBack = deed.act
    if not _in_hand(deed.ticket, act.of_agent):
        return (CHANGED,)
    colleague = situation.staff.get(act.of_agent)
    why = why_absent(colleague, situation.policy.presence, situation.now)
    if why is None:
        return (CHANGED,)
    agent = deed.ticket.holder or "Its agent"
    queued = (*back_in_queue(situation, deed.ticket), WriteNote(NOTES[why].format(agent=agent)))
    recorded = Record("agent_gone", act.of_agent, {"why": why})
    if deed.ticket.state is TicketState.SNOOZED:
        # Its player does not know that it was put aside, and waits for nothing.
        return (*queued, recorded)
    words = Text("agent_gone", {"agent": deed.ticket.holder}) if deed.ticket.holder else Text("already_waiting")
    return (*queued, recorded, Say((words, QueuePlace())))


def _in_hand(ticket: TicketFacts, agent_id: int) -> bool:
    return ticket.agent_id == agent_id and ticket.state in (TicketState.ASSIGNED, TicketState.SNOOZED)
