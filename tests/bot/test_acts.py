"""Whatever an agent does on whatever ticket: it is declined alone, or it acts, and what is internal stays internal."""

from __future__ import annotations

import types
import typing
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any, get_type_hints

from hypothesis import given
from hypothesis import strategies as st

from bot.act_rules import ActRules
from bot.decisions.agent import DECIDERS, decide_act
from bot.decisions.hands import About, OtherTicket
from bot.decisions.override import Guarded
from bot.effects import ChangeTicket, Decline, Effect, Elsewhere, Record, Say, WriteNote
from bot.situation import MessageFacts, PlayerFacts, Policy, Situation, TicketFacts
from channels.base import Capabilities
from handoff import acts
from handoff.acts import Act, Reply, StoredFile
from handoff.agents import Colleague, Presence, Role
from handoff.console.desk_acts import ACTS
from handoff.guard.draft import Finding, Kind, Severity
from handoff.tickets import OPEN, TicketKey, TicketState
from messaging.messages import Author, Status
from messaging.timers import Timer
from tests.bot.test_decisions import memories, tickets

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "zqxv"
"""Stands in everything that is internal, so that it can be looked for in what players are told."""
EVERY_ACT = {
    each for each in vars(acts).values() if isinstance(each, type) and issubclass(each, Act) and each is not Act
}
# Nobody does these at a desk: the program does, for agents who are away or silent.
OF_THE_PROGRAM = {acts.TellAway, acts.TakeBack}
# What an agent writes in these is for staff alone; what they write in the others is for the player.
SPOKEN = {"Reply", "Correct", "ConfirmUnderstood"}

words = st.sampled_from(["", " ", SECRET, f"{SECRET} and more"])
moments = st.integers(-86_400, 86_400).map(lambda seconds: NOW + timedelta(seconds=seconds))
values: dict[Any, st.SearchStrategy[Any]] = {
    str: words | st.sampled_from(["payments", "complaint", "routine", "other", "1-2", "2-3", "reply-1", "gold"]),
    int: st.integers(0, 9),
    bool: st.booleans(),
    datetime: moments,
}


def field_values(hint: Any) -> st.SearchStrategy[Any]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return st.none() | field_values(next(each for each in typing.get_args(hint) if each is not type(None)))
    if hint in values:
        return values[hint]
    return st.lists(st.just(StoredFile("sha", "map.png", "image/png", 5)), max_size=1).map(tuple)


def act_of(kind: type[Act]) -> st.SearchStrategy[Act]:
    hints = get_type_hints(kind)
    common = {each.name for each in fields(Act)}
    own = {each.name: field_values(hints[each.name]) for each in fields(kind) if each.name not in common}
    return st.builds(
        kind,
        ticket=st.builds(TicketKey, st.just(1), st.integers(1, 9)),
        act_id=st.just("act"),
        agent_id=st.integers(1, 4),
        desk_name=st.just("Mira"),
        done_at=st.just(NOW),
        **own,
    )


def full_tickets() -> st.SearchStrategy[TicketFacts]:
    """Tickets with everything that acts look at."""
    return st.builds(
        lambda ticket, more: TicketFacts(
            **{each.name: getattr(ticket, each.name) for each in fields(TicketFacts)} | more
        ),
        tickets,
        st.fixed_dictionaries(
            {
                "level": st.sampled_from(["agent", "lead", "supervisor"]),
                "transfers": st.integers(0, 3),
                "brief": words,
                "asked_lead_at": st.none() | moments,
                "held_since": st.none() | moments,
                "snoozed_until": st.none() | moments,
                "wanted_agent_id": st.none() | st.integers(1, 4),
                "confirmation": st.sampled_from(
                    [{}, {"asked_at": "x"}, {"asked_at": "x", "answer": "no"}, {"asked_at": "x", "words": "yes"}]
                ),
                "clocks": st.just({}),
            }
        ),
    )


def colleague(number: int) -> st.SearchStrategy[Colleague]:
    return st.builds(
        Colleague,
        id=st.just(number),
        desk_name=st.just(f"Desk {number}"),
        role=st.sampled_from(Role),
        languages=st.just(("en",)),
        skills=st.just(()),
        team=st.sampled_from(["", "payments"]),
        capacity=st.integers(1, 5),
        presence=st.sampled_from(Presence),
        presence_since=st.none() | moments,
        assigned=st.integers(0, 6),
    )


replies = st.builds(
    lambda agent: Timer(
        1,
        "reply:reply-1",
        NOW,
        {
            "ticket": "1-1",
            "agent_id": agent,
            "desk_name": "Mira",
            "done_at": NOW.isoformat(),
            "text": "soon",
            "files": [],
            "promise": None,
            "looking": False,
            "note": "",
            "kept": {},
        },
    ),
    st.integers(1, 3),
)
situations = st.builds(
    Situation,
    now=st.just(NOW),
    language=st.just("en"),
    language_chosen=st.booleans(),
    player_name=st.just("Ann"),
    memory=memories,
    ticket=st.none() | full_tickets(),
    policy=st.builds(
        Policy,
        act_rules=st.builds(ActRules, categories=st.sampled_from([(), ("other",)]), category_required=st.booleans()),
    ),
    player=st.builds(PlayerFacts, id=st.integers(1, 2), muted_until=st.none() | moments),
    channel=st.sampled_from(["telegram", "web"]),
    conversation_id=st.just(1),
    last_incoming_number=st.none() | st.integers(1, 9),
    last_reply_number=st.none() | st.integers(1, 9),
    staff=st.fixed_dictionaries({}, optional={number: colleague(number) for number in (1, 2, 3)}),
    network=st.builds(
        Capabilities, st.just(2000), st.just(1000), st.just(1000), can_edit=st.booleans(), can_delete=st.booleans()
    ),
    pending=st.lists(replies, max_size=1).map(tuple),
)
message = st.builds(
    MessageFacts,
    number=st.integers(1, 9),
    author=st.sampled_from(Author),
    is_outgoing=st.booleans(),
    agent_id=st.none() | st.integers(1, 3),
    ticket_number=st.none() | st.integers(1, 9),
    text=st.just("what was said"),
    status=st.sampled_from(Status),
    is_deleted=st.booleans(),
    data=st.sampled_from([{}, {"correction": {"state": "made", "apologised": True}}]),
)
other = st.builds(
    OtherTicket, st.just(TicketKey(2, 3)), full_tickets(), st.integers(1, 2), st.sampled_from(["web", "discord"])
)
about = st.builds(
    About,
    st.none() | message,
    st.none() | message,
    st.booleans(),
    st.none()
    | st.builds(
        OtherTicket, st.just(TicketKey(2, 3)), full_tickets(), st.integers(1, 2), st.sampled_from(["web", "discord"])
    ),
)
FOUND = Finding(Kind.FORBIDDEN, Severity.WARN, 0, 1, "It hurts.", "Say it kindly.")
guards = st.just(Guarded()) | st.booleans().map(lambda is_lead: Guarded("x", (FOUND,), is_lead))


def spoken(effects: tuple[Effect, ...]) -> str:
    """Everything that these effects tell the player, as far as a decision knows it."""
    said = [repr(each.parts) for each in effects if isinstance(each, Say)]
    return "\n".join([*said, *(spoken(each.effects) for each in effects if isinstance(each, Elsewhere))])


@given(st.data(), situations, about, guards)
def test_every_act_is_declined_alone_or_acts_and_internal_words_stay_inside(
    data: st.DataObject, situation: Situation, facts: About, guarded: Guarded
) -> None:
    """Also: only what is on the newest ticket changes it, and a closed one is not taken further."""
    kind = data.draw(st.sampled_from(sorted(DECIDERS, key=lambda each: each.__name__)))
    act = data.draw(act_of(kind))
    effects = decide_act(situation, act, guarded, facts)
    declined = [each for each in effects if isinstance(each, Decline)]
    if declined:
        assert len(effects) == 1
        assert declined[0].code
        assert declined[0].reason
        return
    assert effects or kind.__name__ in ("Classify", "Wake", "Assign", "Snooze")
    if kind.__name__ not in SPOKEN:
        assert SECRET not in spoken(effects)
    # What is recorded names who did it.
    assert all(each.agent_id in (act.agent_id, None) for each in effects if isinstance(each, Record))
    ticket = situation.ticket
    assert ticket is not None
    for change in (each.changes for each in effects if isinstance(each, ChangeTicket)):
        if change.get("state") is TicketState.RESOLVED:
            assert ticket.state in OPEN
        if change.get("state") is TicketState.WAITING:
            assert change.get("agent_id", 0) is None


@given(situations, act_of(Reply), about)
def test_what_the_guard_finds_goes_out_only_with_a_reason_and_leaves_a_note(
    situation: Situation, act: Reply, facts: About
) -> None:
    """G1-G9: a warning is overridden by anybody with a reason; the note says so."""
    effects = decide_act(situation, act, Guarded("x", (FOUND,)), facts)
    says = [each for each in effects if isinstance(each, Say)]
    if says:
        assert act.override_reason.strip()
        assert [each for each in effects if isinstance(each, WriteNote)]


def test_every_act_has_one_decider_and_one_route() -> None:
    assert set(DECIDERS) == EVERY_ACT
    assert set(ACTS.values()) == EVERY_ACT - OF_THE_PROGRAM
    assert len(ACTS) == len(set(ACTS.values()))
