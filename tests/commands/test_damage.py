"""Commands on a database that cannot be worked with: one plain line that says what to do."""

from __future__ import annotations

import resource
import subprocess

import pytest

from tests.commands.conftest import Owner
from tests.commands.test_running import ended


@pytest.mark.parametrize(
    "arguments", [("serve",), ("agents", "list"), ("outbox", "list"), ("backup", "b"), ("migrate",)]
)
def test_what_is_no_database(owner: Owner, arguments: tuple[str, ...]) -> None:
    (owner.folder / "data").mkdir()
    path = owner.folder / "data" / "inn.db"
    path.write_bytes(b"a letter to my grandmother " * 1000)
    result = owner.types(*arguments)
    assert (result.exit_code, f"{path} is damaged, or is no database" in result.output) == (1, True), result.output
    assert "Traceback" not in result.output
    assert path.read_bytes().startswith(b"a letter")


def test_what_cannot_be_opened(owner: Owner) -> None:
    (owner.folder / "data" / "inn.db").mkdir(parents=True)
    result = owner.types("agents", "list")
    assert (result.exit_code, "cannot be opened. Is it a file" in result.output) == (1, True), result.output


def test_a_disk_that_is_full_at_the_first_start(owner: Owner) -> None:
    """No file may grow beyond 100 KB: the tables do not fit, none is left half made, and with room it starts."""

    def with_little_room() -> subprocess.Popen[str]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
        try:
            return owner.starts("migrate")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    code, said = ended(with_little_room())
    assert (code, "There is no room on its disk" in said) == (1, True), said
    assert "Traceback" not in said
    assert "went from revision nothing" in owner.types("migrate").output
