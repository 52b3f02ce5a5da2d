"""What leads are asked (H5), and what they decide about players: how soon they are served, whether they are heard."""

from __future__ import annotations

from datetime import timedelta

from bot.decisions.hands import Decider, Deed, leads
from bot.effects import ChangePlayer, ChangeTicket, Decline, Effect, Record, WriteNote
from bot.situation import Situation
from handoff.acts import AnswerLead, AskLead, Mute, WriteMemo

FOR_LEADS = Decline("leads", "Only a lead can do this.")
LONGEST_MUTE = timedelta(days=30)


def of_leads(decide: Decider) -> Decider:
    """The act needs a lead."""

    def decided(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
        return decide(situation, deed) if leads(situation, deed.act) else (FOR_LEADS,)

    return decided


def ask_lead(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """H5: a note of its own kind, and leads are told until one of them answers."""
    act: AskLead = deed.act
    text = act.text.strip()
    if not text:
        return (Decline("empty", "Write what you would like to know."),)
    return (
        WriteNote(text, act.agent_id, data={"kind": "question"}),
        ChangeTicket({"asked_lead_at": deed.ticket.asked_lead_at or situation.now}),
        Record("asked_lead", act.agent_id, {"text": text}),
    )


def answer_lead(_situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: AnswerLead = deed.act
    text = act.text.strip()
    if not text:
        return (Decline("empty", "Write the answer."),)
    if deed.ticket.asked_lead_at is None:
        return (Decline("not_asked", "Nobody waits for an answer here: write a note instead."),)
    return (
        WriteNote(text, act.agent_id, data={"kind": "answer"}),
        ChangeTicket({"asked_lead_at": None}),
        Record("answered_lead", act.agent_id, {"text": text}),
    )


def write_memo(_situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """P10: kept with the player, for whoever meets them next; an empty one takes it away."""
    act: WriteMemo = deed.act
    return (ChangePlayer({"memo": act.text.strip()}), Record("memo", act.agent_id, {"text": act.text.strip()}))


def mute(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """G16: for a while, for a reason; what they wrote last is named as the evidence."""
    act: Mute = deed.act
    reason, length = act.reason.strip(), timedelta(minutes=act.minutes)
    if not timedelta(0) < length <= LONGEST_MUTE:
        return (Decline("minutes", f"Mute for at least a minute, and at most {LONGEST_MUTE.days} days."),)
    if not reason:
        return (Decline("reason", "Write why: it is kept."),)
    until = situation.now + length
    evidence = {"reason": reason, "until": until.isoformat(), "message": situation.last_incoming_number}
    if deed.about.newest is not None:
        evidence["words"] = deed.about.newest.text
    return (
        ChangePlayer({"muted_until": until}),
        WriteNote(f"Muted until {until:%d %B, %H:%M} UTC. The reason: {reason}", act.agent_id),
        Record("muted", act.agent_id, evidence),
    )


def unmute(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    if situation.player.muted_until is None or situation.player.muted_until <= situation.now:
        return (Decline("not_muted", "This player is not muted."),)
    return (ChangePlayer({"muted_until": None}), Record("unmuted", deed.act.agent_id))
