"""What to do about something that a player wrote, pressed or asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot.decisions.queueing import open_ticket, reopen_ticket
from bot.effects import (
    Choice,
    Effect,
    EntryAnswer,
    EntryTitle,
    LanguageName,
    QueuePlace,
    Remember,
    Say,
    SetLanguage,
    StripButtons,
    Text,
    number_in,
)
from bot.situation import Flood, Situation
from faq.entry import Entry, Handoff, Kind
from faq.match import Answer, Match, Suggest
from handoff.tickets import Offered, TicketState

HUMAN = Choice(Text("button_human"), "human")
BROWSE = Choice(Text("button_topics"), "topics")
LATE_APOLOGY_EVERY = timedelta(hours=1)
ONE_MINUTE = timedelta(minutes=1)
LONGEST_QUESTION = 2000
"""Characters of a question that a ticket and the next decision take along; the message itself is kept whole."""
COMMANDS = frozenset({"start", "help", "topics", "human", "status", "language"})


@dataclass(frozen=True, slots=True)
class Written:
    """What a player wrote, ready to decide on: cleaned text, what the FAQ made of it, whether they ask for people.

    ``refused`` is what they are told of files that are not taken.
    """

    text: str
    match: Match | None = None
    asks_for_human: bool = False
    has_files: bool = False
    unsupported: str | None = None
    album: str | None = None
    late: bool = False
    refused: tuple[Text, ...] = ()


def decide_written(situation: Situation, written: Written, entries: Mapping[str, Entry]) -> tuple[Effect, ...]:
    """An open ticket gets the words (people answer); without one the FAQ answers, asks back, or offers a human."""
    situation, language = _hear_language(situation, written)
    refusals: tuple[Effect, ...] = tuple(Say((words,)) for words in written.refused)
    if written.album is not None and written.album == situation.memory.album:
        return (*language, *refusals)
    flood = _count(situation)
    situation = _remembering(situation, flood=flood, album=written.album)
    if _is_too_much(situation, flood, wants_people=written.asks_for_human):
        return (*language, *_slow_down(situation, flood))
    late = _excuse_lateness(situation) if written.late else ()
    situation = _after(situation, late)
    if refusals and not written.text:
        effects = refusals
    elif situation.open_ticket is not None:
        effects = (*refusals, *_add_to_ticket(situation, written))
    elif written.asks_for_human:
        effects = (*refusals, *_ask_for_human(situation, written.text))
    else:
        effects = (*refusals, *_ask_faq(situation, written, entries))
    return (*language, *late, *_kept_in_mind(situation, effects))


def decide_pressed(situation: Situation, action: str, entries: Mapping[str, Entry]) -> tuple[Effect, ...]:
    """A button of ours. An offer counts once: pressing it again, or one that is over, is answered kindly."""
    flood = _count(situation)
    situation = _remembering(situation, flood=flood)
    if _is_too_much(situation, flood, wants_people=action == "human"):
        return _slow_down(situation, flood)
    return _kept_in_mind(situation, _press(situation, action, entries))


def _press(situation: Situation, action: str, entries: Mapping[str, Entry]) -> tuple[Effect, ...]:
    verb, _, rest = action.partition(":")
    if verb == "human":
        return _ask_for_human(situation, "")
    if verb == "language":
        return _set_language(situation, rest)
    number_text, _, place = rest.partition(":")
    number = number_in(number_text)
    offered = situation.memory.choice(number) if number is not None else None
    if number is None or offered is None or verb not in _OFFERS:
        return (Say((Text("nothing_more"),), (HUMAN,)),)
    forgotten = replace(situation, memory=situation.memory.without_choice(number))
    return (StripButtons(number), *_OFFERS[verb](forgotten, offered, place, entries))


def decide_command(
    situation: Situation, name: str, argument: str, written: Written, entries: Mapping[str, Entry]
) -> tuple[Effect, ...]:
    """/start /help /human /status /language /ask; a word after a slash that is none of these is what they wrote."""
    if name not in COMMANDS:
        return decide_written(situation, written, entries)
    flood = _count(situation)
    situation = _remembering(situation, flood=flood)
    if _is_too_much(situation, flood, wants_people=name == "human"):
        return _slow_down(situation, flood)
    return _kept_in_mind(situation, _obey(situation, name, argument))


def _obey(situation: Situation, name: str, argument: str) -> tuple[Effect, ...]:
    match name:
        case "start":
            return (Say((Text("hello", {"player": situation.player_name}),), (BROWSE,)),)
        case "help":
            return (Say((Text("help"),), (BROWSE,) if situation.open_ticket else (BROWSE, HUMAN)),)
        case "human":
            return _ask_for_human(situation, argument)
        case "status":
            return (Say(_status(situation)),)
        case _:
            return _set_language(situation, argument) if argument else (_ask_language(situation),)


def decide_failed(situation: Situation, text: str) -> tuple[Effect, ...]:
    """Something broke inside: the player hears so, and people look after them."""
    if situation.open_ticket is not None:
        return ()
    question = (text or situation.memory.question)[:LONGEST_QUESTION]
    # Nothing is said that has to be found out first: what broke may break again.
    return open_ticket(situation, "failure", question, greeting=(Text("something_wrong"),))


def _hear_language(situation: Situation, written: Written) -> tuple[Situation, tuple[Effect, ...]]:
    heard = written.match.language if written.match else None
    if (
        heard is None
        or situation.language_chosen
        or heard == situation.language
        or heard not in situation.policy.languages
    ):
        return situation, ()
    return replace(situation, language=heard), (SetLanguage(heard, chosen=False),)


def _count(situation: Situation) -> Flood:
    flood = situation.memory.flood
    if flood is None or situation.now - flood.since > ONE_MINUTE:
        return Flood(situation.now, 1)
    return replace(flood, count=flood.count + 1)


def _slow_down(situation: Situation, flood: Flood) -> tuple[Effect, ...]:
    remembered = Remember(replace(situation.memory, flood=replace(flood, told=True)))
    return (remembered,) if flood.told else (remembered, Say((Text("slow_down"),)))


def _excuse_lateness(situation: Situation) -> tuple[Effect, ...]:
    told = situation.memory.late_told_at
    if told is not None and situation.now - told < LATE_APOLOGY_EVERY:
        return ()
    return (Remember(replace(situation.memory, late_told_at=situation.now)), Say((Text("late_apology"),)))


def _is_too_much(situation: Situation, flood: Flood, *, wants_people: bool) -> bool:
    """Whether this is one of a flood. Who asks for people and has none yet is heard even then (F2)."""
    if wants_people and situation.open_ticket is None:
        return False
    return flood.count > situation.policy.messages_per_minute


def _remembering(situation: Situation, **changes: Any) -> Situation:
    return replace(situation, memory=replace(situation.memory, **changes))


def _kept_in_mind(situation: Situation, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """The effects, with what the situation remembers where they say nothing of it."""
    if any(isinstance(effect, Remember) for effect in effects):
        return effects
    return (Remember(situation.memory), *effects)


def _after(situation: Situation, effects: tuple[Effect, ...]) -> Situation:
    for effect in effects:
        if isinstance(effect, Remember):
            situation = replace(situation, memory=effect.memory)
    return situation


def _add_to_ticket(situation: Situation, written: Written) -> tuple[Effect, ...]:
    ticket = situation.open_ticket
    if ticket is None or ticket.state is not TicketState.WAITING:
        return ()
    if written.asks_for_human:
        return (Say((Text("already_waiting"), QueuePlace())),)
    if situation.memory.told_added:
        return ()
    return (Remember(replace(situation.memory, told_added=True)), Say((Text("added"),)))


def _ask_for_human(situation: Situation, question: str) -> tuple[Effect, ...]:
    ticket = situation.open_ticket
    if ticket is None:
        return open_ticket(situation, "asked", situation.memory.question or question[:LONGEST_QUESTION])
    if ticket.state is TicketState.WAITING:
        return (Say((Text("already_waiting"), QueuePlace())),)
    return (Say(_status(situation)),)


def _ask_faq(situation: Situation, written: Written, entries: Mapping[str, Entry]) -> tuple[Effect, ...]:
    if written.unsupported is not None and not written.text:
        return (Say((Text("unsupported"),), (HUMAN,)),)
    if not written.text and not written.has_files:
        return (Say((Text("empty"),)),)
    match = written.match
    verdict = match.verdict if match is not None else None
    memory = replace(
        situation.memory,
        question=written.text[:LONGEST_QUESTION] or situation.memory.question,
        offered=_offered(match, entries, situation),
    )
    situation = replace(situation, memory=memory)
    if isinstance(verdict, Answer):
        return _answer(situation, verdict.entry_ids, entries)
    if situation.reopenable_ticket is not None:
        return reopen_ticket(situation)
    suggested = tuple(each for each in verdict.entry_ids if each in entries) if isinstance(verdict, Suggest) else ()
    if suggested:
        return _suggest(situation, suggested)
    return _not_understood(situation)


def _offered(match: Match | None, entries: Mapping[str, Entry], situation: Situation) -> tuple[Offered, ...]:
    best = match.candidates[:3] if match is not None else ()
    return tuple(
        Offered(each.entry_id, title_of(entries[each.entry_id], situation), round(each.confidence, 3))
        for each in best
        if each.entry_id in entries
    )


def title_of(entry: Entry, situation: Situation) -> str:
    """The entry's title in the player's language, else in the first of the service's that it has."""
    for language in (situation.language, *situation.policy.languages):
        if language in entry.title:
            return entry.title[language]
    return next(iter(entry.title.values()), entry.id)


def _answer(situation: Situation, entry_ids: tuple[str, ...], entries: Mapping[str, Entry]) -> tuple[Effect, ...]:
    chosen = [entries[entry_id] for entry_id in entry_ids if entry_id in entries]
    if not chosen:
        # The FAQ was changed between the match and now.
        return _not_understood(situation)
    entry_ids = tuple(entry.id for entry in chosen)
    parts = tuple(EntryAnswer(entry_id) for entry_id in entry_ids)
    memory = replace(situation.memory, misses=0)
    taken = next((entry for entry in chosen if entry.handoff is Handoff.ALWAYS), None)
    if taken is not None:
        queued = open_ticket(
            replace(situation, memory=memory),
            "entry",
            memory.question,
            ticket_class=taken.ticket_class,
            topic=taken.ticket_topic or taken.topic,
        )
        return (Say(parts, data={"entries": list(entry_ids)}), *queued)
    if all(entry.kind is Kind.SMALL_TALK for entry in chosen):
        return (Say(parts, data={"entries": list(entry_ids)}), Remember(memory))
    choices = [Choice(Text("button_solved"), "solved:{n}"), Choice(Text("button_not_meant"), "wrong:{n}")]
    if any(entry.handoff is not Handoff.NEVER for entry in chosen):
        choices.append(HUMAN)
    return (Remember(memory), Say(parts, tuple(choices), offers=entry_ids, data={"entries": list(entry_ids)}))


def _suggest(situation: Situation, entry_ids: tuple[str, ...]) -> tuple[Effect, ...]:
    choices = [Choice(EntryTitle(entry_id), f"pick:{{n}}:{place}") for place, entry_id in enumerate(entry_ids)]
    return (
        Remember(situation.memory),
        Say(
            (Text("suggest"),),
            (*choices, Choice(Text("button_none_of_these"), "none:{n}"), HUMAN),
            offers=entry_ids,
            data={"suggested": list(entry_ids)},
        ),
    )


def _not_understood(situation: Situation) -> tuple[Effect, ...]:
    misses = situation.memory.misses + 1
    if misses >= situation.policy.misses_before_handoff:
        return open_ticket(situation, "unanswered", situation.memory.question)
    return (
        Remember(replace(situation.memory, misses=misses)),
        Say((Text("not_understood"),), (HUMAN, BROWSE), data={"missed": True}),
    )


def _solved(
    situation: Situation, _offered: tuple[str, ...], _place: str, _entries: Mapping[str, Entry]
) -> tuple[Effect, ...]:
    return (Remember(replace(situation.memory, misses=0)), Say((Text("solved"),)))


def _missed(
    situation: Situation, _offered: tuple[str, ...], _place: str, _entries: Mapping[str, Entry]
) -> tuple[Effect, ...]:
    if situation.open_ticket is not None:
        return (Remember(situation.memory), Say(_status(situation)))
    misses = situation.memory.misses + 1
    if misses >= situation.policy.misses_before_handoff:
        return open_ticket(situation, "unanswered", situation.memory.question)
    return (Remember(replace(situation.memory, misses=misses)), Say((Text("not_meant"),), (HUMAN,)))


def _pick(
    situation: Situation, offered: tuple[str, ...], place: str, entries: Mapping[str, Entry]
) -> tuple[Effect, ...]:
    index = number_in(place)
    if index is None or index >= len(offered) or offered[index] not in entries:
        return (Remember(situation.memory), Say((Text("nothing_more"),), (HUMAN,)))
    if situation.open_ticket is not None:
        # People have the conversation: the answer is shown, and nothing is opened or offered beside them.
        return (Remember(situation.memory), Say((EntryAnswer(offered[index]),), data={"entries": [offered[index]]}))
    return _answer(situation, (offered[index],), entries)


_OFFERS: Mapping[str, Callable[[Situation, tuple[str, ...], str, Mapping[str, Entry]], tuple[Effect, ...]]] = {
    "solved": _solved,
    "wrong": _missed,
    "none": _missed,
    "pick": _pick,
}


def _status(situation: Situation) -> tuple[Text | QueuePlace, ...]:
    ticket = situation.ticket
    if ticket is None:
        return (Text("status_none"),)
    if ticket.state is TicketState.WAITING:
        return (Text("status_waiting"), QueuePlace())
    if ticket.is_open:
        return (Text("status_assigned", {"agent": ticket.holder}),)
    return (Text("status_closed"),)


def _ask_language(situation: Situation) -> Say:
    choices = tuple(Choice(LanguageName(each), f"language:{each}") for each in situation.policy.languages)
    return Say((Text("language_choose"),), choices)


def _set_language(situation: Situation, wanted: str) -> tuple[Effect, ...]:
    language = next((each for each in situation.policy.languages if each.lower() == wanted.strip().lower()), None)
    if language is None:
        known = tuple(LanguageName(each) for each in situation.policy.languages)
        return (Say((Text("language_unknown", {"languages": known}),), _ask_language(situation).choices),)
    return (SetLanguage(language, chosen=True), Say((Text("language_set", {"language": (LanguageName(language),)}),)))
