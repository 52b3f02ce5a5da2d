"""Somebody at a terminal, beside the program of the test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from bot.cli import main

Types = Callable[..., Awaitable[Result]]


def typing_beside(settings: Any, folder: Path) -> Types:
    """Types a command and reads what it says; ``settings`` are the program's, whose database it looks into."""
    config = folder / "config.yaml"
    config.write_text(f"database: {{url: '{settings.database.url}'}}\n", encoding="utf-8")

    async def typed(*arguments: str) -> Result:
        result = await asyncio.to_thread(CliRunner().invoke, main, ["--config", str(config), *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return typed
