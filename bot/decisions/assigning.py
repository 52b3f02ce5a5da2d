"""Who takes a waiting ticket: whoever claims it, whom a lead or the queue itself gives it (H9)."""

from __future__ import annotations

from bot.decisions.hands import CLOSED, Deed
from bot.decisions.queueing import APOLOGY, kept_for
from bot.effects import CancelTimer, ChangeTicket, Decline, Effect, Record, Say, Text
from bot.situation import Situation, TicketFacts
from handoff.acts import Assign, Claim
from handoff.agents import Colleague, Presence, Role
from handoff.assignment import is_kept, is_of_team, serves, suits
from handoff.tickets import TicketState

LEAD_ONLY = Decline("lead_only", "Only a lead gives a ticket to somebody else: take it yourself, or ask a lead.")


def claim(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """Whoever comes first has it, unless it waits for somebody else (H6)."""
    act: Claim = deed.act
    refused = _not_waiting(deed.ticket) or _not_theirs(situation, deed.ticket, situation.staff.get(act.agent_id))
    if refused is not None:
        return (refused,)
    return (*taken(situation, deed.ticket, act.agent_id, act.desk_name), Record("claimed", act.agent_id))


def assign(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """A lead may give it to anybody who is there, also beyond what they take; the queue only where it suits."""
    act: Assign = deed.act
    by_lead = act.agent_id != 0
    lead, colleague = situation.staff.get(act.agent_id), situation.staff.get(act.to_agent)
    if by_lead and (lead is None or not lead.is_lead):
        return (LEAD_ONLY,)
    refused = _not_waiting(deed.ticket)
    if refused is not None:
        return (refused,)
    if colleague is None:
        return (Decline("nobody", "There is no such agent any more."),)
    if colleague.presence is not Presence.ONLINE:
        return (Decline("not_there", f"{colleague.desk_name} is {colleague.presence} now."),)
    if not serves(colleague.role, deed.ticket.level):
        return (_of_another_level(deed.ticket),)
    wanted_for = situation.policy.queue.wanted_for
    if not by_lead and not (colleague.has_room and suits(deed.ticket, colleague, wanted_for, situation.now)):
        return (Decline("no_room", f"{colleague.desk_name} cannot take it any more."),)
    facts = {"to": colleague.id, **({} if colleague.has_room else {"beyond_capacity": True})}
    return (
        *taken(situation, deed.ticket, colleague.id, colleague.desk_name),
        Record("assigned", act.agent_id or None, facts),
    )


def taken(situation: Situation, ticket: TicketFacts, agent_id: int, desk_name: str) -> tuple[Effect, ...]:
    """The ticket is in this agent's hands from now on, and its player hears so (W1, W9)."""
    greeting = Text("agent_greeting", {"agent": desk_name, "player": situation.player_name})
    # W11: whoever had to wait past the promised time is thanked for it.
    waited = situation.now - ticket.waiting_since > situation.policy.apology_after or ticket.apologies > 0
    parts = (greeting, Text("thanks_for_waiting")) if waited else (greeting,)
    return (
        ChangeTicket(
            {
                "state": TicketState.ASSIGNED,
                "agent_id": agent_id,
                "claimed_at": situation.now,
                **kept_for(situation, None),
            },
            desk_name,
        ),
        CancelTimer(APOLOGY),
        Say(parts),
    )


def _not_waiting(ticket: TicketFacts) -> Decline | None:
    if ticket.state is TicketState.RESOLVED:
        return CLOSED
    if ticket.state is not TicketState.WAITING:
        return Decline("taken", f"{ticket.holder or 'Somebody else'} took it first.")
    return None


def level_refusal(situation: Situation, deed: Deed) -> Decline | None:
    """Why somebody of this agent's role may not take the ticket up (H6); None where they may."""
    colleague = situation.staff.get(deed.act.agent_id)
    if serves(colleague.role if colleague is not None else Role.AGENT, deed.ticket.level):
        return None
    return _of_another_level(deed.ticket)


def _not_theirs(situation: Situation, ticket: TicketFacts, colleague: Colleague | None) -> Decline | None:
    """Why this agent may not take it; leads may take everything up to their own level."""
    if colleague is None:
        return Decline("nobody", "You are not on the staff any more.")
    if not serves(colleague.role, ticket.level):
        return _of_another_level(ticket)
    if colleague.is_lead:
        return None
    if not is_of_team(ticket, colleague):
        return Decline("other_team", f"It waits for the team {ticket.team}. A lead may take it.")
    wanted_for = situation.policy.queue.wanted_for
    if is_kept(ticket, colleague, wanted_for, situation.now):
        wanted = situation.staff.get(ticket.wanted_agent_id or 0)
        free_at = (ticket.wanted_since or ticket.waiting_since) + wanted_for
        name = wanted.desk_name if wanted is not None else "somebody else"
        return Decline("wanted", f"It waits for {name} until {free_at:%H:%M} {free_at.tzname()}. A lead may take it.")
    return None


def _of_another_level(ticket: TicketFacts) -> Decline:
    return Decline("level", f"This ticket waits for a {ticket.level}.")
