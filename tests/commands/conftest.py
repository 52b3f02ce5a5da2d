"""A folder as an owner has it: config.yaml and a small FAQ, the rest as shipped."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from tests.game import GOBLIN_AND_LAMP

ROOT = Path(__file__).parents[2]
CONFIG = """\
service:
  name: Test Inn
web:
  port: {port}
database:
  url: sqlite:///{folder}/data/inn.db
faq:
  folder: {folder}/entries
  cache: {cache}
  semantic: false
  patience: 0 seconds
hours: {hours}
"""
FAQ = GOBLIN_AND_LAMP


@dataclass
class Owner:
    """Types commands in a folder of their own."""

    folder: Path
    cache: Path
    port: int

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    def writes(self, more: str = "", *, hours: str = "{}") -> None:
        """A new config.yaml, with more at its end."""
        text = CONFIG.format(folder=self.folder, cache=self.cache, port=self.port, hours=hours)
        self.config.write_text(text + more, encoding="utf-8")

    def types(self, *arguments: str) -> Result:
        """Run it in this process."""
        result = CliRunner().invoke(main, ["--config", str(self.config), *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def starts(self, *arguments: str) -> subprocess.Popen[str]:
        """Run it as a process of its own, as a terminal would."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
        for name in ("TELEGRAM_TOKEN", "DISCORD_TOKEN"):
            environment.pop(name, None)
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *arguments],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was learned of the small FAQ, once for all tests."""
    return tmp_path_factory.mktemp("learned")


@pytest.fixture
def owner(tmp_path: Path, learned: Path) -> Owner:
    (tmp_path / "entries").mkdir()
    (tmp_path / "entries" / "game.yaml").write_text(FAQ, encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = Owner(tmp_path, learned, port)
    made.writes()
    return made
