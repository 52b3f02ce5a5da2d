"""Replies: said at once, or a few seconds later, so that they can be taken back until then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.decisions.hands import EMPTY, Deed, leads
from bot.decisions.override import Guarded, record, refusal
from bot.effects import CancelTimer, ChangeTicket, Decline, Effect, Record, Say, SetTimer, Verbatim, WriteNote
from bot.situation import Situation, TicketFacts
from handoff.acts import REPLY, Reply, StoredFile, Undo
from handoff.tickets import TicketKey
from messaging.messages import Author
from messaging.timers import Timer

TOO_LATE = Decline("too_late", "It has gone out already.")
_WORDS_SHOWN = 300


def reply(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """What the reply comes to once it is said; bot.applying puts that off where it can be undone."""
    act: Reply = deed.act
    if not act.text.strip() and not act.files:
        return (EMPTY,)
    refused = _stale(situation, deed) or refusal(deed.guarded, act)
    if refused is not None:
        return (refused,)
    return said(situation, deed.ticket, act, *record(deed.guarded, act))


def said(
    situation: Situation, ticket: TicketFacts, act: Reply, note: str, kept: Mapping[str, Any]
) -> tuple[Effect, ...]:
    """Say it. ``note`` and ``kept`` are what is kept of an override of the guard."""
    first = {} if ticket.first_reply_at else {"first_reply_at": situation.now}
    is_its_ticket = ticket.number == act.ticket.number
    return (
        Say(
            (Verbatim(act.text.strip()),),
            author=Author.AGENT,
            agent_id=act.agent_id,
            files=act.files,
            # What players who read from the tables see above it (W9).
            data={"agent": act.desk_name, **kept},
        ),
        *((WriteNote(note, act.agent_id),) if note else ()),
        *((ChangeTicket({"last_reply_at": situation.now, **first}),) if is_its_ticket else ()),
    )


def put_off(situation: Situation, act: Reply, guarded: Guarded) -> tuple[Effect, ...]:
    """Keep the reply until it is due; desks see it on the ticket meanwhile."""
    note, kept = record(guarded, act)
    data = {
        "ticket": str(act.ticket),
        "agent_id": act.agent_id,
        "desk_name": act.desk_name,
        "done_at": act.done_at.isoformat(),
        "text": act.text,
        "files": [[each.sha256, each.name, each.content_type, each.size] for each in act.files],
        "promise": act.promise.isoformat() if act.promise is not None else None,
        "looking": act.looking,
        "note": note,
        "kept": dict(kept),
    }
    due_at = situation.now + situation.policy.act_rules.undo
    # The change of the ticket says nothing but that there is something new about it.
    return (SetTimer(f"{REPLY}:{act.act_id}", due_at, data), ChangeTicket({}))


def reply_of(timer: Timer) -> Reply:
    """The reply that this timer says."""
    data = timer.data
    return Reply(
        TicketKey.parse(data["ticket"]),
        timer.kind.partition(":")[2],
        data["agent_id"],
        data["desk_name"],
        datetime.fromisoformat(data["done_at"]),
        data["text"],
        tuple(StoredFile(*each) for each in data["files"]),
        promise=datetime.fromisoformat(data["promise"]) if data["promise"] else None,
        looking=data["looking"],
    )


def say_now(situation: Situation, timer: Timer) -> tuple[Effect, ...]:
    """Say a reply that was put off; nothing where it was taken back, or said, a moment ago."""
    ticket = situation.ticket
    if ticket is None or timer.kind not in {each.kind for each in situation.pending}:
        return ()
    spoken = said(situation, ticket, reply_of(timer), timer.data["note"], timer.data["kept"])
    return (CancelTimer(timer.kind), *spoken)


def undo(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: Undo = deed.act
    timer = next((each for each in situation.pending if each.kind == f"{REPLY}:{act.reply}"), None)
    if timer is None:
        return (TOO_LATE,)
    if timer.data["agent_id"] != act.agent_id and not leads(situation, act):
        return (Decline("not_yours", "Only whoever wrote it, or a lead, can take it back."),)
    return (CancelTimer(timer.kind), ChangeTicket({}), Record("undone", act.agent_id, {"reply": act.reply}))


def _stale(situation: Situation, deed: Deed) -> Decline | None:
    """The player wrote after what the agent had read: they are to read it first."""
    act: Reply = deed.act
    newest = situation.last_incoming_number
    if act.seen is None or newest is None or newest <= act.seen:
        return None
    words = deed.about.newest.text if deed.about.newest is not None else ""
    details = {"number": newest, "text": words}
    return Decline("newer", f"The player wrote meanwhile: “{words[:_WORDS_SHOWN]}”", details=details)
