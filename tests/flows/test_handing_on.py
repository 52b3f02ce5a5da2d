"""Handing a ticket to a colleague, a team, the lead or above (H1-H6), as both sides see it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from channels.memory.player import MemoryPlayer
from handoff import agents, records
from handoff.acts import (
    AnswerLead,
    AskLead,
    Claim,
    Close,
    Declined,
    Done,
    Escalate,
    Outcome,
    Release,
    Reply,
    Transfer,
)
from handoff.agents import Presence, Role
from handoff.console import views
from handoff.notices import for_role
from handoff.records import TicketEvent
from handoff.tickets import Ticket, TicketState
from messaging.conversations import Message
from messaging.messages import Direction
from tests.flows.house import Agent, House
from tests.flows.talking import talking

BRIEF = "Sword lost on Friday, server 3; I checked the mail log, look at the bank next."


def code(outcome: Outcome) -> str:
    return outcome.code if isinstance(outcome, Declined) else "done"


async def is_(house: House, agent: Agent, **values: object) -> None:
    async with house.app.database.transaction() as connection:
        await connection.execute(sa.update(agents.agents).where(agents.agents.c.id == agent.id).values(**values))


async def notes(house: House, ann: MemoryPlayer) -> list[Message]:
    return [each for each in await house.said(ann.chat) if each.direction is Direction.NOTE]


async def events(house: House, ticket: Ticket, kind: str) -> list[TicketEvent]:
    async with house.app.database.reading() as connection:
        found = await records.of_ticket(connection, ticket.key.conversation_id, ticket.key.number)
    return [each for each in found if each.kind == kind]


async def told(house: House, key: str, role: Role = Role.LEAD) -> list[str]:
    await house.app.lookout.look()
    return [each.text for each in for_role(house.app.lookout.notices(), role) if each.key == key]


async def test_a_ticket_is_handed_to_a_colleague_who_sees_the_brief_and_the_player_is_told_before(
    cottage: House,
) -> None:
    """H2, H3."""
    mira, ann, ticket = await talking(cottage)
    noor = await cottage.agent("noor", "Noor")
    await is_(cottage, noor, presence=Presence.ONLINE)
    assert code(await mira.does(Transfer, ticket, to_agent=noor.id)) == "brief"
    assert await mira.does(Transfer, ticket, to_agent=noor.id, brief=BRIEF) == Done()
    words = await ann.reads("Noor knows this matter better")
    assert words.buttons == ()
    now = await cottage.ticket(ticket.key)
    assert (now.state, now.agent_id, now.wanted_agent_id, now.transfers) == (TicketState.WAITING, None, noor.id, 1)
    assert views.opened(now)["brief"] == BRIEF
    (note,) = await notes(cottage, ann)
    assert (BRIEF in note.text, views.message(note)["facts"]) == (True, {"kind": "brief"})
    (event,) = await events(cottage, ticket, "transferred")
    assert (event.agent_id, event.data["to_agent"], event.data["nobody_there"]) == (mira.id, noor.id, False)
    # Nothing of the brief reaches the player, and the next agent greets them.
    assert await noor.does(Claim, ticket) == Done()
    await ann.reads("I am Noor")
    assert not any("mail log" in each.text for each in ann.messages)
    after = await cottage.ticket(ticket.key)
    assert (after.wanted_agent_id, after.brief) == (None, BRIEF)


async def test_from_the_second_transfer_on_it_is_warned_of(cottage: House) -> None:
    """H1."""
    mira, ann, ticket = await talking(cottage)
    noor = await cottage.agent("noor", "Noor")
    await mira.does(Transfer, ticket, to_agent=noor.id, brief=BRIEF)
    await noor.does(Claim, ticket)
    await ann.reads("I am Noor")
    warned = await noor.does(Transfer, ticket, to_agent=mira.id, brief=BRIEF)
    assert isinstance(warned, Declined)
    assert (warned.code, warned.details) == ("again", {"transfers": 1})
    assert await noor.does(Transfer, ticket, to_agent=mira.id, brief=BRIEF, again=True) == Done()
    assert (await cottage.ticket(ticket.key)).transfers == 2


@pytest.mark.parametrize("presence", [Presence.AWAY, Presence.OFFLINE])
async def test_if_nobody_is_there_the_player_may_wait_or_be_called_back(cottage: House, presence: Presence) -> None:
    """H4."""
    mira, ann, ticket = await talking(cottage)
    noor = await cottage.agent("noor", "Noor")
    await is_(cottage, noor, presence=presence, team="payments")
    await is_(cottage, mira, presence=Presence.ONLINE)
    assert await mira.does(Transfer, ticket, team="payments", brief=BRIEF) == Done()
    words = await ann.reads("nobody who can help")
    assert "Another of our teams" in words.text
    assert [each.label for each in words.buttons] == ["I will wait", "Call me back later"]
    now = await cottage.ticket(ticket.key)
    assert (now.team, now.wanted_agent_id) == ("payments", None)
    await ann.presses("I will wait")
    await ann.reads("Your place is kept")
    await cottage.quiet()
    # The offer counts once.
    assert all(each.label != "I will wait" for message in ann.messages for each in message.buttons)


async def test_a_transfer_names_somebody_who_is_there_to_be_named(cottage: House) -> None:
    mira, _ann, ticket = await talking(cottage)
    noor = await cottage.agent("noor", "Noor")

    async def tried(**details: object) -> str:
        return code(await mira.does(Transfer, ticket, brief=BRIEF, **details))

    assert await tried() == "whom"
    assert await tried(to_agent=noor.id, team="payments") == "whom"
    assert await tried(to_agent=mira.id) == "yourself"
    assert await tried(to_agent=999) == "no_agent"
    assert await tried(team="payments") == "no_team"
    assert code(await noor.does(Transfer, ticket, to_agent=mira.id, brief=BRIEF)) == "not_yours"


async def test_the_lead_is_asked_inside_the_ticket_and_told_until_they_answer(cottage: House) -> None:
    """H5."""
    mira, ann, ticket = await talking(cottage)
    omar = await cottage.agent("omar", "Omar")
    assert await told(cottage, "asked_lead") == []
    assert code(await mira.does(AskLead, ticket, text=" ")) == "empty"
    assert await mira.does(AskLead, ticket, text="May I refund this?") == Done()
    assert await told(cottage, "asked_lead") == [f"1 question to the lead waits: Ann ({ticket.key}, Mira)."]
    assert await told(cottage, "asked_lead", Role.AGENT) == []
    assert code(await omar.does(AnswerLead, ticket, text="Yes")) == "leads"
    await cottage.promote(omar)
    assert await omar.does(AnswerLead, ticket, text="Yes, this once") == Done()
    assert code(await omar.does(AnswerLead, ticket, text="Yes")) == "not_asked"
    assert await told(cottage, "asked_lead") == []
    kinds = [views.message(each)["facts"]["kind"] for each in await notes(cottage, ann)]
    assert kinds == ["question", "answer"]
    assert [each.agent_id for each in await events(cottage, ticket, "answered_lead")] == [omar.id]
    assert not any("refund" in each.text or "this once" in each.text for each in ann.messages)


async def test_a_ticket_goes_up_a_level_and_waits_for_it(cottage: House) -> None:
    """H6."""
    mira, ann, ticket = await talking(cottage)
    omar, ines = await cottage.agent("omar", "Omar"), await cottage.agent("ines", "Ines")
    await cottage.promote(omar)
    await cottage.promote(ines, Role.ADMIN)
    await is_(cottage, omar, presence=Presence.ONLINE)
    assert code(await mira.does(Escalate, ticket)) == "reason"
    assert await mira.does(Escalate, ticket, reason="They ask for a manager") == Done()
    await ann.reads("somebody with more say")
    now = await cottage.ticket(ticket.key)
    assert (now.state, now.level, now.brief) == (TicketState.WAITING, "lead", "They ask for a manager")
    assert code(await mira.does(Claim, ticket)) == "level"
    assert await omar.does(Claim, ticket) == Done()
    await omar.does(Escalate, ticket, reason="It is about money")
    assert (await cottage.ticket(ticket.key)).level == "supervisor"
    # Nobody of that level is at their desk.
    assert "nobody who can help" in (await ann.reads("more say")).text
    assert code(await omar.does(Claim, ticket)) == "level"
    assert await ines.does(Claim, ticket) == Done()
    assert code(await ines.does(Escalate, ticket, reason="Higher")) == "highest"
    assert await told(cottage, "lead_skipped") == []


async def test_an_urgent_skip_of_the_lead_is_reported_afterwards(cottage: House) -> None:
    """H6."""
    mira, ann, ticket = await talking(cottage)
    assert await mira.does(Escalate, ticket, reason="A threat to somebody's life", urgent=True) == Done()
    await ann.reads("more say")
    assert (await cottage.ticket(ticket.key)).level == "supervisor"
    (report,) = await told(cottage, "lead_skipped")
    assert f"{ticket.key}, by Mira: A threat to somebody's life" in report
    assert await told(cottage, "lead_skipped", Role.AGENT) == []
    (event,) = await events(cottage, ticket, "lead_skipped")
    assert event.agent_id == mira.id
    cottage.clock.advance(hours=25)
    assert await told(cottage, "lead_skipped") == []


async def test_a_reason_for_giving_back_is_kept_for_staff(cottage: House) -> None:
    mira, ann, ticket = await talking(cottage)
    await mira.does(Release, ticket, reason="My shift ends")
    await ann.reads("with our team already")
    assert [each.text for each in await notes(cottage, ann)] == ["Given back. My shift ends"]
    assert not any("shift" in each.text for each in ann.messages)


async def test_an_open_question_to_the_lead_ends_with_the_ticket(cottage: House) -> None:
    """H5."""
    mira, ann, ticket = await talking(cottage)
    await mira.does(AskLead, ticket, text="May I?")
    await mira.does(Reply, ticket, text="It is settled")
    await ann.reads("settled")
    assert await mira.does(Close, ticket) == Done()
    assert await told(cottage, "asked_lead") == []
