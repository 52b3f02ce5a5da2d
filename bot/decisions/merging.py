"""Putting two open tickets of one player together: this one is closed, the other goes on."""

from __future__ import annotations

from typing import Any

from bot.decisions.hands import Deed
from bot.decisions.queueing import APOLOGY
from bot.effects import (
    CancelTimer,
    ChangeTicket,
    Decline,
    Effect,
    Elsewhere,
    Record,
    Say,
    Text,
    WriteNote,
)
from bot.situation import Situation
from handoff.acts import Merge
from handoff.tickets import TicketState

NETWORKS = {"telegram": "Telegram", "discord": "Discord", "web": "the web chat"}


def merge(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """The player is told where it goes on; both tickets keep a note, and the earlier place in the queue counts."""
    act: Merge = deed.act
    other = deed.about.other
    if other is None or str(other.key) != act.into or not other.ticket.is_open:
        return (Decline("not_open", "That ticket is not open any more."),)
    if other.player_id != situation.player.id or other.key == act.ticket:
        return (Decline("not_theirs", "Only tickets of the same player can be put together."),)
    this, place = deed.ticket, NETWORKS.get(situation.channel, situation.channel)
    there = NETWORKS.get(other.channel, other.channel)
    words = Text("merged_web") if other.channel == "web" else Text("merged", {"channel": there})
    changes: dict[str, Any] = {
        "state": TicketState.RESOLVED,
        "resolved_at": situation.now,
        "merged_into": act.into,
        "category": this.category or other.ticket.category,
        "asked_lead_at": None,
    }
    question = f" They had asked: {this.question}" if this.question else ""
    brief = f" The brief of it: {this.brief}" if this.brief else ""
    earlier = min(this.queue_at or this.waiting_since, other.ticket.queue_at or other.ticket.waiting_since)
    return (
        Say((words,)),
        ChangeTicket(changes),
        CancelTimer(APOLOGY),
        WriteNote(f"Put together with ticket {act.into} on {there}: it goes on there.", act.agent_id),
        Record("merged", act.agent_id, {"into": act.into}),
        Elsewhere(
            other.key.conversation_id,
            (
                ChangeTicket({"queue_at": earlier}),
                WriteNote(f"Ticket {act.ticket} on {place} is part of this one now.{question}{brief}", act.agent_id),
                Record("merged_from", act.agent_id, {"from": str(act.ticket)}),
            ),
        ),
    )


def follows(situation: Situation) -> str:
    """The key of the ticket that one opened now follows up (K9), or nothing."""
    before = situation.ticket
    if before is None or before.resolved_at is None:
        return ""
    is_soon = situation.now - before.resolved_at <= situation.policy.act_rules.follows_within
    return f"{situation.conversation_id}-{before.number}" if is_soon else ""
