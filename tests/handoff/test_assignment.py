"""Who gets the next ticket (H9): language, level, team, room, topic, load, idleness; the same for the same input."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handoff.agents import Colleague, Presence, Role
from handoff.assignment import assign, serves, speaks, suits
from handoff.line import Queued
from handoff.tickets import TicketKey

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEPT = timedelta(minutes=10)
MIRA = Colleague(1, "Mira", Role.AGENT, (), (), "", 2, Presence.ONLINE, NOW, 0)
TICKET = Queued(TicketKey(1, 1), NOW, NOW, "en", None, "", "agent", None, None)

staff = st.lists(
    st.builds(
        Colleague,
        id=st.integers(1, 30),
        desk_name=st.just("x"),
        role=st.sampled_from(Role),
        languages=st.sampled_from([(), ("en",), ("vi", "en"), ("zh-Hans",)]),
        skills=st.sampled_from([(), ("payment",), ("bug", "payment")]),
        team=st.sampled_from(["", "billing"]),
        capacity=st.integers(1, 3),
        presence=st.sampled_from(Presence),
        presence_since=st.just(NOW),
        assigned=st.integers(0, 4),
        last_ticket_at=st.none() | st.integers(0, 9).map(lambda minutes: NOW - timedelta(minutes=minutes)),
    ),
    max_size=6,
    unique_by=lambda each: each.id,
).map(lambda found: {each.id: each for each in found})
queue = st.lists(
    st.builds(
        replace,
        st.just(TICKET),
        language=st.sampled_from(["en", "vi", "zh-Hans", "ja"]),
        topic=st.sampled_from([None, "payment", "bug"]),
        team=st.sampled_from(["", "billing"]),
        level=st.sampled_from(["agent", "lead", "supervisor"]),
        wanted_agent_id=st.none() | st.integers(1, 30),
        wanted_since=st.integers(0, 20).map(lambda minutes: NOW - timedelta(minutes=minutes)),
    ),
    max_size=12,
).map(lambda found: [replace(each, key=TicketKey(number, 1)) for number, each in enumerate(found)])


@given(queue, staff)
def test_whatever_is_given_suits_and_nobody_gets_more_than_they_take(
    tickets: list[Queued], people: dict[int, Colleague]
) -> None:
    pairs, after = assign(tickets, people, KEPT, NOW)
    by_key = {each.key: each for each in tickets}
    assert len({pair.ticket for pair in pairs}) == len(pairs)
    for pair in pairs:
        assert suits(by_key[pair.ticket], people[pair.agent_id], KEPT, NOW)
        assert people[pair.agent_id].presence is Presence.ONLINE
    for agent_id, each in people.items():
        given_to = sum(pair.agent_id == agent_id for pair in pairs)
        assert after[agent_id].assigned == each.assigned + given_to
        assert not given_to or after[agent_id].assigned <= each.capacity
    assert assign(tickets, dict(reversed(people.items())), KEPT, NOW)[0] == pairs


@given(queue, staff)
def test_nobody_waits_whom_somebody_with_room_could_help(tickets: list[Queued], people: dict[int, Colleague]) -> None:
    """Also far behind others whom nobody can help."""
    pairs, after = assign(tickets, people, KEPT, NOW)
    given_away = {pair.ticket for pair in pairs}
    for ticket in tickets:
        if ticket.key not in given_away:
            assert not any(each.has_room and suits(ticket, each, KEPT, NOW) for each in after.values())


def first(*people: Colleague, ticket: Queued = TICKET) -> int | None:
    pairs, _ = assign([ticket], {each.id: each for each in people}, KEPT, NOW)
    return pairs[0].agent_id if pairs else None


def test_whom_it_waits_for_comes_first_then_who_knows_the_topic_then_the_least_busy_then_the_longest_idle() -> None:
    idle = replace(MIRA, id=5, last_ticket_at=NOW - timedelta(hours=2))
    recent = replace(MIRA, id=4, last_ticket_at=NOW)
    busy = replace(MIRA, id=3, capacity=10, assigned=1)
    knows = replace(MIRA, id=2, assigned=1, skills=("payment",))
    about = replace(TICKET, topic="payment")
    assert first(busy, recent, idle) == 5
    assert first(busy, replace(MIRA, id=6, assigned=1)) == 3
    assert first(busy, recent, idle, knows, ticket=about) == 2
    assert first(idle, knows, busy, ticket=replace(about, wanted_agent_id=3, wanted_since=NOW)) == 3


def test_a_ticket_is_kept_for_one_agent_for_a_while() -> None:
    wanted = replace(TICKET, wanted_agent_id=9, wanted_since=NOW - timedelta(minutes=9))
    assert first(MIRA, ticket=wanted) is None
    assert first(MIRA, ticket=replace(wanted, wanted_since=NOW - KEPT)) == MIRA.id


def test_levels_are_for_leads_and_supervisors() -> None:
    """H6."""
    assert [role for role in Role if serves(role, "lead")] == [Role.LEAD, Role.ADMIN]
    assert [role for role in Role if serves(role, "supervisor")] == [Role.ADMIN]
    assert all(serves(role, "agent") for role in Role)


def test_a_language_covers_its_scripts_and_none_covers_all() -> None:
    assert speaks(MIRA, "ja")
    assert speaks(replace(MIRA, languages=("zh",)), "zh-Hant")
    assert not speaks(replace(MIRA, languages=("zh-Hans",)), "zh-Hant")
