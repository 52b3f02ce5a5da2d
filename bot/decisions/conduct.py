"""Rudeness (G16): an apology first (W2) with the lead's help (G8), then a warning, the lead, a while of silence.

Never a quarrel: questions that the FAQ answers are answered within it, and everything is kept for staff to see.
"""

from __future__ import annotations

from dataclasses import replace

from bot.decisions.hearing import HUMAN, Written
from bot.effects import ChangePlayer, ChangeTicket, Choice, Effect, Record, Remember, Say, Text, When, number_in
from bot.remembered import Rudeness
from bot.situation import Situation

RUDE = "rude"
"""What the record calls an insult; its data is the evidence."""
LONGEST_EVIDENCE = 500
LEAD = "lead"


def is_rude(situation: Situation, written: Written) -> bool:
    return bool(written.insult) and situation.policy.care.mute_at > 0


def meet(situation: Situation, written: Written) -> tuple[Effect, ...]:
    """One step further with each insult; the count begins anew after a time without any."""
    care = situation.policy.care
    before = situation.memory.rudeness
    fresh = before is None or situation.now - before.last > care.forget_insults_after
    count = 1 if fresh or before is None else before.count + 1
    kept = Remember(replace(situation.memory, rudeness=Rudeness(count, situation.now)))
    step = _step(situation, count)
    evidence = Record(
        RUDE,
        data={
            "step": step,
            "count": count,
            "message": situation.last_incoming_number,
            "insult": written.insult,
            "words": written.text[:LONGEST_EVIDENCE],
        },
    )
    return (kept, evidence, *_answer(situation, step))


def _step(situation: Situation, count: int) -> str:
    care = situation.policy.care
    for step, at in (("mute", care.mute_at), ("lead", care.tell_lead_at), ("warning", care.warn_at)):
        if count >= at:
            return step
    return "apology"


def _answer(situation: Situation, step: str) -> tuple[Effect, ...]:
    ticket = situation.open_ticket
    if step == "mute":
        until = situation.now + situation.policy.care.mute_for
        muted = Record("muted", data={"until": until.isoformat()})
        return (ChangePlayer({"muted_until": until}), muted, Say((Text("conduct_muted", {"until": When(until)}),)))
    if step == "lead":
        raised: tuple[Effect, ...] = (ChangeTicket({"level": LEAD}, ticket.holder),) if ticket is not None else ()
        return (*raised, Say((Text("conduct_lead"),)))
    if step == "warning":
        return (Say((Text("conduct_warning"),)),)
    if ticket is not None:
        return (Say((Text("conduct_apology", {"player": situation.player_name}),), (ask_lead(ticket.number),)),)
    return (Say((Text("conduct_apology", {"player": situation.player_name}),), (HUMAN,)),)


def ask_lead(number: int) -> Choice:
    """G8: the lead's help is offered to who is upset."""
    return Choice(Text("button_lead"), f"lead:{number}")


def press_lead(situation: Situation, rest: str) -> tuple[Effect, ...] | None:
    """``<ticket>``: the lead shall look after it."""
    ticket = situation.open_ticket
    if ticket is None or number_in(rest) != ticket.number:
        return None
    return (
        ChangeTicket({"level": LEAD}, ticket.holder),
        Record("lead_wanted"),
        Say((Text("lead_told"),)),
    )
