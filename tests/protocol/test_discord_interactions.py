"""Slash commands and buttons on Discord; real discord.py against the fake Discord."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from messaging.commands import COMMANDS
from messaging.messages import Button, ButtonPressed, CommandUsed, MessageReceived
from tests.protocol.discord_program import Program
from tests.protocol.discord_server import DiscordServer, NotPossible, Use


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server


@pytest.fixture
async def program(server: DiscordServer) -> AsyncIterator[Program]:
    async with Program(server).running() as program:
        yield program


async def answered(server: DiscordServer, use: Use, *texts: str) -> None:
    await server.until(lambda: use.texts == list(texts))


async def test_commands_are_registered_in_every_language_and_only_once(server: DiscordServer) -> None:
    async with Program(server).running():
        pass
    commands = server.world.commands[None]
    assert {name for name, _ in commands} == {"ask", *COMMANDS} - {"start"}
    assert [option["name"] for option in commands["bug", 1]["options"]] == ["words"]
    assert commands["privacy", 1]["options"] == []
    assert commands["ask", 1]["description_localizations"]["zh-CN"] == "command_ask (zh-Hans)"
    async with Program(server).running():
        pass
    assert len(server.requests("PUT", "/commands")) == 1


async def test_a_command_takes_words_along(server: DiscordServer, program: Program) -> None:
    """F8."""
    ann = server.user("Ann")
    ann.slash("bug", channel=ann.dm_channel, words="the goblin is blue")
    (event,) = await program.hears(1)
    assert isinstance(event, CommandUsed)
    assert (event.name, event.argument) == ("bug", "the goblin is blue")
    ann.slash("feedback", channel=server.lobby.id)
    _, event = await program.hears(2)
    assert isinstance(event, CommandUsed)
    assert (event.name, event.argument) == ("feedback", "")


async def test_ask_in_a_guild_is_answered_to_the_asker_alone(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    use = ann.slash("ask", channel=server.lobby.id, question="Where is my sword?")
    (event,) = await program.hears(1)
    assert isinstance(event, MessageReceived)
    assert (event.text, event.chat, event.person.language_hint) == ("Where is my sword?", str(ann.dm_channel), "en")
    await server.until(lambda: use.acknowledged)
    await program.say(event.chat, "In the bank.", reply_via=event.reply_via)
    await program.say(event.chat, "Or in the shop.", reply_via=event.reply_via, buttons=(Button("Thanks", "solved"),))
    await answered(server, use, "In the bank.", "Or in the shop.")
    assert all(message.is_ephemeral for message in use.messages)
    assert ann.dms == []
    assert server.messages(server.lobby.id) == []
    # What an agent says later has no interaction any more: it goes to the direct messages.
    await program.say(event.chat, "We found it.")
    assert ann.dms_from_bot == ["We found it."]


async def test_a_late_answer_goes_to_the_direct_messages(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    use = ann.slash("human", channel=server.lobby.id)
    (event,) = await program.hears(1)
    assert isinstance(event, CommandUsed)
    server.world.advance_clock(16 * 60)
    await program.say(event.chat, "Sorry for the wait.", reply_via=event.reply_via)
    assert ann.dms_from_bot == ["Sorry for the wait."]
    assert use.texts == []


async def test_an_answer_whose_interaction_went_stale_is_said_in_the_chat(
    server: DiscordServer, program: Program
) -> None:
    ann = server.user("Ann")
    ann.slash("status", channel=server.lobby.id)
    (event,) = await program.hears(1)
    server.fault(method="POST", path="/webhooks/*", status=404, code=10015)
    await program.say(event.chat, "No request is open.", reply_via=event.reply_via)
    assert ann.dms_from_bot == ["No request is open."]


async def test_silence_ends_the_thinking_sign(server: DiscordServer) -> None:
    async with Program(server, silence=0.01).running() as program:
        use = server.user("Ann").slash("ask", channel=server.lobby.id, question="And another thing")
        await program.hears(1)
        await answered(server, use, "Passed on.")


async def test_ask_in_the_direct_messages_stays_to_be_read(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    use = ann.slash("ask", question="Where is *my* sword? @everyone")
    (event,) = await program.hears(1)
    assert (event.chat, event.reply_via) == (str(ann.dm_channel), None)
    await answered(server, use, "> Where is \\*my\\* sword? @everyone")
    assert not use.messages[0].mention_everyone
    assert not use.messages[0].is_ephemeral


async def test_a_command_in_the_direct_messages_leaves_no_thinking_sign(
    server: DiscordServer, program: Program
) -> None:
    ann = server.user("Ann")
    use = ann.slash("human")
    (event,) = await program.hears(1)
    assert (event.name, event.chat, event.reply_via) == ("human", str(ann.dm_channel), None)
    await server.until(lambda: use.acknowledged and not use.messages)
    await program.say(event.chat, "Somebody will come.")
    assert ann.dms_from_bot == ["Somebody will come."]


async def test_a_command_in_the_players_own_thread_belongs_to_it(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    (panel,) = server.messages(server.support.id)
    opened = ann.clicks(panel)
    await server.until(lambda: opened.texts)
    (thread,) = server.threads(server.support.id)
    ann.slash("status", channel=thread.id)
    (event,) = await program.hears(1)
    assert (event.chat, event.reply_via) == (str(thread.id), None)
    # Asked elsewhere, a player with an open thread is answered there later.
    ann.slash("status", channel=server.lobby.id)
    elsewhere = (await program.hears(2))[1]
    assert elsewhere.chat == str(thread.id)
    assert elsewhere.reply_via is not None


async def test_a_button_comes_back_with_its_action_and_its_message_can_lose_it(
    server: DiscordServer, program: Program
) -> None:
    ann = server.user("Ann")
    buttons = (Button("That solved it", "solved:7"), Button("Our page", url="https://example.com"))
    sent = await program.say(ann.dm_channel, "Here is how.", buttons=buttons)
    (message,) = ann.dms
    use = ann.clicks(message, label="That solved it")
    (event,) = await program.hears(1)
    assert isinstance(event, ButtonPressed)
    assert (event.action, event.chat, event.person.external_id) == ("solved:7", str(ann.dm_channel), str(ann.id))
    await server.until(lambda: use.acknowledged)
    await program.say(ann.dm_channel, "Here is how.", edits=sent.external_id)
    with pytest.raises(NotPossible):
        ann.clicks(message, label="That solved it")
    assert message.content == "Here is how."


async def test_a_press_is_acknowledged_when_it_is_kept(server: DiscordServer, program: Program) -> None:
    """What Discord showed as done is not lost by a crash; what was not kept it shows as failed."""
    ann = server.user("Ann")
    await program.say(ann.dm_channel, "Here is how.", buttons=(Button("That solved it", "solved:7"),))
    program.failures = 1
    use = ann.clicks(ann.dms[0], label="That solved it")
    await program.until(lambda: not program.failures)
    assert not use.acknowledged
    await program.hears(1)
    await server.until(lambda: use.acknowledged)


async def test_eight_buttons_and_two_of_the_same_action(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    buttons = tuple(Button(f"Choice {number}", "same") for number in range(8))
    await program.say(ann.dm_channel, "Which?", buttons=buttons)
    (message,) = ann.dms
    assert [len(row["components"]) for row in message.components] == [5, 3]
    ann.clicks(message, label="Choice 6")
    (event,) = await program.hears(1)
    assert event.action == "same"


async def test_a_button_under_a_private_answer_is_answered_in_place(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    use = ann.slash("ask", channel=server.lobby.id, question="Sword?")
    (asked,) = await program.hears(1)
    sent = await program.say(asked.chat, "Bank.", reply_via=asked.reply_via, buttons=(Button("No", "not-meant"),))
    pressed = ann.clicks(use.messages[0], label="No")
    event = (await program.hears(2))[1]
    assert (event.action, event.chat) == ("not-meant", str(ann.dm_channel))
    await program.say(event.chat, "Sorry. Which sword?", reply_via=event.reply_via)
    await answered(server, pressed, "Bank.", "Sorry. Which sword?")
    # The private message itself can be changed while its interaction lives, and not after.
    await program.say(asked.chat, "Bank.", edits=sent.external_id)
    assert use.messages[0].components == []
    server.world.advance_clock(16 * 60)
    with pytest.raises(Exception, match="can no longer be changed"):
        await program.say(asked.chat, "Bank!", edits=sent.external_id)


async def test_a_locale_is_handed_on_as_our_language(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    ann.locale = "zh-CN"
    ann.slash("help", channel=server.lobby.id)
    (event,) = await program.hears(1)
    assert event.person.language_hint == "zh-Hans"


async def test_a_panel_that_cannot_open_a_thread_says_so(server: DiscordServer, program: Program) -> None:
    (panel,) = server.messages(server.support.id)
    server.fault(method="POST", path="*/threads", status=403, code=50013)
    use = server.user("Ann").clicks(panel)
    await answered(server, use, "Something went wrong.")


async def test_an_event_counts_even_when_it_was_acknowledged_too_late(server: DiscordServer, program: Program) -> None:
    ann = server.user("Ann")
    server.fault(method="POST", path="/interactions/*", status=404, code=10062)
    use = ann.slash("human", channel=server.lobby.id)
    (event,) = await program.hears(1)
    await program.say(event.chat, "Somebody will come.", reply_via=event.reply_via)
    assert ann.dms_from_bot == ["Somebody will come."]
    assert not use.acknowledged


@pytest.mark.parametrize("public", [True, False])
@pytest.mark.parametrize("command", ["ask", "human"])
async def test_a_command_is_acknowledged_when_it_is_kept(
    server: DiscordServer, program: Program, command: str, public: bool
) -> None:
    """What Discord showed as taken up is not lost by a crash, wherever it was used."""
    ann = server.user("Ann")
    options = {"question": "Where is my sword?"} if command == "ask" else {}
    program.failures = 1
    use = ann.slash(command, channel=server.lobby.id if public else ann.dm_channel, **options)
    await program.until(lambda: not program.failures)
    assert not use.acknowledged
    await program.hears(1)
    await server.until(lambda: use.acknowledged)


async def test_a_press_under_a_private_answer_is_acknowledged_when_it_is_kept(
    server: DiscordServer, program: Program
) -> None:
    ann = server.user("Ann")
    use = ann.slash("ask", channel=server.lobby.id, question="Sword?")
    (asked,) = await program.hears(1)
    await program.say(asked.chat, "Bank.", reply_via=asked.reply_via, buttons=(Button("No", "not-meant"),))
    program.failures = 1
    pressed = ann.clicks(use.messages[0], label="No")
    await program.until(lambda: not program.failures)
    assert not pressed.acknowledged
    await program.hears(2)
    await server.until(lambda: pressed.acknowledged)


async def test_an_answer_waits_for_what_it_answers_to_be_acknowledged(server: DiscordServer, program: Program) -> None:
    """It is ready when the question is kept, a moment before that; Discord would refuse it, or show it above."""
    ann = server.user("Ann")
    server.fault(method="POST", path="/interactions/*", delay=0.2, times=2)
    use = ann.slash("ask", channel=server.lobby.id, question="Sword?")
    (asked,) = await program.hears(1)
    await program.say(asked.chat, "Bank.", reply_via=asked.reply_via)
    assert use.texts == ["Bank."]
    ann.slash("ask", question="Shield?")
    await program.hears(2)
    await program.say(ann.dm_channel, "Shop.")
    assert [message.content for message in ann.dms] == ["> Shield?", "Shop."]
