"""What to do with a question: answer it from the FAQ, ask back, or offer a human."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.decisions import bursts
from bot.decisions.bringing import bring_people
from bot.decisions.hearing import BROWSE, HUMAN, LONGEST_QUESTION, Written, remembering
from bot.decisions.queueing import reopen_ticket
from bot.effects import Choice, Effect, EntryAnswer, EntryTitle, Remember, Say, Text
from bot.situation import Situation
from faq.entry import Entry, Handoff, Kind
from faq.match import Answer, Match, Suggest
from handoff.tickets import Offered


def ask_faq(situation: Situation, written: Written, entries: Mapping[str, Entry]) -> tuple[Effect, ...]:
    """Nobody of ours is on the case: the FAQ answers, waits for more words (G11), asks back, or offers a human."""
    if written.unsupported is not None and not written.text:
        return (Say((Text("unsupported"),), (HUMAN,)),)
    if not written.text and not written.has_files:
        return (Say((Text("empty"),)),)
    situation = remembering(situation, offered=_offered(written.match, entries, situation))
    if not bursts.is_finished(situation, written, entries):
        return bursts.wait(situation, written)
    situation, waiting = bursts.answered_meanwhile(situation, written)
    return (*waiting, *settle(situation, written, entries))


def settle(situation: Situation, written: Written, entries: Mapping[str, Entry]) -> tuple[Effect, ...]:
    """The player has finished: decide on these words."""
    verdict = written.match.verdict if written.match is not None else None
    memory = replace(
        situation.memory,
        question=written.text[:LONGEST_QUESTION] or situation.memory.question,
        offered=_offered(written.match, entries, situation),
        about="",
    )
    situation = replace(situation, memory=memory)
    if isinstance(verdict, Answer):
        return answer(situation, verdict.entry_ids, entries)
    if situation.reopenable_ticket is not None:
        return reopen_ticket(situation)
    suggested = tuple(each for each in verdict.entry_ids if each in entries) if isinstance(verdict, Suggest) else ()
    if suggested:
        return _suggest(situation, suggested)
    return not_understood(situation)


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


def answer(situation: Situation, entry_ids: tuple[str, ...], entries: Mapping[str, Entry]) -> tuple[Effect, ...]:
    """Say the answers of these entries; where one is to be taken over by people, bring them at once."""
    chosen = [entries[entry_id] for entry_id in entry_ids if entry_id in entries]
    if not chosen:
        # The FAQ was changed between the match and now.
        return not_understood(situation)
    entry_ids = tuple(entry.id for entry in chosen)
    parts = tuple(EntryAnswer(entry_id) for entry_id in entry_ids)
    questions = [entry for entry in chosen if entry.kind is not Kind.SMALL_TALK]
    about = next((entry.id for entry in questions if entry.form), questions[0].id if questions else "")
    memory = replace(situation.memory, misses=0, about=about)
    taken = next((entry for entry in chosen if entry.handoff is Handoff.ALWAYS), None)
    if taken is not None:
        queued = bring_people(replace(situation, memory=memory), "entry", memory.question, taken)
        return (Say(parts, data={"entries": list(entry_ids)}), *queued)
    if not questions:
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


def not_understood(situation: Situation) -> tuple[Effect, ...]:
    """Say so and offer a human; after a few in a row bring one without asking."""
    misses = situation.memory.misses + 1
    if misses >= situation.policy.misses_before_handoff:
        return bring_people(situation, "unanswered", situation.memory.question, None)
    return (
        Remember(replace(situation.memory, misses=misses)),
        Say((Text("not_understood"),), (HUMAN, BROWSE), data={"missed": True}),
    )
