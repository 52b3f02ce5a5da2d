"""config.yaml: whatever is wrong with it is said, all of it at once, with its line and the likely fix."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import load_settings
from bot.settings import Settings
from storage.problems import ProblemsFound

ROOT = Path(__file__).parents[2]


def read(tmp_path: Path, text: str | bytes, **environment: str) -> Settings:
    file = tmp_path / "config.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_settings(file, environment)


def problems(tmp_path: Path, text: str | bytes, **environment: str) -> list[str]:
    """What is wrong, as people read it, without the folder."""
    with pytest.raises(ProblemsFound) as found:
        read(tmp_path, text, **environment)
    return [str(each).replace(f"{tmp_path}/", "") for each in found.value.problems]


def test_the_shipped_file_is_in_order_and_an_empty_one_means_the_defaults(tmp_path: Path) -> None:
    load_settings(ROOT / "config.yaml", {})
    assert read(tmp_path, "").web == Settings().web


WRONG = {
    "an unknown key": ("web:\n  prot: 80\n", "config.yaml:2:3: error", 'has no "prot"', 'Did you mean "port"?'),
    "an unknown part": ("chanels: {}\n", "config.yaml:1:1", 'Did you mean "channels"?'),
    "a secret in the file": (
        "channels:\n  telegram:\n    token: 123456:ABCDEF\n",
        "config.yaml:3:12",
        "must not stand here",
        "token: ${NAME}",
    ),
    "half a secret in the file": ("channels: {discord: {token: 'Bot ${TOKEN}'}}\n", "must not stand here"),
    "a bad duration": (
        "handoff:\n  apology_after: soon\n",
        "config.yaml:2:18",
        'not a length of time: "soon"',
        "5 minutes",
    ),
    "a duration without its unit": ("handoff:\n  apology_after: 5\n", "not a length of time"),
    "no duration at all": ("handoff:\n  apology_after: 0 minutes\n", "config.yaml:2:18", "at least 1 seconds"),
    "a tab": ("web:\n\tport: 80\n", "config.yaml:2:1", "tab"),
    "a key given twice": ("web: {port: 80}\nweb: {port: 81}\n", "config.yaml:2:1", "given twice, first in line 1"),
    "a text for a number": ("web: {port: eighty}\n", "config.yaml:1:13", 'must be a number, not "eighty"'),
    "a port that is none": ("web: {port: 99999}\n", "at most 65535"),
    "a negative port": ("web: {port: -1}\n", "at least 1"),
    "half a port": ("web: {port: 80.5}\n", "whole number"),
    "no sends at once": ("sending: {at_once: 0}\n", "at least 1"),
    "no messages a second": ("channels: {telegram: {messages_per_second: 0}}\n", "at least 0.01"),
    "more than certain": ("faq: {target_precision: 95}\n", "at most 1"),
    "a text for a choice": ("log: {level: loud}\n", 'cannot be "loud"', "Known here"),
    "a misspelt choice": ("log: {level: infos}\n", 'Did you mean "info"?'),
    "a text for a truth": ("web: {trust_forwarded: perhaps}\n", "must be true or false"),
    "a list for a text": ("service: {name: [a, b]}\n", "must be a text, not a list"),
    "a text for a part": ("web: yes please\n", "must be names with values"),
    "a list for everything": ("- web\n- faq\n", "must be names with values"),
    "an unset variable": ("service: {name: '${GAME}'}\n", "names ${GAME}, which is not set", "Set GAME"),
    "an anchor": ("web: &x {port: 80}\n", "config.yaml:1:6"),
    "a bomb": ("a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", "config.yaml:1:4"),
    "two documents": ("web: {}\n---\nfaq: {}\n", "a second document"),
    "a brace that is never closed": ("web: {port: 80\n", "config.yaml:"),
    "no languages": ("service: {languages: []}\n", "service.languages is empty"),
    "no time zone": ("service:\n  time_zone: Europe/Berln\n", "config.yaml:2:3", 'Did you mean "Europe/Berlin"?'),
    "no address": ("web: {host: 0.0.0}\n", 'web.host is no address: "0.0.0"'),
    "no time for a class": (
        "sla:\n  classes:\n    routine:\n      first_reply: soon\n",
        "config.yaml:4:7: error: sla.classes.routine.first_reply: 'soon' is not a time",
    ),
    "no routine class": ("sla:\n  classes:\n    vip: {first_reply: 1 minute}\n", "config.yaml:2:3", "no routine"),
    "no such target": ("sla: {classes: {routine: {frist_reply: 1 minute}}}\n", 'Did you mean "first_reply"?'),
    "no such role": ("sla:\n  warn:\n    50: [led]\n", "config.yaml:3:5", "sla.warn.50", 'Did you mean "lead"?'),
    "no list of roles": ("sla:\n  warn:\n    50: lead\n", "config.yaml:3:9", "must be a list"),
    "no percentage": ("sla:\n  warn:\n    half: [lead]\n", "config.yaml:3:5", "no whole number"),
    "a lead who is told before the agent": (
        "silent_agents:\n  tell_lead: 1 minute\n",
        "config.yaml:1:1",
        "remind_agent comes first",
    ),
    "no day": ("hours:\n  exceptions:\n    tomorrow: closed\n", "config.yaml:3:5", '"tomorrow" is no day'),
    "a webhook that nobody can call": (
        "channels: {telegram: {token: '${TOKEN}', mode: webhook}}\n",
        "nobody can be called back",
        "web.public_url",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_said_with_its_place_and_the_fix(tmp_path: Path, kind: str) -> None:
    text, *expected = WRONG[kind]
    said = problems(tmp_path, text, TOKEN="secret")
    for words in expected:
        assert any(words in each for each in said), said
    assert all(each.startswith("config.yaml:") for each in said)


def test_everything_wrong_is_said_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    said = problems(tmp_path, "web:\n  prot: 80\n  port: x\nfoo: 1\nhandoff: {apologies: -1}\nlog: {level: loud}\n")
    assert [each.split(":")[1] for each in said] == ["2", "3", "4", "5", "6"]


def test_a_secret_is_never_repeated_in_what_is_said(tmp_path: Path) -> None:
    said = problems(tmp_path, "channels: {telegram: {token: 123456:VERYSECRET}, discord: {token: MORESECRET}}\n")
    assert len(said) == 2
    assert "SECRET" not in "".join(said).replace("MUST", "")


@pytest.mark.parametrize("data", [b"\xff\xfe\x00w", b"web: \x80\n", bytes(range(256))])
def test_what_is_no_text_is_said_so(tmp_path: Path, data: bytes) -> None:
    assert problems(tmp_path, data)


def test_a_file_that_is_not_there_or_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.yaml", tmp_path):
        with pytest.raises(ProblemsFound, match="cannot be read"):
            load_settings(path, {})


def test_variables_durations_and_paths_are_filled_in(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        "service: {name: 'The ${GAME}', texts: words}\nhandoff: {apology_after: 90 seconds, reopen_within: 1.5 days}\n"
        "channels: {telegram: {token: '${TOKEN}', staff_group: -1001234567890123}, discord: {token: '${NONE}'}}\n",
        GAME="Inn",
        TOKEN=" 1:a ",
        EMPTY="",
    )
    assert settings.service.name == "The Inn"
    assert settings.service.texts == tmp_path / "words"
    assert settings.handoff.apology_after == timedelta(seconds=90)
    assert settings.handoff.reopen_within == timedelta(hours=36)
    telegram = settings.channels.telegram
    assert (telegram.token, telegram.staff_group) == ("1:a", -1001234567890123)
    assert settings.channels.discord.token is None


def test_secrets_come_from_the_file_beside_it_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("INN_TOKEN=from-file\nINN_OTHER=from-file\n")
    monkeypatch.setenv("INN_OTHER", "from-environment")
    (tmp_path / "config.yaml").write_text(
        "channels: {telegram: {token: '${INN_TOKEN}'}, discord: {token: '${INN_OTHER}'}}\n"
    )
    channels = load_settings(tmp_path / "config.yaml").channels
    assert (channels.telegram.token, channels.discord.token) == ("from-file", "from-environment")


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_file_at_all_can_break_the_reader(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_bytes(data)
    with contextlib.suppress(ProblemsFound):
        assert isinstance(load_settings(file, {}), Settings)


def test_a_sqlite_file_is_meant_from_the_folder_of_the_settings(tmp_path: Path) -> None:
    assert read(tmp_path, "").database.url == f"sqlite:///{tmp_path}/data/innkeeper.db"
    for kept in ("sqlite:////var/lib/innkeeper.db", "sqlite:///:memory:", "postgresql://db/innkeeper"):
        assert read(tmp_path, f"database: {{url: '{kept}'}}\n").database.url == kept
