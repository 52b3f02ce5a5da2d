"""Mending what was said by mistake (W6): changed or taken back where the network can, said anew where it cannot."""

from __future__ import annotations

from typing import Any

from bot.decisions.hands import Deed, leads
from bot.decisions.override import record, refusal
from bot.effects import Decline, DeleteMessage, EditMessage, Effect, MarkMessage, Record, Say, Text, Verbatim, WriteNote
from bot.happenings import EditEnded
from bot.situation import MessageFacts, Situation
from handoff.acts import Correct
from messaging.messages import Author, Status

# What became of a correction, as its message keeps it.
UNDER_WAY, MADE, SAID = "under_way", "made", "said"
_UNDELIVERED = (Status.UNKNOWN, Status.DEAD)


def correct(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    act: Correct = deed.act
    message, text = deed.about.message, act.text.strip()
    declined = _not_to_correct(situation, act, message, text)
    if declined is None:
        declined = refusal(deed.guarded, act)
    if declined is not None or message is None:
        return (declined,) if declined is not None else ()
    note, kept = record(deed.guarded, act)
    happened = {"message": message.number, "deleted": not text, **kept}
    return (
        *_mended(situation, act, message, text),
        *((WriteNote(note, act.agent_id),) if note else ()),
        Record("corrected", act.agent_id, happened),
    )


def decide_edit_ended(situation: Situation, message: MessageFacts, ended: EditEnded) -> tuple[Effect, ...]:
    """The network made a correction, or would not: then the player is told in a new message. Either is said once."""
    correction = message.data.get("correction")
    if not isinstance(correction, dict) or correction.get("state") != UNDER_WAY:
        return ()
    if not ended.is_made:
        settled = MarkMessage(message.number, {"correction": {**correction, "state": SAID, "apologised": True}})
        return (settled, _said_anew(correction, message.text))
    if not ended.is_last:
        return ()
    settled = MarkMessage(message.number, {"correction": {**correction, "state": MADE, "apologised": True}})
    return (settled, *_apology(correction))


def _not_to_correct(situation: Situation, act: Correct, message: MessageFacts | None, text: str) -> Decline | None:
    is_reply = message is not None and message.author is Author.AGENT and message.is_outgoing
    if message is None or not is_reply or message.ticket_number != act.ticket.number:
        return Decline("not_a_reply", "Only what an agent told the player in this ticket can be corrected.")
    if message.agent_id != act.agent_id and not leads(situation, act):
        return Decline("not_yours", "Only whoever wrote it, or a lead, can correct it.")
    if message.is_deleted:
        return Decline("taken_back", "It was taken back already.")
    if message.status in _UNDELIVERED:
        return Decline(
            "undelivered", "Nobody knows that it arrived: send it again, or leave it, before you correct it."
        )
    if text == message.text:
        return Decline("same", "That is what it says already.")
    return None


def _mended(situation: Situation, act: Correct, message: MessageFacts, text: str) -> tuple[Effect, ...]:
    network = situation.network
    before = message.data.get("correction") or {}
    correction: dict[str, Any] = {
        "agent_id": act.agent_id,
        "agent": act.desk_name,
        "deleted": not text,
        "apologised": bool(before.get("apologised")),
    }
    if not (network.can_edit if text else network.can_delete):
        facts = {"correction": {**correction, "state": SAID, "apologised": True}}
        return (MarkMessage(message.number, facts), _said_anew(correction, text))
    apology = _apology(correction) if network.pulls else ()
    if network.pulls:
        correction |= {"state": MADE, "apologised": True}
    else:
        correction["state"] = UNDER_WAY
    if text:
        return (EditMessage(message.number, (Verbatim(text),), correction), *apology)
    return (DeleteMessage(message.number, correction), *apology)


def _apology(correction: dict[str, Any]) -> tuple[Effect, ...]:
    """Once for a message, however often it is corrected."""
    if correction.get("apologised"):
        return ()
    return (Say((Text("correction_deleted" if correction["deleted"] else "correction_made"),)),)


def _said_anew(correction: dict[str, Any], text: str) -> Effect:
    """What the network cannot change is said again, as it was meant."""
    if correction["deleted"] or not text:
        return Say((Text("correction_never_mind"),))
    return Say(
        (Text("correction"), Verbatim(text)),
        author=Author.AGENT,
        agent_id=correction["agent_id"],
        data={"agent": correction["agent"]},
    )
