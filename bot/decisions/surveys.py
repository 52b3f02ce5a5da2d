"""After the close: how did we do (U1), and is it still well (T18, U3)? Both unasked, so within limits (G17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.decisions.hearing import LONGEST_QUESTION, Written
from bot.decisions.queueing import apology_timer
from bot.effects import (
    CancelTimer,
    ChangeTicket,
    Choice,
    Effect,
    QueuePlace,
    Record,
    Remember,
    Say,
    SetTimer,
    Text,
    number_in,
)
from bot.remembered import Awaiting, Unasked
from bot.situation import Situation, TicketFacts
from faq.match import Answer
from handoff.tickets import TicketState
from messaging.timers import Timer

FOLLOW_UP = "follow_up"
"""The timer that asks after a complaint whether all is well."""
COMPLAINT = "complaint"
LATEST_FOLLOW_UP = timedelta(days=7)
TRY_AGAIN = timedelta(days=1)
SCORES = range(1, 6)
SURVEY = "survey"


def after_close(situation: Situation, ticket: TicketFacts) -> tuple[Effect, ...]:
    """What follows the closing words: one question that a tap answers, and a return visit for a complaint."""
    visit: tuple[Effect, ...] = ()
    if ticket.ticket_class == COMPLAINT:
        visit = (SetTimer(FOLLOW_UP, situation.now + situation.policy.care.follow_up_after, {"ticket": ticket.number}),)
    counted = _one_more(situation)
    if counted is None or not situation.policy.care.survey_expires:
        return visit
    choices = tuple(Choice(Text(f"survey_{score}"), f"rate:{ticket.number}:{score}") for score in SCORES)
    return (*visit, Remember(replace(situation.memory, unasked=counted)), Say((Text("survey_question"),), choices))


def press_rating(situation: Situation, rest: str) -> tuple[Effect, ...] | None:
    """``<ticket>:<score>``. Pressed again it changes; it never takes a request up again."""
    number, _, score_text = rest.partition(":")
    ticket, score = situation.ticket, number_in(score_text)
    if ticket is None or number_in(number) != ticket.number or score not in SCORES:
        return None
    closed = ticket.resolved_at
    if closed is None or situation.now - closed > situation.policy.care.survey_expires:
        return None
    survey = {**ticket.survey, "score": score, "rated_at": situation.now.isoformat()}
    until = situation.now + situation.policy.care.survey_words
    awaiting = Awaiting(SURVEY, until, {"ticket": ticket.number})
    return (
        ChangeTicket({"survey": survey}, ticket.holder),
        Record("rated", data={"score": score}),
        Remember(replace(situation.memory, awaiting=awaiting)),
        Say((Text("survey_thanks"),), (_still_open(ticket),)),
    )


def are_survey_words(situation: Situation, written: Written) -> bool:
    """Whether these words belong to the rating given a moment ago: nothing that the FAQ surely answers does."""
    awaiting, ticket = situation.memory.awaiting, situation.ticket
    if awaiting is None or awaiting.kind != SURVEY or situation.now > awaiting.until or not written.text:
        return False
    if ticket is None or ticket.is_open or awaiting.data.get("ticket") != ticket.number:
        return False
    return not isinstance(written.match.verdict if written.match is not None else None, Answer)


def take_words(situation: Situation, written: Written) -> tuple[Effect, ...]:
    """Keep them with the rating. Whoever meant that it is not over yet has a button to say so."""
    ticket = situation.ticket
    assert ticket is not None
    before = str(ticket.survey.get("words", ""))
    words = f"{before}\n{written.text}".strip()[:LONGEST_QUESTION]
    return (
        ChangeTicket({"survey": {**ticket.survey, "words": words}}, ticket.holder),
        Say((Text("survey_words_thanks"),), (_still_open(ticket),)),
    )


def press_still_open(situation: Situation, rest: str) -> tuple[Effect, ...] | None:
    """``<ticket>``: it is not solved. The same request goes back to the queue, with an apology."""
    ticket = situation.ticket
    if ticket is None or number_in(rest) != ticket.number:
        return None
    if ticket.is_open:
        return (Say((Text("already_waiting"), QueuePlace())),) if ticket.state is TicketState.WAITING else None
    changes = {
        "state": TicketState.WAITING,
        "agent_id": None,
        "claimed_at": None,
        "resolved_at": None,
        "waiting_since": situation.now,
        "queue_at": situation.now,
        "apologies": 0,
        "reopened": ticket.reopened + 1,
    }
    return (
        ChangeTicket(changes),
        Record("still_open"),
        CancelTimer(FOLLOW_UP),
        Say((Text("reopened_sorry", {"player": situation.player_name}), QueuePlace())),
        apology_timer(situation, 0),
        Remember(situation.memory.afresh()),
    )


def press_well(situation: Situation, rest: str) -> tuple[Effect, ...] | None:
    """``<ticket>``: all is well since the complaint."""
    ticket = situation.ticket
    if ticket is None or number_in(rest) != ticket.number:
        return None
    return (Record("follow_up_well"), Say((Text("follow_up_well"),)))


def follow_up(situation: Situation, timer: Timer) -> tuple[Effect, ...]:
    """T18: ask whether all is well, unless the matter is open again or the player wants no such visits."""
    ticket = situation.ticket
    if ticket is None or ticket.is_open or ticket.number != timer.data.get("ticket") or situation.player.opted_out:
        return ()
    counted = _one_more(situation)
    if counted is None:
        late = ticket.resolved_at is None or situation.now + TRY_AGAIN - ticket.resolved_at > LATEST_FOLLOW_UP
        return () if late else (SetTimer(FOLLOW_UP, situation.now + TRY_AGAIN, timer.data),)
    choices = (
        Choice(Text("button_well"), f"well:{ticket.number}"),
        Choice(Text("button_still_open"), f"still:{ticket.number}"),
    )
    return (
        Remember(replace(situation.memory, unasked=counted)),
        Record("followed_up"),
        Say((Text("follow_up", {"player": situation.player_name}),), choices),
    )


def _still_open(ticket: TicketFacts) -> Choice:
    return Choice(Text("button_still_open"), f"still:{ticket.number}")


def _one_more(situation: Situation) -> Unasked | None:
    """The count of what we sent unasked today with one more; None where that is too much, or not wanted at all."""
    if situation.player.opted_out:
        return None
    zone = ZoneInfo(situation.player.time_zone or situation.policy.care.time_zone)
    today = situation.now.astimezone(zone).date().isoformat()
    unasked = situation.memory.unasked
    count = unasked.count if unasked is not None and unasked.day == today else 0
    return Unasked(today, count + 1) if count < situation.policy.care.unasked_per_day else None
