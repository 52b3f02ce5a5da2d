"""What an entry wants to have asked before a human takes over: one question at a time, and nobody is lost by it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.memory.player import MemoryPlayer
from handoff.acts import Claim
from handoff.tickets import Ticket, TicketState
from tests.flows.house import House
from tests.game import GAME

FORM = """\
  - id: lost
    title: {en: A lost item}
    class: special
    handoff: always
    phrasings:
      en: [my sword is gone, i lost my sword, where did my sword go]
    answer:
      en: Our people look for it.
    form:
      - name: character
        label: {en: Character}
        required: true
      - name: since
        type: date
        label: {en: Since when}
        hint: {en: The day that you last saw it.}
      - name: shot
        type: image
        label: {en: A picture}
      - name: traded
        type: yes_no
        label: {en: Did you trade it?}
        required: true
"""


@pytest.fixture(scope="session")
def form_faq(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forms")
    (folder / "entries").mkdir()
    (folder / "entries" / "game.yaml").write_text(GAME + FORM, encoding="utf-8")
    return folder


@pytest.fixture
async def desk(quiet_cottage: House, form_faq: Path) -> House:
    """A small house whose FAQ asks for four things before a human looks for lost swords."""
    quiet_cottage.with_(faq={"folder": form_faq / "entries", "cache": form_faq / "cache"})
    await quiet_cottage.begin()
    return quiet_cottage


async def asked(house: House, name: str = "Ann") -> tuple[MemoryPlayer, Ticket]:
    player = house.channel.player(name, language="en")
    await player.writes("i lost my sword")
    await player.reads("Character")
    return player, (await house.waiting())[-1]


async def form_of(house: House, ticket: Ticket) -> dict[str, Any]:
    answers: dict[str, Any] = (await house.ticket(ticket.key)).form["answers"]
    return answers


async def test_the_player_has_their_place_before_the_first_question(desk: House) -> None:
    """F2, U10: whatever becomes of the form, nobody is lost; class and topic are the entry's (F7)."""
    ann, ticket = await asked(desk)
    texts = [each.text for each in ann.messages]
    assert any("You are next" in each for each in texts[:2])
    assert "4 questions" in texts[-1]
    assert (ticket.ticket_class, ticket.topic, ticket.reason) == ("special", "game", "entry")


async def test_every_answer_is_taken_and_the_agent_sees_them(desk: House) -> None:
    ann, ticket = await asked(desk)
    await ann.writes("Bramble")
    await ann.reads("Since when")
    await ann.writes("14.3.2026")
    await ann.reads("A picture")
    await ann.writes("here", files=[("a.png", "image/png", b"\x89PNG")])
    await ann.reads("Did you trade it")
    await ann.presses("No")
    await ann.reads("that is all")
    assert await form_of(desk, ticket) == {
        "character": "Bramble",
        "since": "2026-03-14",
        "shot": "📎 here",
        "traded": "no",
    }
    form = (await desk.ticket(ticket.key)).form
    assert ([each["label"]["en"] for each in form["fields"]][:2], form["ended"]) == (
        ["Character", "Since when"],
        "done",
    )
    # What is written from now on is added to the request as ever.
    await ann.writes("and my shield")
    await ann.reads("added that")


async def test_what_cannot_be_read_is_asked_for_once_more_and_then_taken_as_it_is(desk: House) -> None:
    """A form is no quarrel."""
    ann, ticket = await asked(desk)
    await ann.writes("Bramble")
    await ann.reads("Since when")
    await ann.writes("a long time ago")
    assert "Since when" in (await ann.reads("could not read a date")).text
    await ann.writes("last winter, really")
    await ann.reads("A picture")
    assert (await form_of(desk, ticket))["since"] == "last winter, really"


async def test_a_question_may_be_skipped_and_the_rest_left(desk: House) -> None:
    ann, ticket = await asked(desk)
    assert "Skip this" not in [button.label for button in ann.messages[-1].buttons]
    await ann.writes("Bramble")
    await ann.reads("Since when")
    await ann.presses("Skip this")
    await ann.reads("A picture")
    await ann.presses("Go on without")
    assert "You are next" in (await ann.reads("we go on without")).text
    assert await form_of(desk, ticket) == {"character": "Bramble"}
    assert (await desk.ticket(ticket.key)).form["ended"] == "stopped"
    # A button of a question that is over does nothing.
    await ann.acts(f"field:{ticket.key.number}:1:skip")
    await ann.reads("earlier message")


async def test_nobody_fills_it_in_and_the_request_goes_on_with_what_there_is(desk: House) -> None:
    ann, ticket = await asked(desk)
    await ann.writes("Bramble")
    await ann.reads("Since when")
    desk.clock.advance(minutes=16)
    await desk.app.clockwork.fire_timers()
    await ann.reads("not asking any further")
    found = await desk.ticket(ticket.key)
    assert (found.state, found.form["ended"]) == (TicketState.WAITING, "expired")
    assert await form_of(desk, ticket) == {"character": "Bramble"}
    await ann.writes("2026-03-14")
    await ann.reads("added that")


async def test_a_secret_is_refused_masked_and_never_kept(desk: House) -> None:
    ann, ticket = await asked(desk)
    await ann.writes("my password: hunter2hunter2")
    await ann.reads("leave passwords and card numbers out")
    assert await form_of(desk, ticket) == {}
    assert "hunter2" not in " ".join(await desk.written(ann.chat))
    # Twice, and the question is left instead.
    await ann.writes("card 4111 1111 1111 1111")
    await ann.reads("Since when")
    assert await form_of(desk, ticket) == {}


async def test_once_an_agent_is_there_the_words_are_theirs(desk: House) -> None:
    mira = await desk.agent()
    ann, ticket = await asked(desk)
    await mira.does(Claim, ticket)
    await ann.reads("I am Mira")
    await desk.quiet()
    before = len(ann.messages)
    await ann.writes("Bramble")
    desk.clock.advance(minutes=16)
    await desk.app.clockwork.fire_timers()
    await desk.quiet()
    assert not any("not asking" in each.text or "Since when" in each.text for each in ann.messages[before:])
    assert (await desk.ticket(ticket.key)).form["ended"] == "expired"


async def test_who_asks_for_a_human_in_the_middle_hears_their_place(desk: House) -> None:
    """F2: at any time."""
    ann, ticket = await asked(desk)
    await ann.writes("human")
    await ann.reads("your place is kept")
    await ann.writes("Bramble")
    await ann.reads("Since when")
    assert await form_of(desk, ticket) == {"character": "Bramble"}


@pytest.mark.parametrize("ending", ["end", "crash"])
async def test_a_form_goes_on_after_a_restart(desk: House, ending: str) -> None:
    ann, ticket = await asked(desk)
    await ann.writes("Bramble")
    await ann.reads("Since when")
    await desk.quiet()
    await (desk.end() if ending == "end" else desk.crash())
    await desk.begin()
    await ann.writes("2026/3/14")
    await ann.reads("A picture")
    assert await form_of(desk, ticket) == {"character": "Bramble", "since": "2026-03-14"}


async def test_an_entry_that_offers_a_human_asks_when_one_is_wanted(quiet_house: House) -> None:
    """The answer first; its questions only when a human is asked for."""
    quiet_house.with_(faq={"patience": timedelta(0)})
    await quiet_house.begin()
    ann = quiet_house.channel.player("Ann", language="en")
    await ann.writes("how do i get my account back")
    await ann.reads("account")
    await ann.presses("Talk to a human")
    await ann.reads("You are next")
    first = await ann.reads("Account")
    assert "never your password" in first.text.lower()
