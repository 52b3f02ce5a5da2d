"""What is decided about a player's words, for any situation and any words: never two answers, never none to a plea."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from bot.decisions.agent import decide_act
from bot.decisions.commands import COMMANDS
from bot.decisions.hearing import Written
from bot.decisions.player import decide_command, decide_failed, decide_written
from bot.decisions.pressing import decide_pressed
from bot.decisions.queueing import APOLOGY
from bot.decisions.timer import decide_timer
from bot.effects import (
    ChangeTicket,
    Decline,
    Effect,
    EntryAnswer,
    OpenTicket,
    QueuePlace,
    Remember,
    Say,
    SetTimer,
    StripButtons,
    Text,
    WriteNote,
)
from bot.situation import Flood, Memory, Policy, Situation, TicketFacts
from faq.entry import Faq, Handoff, Kind
from faq.match import Answer, Candidate, Match, Suggest
from faq.match import Handoff as HandOver
from handoff.acts import Claim, Close, LeaveIt, Note, Release, Reopen, Reply, Resend
from handoff.tickets import Offered, TicketKey, TicketState
from messaging.commands import COMMANDS as OFFERED
from messaging.timers import Timer
from tests.bot.path import entry

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KNOWN = {
    "goblin": entry("goblin"),
    "lamp": entry("lamp", handoff=Handoff.NEVER),
    "refund": entry("refund", handoff=Handoff.ALWAYS),
    "hello": entry("hello"),
}
object.__setattr__(KNOWN["hello"], "kind", Kind.SMALL_TALK)
FAQ = Faq("version", KNOWN, {}, ("en",))

moments = (st.integers(0, 70) | st.integers(0, 200_000)).map(lambda seconds: NOW - timedelta(seconds=seconds))
entry_ids = st.lists(st.sampled_from([*KNOWN, "gone"]), min_size=1, max_size=3, unique=True).map(tuple)
offered = st.builds(
    Offered, st.sampled_from(list(KNOWN)), st.text(max_size=5), st.floats(0, 1).map(lambda n: round(n, 3))
)
memories = st.builds(
    Memory,
    question=st.text(max_size=20),
    offered=st.lists(offered, max_size=3).map(tuple),
    misses=st.integers(0, 3),
    choices=st.lists(st.tuples(st.integers(1, 9), entry_ids), max_size=3, unique_by=lambda each: each[0]).map(tuple),
    album=st.none() | st.sampled_from(["a", "b"]),
    told_added=st.booleans(),
    late_told_at=st.none() | moments,
    flood=st.none() | st.builds(Flood, moments, st.integers(1, 40), st.booleans()),
)
tickets = st.builds(
    TicketFacts,
    number=st.integers(1, 9),
    state=st.sampled_from(TicketState),
    agent_id=st.none() | st.integers(1, 3),
    opened_at=moments,
    waiting_since=moments,
    apologies=st.integers(0, 4),
    resolved_at=st.none() | moments,
    reopened=st.integers(0, 2),
    first_reply_at=st.none() | moments,
    holder=st.sampled_from(["", "Mira"]),
    ticket_class=st.sampled_from(["routine", "complaint", "gone"]),
    tier=st.sampled_from(["standard", "vip"]),
    queue_at=moments,
)
situations = st.builds(
    Situation,
    now=st.just(NOW),
    language=st.sampled_from(["en", "vi"]),
    language_chosen=st.booleans(),
    player_name=st.text(max_size=5),
    memory=memories,
    ticket=st.none() | tickets,
    policy=st.just(Policy(languages=("en", "vi"))),
)
matches = st.builds(
    Match,
    candidates=st.lists(st.builds(Candidate, st.sampled_from([*KNOWN, "gone"]), st.floats(0, 1)), max_size=4).map(
        tuple
    ),
    verdict=st.builds(Answer, entry_ids) | st.builds(Suggest, entry_ids) | st.just(HandOver()),
    language=st.none() | st.sampled_from(["en", "vi", "tlh"]),
    faq_version=st.just("version"),
)
writings = st.builds(
    Written,
    text=st.text(max_size=20),
    match=st.none() | matches,
    asks_for_human=st.booleans(),
    has_files=st.booleans(),
    unsupported=st.none() | st.just("poll"),
    album=st.none() | st.sampled_from(["a", "b"]),
    late=st.none() | moments,
    refused=st.just(()) | st.just((Text("file_too_large"),)),
)

HANDS_OVER = {"waiting_greeting", "something_wrong", "reopened"}
EXCUSES = {"late_apology", "file_too_large"}


def says(effects: tuple[Effect, ...]) -> list[Say]:
    return [effect for effect in effects if isinstance(effect, Say)]


def keys(say: Say) -> set[str]:
    return {part.key for part in say.parts if isinstance(part, Text)}


def of(kind: type, effects: tuple[Effect, ...]) -> list[Effect]:
    return [effect for effect in effects if isinstance(effect, kind)]


def holds(situation: Situation, effects: tuple[Effect, ...]) -> None:
    """What is true of every decision about a player."""
    # One answer at most: excuses come before it, and that people come is said after it.
    answers = [each for each in says(effects) if not keys(each) & (EXCUSES | HANDS_OVER)]
    assert len(answers) <= 1
    assert len([each for each in says(effects) if keys(each) & HANDS_OVER]) <= 1
    assert not of(Decline, effects)
    # Tickets: at most one, never beside an open one, never silently, never without the alarm that apologises.
    opened = of(OpenTicket, effects)
    assert len(opened) <= 1
    if opened:
        assert situation.open_ticket is None
        assert any(keys(each) & HANDS_OVER for each in says(effects))
        assert [each.kind for each in effects if isinstance(each, SetTimer)] == [APOLOGY]
    # A place in the queue is only told to who has one.
    if any(isinstance(part, QueuePlace) for each in says(effects) for part in each.parts):
        assert opened or of(ChangeTicket, effects) or situation.open_ticket is not None
    for say in says(effects):
        assert say.parts
        assert all(part.entry_id in KNOWN for part in say.parts if isinstance(part, EntryAnswer))
        # What can be pressed is what is remembered.
        assert ("{n}" in str(say.choices)) == bool(say.offers)


@given(situations, writings)
def test_a_message_gets_one_answer_at_most_and_people_are_not_talked_over(
    situation: Situation, written: Written
) -> None:
    effects = decide_written(situation, written, KNOWN)
    holds(situation, effects)
    if situation.open_ticket is not None:
        assert not any(isinstance(part, EntryAnswer) for each in says(effects) for part in each.parts)
        assert not any("suggest" in keys(each) for each in says(effects))
        if situation.open_ticket.state is TicketState.ASSIGNED:
            spoken = {key for each in says(effects) for key in keys(each)}
            assert spoken <= EXCUSES | {"slow_down"}


@given(situations, writings)
def test_nobody_is_left_without_a_word(situation: Situation, written: Written) -> None:
    """T17: without people on the case every message is answered, but the rest of an album and of a flood."""
    effects = decide_written(situation, written, KNOWN)
    assume(situation.open_ticket is None)
    assume(written.album is None or written.album != situation.memory.album)
    remembered = [effect.memory for effect in effects if isinstance(effect, Remember)]
    assert remembered
    flood = remembered[-1].flood
    assert flood is not None
    if flood.count > situation.policy.messages_per_minute and not written.asks_for_human:
        assert flood.told
        return
    assert says(effects)


@given(situations, writings)
def test_who_asks_for_people_gets_them_or_is_told_that_they_come(situation: Situation, written: Written) -> None:
    """F2."""
    assume(written.album is None or written.album != situation.memory.album)
    assume(not written.refused or written.text)
    plea = Written(written.text, written.match, True, late=written.late, refused=written.refused)
    effects = decide_written(situation, plea, KNOWN)
    if situation.open_ticket is None:
        assert of(OpenTicket, effects)
    elif situation.open_ticket.state is TicketState.WAITING:
        flood = next(effect.memory.flood for effect in effects if isinstance(effect, Remember))
        told = any({"already_waiting", "slow_down"} & keys(each) for each in says(effects))
        assert told or (flood is not None and flood.told)


@given(
    situations,
    st.sampled_from(["solved", "wrong", "none", "pick", "human", "language", "topic", "nonsense", ""]),
    st.integers(0, 12),
    st.text(max_size=4) | st.integers(0, 4).map(str),
)
def test_a_press_is_answered_once(situation: Situation, verb: str, number: int, rest: str) -> None:
    effects = decide_pressed(situation, f"{verb}:{number}:{rest}" if verb != "human" else verb, FAQ)
    holds(situation, effects)
    for effect in effects:
        if isinstance(effect, StripButtons):
            # What was pressed cannot be pressed again.
            assert situation.memory.choice(effect.number) is not None
            last = [each.memory for each in effects if isinstance(each, Remember)][-1]
            assert last.choice(effect.number) is None


@given(situations, st.text(max_size=80))
def test_no_press_at_all_can_break_a_decision(situation: Situation, action: str) -> None:
    holds(situation, decide_pressed(situation, action, FAQ))


@given(situations, st.sampled_from(sorted(COMMANDS)) | st.text(max_size=8), st.text(max_size=8), writings)
def test_a_command_is_answered_once(situation: Situation, name: str, argument: str, written: Written) -> None:
    effects = decide_command(situation, name, argument, written, FAQ)
    holds(situation, effects)
    if name == "human" and situation.open_ticket is None:
        assert of(OpenTicket, effects)


@given(situations, st.text(max_size=8))
def test_a_failure_always_brings_people(situation: Situation, text: str) -> None:
    effects = decide_failed(situation, text)
    holds(situation, effects)
    assert bool(of(OpenTicket, effects)) == (situation.open_ticket is None)
    assert not any(isinstance(part, QueuePlace) for each in says(effects) for part in each.parts)


@given(situations)
def test_an_apology_is_for_who_waits_and_never_more_than_promised(situation: Situation) -> None:
    effects = decide_timer(situation, Timer(1, APOLOGY, NOW))
    ticket = situation.open_ticket
    waits = ticket is not None and ticket.state is TicketState.WAITING
    assert bool(says(effects)) == waits
    if waits and ticket is not None:
        assert bool(of(SetTimer, effects)) == (ticket.apologies + 1 < situation.policy.apologies)
        assert all(each.due_at > situation.now for each in effects if isinstance(each, SetTimer))


acts = st.sampled_from([Claim, Release, Reply, Note, Close, Reopen, Resend, LeaveIt])


@given(situations, acts, st.integers(1, 9), st.integers(1, 3), st.text(max_size=3))
def test_an_act_is_declined_alone_or_done(
    situation: Situation, kind: type, number: int, agent: int, words: str
) -> None:
    details = {"text": words} if kind in {Reply, Note} else {}
    act = kind(TicketKey(1, number), "act", agent, "Mira", NOW, **details)
    effects = decide_act(situation, act)
    assert effects
    declined = of(Decline, effects)
    assert not declined or len(effects) == 1
    ticket = situation.ticket
    if ticket is None or declined:
        assert declined
        return
    if kind in {Reply, Close, Release}:
        # Only who has the ticket, and only while they have it.
        assert (ticket.state, ticket.agent_id, ticket.number) == (ticket.state, agent, number)
        assert ticket.state in {TicketState.ASSIGNED, TicketState.SNOOZED}
    if kind is Claim:
        assert ticket.state is TicketState.WAITING
    # A note never reaches the player, and nothing else is a note.
    assert bool(of(WriteNote, effects)) == (kind is Note)
    assert not (kind is Note and says(effects))


@given(memories)
def test_a_memory_comes_back_as_it_was_kept(memory: Memory) -> None:
    assert Memory.from_data(json.loads(json.dumps(memory.as_data()))) == memory


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_no_memory_can_break_reading_it(value: object) -> None:
    names = ("question", "offered", "misses", "choices", "album", "told_added", "late_told_at", "flood")
    for name in names:
        assert isinstance(Memory.from_data({name: value}), Memory)


def test_every_network_offers_exactly_the_commands_that_there_are() -> None:
    assert tuple(COMMANDS) == OFFERED
