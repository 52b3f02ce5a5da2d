"""Closing a ticket: with its category (P7), never while the player still asks (W13), a complaint after W14."""

from __future__ import annotations

from typing import Any

from bot.decisions.hands import Deed
from bot.decisions.override import refusal
from bot.decisions.promising import promise_refusal
from bot.decisions.queueing import APOLOGY
from bot.decisions.surveys import after_close
from bot.effects import (
    CancelTimer,
    ChangeTicket,
    Choice,
    Decline,
    Effect,
    Record,
    Say,
    StripButtons,
    Text,
    number_in,
)
from bot.situation import Situation, TicketFacts
from handoff.acts import Close, ConfirmUnderstood
from handoff.tickets import TicketState
from messaging.messages import Author

COMPLAINT = "complaint"
UNDERSTOOD = "understood"
"""What the actions of the buttons under W14 begin with."""
LONGEST_WORDS = 500


def close(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: Close = deed.act
    category = category_of(situation, deed.ticket, act.category)
    refused = (
        promise_refusal(deed.ticket)
        or _without_category(situation, act, category)
        or _unconfirmed(deed.ticket, act)
        or _still_asking(situation, deed)
    )
    if refused is not None:
        return (refused,)
    reason = act.unconfirmed.strip()
    changes: dict[str, Any] = {
        "state": TicketState.RESOLVED,
        "resolved_at": situation.now,
        "category": category,
        "asked_lead_at": None,
    }
    if reason:
        changes["confirmation"] = {**deed.ticket.confirmation, "unconfirmed": reason}
    return (
        ChangeTicket(changes),
        CancelTimer(APOLOGY),
        Say((Text("closing", {"agent": act.desk_name, "player": situation.player_name}),)),
        Record("closed", act.agent_id, {"category": category, **({"unconfirmed": reason} if reason else {})}),
        *after_close(situation, deed.ticket),
    )


def category_of(situation: Situation, ticket: TicketFacts, chosen: str) -> str:
    """What the ticket was about: as chosen, else as it stands, else its topic where that is a category."""
    topic = ticket.topic or ""
    return chosen or ticket.category or (topic if topic in situation.policy.act_rules.categories else "")


def _without_category(situation: Situation, act: Close, category: str) -> Decline | None:
    rules = situation.policy.act_rules
    known = {"categories": list(rules.categories)}
    if act.category and rules.categories and act.category not in rules.categories:
        return Decline("no_category", f'There is no category "{act.category}".', details=known)
    if rules.category_required and not category:
        return Decline("category", "Choose what it was about first.", details=known)
    return None


def _unconfirmed(ticket: TicketFacts, act: Close) -> Decline | None:
    """W14: a complaint is closed after the player said that it was understood, or with a reason why not."""
    if ticket.ticket_class != COMPLAINT or act.unconfirmed.strip() or is_confirmed(ticket):
        return None
    if "answer" in ticket.confirmation:
        return Decline("unconfirmed", "The player says that it was not understood: ask again, or say why you close.")
    return Decline("unconfirmed", "Ask the player first whether their complaint was understood, or say why not.")


def is_confirmed(ticket: TicketFacts) -> bool:
    """Whether the player said yes, or answered in their own words, which the agent has read."""
    said = ticket.confirmation
    return said.get("answer") == "yes" or ("words" in said and "answer" not in said)


def _still_asking(situation: Situation, deed: Deed) -> Decline | None:
    """W13: the last word is the player's, it asks for something, and nobody answered it or is about to."""
    act: Close = deed.act
    asked, replied = situation.last_incoming_number, situation.last_reply_number
    if asked is None or (replied is not None and replied > asked) or situation.pending or act.unconfirmed.strip():
        return None
    if deed.about.newest is None or deed.about.newest_is_courtesy:
        return None
    details = {"number": asked, "text": deed.about.newest.text}
    return Decline("still_asking", "The player has the last word: answer it, or say why you close.", details=details)


def confirm(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """W14: ask whether the complaint was understood."""
    act: ConfirmUnderstood = deed.act
    summary = act.text.strip()
    if not summary:
        return (Decline("empty", "Write what you understood."),)
    refused = refusal(deed.guarded, act)
    if refused is not None:
        return (refused,)
    return (
        Say(
            (Text("confirm_understood", {"summary": summary}),),
            (
                Choice(Text("button_understood"), f"{UNDERSTOOD}:{{n}}:yes:{{t}}"),
                Choice(Text("button_misunderstood"), f"{UNDERSTOOD}:{{n}}:no:{{t}}"),
            ),
            author=Author.AGENT,
            agent_id=act.agent_id,
            data={"agent": act.desk_name},
        ),
        ChangeTicket({"confirmation": {"asked_at": situation.now.isoformat(), "summary": summary}}),
        Record("asked_to_confirm", act.agent_id, {"summary": summary}),
    )


def press_understood(situation: Situation, rest: str) -> tuple[Effect, ...] | None:
    """The player pressed a button under W14; None where that question is over."""
    message_text, _, more = rest.partition(":")
    answer, _, ticket_text = more.partition(":")
    ticket, message = situation.open_ticket, number_in(message_text)
    if ticket is None or message is None or number_in(ticket_text) != ticket.number or answer not in ("yes", "no"):
        return None
    if not ticket.confirmation.get("asked_at") or "answer" in ticket.confirmation:
        return None
    confirmation = {**ticket.confirmation, "answer": answer, "answered_at": situation.now.isoformat()}
    return (
        StripButtons(message),
        ChangeTicket({"confirmation": confirmation}),
        Record("confirmed" if answer == "yes" else "not_confirmed"),
        Say((Text("understood" if answer == "yes" else "misunderstood"),)),
    )


def hear_answer(situation: Situation, text: str) -> tuple[Effect, ...]:
    """What a player writes while W14 is open answers it, in their own words."""
    ticket = situation.open_ticket
    if ticket is None or not text or not ticket.confirmation.get("asked_at") or "answer" in ticket.confirmation:
        return ()
    words = "\n".join(filter(None, (ticket.confirmation.get("words", ""), text)))[:LONGEST_WORDS]
    confirmation = {**ticket.confirmation, "words": words, "answered_at": situation.now.isoformat()}
    return (ChangeTicket({"confirmation": confirmation}),)
