"""Bringing people for what an entry is about: its class and topic, and what it wants to have asked first."""

from __future__ import annotations

from collections.abc import Mapping

from bot.decisions import bursts, forms
from bot.decisions.queueing import open_ticket
from bot.effects import Effect, QueuePlace, Say, Text
from bot.situation import Situation
from faq.entry import Entry
from handoff.tickets import TicketState


def bring_people(situation: Situation, reason: str, question: str, about: Entry | None) -> tuple[Effect, ...]:
    """Open a ticket at once, of the entry's class and topic (F7), and then ask what the entry's form asks for.

    Nobody is lost meanwhile: the player has their place before the first question.
    """
    opened = open_ticket(
        situation,
        reason,
        question,
        ticket_class=about.ticket_class if about is not None else None,
        topic=(about.ticket_topic or about.topic) if about is not None else None,
    )
    asked = forms.begin(situation, about) if about is not None else ()
    return (*bursts.stop_waiting(situation), *opened, *asked)


def ask_for_human(situation: Situation, question: str, entries: Mapping[str, Entry]) -> tuple[Effect, ...]:
    """F2: whoever asks for a human gets one, or hears how far they are."""
    ticket = situation.open_ticket
    if ticket is None:
        asked = situation.memory.question or question
        return bring_people(situation, "asked", asked, entries.get(situation.memory.about))
    if ticket.state is TicketState.WAITING:
        return (Say((Text("already_waiting"), QueuePlace())),)
    return (Say(status(situation)),)


def status(situation: Situation) -> tuple[Text | QueuePlace, ...]:
    """How the player's newest request stands (U10)."""
    ticket = situation.ticket
    if ticket is None:
        return (Text("status_none"),)
    if ticket.state is TicketState.WAITING:
        return (Text("status_waiting"), QueuePlace())
    if ticket.is_open:
        return (Text("status_assigned", {"agent": ticket.holder}),) if ticket.holder else (Text("status_put_aside"),)
    return (Text("status_closed"),)
