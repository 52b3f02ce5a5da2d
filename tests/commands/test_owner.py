"""What an owner types before and beside serving: check, migrate, agents, doctor."""

from __future__ import annotations

import socket

import pytest
from click.testing import CliRunner

from bot.cli import COMMANDS, main
from storage.migrations import NEWEST
from tests.commands.conftest import Owner


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_explains_itself(owner: Owner, command: str) -> None:
    result = owner.types(*command.split(), "--help")
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 5


def test_a_file_that_is_not_there_is_said_so(owner: Owner) -> None:
    owner.config.unlink()
    result = owner.types("check")
    assert result.exit_code == 1
    assert "config.yaml" in result.output


def test_the_settings_may_be_named_after_the_command_too(owner: Owner) -> None:
    result = CliRunner().invoke(main, ["migrate", "--config", str(owner.config)])
    assert (result.exit_code, "went from revision" in result.output) == (0, True)
    result = CliRunner().invoke(main, ["migrate", f"--config={owner.folder}/elsewhere.yaml"])
    assert (result.exit_code, "elsewhere.yaml" in result.output) == (1, True)


def test_check_finds_nothing_where_nothing_is_wrong(owner: Owner) -> None:
    result = owner.types("check")
    assert result.exit_code == 0, result.output


def test_check_says_everything_that_is_wrong_in_every_file(owner: Owner) -> None:
    owner.writes("weeb: {}\n")
    result = owner.types("check")
    assert result.exit_code == 1
    assert 'Did you mean "web"?' in result.output
    owner.writes("", hours="{monday: [25:00-26:00]}")
    texts = owner.folder / "bot" / "texts"
    texts.mkdir(parents=True)
    (texts / "en.yaml").write_text("solved: {\n", encoding="utf-8")
    (owner.folder / "entries" / "broken.yaml").write_text("topic: x\nentries:\n  - id: a\n", encoding="utf-8")
    result = owner.types("check")
    assert result.exit_code == 1
    for place in ("config.yaml:", "en.yaml:", "broken.yaml:"):
        assert place in result.output


def test_a_command_with_broken_settings_starts_nothing(owner: Owner) -> None:
    owner.writes("web: {port: 1}\n")
    for command in (["migrate"], ["agents", "list"], ["serve"]):
        result = owner.types(*command)
        assert result.exit_code == 1
        assert "given twice" in result.output
        assert "Nothing was started" in result.output
    assert not (owner.folder / "data").exists()


def test_migrate_says_what_it_did_and_may_be_repeated(owner: Owner) -> None:
    first, second = owner.types("migrate"), owner.types("migrate")
    assert f"from revision nothing to {NEWEST}" in first.output
    assert f"up to date (revision {NEWEST})" in second.output
    assert (first.exit_code, second.exit_code) == (0, 0)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://x/y", "no such database"),
        ("nonsense", "not a database URL"),
        ("postgresql://nobody@127.0.0.1:1/x", "refused"),
        ("sqlite:////dev/null/inn.db", "cannot make the folder"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_so_in_one_line(owner: Owner, url: str, words: str) -> None:
    text = owner.config.read_text().replace(f"sqlite:///{owner.folder}/data/inn.db", url)
    owner.config.write_text(text)
    result = owner.types("migrate")
    assert result.exit_code == 1
    assert words.lower() in result.output.lower()
    assert len(result.output.splitlines()) == 1


def test_agents_are_added_listed_linked_and_disabled(owner: Owner) -> None:
    assert "nobody yet" in owner.types("agents", "list").output
    added = owner.types("agents", "add", "mira", "--desk-name", "Mira", "--language", "vi")
    assert added.exit_code == 0
    assert f"http://localhost:{owner.port}/console" in added.output
    again = owner.types("agents", "add", "mira")
    assert (again.exit_code, "mira" in again.output) == (1, True)
    assert owner.types("agents", "link", "mira").output.startswith("http")
    assert owner.types("agents", "link", "nobody").exit_code == 1
    assert owner.types("agents", "disable", "mira").exit_code == 0
    assert "disabled" in owner.types("agents", "list").output
    assert owner.types("agents", "link", "mira").exit_code == 1
    assert owner.types("agents", "disable", "nobody").exit_code == 1


def test_doctor_tells_what_is_and_what_is_missing(owner: Owner) -> None:
    fresh = owner.types("doctor")
    assert fresh.exit_code == 0, fresh.output
    assert "innkeeper migrate" in fresh.output
    owner.types("migrate")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", owner.port))
        taken.listen()
        busy = owner.types("doctor")
    assert f"revision {NEWEST}" in busy.output
    assert "is taken" in busy.output
    for name in ("telegram", "discord"):
        assert f"{name}: off" in busy.output
    owner.writes("log: {level: loud}\n")
    broken = owner.types("doctor")
    assert (broken.exit_code, "innkeeper check" in broken.output) == (1, True)
