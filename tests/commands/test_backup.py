"""``innkeeper backup`` and ``restore`` as an owner types them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from storage.backup_file import HEADER_BYTES, MAGIC
from tests.commands.conftest import Owner
from tests.commands.test_running import ended, until_said


@pytest.fixture
def file(owner: Owner) -> Path:
    return owner.folder / "inn.backup"


def with_agent(owner: Owner, name: str) -> None:
    assert owner.types("agents", "add", name).exit_code == 0


def test_there_and_back(owner: Owner, file: Path) -> None:
    with_agent(owner, "mira")
    result = owner.types("backup", str(file))
    assert (result.exit_code, "checked" in result.output) == (0, True)
    with_agent(owner, "since")
    result = owner.types("restore", str(file))
    assert (result.exit_code, "not empty" in result.output, "--replace" in result.output) == (1, True, True)
    result = owner.types("restore", "--replace", str(file))
    assert (result.exit_code, "Restored" in result.output) == (0, True)
    listed = owner.types("agents", "list").output
    assert ("mira" in listed, "since" in listed) == (True, False)


def test_mistakes_are_one_plain_line(owner: Owner, file: Path) -> None:
    result = owner.types("backup", str(file))
    assert (result.exit_code, "nothing to back up" in result.output) == (1, True)
    result = owner.types("restore", str(file))
    assert (result.exit_code, "Cannot read" in result.output, "Nothing was changed" in result.output) == (1, True, True)
    with_agent(owner, "mira")
    owner.types("backup", str(file))
    result = owner.types("backup", str(file))
    assert (result.exit_code, "exists already" in result.output) == (1, True)
    file.write_bytes(file.read_bytes()[: len(MAGIC) + HEADER_BYTES + 50])
    result = owner.types("restore", "--replace", str(file))
    assert (result.exit_code, "is damaged" in result.output) == (1, True)
    assert "mira" in owner.types("agents", "list").output


def test_beside_a_server_that_runs(owner: Owner, file: Path) -> None:
    """A backup may be made; to restore, the server is to be ended first, and says so."""
    server = owner.starts("serve")
    try:
        until_said(server, "Ctrl-C ends it")
        path = owner.folder / "data" / "inn.db"
        # Something that is on its way at this moment.
        with sqlite3.connect(path, timeout=10) as database:
            database.executescript(ON_ITS_WAY)
        database.close()
        code, said = ended(owner.starts("backup", str(file)))
        assert (code, "checked" in said) == (0, True), said
        code, said = ended(owner.starts("restore", "--replace", str(file)))
        assert (code, "Another Innkeeper serves" in said) == (1, True), said
    finally:
        server.terminate()
        server.communicate(timeout=30)
    # What was on its way when the server had it in hand has most likely arrived: it is not sent unasked.
    result = owner.types("restore", "--replace", str(file))
    assert (result.exit_code, "On the way when the backup was made: 1." in result.output) == (0, True), result.output
    listed = owner.types("outbox", "list").output
    assert all(word in listed for word in ("1-2", "unknown", "Ann", "on its way when the backup was made"))


# A network that no process here has: nobody sends it meanwhile.
ON_ITS_WAY = """
INSERT INTO players (id, name, created_at) VALUES (1, 'Ann', 0);
INSERT INTO conversations (id, channel, chat, player_id, counter, language, language_chosen, memory, created_at)
    VALUES (1, 'discord', '7', 1, 2, 'en', 0, '{}', 0);
INSERT INTO messages (conversation_id, number, revision, direction, author, text, data, status, sent_at)
    VALUES (1, 1, 1, 'outgoing', 'bot', 'hello', '{}', 'waiting', 0);
INSERT INTO outbox (conversation_id, number, message_number, channel, chat, author, payload, state, attempts, doubts,
    due_at, held_by, created_at)
    VALUES (1, 2, 1, 'discord', '7', 'bot', '{"text": "hello"}', 'waiting', 0, 0, 0, 'nobody', 0);
"""


def test_what_waited_when_nobody_served_still_waits_after_a_restore(owner: Owner, file: Path) -> None:
    """Moving house: the server is ended, what it had not sent is surely unsent."""
    with_agent(owner, "mira")
    with sqlite3.connect(owner.folder / "data" / "inn.db") as database:
        database.executescript(ON_ITS_WAY)
    database.close()
    owner.types("backup", str(file))
    assert "On the way" not in owner.types("restore", "--replace", str(file)).output
    with sqlite3.connect(owner.folder / "data" / "inn.db") as database:
        assert database.execute("SELECT state FROM outbox").fetchall() == [("waiting",)]
    database.close()
