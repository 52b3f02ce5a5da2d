"""The queue's order: a head start for some, and nobody starves (G15)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handoff.queue import QueueRules

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = QueueRules(
    {"complaint": timedelta(minutes=10), "special": timedelta(minutes=1)},
    {"standard": timedelta(), "vip": timedelta(minutes=5), "patron": timedelta(minutes=7)},
)

head_starts = st.integers(0, 3600).map(lambda seconds: timedelta(seconds=seconds))
rules = st.builds(
    QueueRules,
    st.dictionaries(st.sampled_from(["routine", "complaint", "special"]), head_starts),
    st.dictionaries(st.sampled_from(["standard", "vip", "patron"]), head_starts),
)
arrivals = st.lists(
    st.tuples(
        st.integers(0, 7200),
        st.sampled_from(["routine", "complaint", "special", "unknown"]),
        st.sampled_from(["standard", "vip", "patron", "unknown"]),
    ),
    min_size=1,
    max_size=40,
)


def served(queue: QueueRules, came: list[tuple[int, str, str]], serve_at: list[int]) -> list[int]:
    """Arrivals by index in the order in which they are served, where an agent is free at these moments."""
    waiting: dict[int, datetime] = {}
    order: list[int] = []
    upcoming = sorted(range(len(came)), key=lambda index: came[index][0])
    for moment in [*sorted(serve_at), *[10**6] * len(came)]:
        while upcoming and came[upcoming[0]][0] <= moment:
            index = upcoming.pop(0)
            seconds, ticket_class, tier = came[index]
            waiting[index] = queue.place(NOON + timedelta(seconds=seconds), ticket_class, tier)
        if waiting:
            first = min(waiting, key=lambda index: (waiting[index], index))
            order.append(first)
            del waiting[first]
    return order


@given(rules, arrivals, st.lists(st.integers(0, 9000), max_size=40))
def test_nobody_is_overtaken_by_whoever_came_later_than_the_largest_head_start(
    queue: QueueRules, came: list[tuple[int, str, str]], serve_at: list[int]
) -> None:
    """G15: the bound, whoever arrives when, and whenever agents are free."""
    order = served(queue, came, serve_at)
    assert sorted(order) == list(range(len(came)))
    for place, earlier in enumerate(order):
        for later in order[place + 1 :]:
            # ``earlier`` was served first: it came not later than the bound after whoever it overtook.
            assert came[earlier][0] - came[later][0] <= queue.bound.total_seconds()


@given(rules, st.integers(0, 7200), st.integers(0, 7200), st.sampled_from(["routine", "complaint"]))
def test_alike_tickets_are_served_as_they_came(queue: QueueRules, one: int, other: int, ticket_class: str) -> None:
    """G15: among the same class and tier only the wait counts."""
    places = [queue.place(NOON + timedelta(seconds=each), ticket_class, "standard") for each in (one, other)]
    assert (places[0] < places[1]) == (one < other)


def test_class_and_tier_are_worth_time() -> None:
    assert RULES.place(NOON, "complaint", "vip") == NOON - timedelta(minutes=15)
    assert RULES.place(NOON, "routine", "standard") == NOON
    assert RULES.bound == timedelta(minutes=17)
    assert RULES.known_tiers == ("standard", "vip", "patron")
