"""``innkeeper agents``: what can be set of each agent, and letting somebody in again."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main


@pytest.fixture
def config(tmp_path: Path) -> Path:
    written = tmp_path / "config.yaml"
    written.write_text("database:\n  url: sqlite:///innkeeper.db\n", encoding="utf-8")
    return written


def innkeeper(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(config), "agents", *arguments])


@pytest.fixture
def mira(config: Path) -> Path:
    assert innkeeper(config, "add", "mira", "--desk-name", "Mira", "--language", "en").exit_code == 0
    return config


def test_what_is_given_is_set_and_the_rest_stays(mira: Path) -> None:
    """H9."""
    given = ("--role", "lead", "--skill", "payment", "--skill", "bug", "--team", "billing", "--capacity", "3")
    done = innkeeper(mira, "set", "MIRA", *given)
    assert done.output == "mira: lead, team billing, languages en, skills bug, payment, takes 3 at once.\n"
    done = innkeeper(mira, "set", "mira", "--any-language", "--no-skills", "--team", "")
    assert done.output == "mira: lead, team -, languages any, skills -, takes 3 at once.\n"


def test_the_list_shows_what_the_queue_goes_by(mira: Path) -> None:
    innkeeper(mira, "set", "mira", "--skill", "payment", "--capacity", "3")
    heads, *_, line = innkeeper(mira, "list").output.strip().splitlines()
    assert heads.startswith("name ")
    for shown in ("Mira", "agent", "en", "payment", "3", "offline"):
        assert shown in line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("set", "noor", "--team", "x"), "there is no agent named 'noor'"),
        (("set", "mira", "--capacity", "0"), "an agent takes 1 to 100 tickets at once, not 0"),
        (("set", "mira", "--language", "English!"), "'English!' is not a language tag"),
        (("set", "mira"), "Say what is to change"),
        (("set", "mira", "--language", "vi", "--any-language"), "Give either"),
        (("enable", "mira"), "'mira' is not disabled"),
        (("enable", "noor"), "there is no agent named 'noor'"),
    ],
)
def test_what_cannot_be_is_said_clearly(mira: Path, arguments: tuple[str, ...], words: str) -> None:
    refused = innkeeper(mira, *arguments)
    assert refused.exit_code != 0
    assert words in refused.output


def test_who_was_disabled_is_let_in_again_unless_their_desk_name_is_taken(mira: Path) -> None:
    assert innkeeper(mira, "disable", "mira").exit_code == 0
    assert "disabled" in innkeeper(mira, "list").output
    assert innkeeper(mira, "enable", "mira").output == "mira may sign in again.\n"
    innkeeper(mira, "disable", "mira")
    innkeeper(mira, "add", "other", "--desk-name", "Mira")
    assert "already used by other" in innkeeper(mira, "enable", "mira").output
