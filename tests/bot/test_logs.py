"""What a player wrote is never logged, and no token: not even by an error in the middle of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Literal

import pytest
import sqlalchemy as sa
import structlog

from bot.logs import configure_logs
from bot.settings import LogSettings
from storage.database import Database
from storage.errors import DatabaseFault


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.parametrize("form", ["console", "json"])
async def test_an_error_is_logged_without_the_words_it_was_about(
    form: Literal["console", "json"], sqlite: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(LogSettings(format=form))
    words = "my password is rosebud"
    try:
        async with sqlite.transaction() as connection:
            await connection.execute(sa.text("CREATE TABLE t (a TEXT CHECK (length(a) < 3))"))
            await connection.execute(sa.text("INSERT INTO t VALUES (:words)"), {"words": words})
    except DatabaseFault:
        structlog.get_logger().exception("event_failed", event_kind="MessageReceived")
    logged = capsys.readouterr().err
    assert "event_failed" in logged
    assert "CHECK constraint failed" in logged
    assert "rosebud" not in logged
    if form == "json":
        assert all(json.loads(line) for line in logged.splitlines())
