"""Handing a ticket on: to a colleague or a team (H1-H4), and one level up (H6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.decisions.hands import Deed, leads
from bot.decisions.queueing import apology_timer
from bot.effects import (
    ChangeTicket,
    Choice,
    Decline,
    Effect,
    QueuePlace,
    Record,
    Say,
    StripButtons,
    Text,
    WriteNote,
    number_in,
)
from bot.situation import Situation
from handoff.acts import Escalate, Transfer
from handoff.agents import Colleague, Presence, Role
from handoff.assignment import serves
from handoff.tickets import TicketState

AGENT, LEAD, SUPERVISOR = "agent", "lead", "supervisor"
LEVELS = (AGENT, LEAD, SUPERVISOR)
WAIT = "wait"
"""The action of the button "I will wait" under H4."""
# Under H4: keep the place, or be called back.
_WAIT_OR_CALL = (
    Choice(Text("button_keep_waiting"), f"{WAIT}:{{n}}:{{t}}"),
    Choice(Text("button_call_back"), "callback:{t}"),
)
_IN_THE_QUEUE = {"state": TicketState.WAITING, "agent_id": None, "claimed_at": None, "held_since": None}


def may_take(role: Role | None, level: str) -> bool:
    """Whether somebody of this role may take tickets of this level; of a stranger the least is assumed."""
    return serves(role or Role.AGENT, level)


def transfer(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """The ticket waits for whoever it is handed to, who sees the brief; the player is told before."""
    act: Transfer = deed.act
    declined = _not_to_transfer(situation, deed)
    if declined is not None:
        return (declined,)
    to = situation.staff[act.to_agent] if act.to_agent is not None else None
    team = to.team if to is not None else act.team
    candidates = [to] if to is not None else [each for each in situation.staff.values() if each.team == act.team]
    told = Text("transfer", {"agent": to.desk_name}) if to is not None else Text("transfer_team")
    is_there = _anybody_online(candidates, besides=act.agent_id)
    whom = to.desk_name if to is not None else f"the team {act.team}"
    changes: dict[str, Any] = {
        **_IN_THE_QUEUE,
        "wanted_agent_id": act.to_agent,
        "wanted_since": situation.now if act.to_agent is not None else None,
        "team": team,
        "brief": act.brief.strip(),
        "transfers": deed.ticket.transfers + 1,
    }
    happened = {"to_agent": act.to_agent, "team": team, "brief": act.brief.strip(), "nobody_there": not is_there}
    return (
        Say((told,)) if is_there else Say((told, Text("nobody_there")), _WAIT_OR_CALL),
        ChangeTicket(changes),
        WriteNote(f"Handed to {whom}. {act.brief.strip()}", act.agent_id, data={"kind": "brief"}),
        apology_timer(situation, deed.ticket.apologies),
        Record("transferred", act.agent_id, happened),
    )


def _not_to_transfer(situation: Situation, deed: Deed) -> Decline | None:
    act: Transfer = deed.act
    if (act.to_agent is None) == (not act.team):
        return Decline("whom", "Choose a colleague or a team.")
    if act.to_agent == act.agent_id:
        return Decline("yourself", "It is yours already.")
    if act.to_agent is not None and act.to_agent not in situation.staff:
        return Decline("no_agent", "This colleague is not here any more.")
    if act.team and act.team not in {each.team for each in situation.staff.values()}:
        return Decline("no_team", f'There is no team "{act.team}".')
    colleague = situation.staff.get(act.to_agent) if act.to_agent is not None else None
    if colleague is not None and not may_take(colleague.role, deed.ticket.level):
        return Decline("level", f"{colleague.desk_name} may not take a ticket of this level.")
    if not act.brief.strip():
        return Decline("brief", "Write a brief first: what was asked, what was done, what is left.")
    if deed.ticket.transfers and not act.again:
        times = "once" if deed.ticket.transfers == 1 else f"{deed.ticket.transfers} times"
        reason = f"It changed hands {times} already. If it must be, hand it on all the same."
        return Decline("again", reason, details={"transfers": deed.ticket.transfers})
    return None


def escalate(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """H6: the ticket waits for the next level; an urgent one skips the lead, which leads are told of."""
    act: Escalate = deed.act
    reason = act.reason.strip()
    own = AGENT if not leads(situation, act) else LEAD
    level = max(deed.ticket.level if deed.ticket.level in LEVELS else AGENT, own, key=LEVELS.index)
    if level == SUPERVISOR:
        return (Decline("highest", "There is no level above this one."),)
    if not reason:
        return (Decline("reason", "Write why first: whoever takes it reads that."),)
    above = LEVELS[LEVELS.index(level) + 1]
    skips = act.urgent and above != SUPERVISOR
    to = SUPERVISOR if act.urgent else above
    people = [each for each in situation.staff.values() if may_take(each.role, to)]
    is_there = _anybody_online(people, besides=act.agent_id)
    told = Text("escalated")
    changes = {**_IN_THE_QUEUE, "level": to, "brief": reason, "wanted_agent_id": None, "wanted_since": None, "team": ""}
    happened = {"from": level, "to": to, "reason": reason, "urgent": act.urgent, "nobody_there": not is_there}
    return (
        Say((told,)) if is_there else Say((told, Text("nobody_there")), _WAIT_OR_CALL),
        ChangeTicket(changes),
        WriteNote(f"Handed up to the {to}. {reason}", act.agent_id, data={"kind": "brief"}),
        apology_timer(situation, deed.ticket.apologies),
        Record("escalated", act.agent_id, happened),
        *((Record("lead_skipped", act.agent_id, {"reason": reason}),) if skips else ()),
    )


def press_wait(situation: Situation, rest: str) -> tuple[Effect, ...] | None:
    """The player would rather wait (H4); None where they wait no more."""
    message_text, _, ticket_text = rest.partition(":")
    ticket, message = situation.open_ticket, number_in(message_text)
    if ticket is None or message is None or number_in(ticket_text) != ticket.number:
        return None
    if ticket.state is not TicketState.WAITING:
        return None
    return (StripButtons(message), Say((Text("keep_waiting"), QueuePlace())))


def _anybody_online(people: Iterable[Colleague], besides: int) -> bool:
    return any(each.presence is Presence.ONLINE and each.id != besides for each in people)
