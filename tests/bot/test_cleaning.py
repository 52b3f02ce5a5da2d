"""Whatever an event holds, what is left of it can be kept by every database."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.cleaning import clean, cleaned
from bot.happenings import ActDone, TimerDue
from handoff.acts import Reply, StoredFile
from handoff.tickets import TicketKey
from messaging.messages import IncomingFile, MessageReceived, Person
from messaging.timers import Timer

NOW = datetime(2026, 3, 1, tzinfo=UTC)
anything = st.text(st.characters() | st.sampled_from("\x00\x01\r\n\t\x7f\ud800\udfff\u2028"), max_size=30)
events = st.builds(
    MessageReceived,
    *[anything] * 3,
    st.builds(Person, anything, anything, st.none() | anything, st.none() | anything),
    st.just(NOW),
    anything,
    st.lists(st.builds(IncomingFile, anything, anything, st.none(), st.none() | anything), max_size=2).map(tuple),
    st.none() | anything,
)


@given(anything)
def test_a_clean_text_can_be_kept_and_stays_as_it_is(text: str) -> None:
    kept = clean(text)
    kept.encode("utf-8")
    assert "\x00" not in kept
    assert "\r" not in kept
    assert clean(kept) == kept


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_what_people_type_is_not_touched(text: str) -> None:
    assert clean(text) == text.strip()


@given(events)
def test_a_clean_event_has_no_text_that_cannot_be_kept(event: MessageReceived) -> None:
    kept = cleaned(event)
    shown = repr(kept)
    assert "\\x00" not in shown.replace("\\\\", "")
    json.dumps([kept.text, kept.person.name, *[file.name for file in kept.files]], ensure_ascii=False).encode("utf-8")
    assert cleaned(kept) is kept


def test_a_clean_event_is_the_same_one() -> None:
    event = ActDone(Reply(TicketKey(1, 2), "act", 1, "Mira", NOW, "hi", (StoredFile("s", "n", "t", 1),)))
    assert cleaned(event) is event
    timer = TimerDue(Timer(1, "apology", NOW, {"a": 1}))
    assert cleaned(timer) is timer


def test_an_agents_act_is_cleaned_in_all_its_parts() -> None:
    file, kept = StoredFile("s", "n\x00", "t", 1), StoredFile("s", "n", "t", 1)
    event = ActDone(Reply(TicketKey(1, 2), "a\x00ct", 1, "Mi\ud800ra", NOW, "h\x07i", (file,)))
    assert cleaned(event) == ActDone(Reply(TicketKey(1, 2), "act", 1, "Mira", NOW, "hi", (kept,)))
