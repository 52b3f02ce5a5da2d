"""What every command starts from: the settings, and how mistakes in them are shown."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from bot.commands.faq_tools import FaqTools, counted, show_problems, stop
from bot.commands.lazy import LazyGroup
from bot.config import load_settings, place_of
from bot.questions import Asked, read_questions
from bot.settings import Settings
from bot.tailoring import knowledge_settings, utc_now
from channels.errors import Misconfigured
from faq.errors import FaqError, FaqErrors
from handoff.errors import AgentRefused, SettingsError
from storage.database import Database
from storage.errors import StorageError
from storage.migrations import current
from storage.problems import Problem, ProblemsFound

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Program:
    """The program that the command line is for: whose settings are in ``config``."""

    config: Path

    def settings(self) -> Settings:
        """The settings. Raises ProblemsFound, which ProgramGroup shows."""
        if not self.config.exists():
            raise click.ClickException(
                f"There is no {self.config}. Run this in the folder that has it, or name it with --config PATH."
            )
        return load_settings(self.config)

    def faq_tools(self) -> FaqTools:
        settings = self.settings()
        return FaqTools(
            knowledge_settings(settings),
            missed=lambda: run(_asked(settings)).missed,
            answered=lambda: run(_asked(settings)).answered,
        )

    def hours_problems(self, error: SettingsError) -> list[Problem]:
        """What is wrong with the opening hours, at its place in the file."""
        return [Problem(place_of(self.config, "hours", *_path(each.setting)), each.reason) for each in error.problems]


def _path(setting: str) -> list[str]:
    """``week.monday`` of the calendar is ``hours.monday`` of the file."""
    return [name for name in setting.split(".") if name != "week"]


async def _asked(settings: Settings) -> Asked:
    """What players asked, from the database; a database that is not there yet holds nothing."""
    database = Database.open(settings.database.url)
    try:
        if await current(database) is None:
            return Asked()
        return await read_questions(database, utc_now())
    finally:
        await database.close()


class ProgramGroup(LazyGroup):
    """Takes ``--config`` wherever it stands; every expected mistake ends with its words and exit code 1."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(context, _config_first(args))

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except (ProblemsFound, FaqErrors) as error:
            show_problems(error.problems)
            stop(f"{counted(error.problems)}. Nothing was started.")
        except SettingsError as error:
            problems = context.obj.hours_problems(error)
            show_problems(problems)
            stop(f"{counted(problems)}. Nothing was started.")
        except Misconfigured as error:
            stop(f"{error}. {error.hint}")
        except (StorageError, FaqError, AgentRefused) as error:
            stop(str(error))


def _config_first(args: list[str]) -> list[str]:
    """The arguments with ``--config PATH`` moved to the front, so that it may follow the command's name too."""
    for place, each in enumerate(args):
        if each == "--":
            break
        if each == "--config" and place + 1 < len(args):
            return [*args[place : place + 2], *args[:place], *args[place + 2 :]]
        if each.startswith("--config="):
            return [each, *args[:place], *args[place + 1 :]]
    return args


def run(work: Coroutine[object, object, Result]) -> Result:
    """Run it on a fresh event loop (uvloop's where there is one: it costs half as much)."""
    try:
        import uvloop  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
