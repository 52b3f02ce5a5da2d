"""Clocks of service (T1-T4): what every happening means for them, their alarms, and the class that sets them.

All effects pass ``with_clocks`` on their way to the tables. It looks at what they make of the ticket, not at who
decided them: whatever opens, closes or reopens a ticket, or changes its class, moves its clocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.decisions.commands import COMMANDS
from bot.decisions.hands import Deed
from bot.effects import CancelTimer, ChangeTicket, Decline, Effect, OpenTicket, Record, Say, SetTimer
from bot.happenings import ActDone, Happening
from bot.situation import Situation, TicketFacts
from handoff.acts import Act, Classify, ConfirmUnderstood, Reply
from handoff.sla import Clocks
from handoff.tickets import TicketState
from messaging.messages import Author, ButtonPressed, CommandUsed, MessageReceived
from messaging.timers import Timer

SLA = "sla"
"""The timer that rings when a clock has something to say."""
SLA_WARNING = "sla_warning"
"""What is recorded of each warning: duty, percent, class, and when it is due."""
SAYING = frozenset({"human", "lead", "understood"})
"""What the actions of buttons begin with that are a word to people."""


def with_clocks(situation: Situation, happening: Happening, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """The effects, and what they mean for the ticket's clocks: stored with the ticket, their next alarm set."""
    before, after = situation.ticket, ticket_after(situation, effects)
    if after is None or is_declined(effects) or (before is not None and after.clocks is not before.clocks):
        return effects
    if is_opened(effects):
        clocks = Clocks.start(situation.policy.times.class_of(after.ticket_class), situation.now)
        return (*effects, *keep_clocks(situation, None, clocks))
    if before is None or not (before.is_open or after.is_open):
        return effects
    clocks = _moved(situation, happening, before, after, is_answer=is_spoken(effects))
    return (*effects, *keep_clocks(situation, before, clocks))


def _moved(
    situation: Situation, happening: Happening, before: TicketFacts, after: TicketFacts, *, is_answer: bool
) -> Clocks:
    now, times = situation.now, situation.policy.times
    clocks = clocks_of(situation, before)
    if after.ticket_class != clocks.ticket_class.name:
        clocks = clocks.reclassified(times.class_of(after.ticket_class), now, times.calendar)
    if not after.is_open:
        return clocks.resolved(now, times.calendar)
    if not before.is_open or is_word(situation, happening):
        # Who takes a ticket up again owes its player a word, whoever it was.
        return clocks.player_wrote(now)
    match act_of(situation, happening) if is_answer else None:
        case Reply(looking=looking, promise=promise):
            awaits_player = not looking and promise is None
            return clocks.agent_replied(now, times.calendar, awaits_player=awaits_player)
        case ConfirmUnderstood():
            return clocks.agent_replied(now, times.calendar)
    return clocks


def ring(situation: Situation, _timer: Timer) -> tuple[Effect, ...]:
    """A clock's alarm: what it warns of is recorded, once each; one that rings too early is set again."""
    ticket = situation.open_ticket
    if ticket is None:
        return ()
    calendar = situation.policy.times.calendar
    clocks, told = clocks_of(situation, ticket).warn(situation.now, calendar)
    due = {duty: clock.due_at(calendar) for duty, clock in clocks.duties()}
    records = [
        Record(SLA_WARNING, None, {"duty": duty, "percent": percent} | _facts(ticket, due[duty]))
        for duty, percent in told
    ]
    return (*records, *_stored(situation, clocks), alarm_of(situation, clocks))


def _facts(ticket: TicketFacts, due_at: datetime | None) -> dict[str, Any]:
    return {
        "class": ticket.ticket_class,
        "agent_id": ticket.agent_id,
        "due_at": due_at.isoformat() if due_at is not None else None,
    }


def classify(situation: Situation, deed: Deed) -> tuple[Effect, ...]:
    """Set class and topic. A class that is not set is refused, with those that are."""
    act: Classify = deed.act
    ticket, classes = deed.ticket, situation.policy.times.sla.classes
    if act.ticket_class is not None and act.ticket_class not in classes:
        known = ", ".join(classes)
        return (Decline("no_class", f'There is no class "{act.ticket_class}". There are: {known}.'),)
    wanted = {"ticket_class": act.ticket_class, "topic": act.topic}
    changes: dict[str, Any] = {
        name: value for name, value in wanted.items() if value is not None and value != getattr(ticket, name)
    }
    if not changes:
        return ()
    was = {name: getattr(ticket, name) for name in changes}
    if "ticket_class" in changes:
        place = situation.policy.queue.place(ticket.waiting_since, changes["ticket_class"], ticket.tier)
        changes["queue_at"] = place
    return (ChangeTicket(changes), Record("classified", act.agent_id, {"from": was, "to": {**was, **wanted}}))


def clocks_of(situation: Situation, ticket: TicketFacts) -> Clocks:
    """The ticket's clocks as its class is set now; those of a ticket that has none yet are made from its times."""
    times, now = situation.policy.times, situation.now
    if ticket.clocks:
        name = ticket.clocks["ticket_class"]
        return Clocks.from_plain(ticket.clocks, {name: times.class_of(name)}).renewed(now, times.calendar)
    clocks = Clocks.start(times.class_of(ticket.ticket_class), ticket.opened_at)
    replied_at, heard_at = ticket.last_reply_at or ticket.first_reply_at, situation.last_incoming_at
    if replied_at is not None:
        clocks = clocks.agent_replied(replied_at, times.calendar)
        if heard_at is not None and heard_at > replied_at:
            clocks = clocks.player_wrote(heard_at)
    return clocks if ticket.is_open else clocks.resolved(ticket.resolved_at or now, times.calendar)


def keep_clocks(situation: Situation, ticket: TicketFacts | None, clocks: Clocks) -> tuple[Effect, ...]:
    """Store these clocks and set their alarm, where they are not the ticket's already."""
    if ticket is not None and ticket.clocks == clocks.to_plain():
        return ()
    return (*_stored(situation, clocks), alarm_of(situation, clocks))


def _stored(situation: Situation, clocks: Clocks) -> tuple[Effect, ...]:
    due_at = clocks.due_at(situation.policy.times.calendar)
    return (ChangeTicket({"clocks": clocks.to_plain(), "due_at": due_at, "warned": clocks.warned}),)


def alarm_of(situation: Situation, clocks: Clocks) -> Effect:
    """The clocks' next alarm; none where nothing runs that has something left to warn of."""
    alarm = clocks.next_alarm(situation.now, situation.policy.times.calendar)
    return SetTimer(SLA, alarm) if alarm is not None else CancelTimer(SLA)


def ticket_after(situation: Situation, effects: Sequence[Effect]) -> TicketFacts | None:
    """The newest ticket as these effects will leave it."""
    ticket = situation.ticket
    for effect in effects:
        match effect:
            case OpenTicket():
                ticket = TicketFacts(
                    0, TicketState.WAITING, None, situation.now, situation.now, 0, None, 0, None,
                    ticket_class=effect.ticket_class,
                    topic=effect.topic,
                    tier=situation.player.tier,
                )  # fmt: skip
            case ChangeTicket(changes) if ticket is not None:
                known = {name: value for name, value in changes.items() if name in TicketFacts.__slots__}
                ticket = replace(ticket, **known)
    return ticket


def is_declined(effects: Sequence[Effect]) -> bool:
    return any(isinstance(effect, Decline) for effect in effects)


def is_opened(effects: Sequence[Effect]) -> bool:
    return any(isinstance(effect, OpenTicket) for effect in effects)


def is_spoken(effects: Sequence[Effect]) -> bool:
    """Whether an agent's words go out with these effects: a reply that can still be taken back was not said yet."""
    return any(isinstance(effect, Say) and effect.author is Author.AGENT for effect in effects)


def is_word(situation: Situation, happening: Happening) -> bool:
    """Whether the player said something that we owe an answer to; of somebody who is muted nothing counts."""
    muted_until = situation.player.muted_until
    if muted_until is not None and muted_until > situation.now:
        return False
    match happening:
        case MessageReceived():
            return True
        case ButtonPressed(action=action):
            return action.partition(":")[0] in SAYING
        case CommandUsed(name=name):
            command = COMMANDS.get(name)
            return command is None or command.wants_people
    return False


def act_of(situation: Situation, happening: Happening) -> Act | None:
    """What an agent did to the newest ticket, if anything."""
    if not isinstance(happening, ActDone) or situation.ticket is None:
        return None
    return happening.act if happening.act.ticket.number == situation.ticket.number else None
