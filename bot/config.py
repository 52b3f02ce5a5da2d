"""Reading config.yaml: strict, every problem at once with its place, secrets from the environment."""

from __future__ import annotations

import os
import re
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from zoneinfo import available_timezones

from dotenv import dotenv_values

from bot.settings import DatabaseSettings, Settings
from handoff.errors import SettingsError
from handoff.sla_settings import Sla
from storage.problems import Place, ProblemsFound, did_you_mean
from storage.yaml_file import Document, ListNode, MappingNode, Node, ScalarNode, read_yaml
from storage.yaml_reader import YamlReader, is_nothing

Section = TypeVar("Section")

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(second|minute|hour|day|week)s?\s*")


def load_settings(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this file; a missing file means the defaults only where it is not named by anybody.

    ``${NAME}`` takes its value from ``environment`` (else from the process's, then from ``.env`` beside the file); an
    unset one counts as not written. Raises ProblemsFound with everything that is wrong.
    """
    if environment is None:
        environment = {
            **{name: value for name, value in dotenv_values(path.parent / ".env").items() if value is not None},
            **os.environ,
        }
    document = read_yaml(path)
    reader = YamlReader()
    reader.problems += document.problems
    settings = _Reading(reader, environment, path.parent.resolve()).section(document.root, "config.yaml", Settings)
    _check(settings, document, reader)
    if reader.problems:
        raise ProblemsFound(reader.problems)
    return replace(settings, database=_from_folder(settings.database, path.parent.resolve()))


def _from_folder(database: DatabaseSettings, folder: Path) -> DatabaseSettings:
    """A SQLite file is meant from the settings' folder, like every path in them."""
    scheme, slashes, name = database.url.partition(":///")
    if not slashes or not scheme.startswith("sqlite") or name in ("", ":memory:"):
        return database
    return replace(database, url=f"{scheme}:///{folder / name}")


class _Reading:
    def __init__(self, reader: YamlReader, environment: Mapping[str, str], folder: Path) -> None:
        self._reader = reader
        self._environment = environment
        self._folder = folder

    def section(self, node: Node | None, what: str, kind: type[Section]) -> Section:
        """This part of the file as its dataclass; what is not written keeps its default."""
        assert is_dataclass(kind)
        hints = get_type_hints(kind)
        known = {each.name: each for each in fields(kind)}
        given = self._reader.mapping(node, what, known=known.keys())
        values: dict[str, Any] = {}
        for name, hint in hints.items():
            written = given.get(name)
            if is_dataclass(hint):
                values[name] = self.section(written, f'"{name}"', typing.cast(type, hint))
            elif written is not None and not is_nothing(written):
                limits, mistakes = known[name].metadata, len(self._reader.problems)
                value = self._value(written, f'"{name}"', hint, secret=bool(limits.get("secret")))
                if len(self._reader.problems) > mistakes:
                    continue
                if value is not None and self._is_within(written, name, value, limits):
                    values[name] = value
        made = kind(**values)
        return typing.cast(Section, replace(typing.cast(Any, made), **self._absolute(made, hints)))

    def _is_within(self, node: Node, name: str, value: Any, limits: Mapping[str, Any]) -> bool:
        least, most = limits.get("least"), limits.get("most")
        if (least is None or value >= least) and (most is None or value <= most):
            return True
        words = [f"at least {_shown(least)}" if least is not None else "", f"at most {_shown(most)}" if most else ""]
        self._reader.error(node.place, f'"{name}" must be {" and ".join(filter(None, words))}', code="out_of_range")
        return False

    def _absolute(self, made: Any, hints: Mapping[str, Any]) -> dict[str, Path]:
        named = {name: getattr(made, name) for name, hint in hints.items() if hint in (Path, Path | None)}
        return {name: self._folder / path for name, path in named.items() if path is not None}

    def _value(self, node: Node, what: str, hint: Any, *, secret: bool) -> Any:
        optional = get_origin(hint) in (Union, types.UnionType)
        if optional:
            hint = next(each for each in get_args(hint) if each is not type(None))
        if get_origin(hint) is tuple:
            return tuple(each.text for each in self._reader.texts(node, what))
        if get_origin(hint) is Literal:
            return self._reader.choice(node, what, get_args(hint), "") or None
        if get_origin(hint) is Mapping:
            return self._mapping(node, what, *get_args(hint))
        if get_origin(hint) is Sequence:
            return self._words(node, what)
        if is_dataclass(hint):
            return self.section(node, what, typing.cast(type, hint))
        resolved = self._resolved(node, what, secret=secret)
        if resolved is None:
            return None
        if hint is bool:
            return self._reader.boolean(resolved, what)
        if hint is int:
            return self._reader.integer(resolved, what, 0)
        if hint is float:
            return self._reader.number(resolved, what, 0.0)
        text = self._reader.text(resolved, what)
        if text is None:
            return None
        return self._duration(resolved, what, text) if hint is timedelta else hint(text)

    def _resolved(self, node: Node, what: str, *, secret: bool) -> ScalarNode | None:
        """The value with ``${NAME}`` filled in; None (not written) where a variable that it names is not set."""
        if not isinstance(node, ScalarNode):
            self._reader.text(node, what)
            return None
        names = _VARIABLE.findall(node.text)
        if secret and not _VARIABLE.fullmatch(node.text.strip()):
            # What was written may be the secret itself: it is not repeated.
            hint = f"Write {what[1:-1]}: ${{NAME}} and put NAME=… into the environment or the file .env."
            self._reader.error(node.place, f"{what} is a secret and must not stand here", hint, "secret")
            return None
        if any(not self._environment.get(name) for name in names):
            if secret:
                return None
            unset = next(name for name in names if not self._environment.get(name))
            hint = f"Set {unset} in the environment or in the file .env."
            self._reader.error(node.place, f"{what} names ${{{unset}}}, which is not set", hint, "unset")
            return None
        text = _VARIABLE.sub(lambda found: self._environment[found[1]], node.text)
        return replace(node, text=text.strip() if secret else text)

    def _mapping(self, node: Node, what: str, names: Any, hint: Any) -> dict[Any, Any]:
        """Names of the owner's own (numbers, where ``names`` says so), each with its value."""
        given = self._reader.mapping(node, what)
        named: dict[Any, Any] = {
            self._number(node, name) if names is int else name: self._value(value, f'"{name}"', hint, secret=False)
            for name, value in given.items()
        }
        return {name: value for name, value in named.items() if name is not None and value is not None}

    def _words(self, node: Node, what: str) -> tuple[str, ...] | None:
        """A list of words, read as it is written: a single word is no list."""
        if not isinstance(node, ListNode):
            self._reader.items(node, what)
            return None
        return tuple(each.text for each in self._reader.texts(node, what))

    def _number(self, node: Node, name: str) -> int | None:
        if name.isascii() and name.isdecimal():
            return int(name)
        assert isinstance(node, MappingNode)
        self._reader.error(node.key_places[name], f'"{name}" is no whole number', code="not_integer")
        return None

    def _duration(self, node: Node, what: str, text: str) -> timedelta | None:
        if text.strip() == "0":
            return timedelta()
        found = _DURATION.fullmatch(text)
        if found is None:
            hint = "Write a number and seconds, minutes, hours, days or weeks, such as 5 minutes."
            self._reader.error(node.place, f'{what} is not a length of time: "{text}"', hint, "duration")
            return None
        return timedelta(**{f"{found[2]}s": float(found[1])})


def _shown(limit: float | timedelta) -> str:
    return f"{limit.total_seconds():g} seconds" if isinstance(limit, timedelta) else f"{limit:g}"


def place_of(path: Path, *names: str) -> Place:
    """Where this setting stands in the file, or the file's beginning where it is not written."""
    return _place_in(read_yaml(path), *names)


def _place_in(document: Document, *names: str) -> Place:
    node, place = document.root, document.start
    for name in names:
        if not isinstance(node, MappingNode) or name not in node.fields:
            break
        place, node = node.key_places[name], node.fields[name]
    return place


def _check(settings: Settings, document: Document, reader: YamlReader) -> None:
    """What no type shows."""

    def wrong(path: str, message: str, hint: str) -> None:
        reader.error(_place_in(document, *path.split(".")), f"{path} {message}", hint)

    telegram, web, service = settings.channels.telegram, settings.web, settings.service
    if telegram.token and telegram.mode == "webhook" and not web.public_url:
        hint = "Set web.public_url to the https address of this server, or mode: polling."
        wrong("channels.telegram.mode", "is webhook, and nobody can be called back", hint)
    if not service.languages:
        wrong("service.languages", "is empty", "Write at least one, such as [en].")
    if service.time_zone not in available_timezones():
        hint = did_you_mean(service.time_zone, available_timezones()) or "Write it as Europe/Berlin or UTC."
        wrong("service.time_zone", f'is no time zone: "{service.time_zone}"', hint)
    if web.host[:1].isdigit() and not _is_address(web.host):
        wrong("web.host", f'is no address: "{web.host}"', "Write 127.0.0.1 for this machine, 0.0.0.0 for all.")
    for pattern in settings.guard.account_ids:
        fault = _fault_of(pattern)
        if fault is not None:
            wrong("guard.account_ids", f'has "{pattern}", which {fault}', "Write it as uid\\d{6,12}, in quotes.")
    for day in settings.hours.exceptions:
        if not _is_day(day):
            hint = "Write the day as 2027-12-24."
            reader.error(_place_in(document, "hours", "exceptions", day), f'"{day}" is no day of the calendar', hint)
    try:
        Sla.from_settings(settings.sla)
    except SettingsError as error:
        for problem in error.problems:
            place = _place_in(document, "sla", *problem.setting.split("."))
            reader.error(place, f"sla.{problem.setting}: {problem.reason.rstrip('.')}")
    silent = settings.silent_agents
    if not silent.remind_agent < silent.tell_lead < settings.queue.unanswered:
        wrong("silent_agents", "is out of order", "remind_agent comes first, then tell_lead, then queue.unanswered.")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _fault_of(pattern: str) -> str | None:
    """What is wrong with a pattern of account numbers."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        return f"is no regular expression: {error}"
    return "would find a text of nothing" if compiled.search("") is not None else None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
