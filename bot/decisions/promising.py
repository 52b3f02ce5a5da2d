"""Promises (T5, T16, W15): made by a reply, kept by the next one, told of before and when they are due."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.decisions.clocking import act_of, is_declined, is_spoken, ticket_after
from bot.decisions.hands import Deed
from bot.effects import CancelTimer, ChangeTicket, Decline, Effect, Record, Say, SetTimer, Text, When
from bot.happenings import ActDone, Happening
from bot.situation import Situation, TicketFacts
from handoff.acts import DropPromise, KeepPromise, Reply
from handoff.promises import Promise, Promises
from messaging.messages import Author
from messaging.timers import Timer

PROMISE = "promise"
"""The timer that rings before a promise is due, and when it is."""
PROMISE_WARNING, PROMISE_MISSED = "promise_warning", "promise_missed"
ONE_DAY = timedelta(days=1)
NO_PROMISE = Decline("no_promise", "This promise is not open any more.")


def open_promise(ticket: TicketFacts) -> Promise | None:
    """The earliest promise to the player that is still owed: a ticket with one cannot be closed."""
    return next(iter(Promises.from_plain(ticket.promises).open), None)


def promise_refusal(ticket: TicketFacts) -> Decline | None:
    """Why this ticket cannot be closed yet; None where nothing is promised."""
    owed = open_promise(ticket)
    if owed is None:
        return None
    reason = (
        f"The player was promised word by {owed.due_at:%d %B, %H:%M} UTC: keep the promise, or drop it and say why."
    )
    return Decline("promise_open", reason)


def with_promises(situation: Situation, happening: Happening, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """The effects of a reply, with the promise that it makes and those that it keeps; an open one forbids the close.

    A reply keeps every open promise: the player hears from us. One that only says that we are still looking keeps none,
    unless it promises another time.
    """
    before, after, act = situation.ticket, ticket_after(situation, effects), act_of(situation, happening)
    if before is None or after is None or is_declined(effects):
        return effects
    if isinstance(act, Reply) and is_spoken(effects):
        return _replied(situation, before, act, effects)
    if before.is_open and not after.is_open:
        return _closed(situation, happening, before, effects)
    return effects


def _replied(situation: Situation, ticket: TicketFacts, act: Reply, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    promises = before = Promises.from_plain(ticket.promises)
    records: list[Effect] = []
    if act.promise is not None:
        refused = _refused(situation, act.promise, act.done_at)
        if refused is not None:
            return (refused,)
    if act.promise is not None or not act.looking:
        records += [_kept(each, act.agent_id, situation.now) for each in before.open]
        promises = before.kept(situation.now, [each.number for each in before.open])
    if act.promise is not None:
        promises = promises.made(act.promise, situation.now, act.agent_id)
        effects = _telling(situation, act, effects)
        records.append(Record("promise_made", act.agent_id, _facts(promises.all[-1])))
    return (*effects, *_keep(situation, before, promises), *records)


def _closed(
    situation: Situation, happening: Happening, ticket: TicketFacts, effects: tuple[Effect, ...]
) -> tuple[Effect, ...]:
    """No act closes a ticket that owes the player word. What closes by itself ends what it had promised."""
    refused = promise_refusal(ticket)
    if refused is None:
        return effects
    if isinstance(happening, ActDone):
        return (refused,)
    promises = before = Promises.from_plain(ticket.promises)
    for each in before.open:
        promises = promises.dropped(situation.now, each.number, "closed")
    return (*effects, *_keep(situation, before, promises))


def keep(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """An agent says that a promise was kept."""
    act: KeepPromise = deed.act
    before = Promises.from_plain(deed.ticket.promises)
    promise = before.find(act.promise)
    if promise is None:
        return (NO_PROMISE,)
    kept = before.kept(situation.now, [promise.number])
    return (*_keep(situation, before, kept), _kept(promise, act.agent_id, situation.now))


def drop(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """An agent says why a promise need not be kept any more."""
    act: DropPromise = deed.act
    before = Promises.from_plain(deed.ticket.promises)
    promise = before.find(act.promise)
    if promise is None:
        return (NO_PROMISE,)
    if not act.reason.strip():
        return (Decline("reason", "Say why it need not be kept any more."),)
    dropped = before.dropped(situation.now, promise.number, act.reason.strip())
    record = Record("promise_dropped", act.agent_id, {**_facts(promise), "reason": act.reason.strip()})
    return (*_keep(situation, before, dropped), record)


def ring(situation: Situation, _timer: Timer) -> tuple[Effect, ...]:
    """A promise will be due, or was missed: recorded once each, and of a missed one the player hears a word, once."""
    ticket = situation.open_ticket
    if ticket is None:
        return ()
    before = Promises.from_plain(ticket.promises)
    promises, near, missed = before.ring(situation.now, situation.policy.times.promise_warn_before)
    words = (Say((Text("promise_missed", {"when": When(missed[0].due_at)}),)),) if missed else ()
    return (
        *words,
        *(Record(PROMISE_WARNING, each.agent_id, _facts(each)) for each in near),
        *(Record(PROMISE_MISSED, each.agent_id, _facts(each)) for each in missed),
        *_keep(situation, before, promises, again=True),
    )


def _keep(situation: Situation, before: Promises, promises: Promises, *, again: bool = False) -> tuple[Effect, ...]:
    """Store the promises and set their next alarm, where they changed (or ``again``, after one rang)."""
    if promises == before and not again:
        return ()
    alarm = promises.next_alarm(situation.policy.times.promise_warn_before)
    return (
        ChangeTicket({"promises": promises.to_plain(), "promise_due_at": promises.due_at}),
        SetTimer(PROMISE, alarm) if alarm is not None else CancelTimer(PROMISE),
    )


def _kept(promise: Promise, agent_id: int, now: datetime) -> Record:
    return Record("promise_kept", agent_id, {**_facts(promise), "in_time": now <= promise.due_at})


def _facts(promise: Promise) -> dict[str, object]:
    return {"promise": promise.number, "due_at": promise.due_at.isoformat()}


def _refused(situation: Situation, due_at: datetime, done_at: datetime) -> Decline | None:
    """A reply that waits to be said was judged when it was written: it is said, whatever the time is now."""
    longest = situation.policy.times.promise_longest
    if due_at <= done_at:
        return Decline("promise_past", "The time that you promise is past already.")
    if due_at > done_at + longest:
        reason = f"A promise may be at most {_in_words(longest)} away: give a nearer time, even if it is only for news."
        return Decline("promise_far", reason)
    return None


def _in_words(length: timedelta) -> str:
    return f"{length / ONE_DAY:g} days" if length >= ONE_DAY else f"{length / timedelta(hours=1):g} hours"


def _telling(situation: Situation, act: Reply, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """The reply with the promised time in the player's own time (W15), unless its words tell that time already."""
    assert act.promise is not None
    zone = player_zone(situation)
    if act.promise - situation.now < ONE_DAY and says_time(act.text, act.promise.astimezone(zone)):
        return effects
    words = Text("promise", {"when": When(act.promise)})
    return tuple(
        Say((*each.parts, words), each.choices, each.offers, each.author, each.agent_id, each.files, each.data)
        if isinstance(each, Say) and each.author is Author.AGENT
        else each
        for each in effects
    )


def player_zone(situation: Situation) -> ZoneInfo:
    """The player's time zone, the service's where theirs is not known."""
    try:
        return ZoneInfo(situation.player.time_zone or situation.policy.times.calendar.zone.key)
    except (KeyError, ValueError):
        return situation.policy.times.calendar.zone


def says_time(text: str, at: datetime) -> bool:
    """Whether these words name this time of day: 18:00, 6 pm, 18h, 18時, 18点 …"""
    hour, is_sharp = at.hour, at.minute == 0
    minutes, half = f"[:.]{at.minute:02}", "p" if hour >= 12 else "a"
    spoken = f"[h時时点點](?:{at.minute:02})" + ("?" if is_sharp else "")
    day = rf"(?<!\d)0?{hour}(?:{minutes}|{spoken})(?!\d)"
    halves = rf"(?<!\d)0?{hour % 12 or 12}(?:{minutes}){'?' if is_sharp else ''}\s*{half}\.?m\b"
    return any(re.search(pattern, text, re.IGNORECASE) is not None for pattern in (day, halves))
