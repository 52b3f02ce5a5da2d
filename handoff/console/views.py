"""What the console's pages are told, as plain JSON data. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from handoff.agents import Agent, Colleague, Role
from handoff.guard.draft import Finding
from handoff.notices import Notice, for_role
from handoff.tickets import Ticket
from messaging.conversations import Attachment, Message

_LISTED_QUESTION = 160
# Facts about a message that its reader should know of; the rest of ``data`` is for the program.
# ``kind`` is a note's: brief (H2), question to the lead and answer of the lead (H5).
_FACTS = ("unsupported", "late", "forwarded", "kind")


def listed(ticket: Ticket, last_incoming_at: datetime | None = None) -> dict[str, Any]:
    """A ticket as a line of a list."""
    return {
        "key": str(ticket.key),
        "state": ticket.state,
        # Not every network tells a name.
        "player": ticket.player_name or f"Player {ticket.player_id}",
        "named": bool(ticket.player_name),
        "channel": ticket.channel,
        "language": ticket.language,
        "question": ticket.question[:_LISTED_QUESTION],
        "waiting_since": moment(ticket.waiting_since),
        "opened_at": moment(ticket.opened_at),
        "resolved_at": moment(ticket.resolved_at),
        "agent_id": ticket.agent_id,
        "reopened": ticket.reopened,
        "lost": ticket.lost is not None,
        "last_reply_at": moment(ticket.last_reply_at),
        "last_incoming_at": moment(last_incoming_at),
        "class": ticket.ticket_class,
        "topic": ticket.topic,
        "tier": ticket.tier,
        "team": ticket.team,
        "level": ticket.level,
        "wanted_agent_id": ticket.wanted_agent_id,
        "transfers": ticket.transfers,
        "due_at": moment(ticket.due_at),
        # The highest percentage of a target that its clock has warned of, and since when its agent says nothing.
        "warned": ticket.warned,
        "silent_since": moment(ticket.silent_since),
        "promise_due_at": moment(ticket.promise_due_at),
        "snoozed_until": moment(ticket.snoozed_until),
        "held_since": moment(ticket.held_since),
        "category": ticket.category,
        "asked_lead_at": moment(ticket.asked_lead_at),
    }


def opened(ticket: Ticket) -> dict[str, Any]:
    """A ticket as its own page shows it."""
    return listed(ticket) | {
        "question": ticket.question,
        "reason": ticket.reason,
        "claimed_at": moment(ticket.claimed_at),
        "first_reply_at": moment(ticket.first_reply_at),
        "brief": ticket.brief,
        "promises": list(ticket.promises),
        "confirmation": dict(ticket.confirmation),
        "follows": ticket.follows,
        "merged_into": ticket.merged_into,
        "call_back_at": moment(ticket.call_back_at),
        "lost": ticket.lost,
        "offered": [
            {"entry_id": each.entry_id, "title": each.title, "confidence": each.confidence} for each in ticket.offered
        ],
    }


def message(each: Message, versions: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """A message as the conversation shows it, with what it said before it was changed."""
    return {
        "number": each.number,
        "revision": each.revision,
        "direction": each.direction,
        "author": each.author,
        "agent_id": each.agent_id,
        "ticket_number": each.ticket_number,
        "text": each.text,
        "buttons": [button.label for button in each.buttons],
        "status": each.status,
        "error": each.error,
        "left": bool(each.data.get("left")),
        # W6: under_way, made (the network changed it), or said (anew, since the network cannot).
        "correction": (each.data.get("correction") or {}).get("state"),
        "sent_at": moment(each.sent_at),
        "edited_at": moment(each.edited_at),
        "deleted_at": moment(each.deleted_at),
        "versions": list(versions),
        "facts": {fact: each.data[fact] for fact in _FACTS if each.data.get(fact)},
        "attachments": [_attachment(file) for file in each.attachments],
    }


def staff(agents: Iterable[Agent]) -> dict[str, str]:
    """Desk names by agent id, of everybody who ever wrote."""
    return {str(agent.id): agent.desk_name for agent in agents}


def colleague(each: Colleague) -> dict[str, Any]:
    """Somebody on the staff as those see them who hand work over."""
    return {
        "id": each.id,
        "name": each.desk_name,
        "role": each.role,
        "presence": each.presence,
        "since": moment(each.presence_since),
        "languages": list(each.languages),
        "skills": list(each.skills),
        "team": each.team,
        "load": each.assigned,
        "capacity": each.capacity,
    }


def finding(each: Finding) -> dict[str, Any]:
    """What the guard found in a reply; ``span`` counts characters (code points) of its text."""
    return {
        "kind": each.kind,
        "code": each.code,
        "severity": each.severity,
        "span": [each.start, each.end],
        "reason": each.reason,
        "suggestion": each.suggestion,
    }


def notices(found: Iterable[Notice], role: Role, agent_id: int | None = None) -> list[dict[str, Any]]:
    """What the banner above the desk tells somebody of this role, and this one of the staff alone."""
    return [
        {"key": each.key, "severity": each.severity, "text": each.text, "remedy": each.remedy}
        for each in for_role(found, role, agent_id)
    ]


def frame(kind: str, data: Mapping[str, Any]) -> str:
    """A frame of the socket, as text."""
    return json.dumps({"type": kind, **data}, ensure_ascii=False, separators=(",", ":"))


def moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _attachment(file: Attachment) -> dict[str, Any]:
    return {
        "name": file.name,
        "content_type": file.content_type,
        "size": file.size,
        "sha256": file.sha256,
        "state": file.state,
    }
