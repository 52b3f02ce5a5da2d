"""What agents send is read first, at whichever desk; and what players should never send is hidden."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from channels.memory.player import MemoryPlayer
from handoff import agents
from handoff.acts import Claim, Declined, Done, Note, Outcome, Reply
from handoff.agents import Role
from handoff.guard.draft import Kind, Severity
from handoff.tickets import Ticket
from messaging.conversations import message_versions
from messaging.messages import Author, Direction
from tests.flows.house import Agent, House
from tests.game import GAME

CALM = "Please calm down, I am looking at it"
STUPID = "Your plan was stupid, I am sorry to say"


async def taken(house: House, mira: Agent, *words: str) -> tuple[MemoryPlayer, Ticket]:
    """A player who wrote these words and asked for a human, and their ticket in Mira's hands."""
    ann = house.channel.player("Ann", language="en")
    for each in (*words, "human"):
        await ann.writes(each)
        await ann.reads()
    ticket = (await house.waiting())[-1]
    assert await mira.does(Claim, ticket) == Done()
    await ann.reads("I am Mira")
    return ann, ticket


async def lead(house: House) -> Agent:
    async with house.app.database.transaction() as connection:
        made = await agents.add(
            house.app.database, connection, name="lena", desk_name="Lena", role=Role.LEAD, now=house.clock()
        )
    return Agent(house, made.id, made.desk_name)


def kinds(outcome: Outcome) -> list[Kind]:
    assert isinstance(outcome, Declined)
    assert outcome.code == "guard"
    return [finding.kind for finding in outcome.findings]


async def by_agents(house: House, ann: MemoryPlayer) -> list[str]:
    """What players were sent from agents, and what is stored as such."""
    said = await house.said(ann.chat)
    stored = [each.text for each in said if each.author is Author.AGENT and each.direction is Direction.OUTGOING]
    assert [each.text for each in ann.messages if each.author == Author.AGENT] == stored
    return stored


async def notes(house: House, ann: MemoryPlayer) -> list[str]:
    return [each.text for each in await house.said(ann.chat) if each.direction is Direction.NOTE]


async def test_a_warning_stops_the_reply_until_its_writer_says_why(cottage: House) -> None:
    mira = await cottage.agent()
    ann, ticket = await taken(cottage, mira)
    act = mira.act(Reply, ticket, text=f"  {CALM}")
    declined = await cottage.app.perform(act)
    assert isinstance(declined, Declined)
    (finding,) = declined.findings
    assert (finding.kind, finding.severity, finding.code) == (Kind.FORBIDDEN, Severity.WARN, "G6")
    assert CALM[finding.start : finding.end] == "calm down"
    assert finding.suggestion
    assert "“calm down”" in declined.reason
    assert await cottage.app.perform(act) == declined
    assert (await mira.does(Reply, ticket, text=CALM, override_reason="  ")).code == "guard"
    assert await notes(cottage, ann) == []
    again = mira.act(Reply, ticket, text=CALM, override_reason="They asked me to say so")
    assert await cottage.app.perform(again) == Done()
    assert await cottage.app.perform(again) == Done()
    await ann.reads("calm down")
    await cottage.quiet()
    assert await by_agents(cottage, ann) == [CALM]
    (note,) = await notes(cottage, ann)
    assert "They asked me to say so" in note
    assert "G6 forbidden" in note
    (message,) = [each for each in await cottage.said(ann.chat) if each.author is Author.AGENT and each.text == CALM]
    assert message.data["override"] == {
        "reason": "They asked me to say so",
        "findings": [{"kind": "forbidden", "code": "G6", "severity": "warn", "span": [7, 16]}],
    }


async def test_a_block_is_a_lead_s_to_override_and_no_agent_s(cottage: House) -> None:
    mira, lena = await cottage.agent(), await lead(cottage)
    ann, ticket = await taken(cottage, mira)
    declined = await mira.does(Reply, ticket, text=STUPID, override_reason="I mean it")
    assert kinds(declined) == [Kind.FORBIDDEN]
    assert isinstance(declined, Declined)
    assert declined.reason.endswith("Only a lead may send it like this.")
    ben = cottage.channel.player("Ben", language="en")
    await ben.writes("human")
    await ben.reads()
    (other,) = await cottage.waiting()
    await lena.does(Claim, other)
    assert kinds(await lena.does(Reply, other, text=STUPID)) == [Kind.FORBIDDEN]
    assert await lena.does(Reply, other, text=STUPID, override_reason="A quote of theirs") == Done()
    await ben.reads("stupid")
    assert await by_agents(cottage, ann) == []


async def test_who_does_not_have_the_ticket_hears_that_first(cottage: House) -> None:
    mira, noor = await cottage.agent(), await cottage.agent("noor", "Noor")
    _, ticket = await taken(cottage, mira)
    assert (await noor.does(Reply, ticket, text=STUPID)).code == "not_yours"


async def test_a_note_is_not_read_by_the_guard(cottage: House) -> None:
    mira = await cottage.agent()
    ann, ticket = await taken(cottage, mira)
    assert await mira.does(Note, ticket, text=STUPID) == Done()
    assert await notes(cottage, ann) == [STUPID]


async def test_what_the_player_told_us_may_be_said_to_them_and_what_others_told_us_may_not(cottage: House) -> None:
    mira = await cottage.agent()
    told = "my mail is Ann.Lee@mail.example, call me at +49 30 901820 and my id was 12345678, thanks"
    ann, ticket = await taken(cottage, mira, told)
    _, other = await taken(cottage, mira, "my mail is ben@post.example")
    allowed = "I have sent it to ann.lee@mail.example and tried +4930901820; your account is UID 12345678."
    assert await mira.does(Reply, ticket, text=allowed) == Done()
    await ann.reads("I have sent it")
    assert kinds(await mira.does(Reply, ticket, text="I have sent it to ben@post.example.")) == [Kind.EMAIL]
    assert kinds(await mira.does(Reply, other, text=allowed)) == [Kind.EMAIL, Kind.PHONE, Kind.ACCOUNT]


async def test_promises_and_compensation_need_approval(cottage: House) -> None:
    """G9."""
    mira = await cottage.agent()
    _, ticket = await taken(cottage, mira)
    declined = await mira.does(Reply, ticket, text="As compensation I will give you 500 gems, thank you for waiting.")
    assert Kind.COMPENSATION in kinds(declined)


async def test_what_the_faq_holds_back_no_agent_tells_before_the_time(quiet_cottage: House, tmp_path: Path) -> None:
    """G3."""
    folder = tmp_path / "entries"
    folder.mkdir()
    opens = quiet_cottage.clock() + timedelta(days=2)
    title = "    title: {en: Oil for the lamp}"
    held_back = GAME.replace(title, f"{title}\n    embargo: {opens:%Y-%m-%d %H:%M}")
    (folder / "game.yaml").write_text(held_back, encoding="utf-8")
    quiet_cottage.with_(faq={"folder": folder, "cache": tmp_path / "cache"})
    await quiet_cottage.begin()
    mira = await quiet_cottage.agent()
    _, ticket = await taken(quiet_cottage, mira)
    text = "There will be oil for the  LAMP soon, I hear"
    assert kinds(await mira.does(Reply, ticket, text=text)) == [Kind.EMBARGO]
    quiet_cottage.clock.advance(days=3)
    assert await mira.does(Reply, ticket, text=text) == Done()


async def test_the_owner_s_settings_count(quiet_cottage: House, tmp_path: Path) -> None:
    phrases = tmp_path / "phrases.yaml"
    phrases.write_text("forbidden:\n  en:\n    - say: [gadzooks]\n", encoding="utf-8")
    quiet_cottage.with_(
        guard={"phrases": phrases, "account_ids": (r"P-\d{4}",), "allowed": ("@inn.example",)},
    )
    await quiet_cottage.begin()
    mira = await quiet_cottage.agent()
    _, ticket = await taken(quiet_cottage, mira)
    assert kinds(await mira.does(Reply, ticket, text="Gadzooks! It is P-1234.")) == [Kind.FORBIDDEN, Kind.ACCOUNT]
    assert await mira.does(Reply, ticket, text=f"{CALM}, write to help@inn.example") == Done()


async def test_it_can_be_switched_off(quiet_cottage: House) -> None:
    quiet_cottage.with_(guard={"enabled": False})
    await quiet_cottage.begin()
    mira = await quiet_cottage.agent()
    _, ticket = await taken(quiet_cottage, mira)
    assert await mira.does(Reply, ticket, text=STUPID) == Done()


async def test_a_player_s_secret_is_hidden_before_it_is_kept_and_they_are_warned_once(
    cottage: House, capsys: pytest.CaptureFixture[str]
) -> None:
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("my password is Gr33nLantern! and it does not work")
    await ann.reads("Please never write passwords")
    await ann.writes("or was it password: Gr33nLantern? my card is 4111 1111 1111 1111")
    await cottage.quiet()
    assert sum("Please never write passwords" in each.text for each in ann.messages) == 1
    stored = await cottage.written(ann.chat)
    assert len(stored) == 2
    assert not any("Gr33nLantern" in each or "4111 1111" in each for each in stored)
    assert stored[1].endswith("•••• 1111")
    await ann.uses("human", "my password is Gr33nLantern!")
    await cottage.quiet()
    (ticket,) = await cottage.waiting()
    assert "Gr33nLantern" not in ticket.question
    assert "Gr33nLantern" not in "".join(await cottage.written(ann.chat))
    captured = capsys.readouterr()
    assert "Gr33nLantern" not in captured.out + captured.err
    cottage.clock.advance(days=2)
    await ann.writes("my password is Gr33nLantern!")
    await cottage.quiet()
    assert sum("Please never write passwords" in each.text for each in ann.messages) == 2


async def test_a_secret_in_an_edit_is_hidden_in_all_its_versions(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    first = await ann.writes("my password is Gr33nLantern!")
    await ann.reads("Please never write passwords")
    await ann.edits(first, "my password is B1ueLantern!")
    await cottage.quiet()
    assert not any("Lantern" in each for each in await cottage.written(ann.chat))
    async with cottage.app.database.reading() as connection:
        versions = list(await connection.scalars(sa.select(message_versions.c.text)))
    assert not any("Lantern" in each for each in versions)


async def test_a_secret_told_to_an_agent_is_hidden_and_the_player_warned(cottage: House) -> None:
    mira = await cottage.agent()
    ann, _ = await taken(cottage, mira)
    await ann.writes("my password is Gr33nLantern!")
    await ann.reads("Please never write passwords")
    assert not any("Gr33nLantern" in each for each in await cottage.written(ann.chat))


async def test_a_very_long_message_is_looked_through_too(cottage: House) -> None:
    ann = cottage.channel.player("Ann", language="en")
    await ann.writes("lamp oil " * 1000 + "password: Gr33nLantern!")
    await ann.reads("Please never write passwords")
    (stored,) = await cottage.written(ann.chat)
    assert stored.endswith("password: ••••••••!")
