"""The questions that an entry wants to have asked before a human takes over, one at a time, while the player waits.

The ticket is in the queue already: whatever becomes of the form, the player keeps their place. The form's whole state
is in the ticket's ``form`` column: ``{"entry", "fields", "answers", "asking", "tries", "ended"}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.decisions.answer_types import read_answer
from bot.decisions.hearing import Written
from bot.effects import (
    CancelTimer,
    ChangeTicket,
    Choice,
    Effect,
    InLanguage,
    Part,
    QueuePlace,
    Say,
    SetTimer,
    Text,
    number_in,
)
from bot.situation import Situation, TicketFacts
from faq.entry import Entry
from handoff.tickets import TicketState
from messaging.timers import Timer

FORM = "form"
"""The timer that ends a form which nobody fills in any more."""
ENOUGH_TRIES = 2
"""Then an answer is taken as it is: a form is no quarrel."""
LONGEST_KEPT = 500
"""Characters of an answer that is taken as it is."""


def begin(situation: Situation, entry: Entry) -> tuple[Effect, ...]:
    """Ask the first question of the entry's form; nothing where it has none."""
    if not entry.form:
        return ()
    form: dict[str, Any] = {
        "entry": entry.id,
        "fields": [
            {
                "name": each.name,
                "type": each.type,
                "label": dict(each.label),
                "hint": dict(each.hint),
                "required": each.required,
            }
            for each in entry.form
        ],
        "answers": {},
        "asking": 0,
        "tries": 0,
    }
    return _ask(situation, form, (Text("form_begin", {"count": len(entry.form)}),))


def is_asking(ticket: TicketFacts | None) -> bool:
    """Whether the player's next words answer a question of the form."""
    return ticket is not None and ticket.state is TicketState.WAITING and _asked(ticket.form) is not None


def take_answer(situation: Situation, written: Written) -> tuple[Effect, ...]:
    """What the player wrote answers the question that was asked."""
    ticket = situation.open_ticket
    field = _asked(ticket.form) if ticket is not None else None
    assert ticket is not None
    assert field is not None
    form = dict(ticket.form)
    if written.masked:
        return _again(situation, form, Text("form_secret"), keep="")
    value = read_answer(field["type"], written.text, has_files=written.has_files)
    if value is None:
        return _again(situation, form, Text(f"form_wrong_{_kind(field)}"), keep=written.text)
    return _go_on(situation, form, value)


def press(situation: Situation, rest: str) -> tuple[Effect, ...] | None:
    """``<ticket>:<question>:<what>``: skip it, stop the form, yes or no. None where that is over."""
    number, _, more = rest.partition(":")
    place, _, what = more.partition(":")
    ticket = situation.open_ticket
    if ticket is None or not is_asking(ticket) or number_in(number) != ticket.number:
        return None
    form = dict(ticket.form)
    if number_in(place) != form["asking"]:
        return None
    if what == "stop":
        return _end(situation, form, "stopped")
    if what in ("yes", "no"):
        return _go_on(situation, form, what)
    if what == "skip":
        return _go_on(situation, form, None)
    return None


def expire(situation: Situation, _timer: Timer) -> tuple[Effect, ...]:
    """Nobody answers any more: the request goes on with what there is."""
    ticket = situation.ticket
    if ticket is None or _asked(ticket.form) is None:
        return ()
    ended = ChangeTicket({"form": {**ticket.form, "asking": None, "ended": "expired"}})
    if ticket.state is not TicketState.WAITING:
        return (ended,)
    return (ended, Say((Text("form_expired"), QueuePlace())))


def _asked(form: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The question that waits for its answer."""
    asking = form.get("asking")
    fields = form.get("fields", ())
    return fields[asking] if isinstance(asking, int) and 0 <= asking < len(fields) else None


def _go_on(situation: Situation, form: dict[str, Any], value: str | None) -> tuple[Effect, ...]:
    """Keep the answer (None: skipped) and ask the next question."""
    field = form["fields"][form["asking"]]
    if value is not None:
        form["answers"] = {**form["answers"], field["name"]: value}
    form["asking"], form["tries"] = form["asking"] + 1, 0
    if form["asking"] >= len(form["fields"]):
        return _end(situation, form, "done")
    return _ask(situation, form, ())


def _again(situation: Situation, form: dict[str, Any], why: Text, *, keep: str) -> tuple[Effect, ...]:
    """Say why the answer cannot be taken; the last time it is taken as it is, or the question left."""
    form["tries"] = form["tries"] + 1
    if form["tries"] < ENOUGH_TRIES:
        return _ask(situation, form, (why,))
    effects = _go_on(situation, form, keep[:LONGEST_KEPT] or None)
    if keep:
        return effects
    return (Say((why,)), *effects)


def _ask(situation: Situation, form: dict[str, Any], before: tuple[Part, ...]) -> tuple[Effect, ...]:
    place = form["asking"]
    field = form["fields"][place]
    words: list[Part] = [
        *before,
        Text("form_question", {"label": InLanguage(field["label"]), "place": place + 1, "of": len(form["fields"])}),
    ]
    if field["hint"]:
        words.append(Text("form_hint", {"hint": InLanguage(field["hint"])}))
    choices = []
    if field["type"] == "yes_no":
        choices = [_choice("button_yes", place, "yes"), _choice("button_no", place, "no")]
    if not field["required"]:
        choices.append(_choice("button_skip", place, "skip"))
    choices.append(_choice("button_form_stop", place, "stop"))
    return (
        ChangeTicket({"form": form}),
        Say(tuple(words), tuple(choices)),
        SetTimer(FORM, situation.now + situation.policy.care.form_patience),
    )


def _choice(label: str, place: int, what: str) -> Choice:
    return Choice(Text(label), f"field:{{t}}:{place}:{what}")


def _end(situation: Situation, form: dict[str, Any], ended: str) -> tuple[Effect, ...]:
    form = {**form, "asking": None, "ended": ended}
    return (ChangeTicket({"form": form}), CancelTimer(FORM), Say((Text(f"form_{ended}"), QueuePlace())))


def _kind(field: Mapping[str, Any]) -> str:
    """Which words say what was expected."""
    kind: str = field["type"]
    return {"image": "file", "long_text": "text"}.get(kind, kind)
