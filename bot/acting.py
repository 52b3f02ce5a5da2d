"""An agent's act on its way to its decision: what it is about is read, and replies that were put off come first."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.decisions.agent import decide_act
from bot.decisions.hands import NOT_GUARDED, About, OtherTicket
from bot.decisions.promising import with_promises
from bot.decisions.replying import put_off, reply_of, say_now
from bot.effects import CancelTimer, Decline, Effect, Say, Verbatim
from bot.happenings import ActDone, TimerDue
from bot.preparing import Prepared
from bot.rows import Opened
from bot.situation import MessageFacts, Policy, Situation
from bot.work import Work
from faq.language.courtesies import is_courtesy
from handoff.acts import (
    REPLY,
    Act,
    Assign,
    Close,
    ConfirmUnderstood,
    Correct,
    Declined,
    Done,
    Escalate,
    Hold,
    Merge,
    Mute,
    Outcome,
    Release,
    Reopen,
    Reply,
    Snooze,
    TakeBack,
    Transfer,
    Unhold,
)
from handoff.tickets import TicketKey
from messaging.messages import Author
from messaging.timers import Timer

# These say something to the player or move the ticket: what was to be said before is said before.
AFTER_REPLIES = (
    *(Assign, Close, ConfirmUnderstood, Correct, Escalate, Hold),
    *(Merge, Release, Reopen, Snooze, TakeBack, Transfer, Unhold),
)
# These ask for what the player wrote last.
_OF_LAST_WORDS = (Close, Mute, Reply)


async def act_on(
    connection: AsyncConnection, work: Work, place: Opened, prepared: Prepared, policy: Policy, now: datetime
) -> Outcome:
    """Decide on an act and gather its effects in ``work``."""
    event = prepared.event
    assert isinstance(event, ActDone)
    act = event.act
    if isinstance(act, AFTER_REPLIES):
        for timer in place.waiting_replies():
            say_put_off(work, place, timer, policy, now)
        place.happening = event
    situation = _situation(work, place, policy, now)
    guarded = prepared.guarded or NOT_GUARDED
    effects = decide_act(situation, act, guarded, await _about(connection, work, place, act))
    if isinstance(act, Reply) and policy.act_rules.undo and not _is_declined(effects):
        # What would be declined once it is due is declined now, while its writer is there to mend it.
        effects = with_promises(situation, event, effects)
        if not _is_declined(effects):
            effects = put_off(situation, act, guarded)
            place.happening = None
    declined = work.apply(place, effects, now)
    return Done() if declined is None else Declined(declined.code, declined.reason, declined.findings, declined.details)


def say_put_off(
    work: Work, place: Opened, timer: Timer, policy: Policy, now: datetime, *, failed: bool = False
) -> None:
    """Say a reply whose time has come. Where deciding it ``failed`` the words are said all the same."""
    reply = reply_of(timer)
    place.happening = ActDone(reply)
    if failed:
        words = Say((Verbatim(reply.text.strip()),), author=Author.AGENT, agent_id=reply.agent_id, files=reply.files)
        place.happening = None
        work.apply(place, (CancelTimer(timer.kind), words), now)
        return
    work.apply(place, say_now(_situation(work, place, policy, now), timer), now)


def is_put_off(event: TimerDue) -> bool:
    """Whether this alarm says a reply."""
    return event.timer.kind.startswith(f"{REPLY}:")


def _situation(work: Work, place: Opened, policy: Policy, now: datetime) -> Situation:
    return replace(place.situation(now, policy), staff=work.staff, network=work.limits(place))


def _is_declined(effects: tuple[Effect, ...]) -> bool:
    return any(isinstance(each, Decline) for each in effects)


async def _about(connection: AsyncConnection, work: Work, place: Opened, act: Act) -> About:
    named: int | None = getattr(act, "message", None)
    message = await _message(connection, work, place, named)
    last = place.last_incoming_number if isinstance(act, _OF_LAST_WORDS) else None
    newest = await _message(connection, work, place, last)
    return About(
        message,
        newest,
        newest is not None and _asks_nothing(newest),
        _other(work, act) if isinstance(act, Merge) else None,
    )


def _asks_nothing(newest: MessageFacts) -> bool:
    """Whether it only greets or thanks, or is a button that the bot answers itself."""
    pressed = newest.data.get("pressed")
    if pressed is not None:
        return bool(pressed != "human")
    return is_courtesy(newest.text) and not newest.data.get("files")


async def _message(connection: AsyncConnection, work: Work, place: Opened, number: int | None) -> MessageFacts | None:
    row = await work.find_message(connection, place, number) if number is not None else None
    return MessageFacts.of_row(row) if row is not None else None


def _other(work: Work, act: Merge) -> OtherTicket | None:
    """The ticket that this one goes into; its conversation is locked too, see bot.loading."""
    conversation_id = act.other_conversation
    other = work.opened.get(conversation_id) if conversation_id is not None else None
    if other is None or other.ticket is None:
        return None
    return OtherTicket(TicketKey(other.id, other.ticket.number), other.ticket, other.player_id, other.channel)
