"""No long silences (G12): an agent who owes a player the next word is reminded, then the lead is told, then the ticket
goes back to its old place."""

from __future__ import annotations

from datetime import datetime

from bot.decisions import answering
from bot.decisions.clocking import act_of, clocks_of, is_declined, ticket_after
from bot.decisions.hands import Deed
from bot.decisions.promising import PROMISE
from bot.effects import CancelTimer, ChangeTicket, Effect, Record, SetTimer
from bot.happenings import Happening, TimerDue
from bot.situation import Situation, TicketFacts
from handoff.acts import Release
from handoff.promises import Promises
from handoff.tickets import TicketKey, TicketState
from messaging.timers import Timer

SILENCE = "silence"
"""The timer of an agent's silence; its data tells since when, and the step that it rings for."""
AGENT_TOLD, LEAD_TOLD = 1, 2
"""What a ticket's ``silence`` column says: who was told."""


def with_silence(situation: Situation, happening: Happening, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """The effects, with the silence measured anew from whatever its agent does for the player, and no longer where the
    next word is not theirs."""
    before, after = situation.ticket, ticket_after(situation, effects)
    if after is None or is_declined(effects):
        return effects
    owed, owes = before is not None and _owes(situation, before), _owes(situation, after)
    if not owes:
        return (*effects, *_forget(after), CancelTimer(SILENCE)) if owed else effects
    act = act_of(situation, happening)
    acted = act is not None and act.agent_id == after.agent_id
    promise_rang = isinstance(happening, TimerDue) and happening.timer.kind == PROMISE
    if owed and before is not None and before.agent_id == after.agent_id and not acted and not promise_rang:
        return effects
    return (*effects, *_forget(after), _timer(situation, situation.now, 0))


def ring(situation: Situation, timer: Timer) -> tuple[Effect, ...]:
    """The next step of a silence that lasts."""
    ticket = situation.open_ticket
    if ticket is None or not _owes(situation, ticket):
        return ()
    since, step = datetime.fromisoformat(timer.data["since"]), int(timer.data["step"])
    record = Record("agent_silent", ticket.agent_id, {"step": step, "since": timer.data["since"]})
    if step < LEAD_TOLD:
        told = ChangeTicket({"silent_since": since, "silence": step + 1})
        return (told, record, _timer(situation, since, step + 1))
    return (record, *_give_back(situation, ticket))


def _give_back(situation: Situation, ticket: TicketFacts) -> tuple[Effect, ...]:
    """The same as if the agent had given it back."""
    assert ticket.agent_id is not None
    minutes = round(situation.policy.presence.unanswered.total_seconds() / 60)
    reason = f"{ticket.holder} did nothing for the player for {minutes} minutes of service time."
    key = TicketKey(situation.conversation_id, ticket.number)
    act = Release(key, "", ticket.agent_id, ticket.holder, situation.now, reason)
    return answering.release(situation, Deed(act, ticket))


def _owes(situation: Situation, ticket: TicketFacts) -> bool:
    """Whether its agent owes the player a word soon: not where a time was promised that is still to come, and not where
    the class gives longer than it takes for a ticket to go back."""
    if ticket.state is not TicketState.ASSIGNED or ticket.agent_id is None:
        return False
    clocks = clocks_of(situation, ticket)
    if not clocks.is_ours or any(each.due_at > situation.now for each in Promises.from_plain(ticket.promises).open):
        return False
    wanted = clocks.ticket_class.next_reply if clocks.replied else clocks.ticket_class.first_reply
    return wanted is None or wanted.amount <= situation.policy.presence.unanswered


def _timer(situation: Situation, since: datetime, step: int) -> Effect:
    policy = situation.policy
    steps = (policy.times.remind_agent, policy.times.tell_lead, policy.presence.unanswered)
    return SetTimer(SILENCE, policy.times.after(since, steps[step]), {"since": since.isoformat(), "step": step})


def _forget(ticket: TicketFacts) -> tuple[Effect, ...]:
    return (ChangeTicket({"silent_since": None, "silence": 0}),) if ticket.silence else ()
